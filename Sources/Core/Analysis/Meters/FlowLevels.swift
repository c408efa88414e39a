// SPDX-License-Identifier: Apache-2.0

import Model

/// The flows at which a meter's history is cut: from less than one count a slot up to 6 m3/h, 30 per cent apart.
struct FlowLevels: Hashable, Sendable {
    /// In litres an hour, rising, for slots of an hour.
    let hourly: [Double]
    /// The same for slots of four hours, in which four times as many counts fall.
    let fourHourly: [Double]
    /// The levels of ``hourly`` at which flow in spells is looked for; empty for a meter that is read too seldom to
    /// tell a cistern that runs from a morning in the bathroom.
    let spells: Range<Int>
    /// Whether the counts are fine enough for quarters of an hour.
    let hasQuarters: Bool
    /// Whether the quietest hours of a day are looked at: of a dwelling whose counts are too coarse for quarters.
    let hasQuietHours: Bool

    /// Of a meter that is not judged by its own history.
    static let none = FlowLevels()

    private init() {
        (hourly, fourHourly, spells, hasQuarters, hasQuietHours) = ([], [], 0..<0, true, false)
    }

    /// A dwelling's whole demand and a riser's usual one lie below.
    private static let highest = 6000.0
    static let ratio = 1.3
    /// No more than this many, so that a meter's state is of fixed size.
    static let largestCount = 33
    /// Cisterns that run let through less.
    private static let highestSpell = 120.0
    /// A quarter of an hour, and the jitter of its polls, in seconds.
    private static let longestQuarter = 1000.0

    init(_ law: RegisterLaw, of role: MeterDescription.Role = .unit) {
        // What a register of fine counts shows below half a litre an hour is no water, see `standstillLitres`.
        let count = 2 * law.standstillLitres
        hourly = Self.levels(count: count, first: count >= 5 ? 2 * count : 1.5 * count)
        fourHourly = Self.levels(
            count: max(count / 4, 1), first: max(count >= 5 ? count / 2 : 1.5 * count / 4, 1.5))
        hasQuarters = count < 5
        hasQuietHours = role == .unit && !hasQuarters
        // One count in every quarter; of coarse counts one in the hour.
        let lowest = hasQuarters ? 4 * count : count / 2
        let first = hourly.firstIndex { $0 >= lowest } ?? 0
        let end = hourly.firstIndex { $0 > Self.highestSpell } ?? hourly.count
        // Behind a shared meter somebody always bathes while somebody else cooks.
        spells = role == .unit && law.period <= Self.longestQuarter ? first..<max(first, end) : 0..<0
    }

    private static func levels(count: Double, first: Double) -> [Double] {
        var levels = [count / 2]
        var next = first
        while levels.count < 2 || (next <= highest && levels.count < largestCount) {
            levels.append(next)
            next *= ratio
        }
        return levels
    }
}
