// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis

@Suite struct DwellingBurstTests {
    private static let day = Home.day

    private static func flow(day: Int, hour: Int, minutes: Int, _ litresPerHour: Double) -> SteadyFlow {
        let start = day * Self.day + hour * 60
        return SteadyFlow(minutes: start..<start + minutes, litresPerHour: litresPerHour)
    }

    @Test(arguments: [900, 3600], [0, 9] as [UInt64])
    func `more than any hose gives is found within two readings, by day too`(period: Int, seed: UInt64) throws {
        // The pool of last week is no measure of it.
        let pool = Self.flow(day: 9, hour: 10, minutes: 360, 600)
        let burst = Self.flow(day: 12, hour: 13, minutes: 480, 1150)
        let (changes, analyzer) = Home(days: 15, added: [pool, burst], seed: seed, period: period).run()
        let found = changes.of(.burst).raised
        let finding = try #require(found.first)
        #expect(found.count == 1)
        let delay = finding.raisedAt.minutesSinceMonday - Double(burst.minutes.lowerBound)
        #expect((30...Double(period == 900 ? 75 : 180)).contains(delay), "\(delay) min")
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(burst.minutes.lowerBound)) <= 60)
        #expect(finding.severity == .p1)
        let loss = try #require(finding.loss)
        #expect((1000...1250).contains(loss.rateLow.value) && loss.rateHigh.value < 1700)
        #expect(finding.evidence.value("trigger") == 1000)
        let cleared = try #require(changes.of(.burst).cleared.first?.clearedAt)
        #expect(abs(cleared.minutesSinceMonday - Double(burst.minutes.upperBound)) <= Double(period / 60 + 65))
        #expect(analyzer.openFindings.isEmpty && analyzer.statistics.evaluations.burst > 300)
    }

    @Test func `by night less is enough, however much was drawn by day`() throws {
        let pool = Self.flow(day: 9, hour: 10, minutes: 60, 700)
        let burst = Self.flow(day: 12, hour: 1, minutes: 420, 450)
        let found = Home(days: 15, added: [pool, burst]).run().changes.of(.burst).raised
        let finding = try #require(found.first)
        #expect(found.count == 1)
        let delay = finding.raisedAt.minutesSinceMonday - Double(burst.minutes.lowerBound)
        #expect((110...180).contains(delay), "\(delay) min")
        #expect(finding.evidence.value("required_hours") == 2)
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `a pool, a bath and a hose are no burst`(seed: UInt64) {
        let innocent = [
            Self.flow(day: 9, hour: 10, minutes: 480, 650), Self.flow(day: 11, hour: 23, minutes: 25, 700),
            Self.flow(day: 12, hour: 18, minutes: 90, 900), Self.flow(day: 13, hour: 8, minutes: 25, 1500),
        ]
        #expect(Home(days: 16, added: innocent, seed: seed).run().changes.of(.burst).isEmpty)
    }

    @Test func `what this home does each night is no burst`() {
        // Somebody waters a large garden before dawn.
        let nights = (0..<20).map { Self.flow(day: $0, hour: 3, minutes: 150, 1300) }
        #expect(Home(days: 20, added: nights).run().changes.of(.burst).isEmpty)
        let burst = Self.flow(day: 18, hour: 3, minutes: 420, 1300)
        #expect(Home(days: 20, added: Array(nights[..<18]) + [burst]).run().changes.of(.burst).raised.count == 1)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `what the hours say of a burst does not depend on late readings`(seed: UInt64) {
        let bursts = [Self.flow(day: 12, hour: 1, minutes: 400, 600), Self.flow(day: 14, hour: 12, minutes: 200, 1600)]
        let home = Home(days: 16, added: bursts, seed: seed)
        var (inOrder, late) = (home.analyzer, home.analyzer)
        var rows = home.rows
        // Every third reading comes after the next one.
        for place in stride(from: 2, to: rows.count, by: 3) { rows.swapAt(place, place - 1) }
        var stood = 0
        for (row, other) in zip(home.rows, rows) {
            _ = inOrder.ingest(row)
            _ = late.ingest(other)
            stood += inOrder.state.meters[0].hourlyBurst.isInAlarm ? 1 : 0
        }
        #expect(stood > 12 && late.statistics.late > 400)
        #expect(late.state.meters[0].hourlyBurst == inOrder.state.meters[0].hourlyBurst)
        #expect(late.state.meters[0].leaks == inOrder.state.meters[0].leaks)
    }

    @Test func `a restart between any two readings changes nothing`() throws {
        let home = Home(days: 13, added: [Self.flow(day: 12, hour: 1, minutes: 400, 600)])
        var plain = home.analyzer
        var restarted = home.analyzer
        for (place, row) in home.rows.enumerated() {
            #expect(plain.ingest(row) == restarted.ingest(row))
            if place % 53 == 0 || place > 1150 && place % 3 == 0 { restarted = try restarted.reloaded() }
        }
        #expect(plain.statistics.evaluations.burst > 1000)
    }

    @Test func `a damaged state is refused`() throws {
        let analyzer = Home().analyzer
        for (name, value) in [("minute", -7), ("raised", 200), ("wait", 1 << 40)] as [(String, Int)] {
            #expect(throws: DecodingError.self) {
                try analyzer.reloaded { Self.damage(&$0, part: "burst", name, value) }
            }
        }
    }

    private static func damage(_ state: inout [String: Any], part: String, _ name: String, _ value: Any) {
        guard var meters = state["meters"] as? [[String: Any]], var hurt = meters[0][part] as? [String: Any] else {
            return
        }
        hurt[name] = value
        meters[0][part] = hurt
        state["meters"] = meters
    }
}

