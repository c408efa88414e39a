// SPDX-License-Identifier: Apache-2.0

import Model

/// What is known against a meter: whether its register stands still or counts too little.
///
/// The rules about meters set it and the balances of zones read it: a meter that lies is believed no further than its
/// children, and its zone rests until it has proved itself again.
struct MeterStanding: Hashable, Codable, Sendable {
    /// The register has not moved since then, while use is usual at this time; `nil` while it moves.
    @MomentOrNone var standingSince: Timestamp?
    /// The balances that need this meter rest until then: it stood still or counted too little a short while ago.
    @MomentOrNone var suspectUntil: Timestamp?
    /// Whether it is found to count less than what passes it.
    var isUnderRegistering = false
    /// What it usually counts for each litre of its children; `nil` without metered children or before that is known.
    var usualRatio: Double?

    init() {}

    /// Whether the meter is not to be believed at this moment.
    func isSuspect(at moment: Timestamp) -> Bool {
        standingSince != nil || isUnderRegistering || suspectUntil.map { moment < $0 } ?? false
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [standingSince, suspectUntil].allSatisfy { stamp in stamp.map { DataClock.believable.contains($0) } ?? true }
            && (usualRatio.map { $0.isFinite && (0.01...100).contains($0) } ?? true)
    }
}
