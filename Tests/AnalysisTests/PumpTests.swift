// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

private let day = 1440

@Suite struct DryRunTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String { name }
        var name: String
        var control = PumpSetDescription.Control.variableSpeed
        /// From minute 600 on: pressure and power of the first pump; `nil` power means off.
        var looks: [(pressure: Double?, power: Double?)]
        var started: Double?
        var raised: Double?
        var cleared: Double?
    }

    @Test(arguments: [
        Case(
            name: "no water", looks: Array(repeating: (0.3, 0.4), count: 60) + Array(repeating: (4.5, 0.4), count: 9),
            started: 600, raised: 603, cleared: 660),
        Case(
            name: "no water until it is switched off",
            looks: Array(repeating: (0.3, 0.4), count: 20) + Array(repeating: (0.3, nil), count: 9), started: 600,
            raised: 603, cleared: 620),
        Case(name: "a start into an empty pipe", looks: [(0.4, 0.4), (2.1, 0.5), (4.5, 0.6), (4.5, 0.5)]),
        Case(name: "a burst pipe takes all its power", looks: Array(repeating: (1.5, 0.95), count: 40)),
        Case(name: "little is wanted", looks: Array(repeating: (4.5, 0.25), count: 40)),
        Case(name: "off", looks: Array(repeating: (0.0, nil), count: 40)),
        Case(
            name: "polls fail", looks: [(0.3, 0.4), (0.3, 0.4)] + Array(repeating: (nil, 0.4), count: 30)),
        Case(
            name: "a vessel still holds", control: .vessel,
            looks: (0..<12).map { (5.0 - 0.06 * Double($0), 0.38) } + Array(repeating: (5.2, nil), count: 5),
            started: 600, raised: 606, cleared: 612),
        Case(
            name: "the vessel is filled", control: .vessel, looks: (0..<12).map { (4.0 + 0.06 * Double($0), 0.6) }),
        Case(
            name: "it falls and then holds", control: .variableSpeed,
            looks: [(4.9, 0.3), (4.7, 0.3)] + Array(repeating: (4.55, 0.3), count: 30)),
    ])
    func `a pump without water is found`(_ c: Case) throws {
        let house = PumpHouse(c.control)
        let rows = house.rows(590..<600 + c.looks.count) { minute in
            var now = PumpHouse.Minute()
            guard minute >= 600 else { return now }
            let look = c.looks[minute - 600]
            now.on[0] = look.power != nil
            now.power[0] = look.power ?? 0
            now.pressure = look.pressure
            return now
        }
        var analyzer = Analyzer(site: house.site)
        let changes = try analyzer.ingest(rows, reloadingEvery: 50).of(.dryRun)
        #expect(changes.raised.first?.startedAt.minutesSinceMonday == c.started, "\(c.name)")
        #expect(changes.raised.first?.raisedAt.minutesSinceMonday == c.raised, "\(c.name)")
        #expect(changes.cleared.first?.clearedAt?.minutesSinceMonday == c.cleared, "\(c.name)")
        #expect(changes.raised.count <= 1, "\(c.name)")
        if let finding = changes.raised.first {
            #expect(finding.asset == PumpHouse.first)
            #expect(finding.severity == .p1)
            #expect(finding.evidence.firstSequence != nil)
        }
        if let cleared = c.cleared, let started = c.started {
            #expect(changes.cleared.first?.size == Measure("dry", cleared - started, .minute))
        }
        if c.name != "off" { #expect(analyzer.statistics.evaluations.dryRun > 0, "\(c.name)") }
    }

    @Test func `a pump whose rating nobody knows is compared with its own past`() throws {
        let house = PumpHouse(.variableSpeed, setPressure: nil, rated: nil)
        var random = SeededGenerator(seed: 4)
        let start = 5 * day + 600
        let rows = house.rows(0..<start + 30) { minute in
            var now = PumpHouse.steady(minute, &random)
            if minute >= start {
                now.pressure = 0.2
                now.litres = 0
                for pump in 0..<2 where now.on[pump] { now.power[pump] = 0.2 }
            }
            return now
        }
        var analyzer = Analyzer(site: house.site)
        let finding = try #require(analyzer.ingest(rows).of(.dryRun).raised.first)
        #expect(finding.asset == PumpHouse.second)
        #expect((finding.raisedAt - (monday + start)).inSeconds <= 240)
    }
}

