// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct ReplayTests {
    private static let day = 1440

    /// Two dwellings and a gate over twelve days: one leaks, meters roll over, are exchanged and lose readings.
    private static func small(seed: UInt64) -> (site: SiteDescription, rows: [AnalyzerReading]) {
        var random = SeededGenerator(seed: seed)
        let minutes = 12 * day
        let leakStart = Int.random(in: 8 * day..<10 * day, using: &random)
        let leak = [SteadyFlow(minutes: leakStart..<minutes, litresPerHour: .random(in: 3..<60, using: &random))]
        let site = SiteDescription(
            zone: ZoneOffsets(
                name: "test", initialOffsetSeconds: 3600,
                transitions: [.init(at: monday + (5 * day + 60), offsetSeconds: 7200)]),
            meters: [unit("home-1", modulus: 100_000), unit("home-2", litresPerCount: 0.001)],
            gates: [GateDescription(asset: AssetIdentifier("gate"))])
        let offset = Int64.random(in: 90_000..<100_000, using: &random)
        var rows: [AnalyzerReading] = []
        for home in 0..<2 {
            let course = WaterCourse.home(minutes: minutes, added: home == 0 ? leak : [], using: &random)
            let moments = stamps(everySeconds: 900, to: minutes, phase: 300 * home, jitter: 120, using: &random)
            for moment in moments where Int.random(in: 0..<100, using: &random) > 0 {
                var count = course.count(at: moment, litresPerCount: home == 0 ? 1 : 0.001, from: 0)
                if home == 0 { count = (count + offset) % 100_000 }
                if home == 1, moment > monday + 6 * day { count %= 1_000_000 }
                rows.append(AnalyzerReading(channel: home, value: .count(count), at: moment))
            }
        }
        for hour in stride(from: 0, to: 12 * 24, by: 3) {
            let open = Int.random(in: 2..<60, using: &random)
            for (minute, isOpen) in [(0, true), (min(open, 15), true), (open, false), (open + 1, false)] {
                rows.append(
                    AnalyzerReading(channel: 2, value: .isOpen(isOpen), at: monday + (hour * 60 + minute)))
            }
        }
        return (site, arrived(rows))
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `findings do not depend on order, repeats or restarts`(seed: UInt64) throws {
        let (site, rows) = Self.small(seed: seed)
        var plain = Analyzer(site: site)
        let expected = plain.ingest(rows)
        #expect(expected.of(.continuousFlow).raised.count == 1)
        #expect(!expected.of(.gateHeldOpen).isEmpty)

        // One row in ten comes again, up to half an hour later.
        var random = SeededGenerator(seed: seed &+ 1000)
        var arrivals = rows.map { (row: $0, at: $0.at) }
        for row in rows where Int.random(in: 0..<10, using: &random) == 0 {
            arrivals.append((row, row.at + .seconds(Int.random(in: 0..<1800, using: &random))))
        }
        var repeated = Analyzer(site: site)
        let withRepeats = repeated.ingest(Self.inOrder(arrivals))
        #expect(withRepeats == expected)
        #expect(repeated.statistics.duplicates + repeated.statistics.tooLate > 50)

        // Every row comes up to 40 minutes late: what counts hours is the same.
        var shuffled = Analyzer(site: site)
        let late = shuffled.ingest(
            Self.inOrder(rows.map { ($0, $0.at + .seconds(Int.random(in: 0..<2400, using: &random))) }))
        #expect(late.of(.continuousFlow) == expected.of(.continuousFlow))
        #expect(shuffled.statistics.late > 100)

        // Stopped, saved and loaded every so many rows.
        var resumed = Analyzer(site: site)
        var changes: [FindingChange] = []
        let step = Int.random(in: 250..<600, using: &random)
        for (index, row) in rows.enumerated() {
            changes += resumed.ingest(row)
            if index % step == step - 1 { resumed = try resumed.reloaded() }
        }
        #expect(changes == expected)
        #expect(resumed.statistics == plain.statistics)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a burst is the same with repeats and restarts`(seed: UInt64) throws {
        let start = 4 * Self.day + 540
        let riser = BurstTests.Riser(
            seed: seed, homes: 3, burst: [SteadyFlow(minutes: start..<start + 90, litresPerHour: 2500)])
        let rows = riser.rows()
        var plain = Analyzer(site: riser.site)
        let expected = plain.ingest(rows)
        #expect(expected.of(.burst).raised.count == 1)
        var random = SeededGenerator(seed: seed)
        var resumed = Analyzer(site: riser.site)
        var changes: [FindingChange] = []
        let step = Int.random(in: 200..<500, using: &random)
        for (index, row) in rows.enumerated() {
            changes += resumed.ingest(row)
            if Int.random(in: 0..<10, using: &random) == 0 { changes += resumed.ingest(row) }
            if index % step == step - 1 { resumed = try resumed.reloaded() }
        }
        #expect(changes == expected)
    }

    @Test func `a restart between any two readings of an alarm changes nothing`() throws {
        let (site, rows) = Self.small(seed: 7)
        var plain = Analyzer(site: site)
        var changes: [[FindingChange]] = []
        for row in rows { changes.append(plain.ingest(row)) }
        let raised = try #require(changes.firstIndex { !$0.of(.continuousFlow).raised.isEmpty })
        var resumed = Analyzer(site: site)
        for (index, row) in rows.enumerated() {
            #expect(resumed.ingest(row) == changes[index])
            if abs(index - raised) < 20 { resumed = try resumed.reloaded() }
        }
    }

    private static func inOrder(_ arrivals: [(row: AnalyzerReading, at: Timestamp)]) -> [AnalyzerReading] {
        arrivals.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.row)
    }
}

