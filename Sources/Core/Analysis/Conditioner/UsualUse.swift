// SPDX-License-Identifier: Apache-2.0

/// What a meter passes in each hour of the local day, learned from its own closed hours.
struct UsualUse: Hashable, Codable, Sendable {
    private var litres = Fixed<24, Float>(repeating: 0)
    private var days = Fixed<24, UInt8>(repeating: 0)

    /// Two weeks: long enough to be steady, short enough to follow the season.
    private static let memory: UInt8 = 14

    init() {}

    mutating func learn(_ hour: HourVolume, hourOfDay: Int) {
        guard hour.hours == 1, hour.isCovered, hour.unattributed == 0 else { return }
        days[hourOfDay] = min(days[hourOfDay] + 1, Self.memory)
        litres[hourOfDay] += (Float(hour.litres) - litres[hourOfDay]) / Float(days[hourOfDay])
    }

    /// Usual flow at this hour of the day in litres an hour; `nil` before three days of it.
    func flow(hourOfDay: Int) -> Double? { days[hourOfDay] >= 3 ? Double(litres[hourOfDay]) : nil }

    /// Usual flow over the whole day in litres an hour; `nil` before every hour of it is known.
    var mean: Double? {
        days.allSatisfy { $0 >= 3 } ? litres.reduce(0) { $0 + Double($1) } / 24 : nil
    }

    /// Usual flow in the busiest hour of the day in litres an hour; zero before any is known.
    var busiest: Double {
        litres.indices.reduce(0) { days[$1] >= 3 ? max($0, Double(litres[$1])) : $0 }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool { days.allSatisfy { $0 <= Self.memory } }
}