@Suite struct NightRunTests {
    /// Six quiet days, then what `trouble` makes of a minute.
    private static func run(
        _ control: PumpSetDescription.Control = .variableSpeed, days: Int = 8, seed: UInt64 = 1,
        trouble: (Int, inout PumpHouse.Minute) -> Void
    ) throws -> (changes: [FindingChange], analyzer: Analyzer) {
        let house = PumpHouse(control)
        var random = SeededGenerator(seed: seed)
        let rows = house.rows(0..<days * day) { minute in
            var now = PumpHouse.steady(minute, &random)
            trouble(minute, &now)
            return now
        }
        var analyzer = Analyzer(site: house.site)
        return (try analyzer.ingest(rows, reloadingEvery: 20_011), analyzer)
    }

    @Test func `a pump that runs against closed taps is found, and is over after a normal night`() throws {
        let start = 6 * day + 30
        let (changes, analyzer) = try Self.run { minute, now in
            if (start..<start + 240).contains(minute) { (now.pressure, now.litres) = (5.8, 1) }
        }
        let finding = try #require(changes.of(.nightRun).raised.first)
        #expect(changes.of(.nightRun).raised.count == 1)
        #expect(finding.asset == PumpHouse.first)
        #expect(finding.startedAt.minutesSinceMonday == Double(start))
        #expect(finding.raisedAt <= monday + (start + 22))
        #expect(finding.evidence.value("target_pressure") == 4.5)
        let end = try #require(changes.of(.nightRun).cleared.first?.clearedAt)
        #expect(end.minutesSinceMonday == Double(start + 240))
        #expect(analyzer.statistics.evaluations.nightRun > 0)
        #expect(changes.of(.dryRun).isEmpty)
    }

    @Test func `a set point that was raised is none`() throws {
        let (changes, _) = try Self.run { minute, now in
            if minute >= 5 * day + 540 { now.pressure = now.pressure.map { $0 + 0.6 } }
        }
        #expect(changes.of(.nightRun).isEmpty)
    }

    @Test func `a pressure that only falls is none`() throws {
        let start = 6 * day + 30
        let (changes, _) = try Self.run { minute, now in
            if (start..<start + 60).contains(minute) {
                (now.pressure, now.litres) = (8 - 0.04 * Double(minute - start), 1)
            }
        }
        #expect(changes.of(.nightRun).isEmpty)
    }

    @Test(arguments: [(1.0, true), (2.0, false)])
    func `far more minutes of the set than usual, unless more water is wanted`(flow: Double, isFound: Bool) throws {
        let house = PumpHouse(.vessel)
        var random = SeededGenerator(seed: 2)
        let rows = house.rows(0..<11 * day) { minute in
            var now = PumpHouse.Minute()
            let isNight = minute / day == 10 && minute % day < 300
            now.litres = PumpHouse.demand(minute, &random) * (isNight ? flow : 1)
            let isOn = isNight ? minute % 60 < 45 : minute % 12 == 0
            let pump = minute / day % 2
            now.on[pump] = isOn
            now.power[pump] = isOn ? 0.8 : 0
            return now
        }
        var analyzer = Analyzer(site: house.site)
        let changes = analyzer.ingest(rows)
        #expect(changes.of(.nightRun).raised.count == (isFound ? 1 : 0))
        if isFound { #expect(changes.of(.nightRun).raised.first?.size?.unit == .hour) }
    }
}

@Suite struct ShortCyclingTests {
    /// - Parameter starts: Of each pump in a minute.
    private static func run(
        days: Int, control: PumpSetDescription.Control = .vessel, starts: (Int) -> [Int]
    ) throws -> (changes: [FindingChange], analyzer: Analyzer) {
        let house = PumpHouse(control)
        let rows = house.rows(0..<days * day) { minute in
            var now = PumpHouse.Minute()
            now.starts = starts(minute)
            now.on = now.starts.map { $0 > 0 }
            now.power = now.on.map { $0 ? 0.6 : 0 }
            now.starts = now.starts.map { max(0, $0 - 1) }
            now.litres = 8
            return now
        }
        var analyzer = Analyzer(site: house.site)
        return (try analyzer.ingest(rows, reloadingEvery: 9973), analyzer)
    }