@Suite struct FindingBookTests {
    private static func grounds(startedAt: Timestamp) -> Grounds {
        Grounds(
            startedAt: startedAt, severity: .p2,
            loss: LossEstimate(rateLow: LitresPerHour(30), rateHigh: LitresPerHour(40), litres: Litres(100)),
            evidence: Evidence(from: startedAt, to: startedAt, measures: []))
    }

    @Test(arguments: [(Rule.gateHeldOpen, 6), (Rule.burst, 36), (Rule.continuousFlow, 96)])
    func `a condition that returns in time is the same finding`(rule: Rule, hours: Int) throws {
        let asset = AssetIdentifier("a")
        for (pause, isSame) in [(hours * 60, true), (hours * 60 + 1, false)] {
            var book = FindingBook()
            let first = book.note(.arises(Self.grounds(startedAt: monday)), of: rule, on: asset, at: monday + 10)
            let over = book.note(
                .ends(Self.grounds(startedAt: monday), at: monday + 20), of: rule, on: asset, at: monday + 25)
            #expect(over?.finding.clearedAt == monday + 20)
            #expect(book.open.isEmpty)
            let start = monday + (20 + pause)
            let change = book.note(.arises(Self.grounds(startedAt: start)), of: rule, on: asset, at: start)
            let again = try #require(change)
            #expect((again.finding.identifier == first?.finding.identifier) == isSame)
            #expect([again].raised.isEmpty == isSame)
            #expect(again.finding.loss?.litres == Litres(isSame ? 200 : 100))
            #expect(book.open == [again.finding])
            // What ends something that was never told is nobody's news.
            let other = book.note(
                .ends(Self.grounds(startedAt: start), at: start), of: rule, on: AssetIdentifier("b"), at: start)
            #expect(other == nil)
        }
    }

    @Test(arguments: [(300.0, Severity.p1), (299, .p2), (30, .p2), (29, .p3), (5, .p3), (4.9, .p4), (.nan, .p4)])
    func `severity follows the loss`(litresPerHour: Double, severity: Severity) {
        #expect(Severity(loss: LitresPerHour(litresPerHour)) == severity)
    }
}

@Suite struct StateTests {
    @Test func `a state of another version is refused with a reason`() throws {
        let analyzer = Analyzer(site: SiteDescription(zone: .utc, meters: [unit("home")], gates: []))
        let saved = String(decoding: try JSONEncoder().encode(analyzer), as: UTF8.self)
        let other = saved.replacingOccurrences(
            of: "\"version\":\(Analyzer.version)", with: "\"version\":\(Analyzer.version + 1)")
        #expect(other != saved)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Analyzer.self, from: Data(other.utf8))
        }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(
            context.debugDescription == "The analyzer's state is of version \(Analyzer.version + 1); this build reads "
                + "version \(Analyzer.version). Start with a new state and replay the stored readings.")
    }

    @Test func `a damaged state is refused`() throws {
        var analyzer = Analyzer(
            site: SiteDescription(
                zone: .utc, meters: [unit("home")], gates: [GateDescription(asset: AssetIdentifier("gate"))]))
        analyzer.state.gates = []
        let saved = try JSONEncoder().encode(analyzer)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Analyzer.self, from: saved) }
    }

    @Test func `a meter takes 4 KiB at most`() {
        let (hours, waiting) = (ContinuousFlow.hours, SettledRegister.capacity)
        let arrays =
            Int(MinuteRegister.length) * 4 + waiting * MemoryLayout<RegisterSample>.stride
            + 24 * (4 + 1) + hours * 40 + 8 * MemoryLayout<HourVolume>.stride
            + 24 * (4 + 1) + Int(RecentHours.length) * 4 + DayUse.length * 4
        #expect(MemoryLayout<MeterState>.stride + arrays < 4096)
    }
}

