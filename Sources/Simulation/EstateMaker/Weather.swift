// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model

/// Rain, minute by minute.
struct Weather: Sendable {
    /// Millimetres in each minute.
    private(set) var rain: [Float]

    init(_ plan: EstatePlan, seed: UInt64) {
        var dice = Dice(seed: seed, "weather")
        let period = plan.period
        rain = Array(repeating: 0, count: period.minutes)
        for date in period.dates {
            let warmth = plan.country.warmth(on: date) * (plan.country.isWetInSummer ? 1 : -1)
            let wet = plan.country.wetDays
            guard dice.chance(wet.dry + (wet.wet - wet.dry) * (warmth + 1) / 2) else { continue }
            for _ in 0...dice.poisson(0.6) {
                let start = period.minute(of: date, hour: dice.real(0...24))
                fall(&dice, from: start, minutes: Int(dice.size(15...480)), millimetres: min(60, dice.exponential(6)))
            }
        }
    }

    /// Adds one shower of uneven strength.
    mutating func fall(_ dice: inout Dice, from start: Int, minutes: Int, millimetres: Double) {
        let weights = (0..<minutes).map { _ in dice.exponential(1) }
        let sum = weights.reduce(0, +)
        for (place, weight) in weights.enumerated() where rain.indices.contains(start + place) {
            rain[start + place] += Float(millimetres * weight / sum)
        }
    }

    /// Millimetres in the `minutes` before a moment.
    func fallen(before minute: Int, in minutes: Int) -> Double {
        rain[max(0, minute - minutes)..<max(0, min(minute, rain.count))].reduce(0) { $0 + Double($1) }
    }

    /// A drop that a sensor tells as rain, about a tenth of a millimetre in an hour.
    func isRaining(at minute: Int) -> Bool { rain[minute] > 0.0015 }
}
