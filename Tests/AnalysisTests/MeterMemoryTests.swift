// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct PackedTextTests {
    private func holds<Number: PackedNumber>(_ numbers: [Number]) -> Bool {
        PackedText.numbers(PackedText.text(numbers)) == numbers
    }

    @Test func `numbers come back to the last bit`() {
        for count in 0...9 {
            #expect(holds((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 200) }))
            #expect(holds((0..<count).map { UInt16(truncatingIfNeeded: $0 &* 9_973 &+ 65_000) }))
            #expect(holds((0..<count).map { Int16(truncatingIfNeeded: $0 &* -7_001) }))
            #expect(holds((0..<count).map { Int32(truncatingIfNeeded: $0 &* -1_234_567_891) }))
            #expect(holds((0..<count).map { Float($0) / 3 - 1 }))
        }
        // RFC 4648, section 10: "foobar" without padding.
        #expect(PackedText.text(Array("fooba".utf8)) == "Zm9vYmE")
    }

    @Test(arguments: ["A", "AA==", "AA AA", "AB/A", "Zm9vYmE!", "é", "AAAAA"])
    func `what is no packed number is refused`(_ text: String) {
        let numbers: [UInt16]? = PackedText.numbers(text)
        #expect(numbers == nil)
    }
}

@Suite struct SmallStateTests {
    private struct Held: Codable, Equatable {
        @Seldom var list: [Int]?
        @NarrowOptional<Int32, Int64> var hour: Int64?
        @MomentOrNone var moment: Timestamp?
        @Narrow<UInt8, Int> var count = 0
        var levels = Fixed<3, Float>(repeating: 0.1)
    }

    @Test func `what is not there takes no room in a saved state`() throws {
        var held = Held()
        let empty = String(decoding: try JSONEncoder().encode(held), as: UTF8.self)
        #expect(!empty.contains("list") && !empty.contains("hour") && !empty.contains("moment"))
        #expect(try JSONDecoder().decode(Held.self, from: Data(empty.utf8)) == held)
        (held.list, held.hour, held.moment, held.count) = ([7], -5, monday, 255)
        held.list?.append(8)
        held.levels[1] = .pi
        let loaded = try JSONDecoder().decode(Held.self, from: try JSONEncoder().encode(held))
        #expect(loaded == held && loaded.list == [7, 8] && loaded.hour == -5 && loaded.moment == monday)
        #expect(loaded.count == 255 && loaded.levels[1] == .pi && loaded.levels[2] == 0.1)
        held.list = nil
        #expect(held.list == nil)
    }

    @Test func `a number that does not fit is the nearest that does`() {
        var held = Held()
        held.count = 999
        held.hour = .max
        #expect(held.count == 255 && held.hour == Int64(Int32.max))
        held.hour = .min
        #expect(held.hour == Int64(Int32.min) + 1)
    }

    @Test func `a list of another length is refused`() throws {
        let saved = try JSONEncoder().encode(Fixed<4, Float>(repeating: 1))
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Fixed<3, Float>.self, from: saved) }
    }
}

@Suite struct SharedRowTests {
    private static let levels = [1.0, 3, 10, 30, 100, 300]

    /// Small flows for long, and seldom a larger one: the upper levels are reached late or never.
    private func flow(_ slot: Int, _ random: inout SeededGenerator) -> Double {
        let highest = slot < 300 ? 8.0 : slot < 900 ? 50 : 150
        return Int.random(in: 0..<4, using: &random) == 0 ? .random(in: 0...highest, using: &random) : 0
    }

