// SPDX-License-Identifier: Apache-2.0

import Model

/// What a detector says about its condition, and why.
struct Grounds: Hashable, Codable, Sendable {
    var startedAt: Timestamp
    var severity: Severity
    var loss: LossEstimate?
    /// How large it is, where that is no flow of water: per cent, minutes, starts an hour.
    var size: Measure? = nil
    var evidence: Evidence
}

/// What changed in the opinion of a detector.
enum Verdict {
    case arises(Grounds)
    case persists(Grounds)
    /// `at` is the moment from which it is over.
    case ends(Grounds, at: Timestamp)
}

extension Severity {
    /// Severity of a loss of water: p1 from 300 L/h, p2 from 30, p3 from 5, p4 below.
    init(loss: LitresPerHour) {
        switch loss.value {
        case 300...: self = .p1
        case 30...: self = .p2
        case 5...: self = .p3
        default: self = .p4
        }
    }
}
