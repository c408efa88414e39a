// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import Analysis
import TestKit

@Suite struct LiftServiceTests {
    struct Case {
        var name: String
        var told: [Told]
        /// Minutes at which data time moves on without a reading.
        var waits: [Double] = []
        var started: Double?
        var raised: Double?
        var cleared: Double?
        var severity: Severity = .p2
        var downMinutes: Double?
    }

    static let signals: [Signal] = [.inService, .fault, .faultCode, .maintenance, .entrapment]

    /// Service of the lift is announced from minute 2000 to 2100.
    static let announced = [
        Announcement(kind: .liftService, start: monday + 2000, end: monday + 2100, asset: machine)
    ]

    static func line() -> MachineLine {
        MachineLine(signals, everySeconds: 300, announced: announced) { $0.lifts = [LiftDescription(asset: machine)] }
    }

    @Test(arguments: [
        Case(
            name: "out of service",
            told: [
                Told(595, .inService, 1), Told(600, .inService, 0), Told(605, .inService, 0), Told(700, .inService, 1),
            ], waits: [604, 605, 704, 705], started: 600, raised: 605, cleared: 700, downMinutes: 100),
        Case(
            name: "a fault",
            told: [
                Told(600, .faultCode, 37), Told(600, .fault, 1), Told(604, .fault, 1), Told(640, .fault, 0),
            ], waits: [605, 646], started: 600, raised: 605, cleared: 640, downMinutes: 40),
        Case(
            name: "a blip of three minutes mends itself",
            told: [Told(600, .fault, 1), Told(603, .fault, 0)], waits: [605, 620]),
        Case(
            name: "a blip whose end was lost", told: [Told(600, .fault, 1), Told(606, .fault, 0)], waits: [605, 620]),
        Case(
            name: "a fault across a silence of hours is as old as what was read after it",
            told: [Told(600, .fault, 1), Told(900, .fault, 1), Told(905, .fault, 1)], waits: [650, 899],
            started: 900, raised: 905),
        Case(
            name: "a poll that failed says nothing",
            told: [Told(600, .fault, 1), Told(602, .fault, nil), Told(606, .fault, 1)], started: 600, raised: 606),
        Case(
            name: "under maintenance",
            told: [
                Told(600, .inService, 0), Told(600, .maintenance, 1), Told(605, .inService, 0), Told(610, .fault, 1),
                Told(630, .fault, 1), Told(640, .fault, 0), Told(640, .inService, 1), Told(641, .maintenance, 0),
            ], waits: [620, 660]),
        Case(
            name: "still down when the mechanic has gone",
            told: [
                Told(600, .inService, 0), Told(600, .maintenance, 1), Told(660, .maintenance, 0),
                Told(665, .inService, 0),
            ], waits: [650], started: 660, raised: 665),
        Case(
            name: "announced",
            told: [
                Told(2000, .inService, 0), Told(2010, .inService, 0), Told(2105, .inService, 1),
            ], waits: [2050, 2120]),
        Case(
            name: "an hour longer than announced",
            told: stride(from: 2000, to: 2160, by: 5).map { Told($0, .inService, 0) },
            waits: [2160, 2161], started: 2000, raised: 2161),
        Case(
            name: "somebody shut in", told: [Told(600, .entrapment, 1), Told(612, .entrapment, 0)], waits: [618],
            started: 600, raised: 600, cleared: 612, severity: .p1, downMinutes: 12),
        Case(
            name: "somebody shut in while service is announced", told: [Told(2020, .entrapment, 1)],
            started: 2020, raised: 2020, severity: .p1),
        Case(
            name: "a test of the bell",
            told: [
                Told(600, .maintenance, 1), Told(601, .entrapment, 1), Told(602, .entrapment, 0),
                Told(620, .maintenance, 0),
            ], waits: [640]),
    ])
    func `a lift that does not serve is found`(_ c: Case) throws {
        var line = Self.line()
        var changes: [FindingChange] = []
        let events = c.told.map { ($0.minute, Optional($0)) } + c.waits.map { ($0, Told?.none) }
        for (minute, told) in events.sorted(by: { $0.0 < $1.0 }) {
            changes += told.map { line.tell($0) } ?? line.wait(until: minute)
            line.analyzer = try line.analyzer.reloaded()
        }
        changes = changes.of(.liftOutOfService)
        #expect(changes.raised.first?.startedAt.minute == c.started, "\(c.name)")
        #expect(changes.raised.first?.raisedAt.minute == c.raised, "\(c.name)")
        #expect(changes.cleared.first?.clearedAt?.minute == c.cleared, "\(c.name)")
        #expect(changes.raised.count <= 1, "\(c.name)")
        if c.raised != nil { #expect(changes.raised.first?.severity == c.severity, "\(c.name)") }
        if let minutes = c.downMinutes { #expect(changes.cleared.first?.size?.value == minutes, "\(c.name)") }
        #expect(line.analyzer.statistics.evaluations.liftOutOfService > 0)
    }

    @Test func `somebody shut in makes an outage graver`() {
        var line = Self.line()
        var changes = line.tell(Told(600, .fault, 1), Told(606, .fault, 1), Told(620, .entrapment, 1))
        #expect(changes.raised.map(\.severity) == [.p2])
        #expect(changes.updated.last?.severity == .p1)
        #expect(changes.updated.last?.evidence.value("entrapment") == 1)
        changes = line.tell(Told(630, .entrapment, 0), Told(631, .fault, 0)) + line.wait(until: 640)
        #expect(changes.cleared.count == 1)
    }

    @Test func `a day out of service is told a few times, and its length in the end`() {
        var line = Self.line()
        var changes = line.tell(stride(from: 600, to: 2040, by: 5).map { Told($0, .inService, 0) })
        #expect(changes.raised.count == 1)
        #expect((5...30).contains(changes.updated.count))
        changes += line.tell(Told(2040, .inService, 1)) + line.wait(until: 2046)
        #expect(changes.cleared.first?.size == Measure("down_minutes", 1440, .minute))
    }

    @Test func `a lift whose controller tells codes only is out of service by its code`() {
        var line = MachineLine([.faultCode]) { $0.lifts = [LiftDescription(asset: machine)] }
        let changes = line.tell(Told(600, .faultCode, 15), Told(605, .faultCode, 15))
        #expect(changes.raised.first?.evidence.value("fault_code") == 15)
    }
}

@Suite struct LiftFlappingTests {
    struct Case {
        var name: String
        /// Minutes at which a fault of a minute begins, and its code.
        var faults: [(Double, Double)]
        var maintained: Range<Double>?
        var raised: Double?
    }

    static func told(_ c: Case) -> [Told] {
        var told = c.faults.flatMap { minute, code in
            [Told(minute, .faultCode, code), Told(minute + 1, .faultCode, 0)]
        }
        if let maintained = c.maintained {
            told += [
                Told(maintained.lowerBound, .maintenance, 1), Told(maintained.upperBound, .maintenance, 0),
            ]
        }
        return told.sorted { $0.minute < $1.minute }
    }

    @Test(arguments: [
        Case(name: "three in half an hour", faults: [(600, 37), (612, 37), (629, 37)], raised: 629),
        Case(name: "three in an hour", faults: [(600, 37), (625, 37), (650, 37)]),
        Case(
            name: "five in six hours", faults: [(600, 52), (680, 52), (760, 52), (840, 52), (920, 52)], raised: 920),
        Case(name: "one a day", faults: [(600, 3), (2040, 3), (3480, 3), (4920, 3), (6360, 3)]),
        Case(name: "three different faults", faults: [(600, 3), (605, 4), (610, 5)]),
        Case(name: "two faults in turn", faults: [(600, 3), (603, 4), (606, 3), (609, 4), (612, 3)], raised: 612),
        Case(
            name: "under the mechanic's hands", faults: [(600, 3), (603, 3), (606, 3), (609, 3)],
            maintained: 595..<660),
    ])
    func `a fault that comes again and again is found`(_ c: Case) throws {
        var line = LiftServiceTests.line()
        let changes = try line.tellWithReloads(Self.told(c), every: 1).of(.liftFlapping)
        #expect(changes.raised.first?.raisedAt.minute == c.raised, "\(c.name)")
        #expect(changes.raised.count <= 1)
        #expect(line.analyzer.statistics.evaluations.liftFlapping > 0)
    }

    @Test func `it is over when it was quiet for an hour`() {
        var line = LiftServiceTests.line()
        let c = Case(name: "", faults: [(600, 37), (610, 37), (620, 37), (635, 37)])
        var changes = line.tell(Self.told(c)) + line.wait(until: 694)
        #expect(changes.cleared.isEmpty)
        changes = line.wait(until: 695)
        #expect(changes.cleared.first?.clearedAt?.minute == 635)
        #expect(changes.cleared.first?.size == Measure("faults", 4))
    }
}

@Suite struct LiftUseTests {
    static let signals: [Signal] = [.inService, .trips, .doorCycles]

    static func line(_ announced: [Announcement] = []) -> MachineLine {
        MachineLine(signals, everySeconds: 300, announced: announced) {
            $0.lifts = [LiftDescription(asset: machine)]
        }
    }

    /// Minute of a day and an hour.
    static func minute(day: Int, hour: Int = 0) -> Int { day * 1440 + hour * 60 }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `three weeks of a lift that works raise nothing`(seed: UInt64) {
        var line = Self.line()
        // Sundays are quieter, and one lift is busier than the other.
        let changes = line.tell(
            LiftDays.told(minutes: 0..<Self.minute(day: 21), seed: seed) { minute in
                .init(tripsPerHour: (seed % 2 == 0 ? 5 : 18) * (minute / 1440 % 7 == 6 ? 0.7 : 1))
            })
        #expect(changes.isEmpty)
        let evaluations = line.analyzer.statistics.evaluations
        #expect(evaluations.liftSilent > 0 && evaluations.liftDoor > 0 && evaluations.liftDecline > 0)
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a lift that says it serves and makes no trip is found within hours`(seed: UInt64) throws {
        var line = Self.line()
        let stall = Self.minute(day: 10, hour: 9)..<Self.minute(day: 10, hour: 18)
        let changes = try line.tellWithReloads(
            LiftDays.told(minutes: 0..<Self.minute(day: 12), seed: seed) {
                .init(tripsPerHour: stall.contains($0) ? 0 : 10)
            }, every: 701)
        let found = try #require(changes.of(.liftSilent).raised.first)
        #expect((100.0...240.0).contains(found.raisedAt.minute - Double(stall.lowerBound)))
        #expect(abs(found.startedAt.minute - Double(stall.lowerBound)) < 60)
        #expect((found.evidence.value("missed_trips") ?? 0) > 20)
        let end = try #require(changes.of(.liftSilent).cleared.first)
        #expect(abs((end.clearedAt?.minute ?? 0) - Double(stall.upperBound)) < 60)
        #expect((end.size?.value ?? 0) > 480)
        #expect(changes.of(.liftSilent).raised.count == 1)
    }

    @Test func `a night without a trip, a lift out of service and an announced service are not silent`() {
        let day = Self.minute(day: 10)
        var line = Self.line([
            Announcement(kind: .liftService, start: monday + (day + 840), end: monday + (day + 1200), asset: machine)
        ])
        let told = LiftDays.told(minutes: 0..<Self.minute(day: 12), seed: 7) { minute in
            .init(tripsPerHour: (day..<day + 1260).contains(minute) ? 0 : 10)
        }.map { told -> Told in
            // Out of service from six in the morning until the service begins.
            told.signal == .inService && (day + 360..<day + 840).contains(Int(told.minute))
                ? Told(told.minute, .inService, 0) : told
        }
        #expect(line.tell(told).of(.liftSilent).isEmpty)
    }

    @Test func `a counter that nobody read accuses no lift`() {
        var line = Self.line()
        let hole = Self.minute(day: 10, hour: 8)..<Self.minute(day: 10, hour: 20)
        let told = LiftDays.told(minutes: 0..<Self.minute(day: 12), seed: 3) { minute in
            .init(tripsPerHour: hole.contains(minute) ? 0 : 10)
        }
        #expect(line.tell(told.filter { !hole.contains(Int($0.minute)) }).isEmpty)
    }

    @Test func `doors that open twice as often as the trips need are found`() throws {
        var line = Self.line()
        let bad = Self.minute(day: 8, hour: 9)..<Self.minute(day: 9, hour: 9)
        let changes = try line.tellWithReloads(
            LiftDays.told(minutes: 0..<Self.minute(day: 11), seed: 4) {
                .init(doorsPerTrip: bad.contains($0) ? 4.5 : 2)
            }, every: 997)
        let found = try #require(changes.of(.liftDoor).raised.first)
        #expect((0.0...720.0).contains(found.raisedAt.minute - Double(bad.lowerBound)))
        #expect(abs((found.size?.value ?? 0) - 4.5) < 0.7)
        #expect(found.evidence.value("usual_doors_per_trip") == 2)
        let end = try #require(changes.of(.liftDoor).cleared.first?.clearedAt)
        #expect((0.0...1440.0).contains(end.minute - Double(bad.upperBound)))
        #expect(changes.raised.count == 1)
    }

    @Test func `a fifth more doors, and a counter that restarts, are no anomaly`() {
        var line = Self.line()
        let restart = Self.minute(day: 9, hour: 9)
        let told = LiftDays.told(minutes: 0..<Self.minute(day: 12), seed: 5) {
            .init(doorsPerTrip: $0 > Self.minute(day: 8) ? 2.4 : 2)
        }.map { told in
            told.minute >= Double(restart) && told.signal == .doorCycles
                ? Told(told.minute, .doorCycles, max(0, (told.value ?? 0) - 20_500)) : told
        }
        #expect(line.tell(told).isEmpty)
    }

    @Test func `a lift that loses a third of its trips for good is found within five days`() throws {
        var line = Self.line()
        let from = Self.minute(day: 10)
        let changes = try line.tellWithReloads(
            LiftDays.told(minutes: 0..<Self.minute(day: 17), seed: 6) {
                .init(tripsPerHour: $0 < from ? 20 : 12)
            }, every: 997)
        let found = try #require(changes.of(.liftDecline).raised.first)
        #expect((4.0 * 1440...5.1 * 1440).contains(found.raisedAt.minute - Double(from)))
        #expect(found.severity == .p4)
        #expect((25.0...50.0).contains(found.size?.value ?? 0))
        #expect(changes.raised.count == 1)
    }

    @Test func `what all lifts do together is no fault of one`() {
        var site = SiteDescription(
            zone: ZoneOffsets(name: "test", initialOffsetSeconds: 0, transitions: []), meters: [], gates: [])
        let lifts = [AssetIdentifier("lift-1"), AssetIdentifier("lift-2")]
        site.lifts = lifts.map { LiftDescription(asset: $0) }
        site.signals = lifts.map { SignalDescription(asset: $0, signal: .trips, period: .seconds(300)) }
        var analyzer = Analyzer(site: site)
        var readings: [AnalyzerReading] = []
        for channel in 0..<2 {
            let told = LiftDays.told(minutes: 0..<Self.minute(day: 18), seed: UInt64(channel)) {
                .init(tripsPerHour: $0 < Self.minute(day: 10) ? 20 : 12)
            }
            readings += told.filter { $0.signal == .trips }.map {
                AnalyzerReading(channel: channel, value: .measure($0.value ?? 0), at: $0.at)
            }
        }
        #expect(analyzer.ingest(arrived(readings)).isEmpty)
        #expect(analyzer.statistics.evaluations.liftDecline > 0)
    }

    @Test func `hostile counters and damaged state do no harm`() throws {
        var line = Self.line()
        _ = line.tell(LiftDays.told(minutes: 0..<3000, seed: 9) { _ in .init() })
        for value in [-1, 1e300, -1e300, 0, 4e9] {
            _ = line.tell(Told(3001 + abs(value) / 1e299, .trips, value), Told(3001, .doorCycles, value))
        }
        _ = line.wait(until: 9000)
        let saved = String(decoding: try JSONEncoder().encode(line.analyzer), as: UTF8.self)
        let damaged = saved.replacingOccurrences(of: #""hasFaultCode":false"#, with: #""hasFaultCode":true"#)
        #expect(damaged != saved)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Analyzer.self, from: Data(damaged.utf8))
        }
    }
}

@Suite struct LiftContactTests {
    static func line() -> MachineLine {
        MachineLine([.isMoving, .door, .safetyChain], everySeconds: 1) {
            $0.lifts = [LiftDescription(asset: machine)]
        }
    }

    @Test func `an open safety chain with closed doors stops a lift, one with open doors does not`() {
        var line = Self.line()
        var changes: [FindingChange] = []
        for minute in stride(from: 600.0, to: 612, by: 0.5) {
            changes += line.tell(Told(minute, .door, 1), Told(minute, .safetyChain, 0))
        }
        #expect(changes.isEmpty)
        for minute in stride(from: 612.0, to: 618, by: 0.5) {
            changes += line.tell(Told(minute, .door, 0), Told(minute, .safetyChain, 0))
        }
        #expect(changes.raised.map(\.rule) == [.liftOutOfService])
        #expect(changes.raised.first?.startedAt.minute == 612)
        // Doors that come and go while it serves again do not keep it out of service.
        for minute in stride(from: 618.0, to: 625, by: 0.5) {
            let isOpen = Int(minute) % 2 == 0
            changes += line.tell(Told(minute, .door, isOpen ? 1 : 0), Told(minute, .safetyChain, isOpen ? 0 : 1))
        }
        #expect(changes.cleared.first?.clearedAt?.minute == 618)
    }

    /// Eight days of a lift whose cabin and doors are read each ten seconds.
    private static func days(_ days: Int, doorsPerTrip: (Double) -> Int, tripsPerHour: (Double) -> Double) -> [Told] {
        var random = SeededGenerator(seed: 12)
        var told: [Told] = []
        var minute = 0.0
        while minute < Double(days) * 1440 {
            let trips = random.happens(tripsPerHour(minute) / 60 * 0.5)
            if trips {
                told += [Told(minute, .isMoving, 1), Told(minute, .door, 0)]
                for opening in 0..<doorsPerTrip(minute) {
                    let at = minute + 0.1 + 0.02 * Double(opening)
                    told += [
                        Told(at, .isMoving, 0), Told(at, .door, 1), Told(at + 0.01, .isMoving, 0),
                        Told(at + 0.01, .door, 0.5),
                    ]
                }
            }
            told += [Told(minute + 0.4, .isMoving, 0), Told(minute + 0.4, .door, 0)]
            minute += 0.5
        }
        return told
    }

    @Test func `trips and doors are counted from the contacts`() throws {
        var line = Self.line()
        let from = 8.0 * 1440 + 540
        let changes = line.tell(
            Self.days(10, doorsPerTrip: { $0 > from && $0 < from + 300 ? 4 : 1 }) {
                $0 > 9.0 * 1440 + 540 && $0 < 9.0 * 1440 + 840 ? 0 : 20
            })
        let door = try #require(changes.of(.liftDoor).raised.first)
        #expect(door.raisedAt.minute > from && door.raisedAt.minute < from + 300)
        #expect(abs((door.size?.value ?? 0) - 4) < 0.5)
        let silent = try #require(changes.of(.liftSilent).raised.first)
        #expect((30.0...120.0).contains(silent.raisedAt.minute - 9.0 * 1440 - 540))
        #expect(changes.raised.count == 2)
    }
}