@Suite struct HostileTests {
    private static let site = SiteDescription(
        zone: ZoneOffsets(
            name: "odd", initialOffsetSeconds: .max, transitions: [.init(at: monday, offsetSeconds: .min)]),
        meters: [
            unit("riser", role: .riser, everySeconds: 60), unit("home", parent: "riser"),
            unit("nothing", litresPerCount: 0), unit("odd", litresPerCount: -1, everySeconds: 1),
            unit("own", parent: "own", litresPerCount: 1e300),
        ],
        gates: [
            GateDescription(asset: AssetIdentifier("gate"), heldOpenAfter: .zero, heldOpenAfterInPeak: .seconds(-1))
        ],
        peakWindows: [PeakWindow(firstMinute: -5, endMinute: 99_999)])

    @Test(arguments: [0, -1, .nan, .infinity, 1e300, 1e-300])
    func `a meter without a believable count is not judged`(litresPerCount: Double) {
        #expect(!RegisterLaw(unit("u", litresPerCount: litresPerCount)).isUsable)
    }

    struct Stamp {
        var milliseconds: Int64
        var isRefused: Bool
    }

    @Test(arguments: [
        Stamp(milliseconds: 0, isRefused: true), Stamp(milliseconds: .min, isRefused: true),
        Stamp(milliseconds: .max, isRefused: true), Stamp(milliseconds: -1, isRefused: true),
        Stamp(milliseconds: 946_684_799_999, isRefused: true), Stamp(milliseconds: 946_684_800_000, isRefused: false),
        Stamp(milliseconds: 4_102_444_799_999, isRefused: false),
        Stamp(milliseconds: 4_102_444_800_000, isRefused: true),
    ])
    func `stamps outside 2000 to 2099 are counted and refused`(_ stamp: Stamp) {
        var analyzer = Analyzer(site: Self.site)
        let at = Timestamp(milliseconds: stamp.milliseconds)
        #expect(analyzer.ingest(AnalyzerReading(channel: 0, value: .count(5), at: at)).isEmpty)
        #expect(analyzer.statistics.refusedStamps == (stamp.isRefused ? 1 : 0))
        #expect(analyzer.dataTime == (stamp.isRefused ? nil : at))
    }

    @Test func `values that a channel cannot have are counted and refused`() {
        var analyzer = Analyzer(site: Self.site)
        let values: [(Int, AnalyzerReading.Value)] = [
            (0, .count(-1)), (0, .count(.max)), (0, .count(.min)), (0, .isOpen(true)), (5, .count(1)), (2, .count(1)),
            (3, .count(1)),
        ]
        for (channel, value) in values {
            _ = analyzer.ingest(AnalyzerReading(channel: channel, value: value, at: monday))
        }
        #expect(analyzer.statistics.refusedValues == values.count)
        for channel in [-1, 6, .max, .min] {
            _ = analyzer.ingest(AnalyzerReading(channel: channel, value: .none, at: monday))
        }
        #expect(analyzer.statistics.unknownChannels == 4)
        #expect(analyzer.advance(to: Timestamp(milliseconds: .max)).isEmpty)
        #expect(analyzer.advance(to: Timestamp(milliseconds: .min)).isEmpty)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `no stream of readings traps`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var analyzer = Analyzer(site: Self.site)
        var now = monday
        for _ in 0..<1500 {
            let jump: [Int64] = [0, 1, 60_000, 900_000, 3_600_000, 86_400_000, -86_400_000, 5_000_000_000]
            now = now + .milliseconds(jump.randomElement(using: &random) ?? 0)
            if !DataClock.believable.contains(now) { now = monday }
            let wild = Int.random(in: 0..<20, using: &random) == 0
            let at = wild ? Timestamp(milliseconds: .random(in: .min ... .max, using: &random)) : now
            let count = Int64.random(in: 0..<1 << Int64.random(in: 1..<60, using: &random), using: &random)
            let value: AnalyzerReading.Value =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .isOpen(Bool.random(using: &random))
                case 1: .none
                default: .count(count)
                }
            _ = analyzer.ingest(AnalyzerReading(channel: .random(in: -1...6, using: &random), value: value, at: at))
            if Int.random(in: 0..<50, using: &random) == 0 { _ = analyzer.advance(to: at) }
        }
        _ = try analyzer.reloaded()
        #expect(analyzer.statistics.readings == 1500)
    }
}