    @Test func `a vessel that lost its gas is found within the hour, and told once for both pumps`() throws {
        let start = 5 * day + 600
        let (changes, analyzer) = try Self.run(days: 10) { minute in
            let pump = minute / day % 2
            var starts = [0, 0]
            let isBroken = (start..<start + 2 * day).contains(minute)
            if isBroken || minute % 10 == 0 { starts[pump] = minute % 2 == 0 ? 2 : 0 }
            if !isBroken, minute % 10 == 0 { starts[pump] = 1 }
            return starts
        }
        let found = changes.of(.shortCycling)
        let finding = try #require(found.raised.first)
        #expect(found.raised.count == 1)
        #expect(finding.asset == PumpHouse.second)
        #expect(finding.raisedAt <= monday + (start + 75))
        #expect(finding.evidence.value("limit_of_hour") == 12)
        #expect(found.cleared.count == 1)
        #expect(analyzer.statistics.evaluations.shortCycling > 0)
    }

    @Test func `pumps that start at each other's stop make a finding of the set`() throws {
        let start = 5 * day + 600
        let (changes, _) = try Self.run(days: 7) { minute in
            let step = minute >= start ? 1 : 15
            guard minute % step == 0 else { return [0, 0] }
            return minute / step % 2 == 0 ? [1, 0] : [0, 1]
        }
        #expect(changes.of(.shortCycling).raised.map(\.asset) == [PumpHouse.set])
    }

    @Test func `a busy day is no fault`() throws {
        let (changes, _) = try Self.run(days: 9) { minute in
            let isBusy = minute / day == 6
            return minute % (isBusy ? 6 : 8) == 0 ? [1, 0] : [0, 0]
        }
        #expect(changes.of(.shortCycling).raised.count == 0)
    }

    @Test func `a counter that was exchanged is no start`() {
        let house = PumpHouse(.vessel)
        var analyzer = Analyzer(site: house.site)
        var changes: [FindingChange] = []
        for quarter in 0..<800 {
            let count = quarter < 700 ? 90_000 + quarter : quarter
            changes += analyzer.ingest(
                AnalyzerReading(channel: 0, value: .count(Int64(quarter)), at: monday + 15 * quarter))
            changes += analyzer.ingest(
                AnalyzerReading(channel: 3, value: .measure(Double(count)), at: monday + 15 * quarter))
        }
        #expect(changes.of(.shortCycling).raised.count == 0)
    }
}

@Suite struct PumpWearTests {
    /// - Parameters:
    ///   - power: Factor of the power of the second pump on a day.
    ///   - count: Share of the flow that the meter counts on a day.
    private static func run(
        days: Int, seed: UInt64, power: (Double) -> Double = { _ in 1 }, count: (Double) -> Double = { _ in 1 }
    ) throws -> (changes: [FindingChange], analyzer: Analyzer) {
        let house = PumpHouse(.variableSpeed)
        var random = SeededGenerator(seed: seed)
        let rows = house.rows(0..<days * day) { minute in
            var now = PumpHouse.steady(minute, &random)
            let moment = Double(minute) / Double(day)
            now.power[1] *= power(moment)
            now.litres *= count(moment)
            return now
        }
        var analyzer = Analyzer(site: house.site)
        return (analyzer.ingest(rows), analyzer)
    }

