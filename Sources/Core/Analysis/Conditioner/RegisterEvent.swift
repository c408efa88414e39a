// SPDX-License-Identifier: Apache-2.0

import Model

/// What a register did beside counting water, in the order of its stamps.
struct RegisterEvent: Hashable, Codable, Sendable {
    enum Kind: String, Hashable, Codable, Sendable {
        /// It ran backwards.
        case reversed
        /// It came forward within a day of running backwards.
        case forward
        /// It was restarted, moved or exchanged.
        case stepped
    }

    var kind: Kind
    /// Stamps of the readings before and after.
    var from: Timestamp
    var at: Timestamp
    /// Difference of the register, with its sign.
    var counts: Int64
    var sequence: Int64?

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        DataClock.believable.contains(from) && DataClock.believable.contains(at) && from < at
            && abs(counts.clamped) <= RegisterLaw.largestCount
    }
}

extension Int64 {
    /// Without the one value that has no absolute one.
    fileprivate var clamped: Int64 { self == .min ? .min + 1 : self }
}
