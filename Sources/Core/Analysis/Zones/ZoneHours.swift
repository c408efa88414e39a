// SPDX-License-Identifier: Apache-2.0

import Model

/// What the rules that count hours remember of one zone.
struct ZoneHours: Hashable, Codable, Sendable {
    var history = ResidualHistory()
    var block = DailyBlock()
    var ratio = UnderRegistration()
    var loss = HourlyLoss()
    /// Litres that the children were read to take while the parent's register stands still.
    var takenWhileStanding = 0.0

    init() {}

    /// What the residual says of one dwelling's standstill: whether it has risen by the dwelling's usual use since.
    ///
    /// - Parameters:
    ///   - usual: The dwelling's usual flow in litres an hour.
    ///   - children: Usual flow of all children.
    ///   - assumed: Flow that is assumed of silent children now.
    /// - Returns: `nil` when too little is known of the zone before or since, or the rise is no dwelling's.
    func witness(
        of spell: Standstill.Spell, through hour: Int64, usual: Double, children: Double, assumed: Double
    ) -> StuckMeter.Witness? {
        let since = history.residuals(from: spell.since, through: hour)
        let before = history.blocks(before: spell.since, count: 14)
        guard since.count >= 24, before.count >= DailyBlock.leastMemory, let past = RobustSpread(before) else {
            return nil
        }
        let spread = max(past.deviation, DailyBlock.leastSpread(children: children))
        // A median of n values errs as a mean of n / 1.57.
        let variance =
            spread * spread * (24 / Double(since.count) + 1.57 / Double(before.count)) + 0.25 * assumed * assumed
        let rise = since.reduce(0, +) / Double(since.count) - past.median
        // A rise far above its use is something else, whether the dwelling stands still or not.
        guard rise < 2 * usual + 2 * variance.squareRoot() else { return nil }
        let likelihood = (2 * rise * usual - usual * usual) / (2 * variance)
        return StuckMeter.Witness(rise: rise, error: variance.squareRoot(), likelihood: likelihood)
    }

    /// A dwelling of this zone was stuck since then: what it did not count was no loss.
    mutating func explain(_ flow: Double, since hour: Int64) {
        history.shift(by: -flow, from: hour)
        block.settle()
    }

    /// The parent lied since then.
    mutating func forget(since hour: Int64) {
        history.forget(from: hour)
        block.settle()
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        history.isWellFormed && block.isWellFormed && ratio.isWellFormed && loss.isWellFormed
            && takenWhileStanding.isFinite
    }
}
