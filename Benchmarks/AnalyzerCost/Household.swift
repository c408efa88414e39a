// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model

/// A made-up family that draws water as people do: flushes, taps, showers, machines, and a bath on some evenings.
///
/// What a meter's state takes depends on how large its flows have been, so a family that only ever draws nine litres would
/// weigh too little.
struct Household {
    private var random: UInt64
    /// Litres that are still to be drawn at each minute of the day.
    private var plan: [Double] = []

    init(seed: Int) { random = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// Litres drawn in a minute, asked one after another.
    mutating func litres(minuteOfDay: Int) -> Double {
        if minuteOfDay == 0 || plan.isEmpty { makePlan() }
        return plan[minuteOfDay]
    }

    private mutating func makePlan() {
        plan = Array(repeating: 0, count: 1440)
        for _ in 0..<14 { draw(litres: 6, minutes: 2, from: 390, to: 1400) }
        if next(4) == 0 { draw(litres: 6, minutes: 2, from: 60, to: 330) }
        for _ in 0..<25 { draw(litres: 1 + Double(next(4)), minutes: 1, from: 390, to: 1380) }
        for _ in 0..<2 { draw(litres: 50, minutes: 6, from: 390, to: 560) }
        if next(2) == 0 { draw(litres: 55, minutes: 30, from: 540, to: 1200) }
        if next(3) == 0 { draw(litres: 140, minutes: 12, from: 1080, to: 1320) }
    }

    private mutating func draw(litres: Double, minutes: Int, from: Int, to: Int) {
        let start = from + next(to - from)
        for minute in start..<min(start + minutes, 1440) { plan[minute] += litres / Double(minutes) }
    }

    /// A number from 0 up to, not including, `end`.
    private mutating func next(_ end: Int) -> Int {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return Int(random % UInt64(end))
    }
}

extension PlainEstate {
    /// Meters without one behind another, each behind a family of its own, or behind many.
    ///
    /// - Parameter families: Behind each meter.
    func familyReadings(days: Int, families: Int) -> [AnalyzerReading] {
        let start = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 3, day: 2), hour: 0, minute: 0))
        var litres = [Double](repeating: 0, count: site.meters.count)
        var homes = site.meters.indices.map { place in
            (0..<families).map { Household(seed: 1 + place * families + $0) }
        }
        let periods = site.meters.map { max(1, Int($0.period.inSeconds / 60)) }
        var readings: [AnalyzerReading] = []
        for minute in 0..<(days * 1440) {
            for (place, meter) in site.meters.enumerated() {
                for home in homes[place].indices {
                    litres[place] += homes[place][home].litres(minuteOfDay: minute % 1440)
                }
                guard (minute + place) % periods[place] == 0 else { continue }
                let count = Int64(litres[place] / meter.litresPerCount)
                let at = start + .seconds(Int64(minute) * 60)
                readings.append(AnalyzerReading(channel: place, value: .count(count), at: at))
            }
        }
        return readings
    }
}