    @Test(arguments: 1...5) func `a level learns the same beside others as alone`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (profile, none) = (LevelProfile.calm.hourly, Double.infinity)
        var together = LevelBank(levels: Self.levels.count, buckets: 24)
        var alone = Self.levels.map { _ in LevelBank(levels: 1, buckets: 24) }
        for slot in 0..<1500 {
            let (flow, isLearning) = (flow(slot, &random), slot % 11 != 0)
            together.take(flow, in: slot % 24, above: none, Self.levels, profile, isLearning: isLearning)
            for level in alone.indices {
                let cut = [Self.levels[level]]
                alone[level].take(flow, in: slot % 24, above: none, cut, profile, isLearning: isLearning)
                #expect(together.course(of: level) == alone[level].course(of: 0))
                #expect(together.quietShare(of: level, in: slot % 24) == alone[level].quietShare(of: 0, in: slot % 24))
            }
            if slot % 24 == 0 {
                together.age()
                for level in alone.indices { alone[level].age() }
            }
        }
        #expect(together.fits(levels: Self.levels.count, buckets: 24))
        #expect(together.course(of: 2).innocent > 0 && together.course(of: 5).innocent == 0)
    }

    @Test(arguments: 1...5) func `so does one of flow in spells`(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let none = Double.infinity
        var together = FlowInSpells(levels: Self.levels.count)
        var alone = Self.levels.map { _ in FlowInSpells(levels: 1) }
        var most = 0.0
        for hour in 0..<1500 {
            let (flow, isLearning) = (flow(hour, &random), hour % 11 != 0)
            together.take(flow, hourOfDay: hour % 24, above: none, Self.levels[...], isLearning: isLearning)
            for level in alone.indices {
                let cut = Self.levels[level...level]
                alone[level].take(flow, hourOfDay: hour % 24, above: none, cut, isLearning: isLearning)
                #expect(together.course(of: level) == alone[level].course(of: 0))
                #expect(together.hoursRun(of: level) == alone[level].hoursRun(of: 0))
            }
            most = max(most, together.course(of: 3).evidence)
        }
        #expect(together.fits(levels: Self.levels.count) && most > 0)
    }
}

@Suite struct MinuteRegisterTests {
    /// Litres a minute of three stretches: a dwelling, a pool, a dwelling again.
    private func litres(_ minute: Int) -> Double {
        switch minute {
        case 400..<800: 12
        case 801: 500
        default: minute % 17 == 0 ? 9 : 0
        }
    }

    @Test(arguments: [1, 5, 15, 40]) func `every window has the volume that went in, however much it is`(_ period: Int)
    {
        var register = MinuteRegister()
        var totals: [Double] = [0]
        for minute in 0..<1200 { totals.append(totals[minute] + litres(minute)) }
        for minute in stride(from: period, through: 1200, by: period) {
            // The register is exchanged, so to speak, and what was wide becomes fine again.
            if minute == 960 { register.restart() }
            register.extend(
                from: monday + (minute - period), to: monday + minute, litresBefore: totals[minute - period],
                litresAfter: totals[minute])
            let known = (Int(register.knownFrom) - Int(monday.minuteIndex))...minute
            #expect(known.count == min(Int(MinuteRegister.length), minute - (minute < 960 ? 0 : 960 - period) + 1))
            for from in stride(from: known.lowerBound, to: minute, by: 7) {
                // Between two readings the water is shared evenly.
                let (low, share) = (from / period * period, Double(from % period) / Double(period))
                let start = totals[low] + (totals[min(low + period, 1200)] - totals[low]) * share
                let volume = register.volume(
                    from: monday.minuteIndex + Int64(from), to: monday.minuteIndex + Int64(minute))
                #expect(abs((volume ?? -1) - (totals[minute] - start)) < 0.011, "from \(from) to \(minute)")
            }
        }
        #expect(register.isWellFormed)
    }
}

@Suite struct PassedHoursTests {
    private func hour(_ place: Int) -> HourVolume {
        HourVolume(
            hour: monday.hourIndex + Int64(place), litres: Double(place), covered: 3_600_000,
            firstSequence: Int64(place) * 10)
    }

    @Test func `hours that are known and hours of the run are kept apart, a day of each`() {
        var passed = PassedHours()
        for place in 1...60 {
            if place % 3 != 0 { passed.noteRunning(hour(place), hourOfDay: place % 24) }
            if place % 2 == 0 { passed.noteKnown(hour(place), hourOfDay: place % 24) }
        }
        #expect(passed.isWellFormed && passed.running.count == 24)
        let seen: [Int] = passed.running.map { Int($0.litres) }
        let wanted: [Int] = (1...60).filter { $0 % 3 != 0 }.suffix(24)
        #expect(seen == wanted)
        #expect(passed.running.first?.hourOfDay == UInt32(25 % 24) && passed.running.first?.firstSequence == 250)
        let known: [Double] = stride(from: 14, through: 60, by: 2).map { Double($0) }
        #expect(passed.latest(100) == known)
        let (start, sequence, least) = passed.run(of: 3)
        #expect(start == monday.hourIndex + 56 && sequence == 560 && least == 56)
        // Longer than what is remembered: as far back as if no hour had been missing.
        #expect(passed.run(of: 30).start == monday.hourIndex + 14 - 6)
        passed.forgetRunning()
        #expect(passed.running.isEmpty && passed.latest(100).count == 24)
        passed.forgetKnown()
        #expect(passed == PassedHours())
    }
}