    @Test func `a pump that needs ever more power is found, with what it has lost`() throws {
        let (changes, analyzer) = try Self.run(days: 44, seed: 3, power: { 1 + max(0, min($0, 40) - 24) * 0.015 })
        let found = changes.of(.efficiencyDrift)
        let finding = try #require(found.raised.first)
        #expect(found.raised.count == 1)
        #expect(finding.asset == PumpHouse.second)
        #expect((28...36).contains(finding.raisedAt.minutesSinceMonday / 1440))
        let size = try #require(found.last?.finding.size)
        // A factor of 1.24 is 19 % of the efficiency.
        #expect(size.unit == .percent && abs(size.value - 19) < 3)
        #expect(analyzer.statistics.evaluations.efficiencyDrift > 0)
    }

    @Test func `a meter that counts too little wears no pump`() throws {
        let (changes, _) = try Self.run(days: 40, seed: 5, count: { $0 > 24 ? 0.7 : 1 })
        #expect(changes.of(.efficiencyDrift).isEmpty)
    }

    /// Pumps that fill a tank turn about; from the tenth day on each needs more power and brings less.
    private static func fill(power: Double, share: Double, counted: Double = 1) -> [FindingChange] {
        let house = PumpHouse(.roofTank)
        var random = SeededGenerator(seed: 8)
        let rows = house.rows(0..<20 * day) { minute in
            var now = PumpHouse.Minute()
            let worn = max(0, Double(minute) / Double(day) - 10)
            guard minute % 120 < 60 else { return now }
            let pump = minute / 120 % 2
            now.on[pump] = true
            now.power[pump] = 0.8 * (1 + power * worn) * Double.random(in: 0.995...1.005, using: &random)
            now.litres = 100 * (1 - share * worn) * (worn > 0 ? counted : 1)
            return now
        }
        var analyzer = Analyzer(site: house.site)
        return analyzer.ingest(rows).of(.efficiencyDrift)
    }

    @Test func `pumps of a tank that wear together are a finding of the set, a meter alone is none`() throws {
        let worn = Self.fill(power: 0.006, share: 0.03)
        let finding = try #require(worn.raised.first)
        #expect(worn.raised.count == 1 && finding.asset == PumpHouse.set)
        #expect((12...18).contains(finding.raisedAt.minutesSinceMonday / Double(day)))
        // A meter that counts ever less, or a tenth less at once, changes no power.
        #expect(Self.fill(power: 0, share: 0.03).isEmpty)
        #expect(Self.fill(power: 0, share: 0, counted: 0.9).isEmpty)
    }

    @Test func `days that differ by chance are no wear`() throws {
        #expect(try Self.run(days: 40, seed: 6).changes.of(.efficiencyDrift).isEmpty)
    }
}

@Suite struct DutyTests {
    @Test(arguments: [(1, true), (2, false)])
    func `one pump that does all the work is found, where the pumps took turns`(pumps: Int, isFound: Bool) {
        let house = PumpHouse(.roofTank)
        let rows = house.rows(0..<14 * day) { minute in
            var now = PumpHouse.Minute()
            let run = minute / 180
            let pump = minute >= 7 * day && pumps == 1 ? 0 : run % 2
            now.on[pump] = minute % 180 < 60
            now.power[pump] = now.on[pump] ? 0.8 : 0
            return now
        }
        var analyzer = Analyzer(site: house.site)
        let changes = analyzer.ingest(rows).of(.dutyImbalance)
        #expect(changes.raised.map(\.asset) == (isFound ? [PumpHouse.first] : []))
        #expect(analyzer.statistics.evaluations.dutyImbalance > 0)
    }
}

@Suite struct PumpStateTests {
    private static func rows(_ house: PumpHouse) -> [AnalyzerReading] {
        var random = SeededGenerator(seed: 9)
        return house.rows(0..<2 * day) { minute in
            var now = PumpHouse.steady(minute, &random)
            if (2000..<2100).contains(minute) { (now.pressure, now.litres) = (0.2, 0) }
            if minute % 400 == 7 { now.pressure = nil }
            return now
        }
    }

