// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import Model
import Testing

@Suite struct WaterTests {
    static let meters = ["inlet-meter", "riser-1", "riser-2", "u101", "u102", "u103", "u201", "u202", "u203"]
    static let dwellings = ["u101", "u102", "u103", "u201", "u202", "u203"]
    /// A zone whose clocks go forward on 2026-03-29 and back on 2026-10-25, at 01:00 UTC.
    static let berlin = ZoneOffsets(
        name: "Europe/Berlin", initialOffsetSeconds: 3600,
        transitions: [
            .init(at: Timestamp(milliseconds: 1_774_746_000_000), offsetSeconds: 7200),
            .init(at: Timestamp(milliseconds: 1_792_890_000_000), offsetSeconds: 3600),
        ])

    private func totals(_ estate: EstateSimulator) -> [String: Int64] {
        Dictionary(uniqueKeysWithValues: Self.meters.map { ($0, estate.millilitres(through: $0) ?? -1) })
    }

    @Test func `water is conserved to the millilitre at every minute of a day with losses`() {
        let faults = [
            ScriptedFault(.leak(dwelling: "u102", LitresPerHour(18)), from: monday + hours(2)),
            ScriptedFault(
                .burst(meter: "riser-2", LitresPerHour(1500)), from: monday + hours(9), to: monday + hours(15)),
            ScriptedFault(.burst(meter: "inlet-meter", LitresPerHour(40)), from: monday + hours(12)),
        ]
        var estate = EstateSimulator(seed: 11, start: monday, zone: shanghai, faults: faults)
        let before = totals(estate)
        for minute in 1...1440 {
            estate.advance(to: monday + hours(Double(minute) / 60))
            let rise = totals(estate).merging(before) { $0 - $1 }
            let elapsed = Double(minute) / 60
            let burst = Int64(1_500_000 * (min(elapsed, 15) - min(elapsed, 9)))
            let lost = Int64(40_000 * max(0, elapsed - 12))
            #expect(rise["riser-1"] == rise["u101"]! + rise["u102"]! + rise["u103"]!)
            #expect(abs(rise["riser-2"]! - rise["u201"]! - rise["u202"]! - rise["u203"]! - burst) <= 1)
            #expect(abs(rise["inlet-meter"]! - rise["riser-1"]! - rise["riser-2"]! - lost) <= 1)
        }
        let rise = totals(estate).merging(before) { $0 - $1 }
        #expect(Self.dwellings.allSatisfy { rise[$0]! > 20_000 })
    }

    @Test(arguments: [shanghai, berlin])
    func `fine and coarse steps give the same registers`(zone: ZoneOffsets) {
        // Five days over the spring change of the clocks, begun at an odd moment.
        let start = Timestamp(milliseconds: 1_774_530_123_457)
        let faults = [
            ScriptedFault(.leak(dwelling: "u203", LitresPerHour(7.3)), from: start + hours(5.123)),
            ScriptedFault(.burst(meter: "riser-1", LitresPerHour(900)), from: start + hours(40), to: start + hours(70)),
            ScriptedFault(.gateHeldOpen(gate: "gate-1"), from: start + hours(30), to: start + hours(31.5)),
        ]
        let coarse = EstateSimulator(seed: 23, start: start, zone: zone, faults: faults)
        var (minutes, odd, late) = (coarse, coarse, EstateSimulator(seed: 23, start: start, zone: zone))
        var added = 0
        for step in 1...7200 {
            let moment = start + .seconds(step * 60)
            minutes.advance(to: moment)
            if step % 997 == 0 || step == 7200 { odd.advance(to: moment) }
            // Faults that are added while it runs, before they begin.
            if added < faults.count, faults[added].start < moment + .seconds(60) || step % 1000 == 0 {
                late.add(faults[added])
                added += 1
            }
            late.advance(to: moment)
            if step % 720 == 0 {
                var direct = coarse
                direct.advance(to: moment)
                #expect(direct.allWords == minutes.allWords, "at minute \(step)")
                #expect(direct.allWords == late.allWords, "at minute \(step)")
            }
        }
        #expect(odd.allWords == minutes.allWords)
        #expect(totals(odd) == totals(minutes))
    }

    @Test func `every dwelling stands still for hours each night, unless it leaks`() {
        let leak = ScriptedFault(.leak(dwelling: "u203", LitresPerHour(15)), from: monday + hours(24))
        var estate = EstateSimulator(seed: 2, start: monday, zone: shanghai, faults: [leak])
        var still: [String: Int] = [:]
        var use: [String: Int64] = [:]
        for day in 0..<21 {
            for hour in 0..<24 {
                let before = totals(estate)
                estate.advance(to: monday + hours(Double(day * 24 + hour + 1)))
                for meter in Self.dwellings {
                    let rise = estate.millilitres(through: meter)! - before[meter]!
                    use[meter, default: 0] += rise
                    if rise == 0, hour < 6 { still["\(meter) \(day)", default: 0] += 1 }
                }
            }
        }
        for meter in Self.dwellings {
            for day in 0..<21 {
                let count = still["\(meter) \(day)", default: 0]
                if meter == "u203", day >= 1 { #expect(count == 0) } else { #expect(count >= 3) }
            }
            // Between 40 and 1,000 L a day, as households use.
            #expect((40_000...1_000_000).contains(use[meter]! / 21), "\(meter): \(use[meter]! / 21_000) L a day")
        }
    }

    @Test func `more runs in the evening than in the afternoon and the night`() {
        var estate = EstateSimulator(seed: 2, start: monday, zone: shanghai)
        var hourly = [Int64](repeating: 0, count: 24)
        for hour in 0..<24 * 14 {
            let before = estate.millilitres(through: "inlet-meter")!
            estate.advance(to: monday + hours(Double(hour + 1)))
            hourly[hour % 24] += estate.millilitres(through: "inlet-meter")! - before
        }
        #expect(hourly[18...22].reduce(0, +) > 2 * hourly[13...16].reduce(0, +))
        #expect(hourly[6...8].reduce(0, +) > hourly[13...16].reduce(0, +))
        #expect(hourly[0...5].reduce(0, +) * 50 < hourly.reduce(0, +))
    }

    @Test func `the same seed is the same estate, another one is another`() {
        func words(_ seed: UInt64) -> [UInt16] {
            var estate = EstateSimulator(seed: seed, start: monday, zone: shanghai)
            estate.advance(to: monday + hours(30))
            return estate.allWords
        }
        #expect(words(4) == words(4))
        #expect(words(4) != words(5))
    }

    @Test func `time that goes back or leaps to its end traps nothing`() {
        var estate = EstateSimulator(seed: 1, start: Timestamp(milliseconds: .min), zone: shanghai)
        estate.advance(to: Timestamp(milliseconds: 3_600_000))
        let before = estate.allWords
        estate.advance(to: Timestamp(milliseconds: .min))
        #expect(estate.allWords == before)
        var last = EstateSimulator(seed: 1, start: Timestamp(milliseconds: .max), zone: shanghai)
        last.add(ScriptedFault(.burst(meter: "riser-1", LitresPerHour(.infinity)), from: Timestamp(milliseconds: .min)))
        last.add(ScriptedFault(.leak(dwelling: "u101", LitresPerHour(.nan)), from: last.now, to: last.now + hours(1)))
        last.add(ScriptedFault(.gateHeldOpen(gate: "gate-1"), from: last.now, to: Timestamp(milliseconds: .max)))
        last.advance(to: Timestamp(milliseconds: .max))
        #expect(last.allWords.count == before.count)
    }
}
