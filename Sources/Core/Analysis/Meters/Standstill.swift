// SPDX-License-Identifier: Apache-2.0

import Model

/// How long one register has stood still, and how surprising that is.
///
/// For each hour of the local day it knows the share of days on which the register did not move in that hour. A
/// standstill adds up -ln of those shares; twelve of that is one chance in 160,000.
struct Standstill: Hashable, Codable, Sendable {
    /// Longest past that counts, in days.
    private static let memory: UInt8 = 45

    /// Share of days without flow, by hour of the local day, and the days that told it.
    private var share = Fixed<24, Float>(repeating: 0)
    private var days = Fixed<24, UInt8>(repeating: 0)
    private(set) var current: Spell?

    /// Hours on end without flow.
    struct Spell: Hashable, Codable, Sendable {
        /// The first of them.
        @Narrow<Int32, Int64> var since: Int64
        /// The newest of them.
        @Narrow<Int32, Int64> var last: Int64
        @Narrow<Int32, Int> var hours = 0
        /// Sum of -ln P over them.
        var surprise = 0.0
        /// Litres that a register showed in them although it stood still: less than one count and a half.
        var litres = 0.0
        /// The last reading before it, and the newest in it.
        @NarrowOptional<Int64, Int64> var firstSequence: Int64?
        @NarrowOptional<Int64, Int64> var lastSequence: Int64?

        init(since: Int64, firstSequence: Int64?) {
            self.since = since
            last = since
            self.firstSequence = firstSequence
        }
    }

    init() {}

    /// -ln of the chance that this hour passes without flow by chance.
    func surprise(hourOfDay: Int) -> Double {
        var sum = 0.0
        var most = 0.0
        var known = 0.0
        for hour in 0..<24 where days[hour] > 0 {
            sum += Double(share[hour])
            known += 1
            most = max(most, Double(days[hour]))
        }
        guard known > 0 else { return 0 }
        // Four days' worth of the whole day, for an hour that has been seen on few days.
        let own = Double(days[hourOfDay])
        let chance = (Double(share[hourOfDay]) * own + 4 * sum / known) / (own + 4)
        // What has not been seen in N days may well happen on the next.
        return -naturalLogarithm(min(1, max(chance, 1 / (most + 2))))
    }

    /// Takes the next closed hour, or a hole, which neither adds nor resets.
    ///
    /// - Parameter isHeld: What this hour shows is not learned.
    /// - Returns: The spell that this hour has ended.
    mutating func take(_ volume: HourVolume, hourOfDay: Int, _ law: RegisterLaw, isHeld: Bool) -> Spell? {
        switch volume.course(threshold: law.standstillLitres) {
        case .unknown: return nil
        case .standstill:
            if !isHeld { learn(stood: true, hourOfDay) }
            var spell = current ?? Spell(since: volume.hour, firstSequence: volume.firstSequence)
            spell.hours = min(spell.hours + 1, 1 << 20)
            spell.last = volume.hour
            spell.surprise = min(spell.surprise + surprise(hourOfDay: hourOfDay), 1e6)
            spell.litres += volume.litres
            spell.lastSequence = volume.lastSequence ?? spell.lastSequence
            // Half a count in every hour is a drip, no standstill.
            if spell.litres > 1.5 * max(law.litresPerCount, 2 * law.standstillLitres) {
                current = nil
                return spell
            }
            current = spell
            return nil
        case .flow:
            if !isHeld { learn(stood: false, hourOfDay) }
            defer { current = nil }
            return current
        }
    }

    private mutating func learn(stood: Bool, _ hourOfDay: Int) {
        days[hourOfDay] = min(days[hourOfDay] + 1, Self.memory)
        share[hourOfDay] += ((stood ? 1 : 0) - share[hourOfDay]) / Float(days[hourOfDay])
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = 0...1_200_000
        return days.allSatisfy { $0 <= Self.memory }
            && share.allSatisfy { (0...1.001).contains($0) }
            && (current.map {
                hours.contains($0.since) && hours.contains($0.last) && (0...1 << 20).contains($0.hours)
                    && (0...2e6).contains($0.surprise) && $0.litres.isFinite
            } ?? true)
    }
}