@Suite struct CoarseRegisterTests {
    private static let day = Home.day

    private static func home(_ added: [SteadyFlow], days: Int, seed: UInt64 = 1, litresPerCount: Double = 10) -> Home {
        Home(days: days, added: added, litresPerCount: litresPerCount, seed: seed, period: 3600)
    }

    @Test(arguments: [2.2, 3.5], 1...3 as ClosedRange<UInt64>)
    func `a seep that no hour shows is seen in the quietest hours of the days`(rate: Double, seed: UInt64) throws {
        let seep = SteadyFlow(minutes: 20 * Self.day..<40 * Self.day, litresPerHour: rate)
        let (changes, analyzer) = Self.home([seep], days: 50, seed: seed).run()
        let finding = try #require(changes.ofLeaks.raised.first)
        #expect(changes.ofLeaks.raised.count == 1)
        let days = (finding.raisedAt.minutesSinceMonday - Double(seep.minutes.lowerBound)) / Double(Self.day)
        #expect((3...18).contains(days), "\(days) d")
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= rate)
        #expect((1...7).contains(loss.rateHigh.value), "\(loss)")
        #expect(finding.evidence.value("slot_hours") == 6)
        let cleared = try #require(changes.ofLeaks.cleared.last?.clearedAt)
        #expect(cleared.minutesSinceMonday <= Double(seep.minutes.upperBound + 8 * Self.day))
        #expect(analyzer.openFindings.isEmpty)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a home without a seep is left alone`(seed: UInt64) {
        #expect(Self.home([], days: 80, seed: seed).run().changes.isEmpty)
    }

    @Test func `a restart between any two readings changes nothing`() throws {
        let home = Self.home([SteadyFlow(minutes: 16 * Self.day..<36 * Self.day, litresPerHour: 3.5)], days: 36)
        var plain = home.analyzer
        var restarted = home.analyzer
        var isFound = false
        for (place, row) in home.rows.enumerated() {
            let changes = plain.ingest(row)
            #expect(changes == restarted.ingest(row))
            isFound = isFound || !changes.isEmpty
            if place % 11 == 0 { restarted = try restarted.reloaded() }
        }
        #expect(isFound)
    }
}

@Suite struct BusyHomeTests {
    private static let day = Home.day

    @Test func `one day of visitors is no cistern`() {
        // Three long evenings in one: from morning to night, with pauses.
        let spells = [0, 330, 660].map { 14 * Self.day + 480 + $0 }
            .map { SteadyFlow(minutes: $0..<$0 + 245, litresPerHour: 40) }
        #expect(Home(added: spells).run().changes.isEmpty)
    }

    @Test func `a busy day in the second week is no leak`() {
        // Two litres in each hour but two of the night; on the tenth day in all of them.
        let taps = (0..<12 * 24).filter { ![3, 4].contains($0 % 24) || $0 / 24 == 9 }
            .map { SteadyFlow(minutes: $0 * 60 + 20..<$0 * 60 + 22, litresPerHour: 60) }
        #expect(Home(days: 12, added: taps).run().changes.isEmpty)
    }
}
