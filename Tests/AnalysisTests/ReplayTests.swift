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
        #expect(expected.ofLeaks.raised.count == 1)
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
        #expect(late.ofLeaks == expected.ofLeaks)
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
        let raised = try #require(changes.firstIndex { !$0.ofLeaks.raised.isEmpty })
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

    @Test func `only a meter that is judged by its own history keeps one`() {
        let analyzer = Analyzer(
            site: SiteDescription(
                zone: .utc,
                meters: [
                    unit("inlet", role: .bulk, everySeconds: 60), unit("riser", parent: "inlet", role: .riser),
                    unit("fine", parent: "inlet"), unit("coarse", parent: "inlet", litresPerCount: 10),
                    unit("garden", parent: "inlet", role: .irrigation),
                ], gates: [GateDescription(asset: AssetIdentifier("gate"))]))
        let levels = analyzer.layout.levels
        #expect(levels[0] == .none && levels[4] == .none)
        #expect(!levels[1].hourly.isEmpty && levels[1].spells.isEmpty && !levels[1].hasQuietHours)
        #expect(!levels[2].spells.isEmpty && !levels[2].hasQuietHours)
        #expect(!levels[3].spells.isEmpty && levels[3].hasQuietHours)
        // How late a reading may come: to the close of its hour, less the next reading.
        #expect(analyzer.lateness(ofChannel: 0) == .seconds(14 * 60))
        #expect(analyzer.lateness(ofChannel: 2) == .seconds(45 * 60))
        #expect(analyzer.lateness(ofChannel: 5) == nil && analyzer.lateness(ofChannel: -1) == nil)
    }

    @Test func `a meter is of fixed size`() {
        let levels = FlowLevels.largestCount
        // All levels reached: each bank and the spells hold what was seen, a row for each level and one for none.
        let banks = (24 + (levels + 1) * (24 + 3)) * 2 + (6 + (levels + 1) * (6 + 3)) * 2
        let spells = (24 + (17 + 1) * (24 + 5)) * 2
        let passed = 2 * PassedHours.length * MemoryLayout<PassedHours.Hour>.stride
        let registers = Int(MinuteRegister.length) * 4 + SettledRegister.capacity * MemoryLayout<RegisterSample>.stride
        let bursts = 2 * UnitBurst.flows.count * 16
        let clock = DeviceClock.readings * 2
        #expect(banks + spells <= 3600)
        #expect(MemoryLayout<MeterState>.stride <= 1536)
        #expect(
            MemoryLayout<MeterState>.stride + banks + spells + passed + registers + bursts + clock < 7500)
        // The most levels of spells that any register has.
        for litresPerCount in [0.001, 0.1, 1, 2, 5, 10, 100] {
            let cut = FlowLevels(RegisterLaw(unit("home", litresPerCount: litresPerCount)))
            #expect(cut.spells.count <= 17 && cut.hourly.count <= levels && cut.fourHourly.count <= levels)
        }
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
