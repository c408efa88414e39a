// SPDX-License-Identifier: Apache-2.0

import Model

/// What a detector says about its condition, and why.
struct Grounds {
    var startedAt: Timestamp
    var severity: Severity
    var loss: LossEstimate?
    var evidence: Evidence
}

/// What changed in the opinion of a detector.
enum Verdict {
    case arises(Grounds)
    case persists(Grounds)
    /// `at` is the moment from which it is over.
    case ends(Grounds, at: Timestamp)
}

/// A rule as the finding book knows it.
struct Rule {
    var identifier: RuleIdentifier
    /// Rises whenever the rule would decide otherwise on the same readings.
    var version: Int
    /// A condition that returns within this time is the same finding.
    var identityHolds: Duration
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