    @Test func `stopped and loaded at any reading it finds the same`() throws {
        let house = PumpHouse(.variableSpeed)
        let rows = Self.rows(house)
        var plain = Analyzer(site: house.site)
        let expected = plain.ingest(rows)
        #expect(!expected.of(.dryRun).isEmpty)
        for step in [1009, 641] {
            var resumed = Analyzer(site: house.site)
            #expect(try resumed.ingest(rows, reloadingEvery: step) == expected)
        }
        // Between any two readings of the alarm.
        var resumed = Analyzer(site: house.site)
        var changes: [FindingChange] = []
        for row in rows {
            if (monday + 2000...monday + 2004).contains(row.at) { resumed = try resumed.reloaded() }
            changes += resumed.ingest(row)
        }
        #expect(changes == expected)
    }

    /// Fields of the rooms' state with a value that none of them can have.
    @Test(arguments: [
        ("pumpRoom", "head", 99), ("pumpRoom", "minutesOn", -5), ("pumpRoom", "learnedDays", 11),
        ("pumpRoom", "middle", 5000), ("pumpRoom", "cursor", -9), ("pumpRoom", "daysSeen", -1),
        ("pumpRoom", "setOfPump", 7), ("irrigationRoom", "cursor", -9),
    ])
    func `damaged state is refused`(room: String, key: String, value: Int) throws {
        var house = PumpHouse(.variableSpeed)
        house.site.irrigation = [
            IrrigationSchedule(
                meter: AssetIdentifier("riser"), weekdays: [1], startMinute: 300, longestMinutes: 30,
                skippedAfterRain: 1, rainWindow: .seconds(43_200))
        ]
        var analyzer = Analyzer(site: house.site)
        _ = analyzer.ingest(Self.rows(house).prefix(3000))
        let saved = try JSONEncoder().encode(analyzer)
        _ = try JSONDecoder().decode(Analyzer.self, from: saved)
        var object = try #require(JSONSerialization.jsonObject(with: saved) as? [String: Any])
        var state = try #require(object["state"] as? [String: Any])
        var didChange = false
        func damaged(_ any: Any) -> Any {
            if let list = any as? [Any] { return list.map(damaged) }
            guard let map = any as? [String: Any] else { return any }
            return Dictionary(
                uniqueKeysWithValues: map.map { name, inner -> (String, Any) in
                    guard name == key, !didChange else { return (name, damaged(inner)) }
                    didChange = true
                    return (name, inner is [Any] ? [value, value] as Any : value as Any)
                })
        }
        state[room] = damaged(try #require(state[room]))
        object["state"] = state
        #expect(didChange)
        let bytes = try JSONSerialization.data(withJSONObject: object)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Analyzer.self, from: bytes) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no value that a wire can bring does harm`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let house = PumpHouse([.variableSpeed, .vessel, .roofTank].randomElement(using: &random)!)
        var analyzer = Analyzer(site: house.site)
        let wild = [0, 1, -1, .nan, .infinity, -1e300, 1e300, 4.5, 0.5, 9.0e15, -0.0]
        for minute in 0..<3000 {
            for channel in 0..<9 {
                let value = wild.randomElement(using: &random)!
                let at = monday + .seconds(60 * minute + Int.random(in: -200..<200, using: &random))
                _ = analyzer.ingest(
                    AnalyzerReading(
                        channel: channel, value: channel == 0 ? .count(Int64(minute)) : .measure(value), at: at))
            }
        }
        #expect(analyzer.statistics.refusedValues > 0)
    }
}
