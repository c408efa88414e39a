// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct ConditionerTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        /// Minutes and counts.
        var values: [(Int, Int64)]
        /// Counts that flowed at each step; `nil` for a step that brought no flow.
        var flowed: [Int64?]
        var steps = 0
        var glitches = 0
        var rollovers = 0
        var reversed = 0
        var gaps = 0
        var litresPerCount = 1.0
        var modulus: UInt64?
        var nominalFlow: Double? = 2500
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "steady flow", values: [(0, 10), (15, 20), (30, 20)], flowed: [nil, 10, 0]),
        Case(
            name: "rollover of a known modulus", values: [(0, 99_990), (15, 12)], flowed: [nil, 22], rollovers: 1,
            modulus: 100_000),
        Case(
            name: "rollover of five digits", values: [(0, 99_990), (15, 12)], flowed: [nil, 22], rollovers: 1),
        Case(
            name: "rollover of 16 bits", values: [(0, 65_530), (15, 4)], flowed: [nil, 10], rollovers: 1),
        Case(
            name: "rollover of 32 bits", values: [(0, 4_294_967_290), (15, 4)], flowed: [nil, 10], rollovers: 1),
        Case(
            name: "reverse flow is not taken back from what flowed", values: [(0, 900), (15, 800), (30, 820)],
            flowed: [nil, nil, 20], reversed: 1),
        Case(
            name: "a count that trembles is no water", values: [(0, 900), (15, 899), (30, 900), (45, 899), (60, 901)],
            flowed: [nil, nil, 0, nil, 1], reversed: 2),
        Case(
            name: "an exchanged meter gives no volume", values: [(0, 450_000), (15, 3), (30, 5), (45, 9), (60, 19)],
            flowed: [nil, nil, nil, nil, 10], steps: 1),
        Case(
            name: "a register set forward gives no volume",
            values: [(0, 100), (15, 90_000), (30, 90_002), (45, 90_003), (60, 90_013)],
            flowed: [nil, nil, nil, nil, 10], steps: 1),
        Case(
            name: "a high glitch is dropped", values: [(0, 100), (15, 90_000), (30, 104)], flowed: [nil, nil, 4],
            glitches: 1),
        Case(
            name: "a low glitch is dropped", values: [(0, 45_000), (15, 0), (30, 45_004)], flowed: [nil, nil, 4],
            glitches: 1),
        Case(
            name: "a flow beyond the meter's size that goes on is flow",
            values: [(0, 0), (15, 2000), (30, 4000), (45, 6000), (60, 8000)], flowed: [nil, nil, nil, 6000, nil]),
        Case(
            name: "an unknown meter learns its size",
            values: [(0, 0), (15, 9000), (30, 18_000), (45, 27_000), (60, 36_000)],
            flowed: [nil, nil, nil, 27_000, 9000], nominalFlow: nil),
        Case(name: "a hole is a gap", values: [(0, 10), (60, 40)], flowed: [nil, 30], gaps: 1),
        Case(name: "one lost poll is no gap", values: [(0, 10), (31, 40)], flowed: [nil, 30]),
    ])
    func `a register becomes volumes`(_ c: Case) {
        let law = RegisterLaw(
            unit(
                "u", litresPerCount: c.litresPerCount, nominalFlow: c.nominalFlow, modulus: c.modulus))
        var conditioner = RegisterConditioner(period: law.period)
        var flowed: [Int64?] = []
        var (steps, glitches, rollovers, reversed, gaps) = (0, 0, 0, 0, 0)
        for (minute, count) in c.values {
            switch conditioner.accept(count, at: monday + minute, law) {
            case .flowed(_, let counts, let isGap, let didRollOver, let droppedGlitch):
                flowed.append(counts)
                gaps += isGap ? 1 : 0
                rollovers += didRollOver ? 1 : 0
                glitches += droppedGlitch ? 1 : 0
            case .reversed:
                reversed += 1
                flowed.append(nil)
            case .stepped:
                steps += 1
                flowed.append(nil)
            case .anchored, .held:
                flowed.append(nil)
            }
        }
        #expect(flowed == c.flowed)
        #expect(
            [steps, glitches, rollovers, reversed, gaps] == [c.steps, c.glitches, c.rollovers, c.reversed, c.gaps])
    }

    @Test func `a register polled each second may move in jumps`() {
        let law = RegisterLaw(unit("u", everySeconds: 1, nominalFlow: 2500))
        var conditioner = RegisterConditioner(period: 1)
        _ = conditioner.accept(100, at: monday, law)
        let step = conditioner.accept(108, at: monday + .seconds(1), law)
        #expect(
            step == .flowed(from: monday, counts: 8, isGap: false, didRollOver: false, droppedGlitch: false))
    }

    @Test func `a meter read less often than described is not all gaps`() {
        let law = RegisterLaw(unit("u", everySeconds: 10))
        var conditioner = RegisterConditioner(period: law.period)
        var gaps = 0
        for reading in 0..<100 {
            if case .flowed(_, _, true, _, _) = conditioner.accept(Int64(reading), at: monday + 15 * reading, law) {
                gaps += 1
            }
        }
        #expect((1...25).contains(gaps))
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no sequence of values traps or runs backwards`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let law = RegisterLaw(
            unit("u", litresPerCount: [0.001, 1, 1e6][Int(seed % 3)], modulus: seed % 2 == 0 ? 65_536 : nil))
        var conditioner = RegisterConditioner(period: law.period)
        var at = monday
        var total: Int64 = 0
        for _ in 0..<200 {
            at = at + .milliseconds(Int64.random(in: 1...10_000_000, using: &random))
            let count =
                [
                    Int64.random(in: 0...100, using: &random), .random(in: 65_000...65_535, using: &random),
                    .random(in: Int64.min ... .max, using: &random), RegisterLaw.largestCount,
                ].randomElement(using: &random) ?? 0
            guard RegisterConditioner.canShow(count, law) else { continue }
            _ = conditioner.accept(count, at: at, law)
            #expect(conditioner.total >= total)
            total = conditioner.total
        }
    }
}

@Suite struct HourTests {
    private let hour = monday.hourIndex

    private func closed(_ slots: inout HourSlots, through hour: Int64) -> [HourVolume] {
        var closed: [HourVolume] = []
        slots.close(through: hour, into: &closed)
        return closed
    }

    @Test func `water is shared linearly over the hours between two readings`() {
        var slots = HourSlots()
        slots.add(30, from: monday + 50, to: monday + 65, isGap: false, sequence: 7)
        #expect(
            closed(&slots, through: hour) == [
                HourVolume(
                    hour: hour, litres: 20, covered: 600_000, quarters: [0, 0, 0, 20], firstSequence: 7, lastSequence: 7
                )
            ])
    }

    struct Proof {
        var name: String
        var litres: Double
        var minutes: Range<Int>
        var isGap: Bool
        var course: HourVolume.Course
    }

    @Test(arguments: [
        Proof(name: "no water all hour", litres: 0, minutes: 0..<60, isGap: false, course: .standstill),
        Proof(name: "half a litre is no water", litres: 0.5, minutes: 0..<60, isGap: false, course: .standstill),
        Proof(name: "a litre", litres: 1, minutes: 0..<60, isGap: false, course: .flow),
        Proof(name: "half the hour without water", litres: 0, minutes: 0..<30, isGap: false, course: .unknown),
        Proof(name: "half the hour with water", litres: 1, minutes: 0..<30, isGap: false, course: .flow),
        Proof(name: "a hole inside the hour leaves no doubt", litres: 1, minutes: 0..<60, isGap: true, course: .flow),
        Proof(name: "water of a hole into the next hour", litres: 9, minutes: 0..<90, isGap: true, course: .unknown),
        Proof(
            name: "a register that did not move over a hole", litres: 0, minutes: 0..<90, isGap: true,
            course: .standstill),
    ])
    func `an hour proves flow, standstill or nothing`(_ p: Proof) {
        var slots = HourSlots()
        slots.add(
            p.litres, from: monday + p.minutes.lowerBound, to: monday + p.minutes.upperBound, isGap: p.isGap,
            sequence: nil)
        #expect(closed(&slots, through: hour).first?.course(threshold: 0.5) == p.course, "\(p.name)")
    }

    @Test func `days of silence are one hole`() {
        var slots = HourSlots()
        slots.add(1, from: monday, to: monday + 30, isGap: false, sequence: nil)
        #expect(closed(&slots, through: hour + 1000).map(\.hours) == [1, 1, 1, 998])
        slots.add(1, from: monday, to: monday + 30, isGap: false, sequence: nil)
        #expect(closed(&slots, through: hour + 1001).map(\.litres) == [0])
    }

    @Test func `hours that a stamp far ahead has closed are handed over first`() {
        var slots = HourSlots()
        slots.add(6, from: monday, to: monday + 60, isGap: false, sequence: 1)
        slots.add(8, from: monday + 240, to: monday + 300, isGap: false, sequence: 2)
        let hours = closed(&slots, through: hour + 4)
        let places: [Int64] = hours.map(\.hour)
        #expect(places == Array(hour...(hour + 4)))
        #expect(hours.map(\.litres) == [6, 0, 0, 0, 8])
        #expect(closed(&slots, through: hour + 4).isEmpty)
    }
}

@Suite struct ArrivalTests {
    /// A minute meter that moves data time, and a dwelling that is looked at.
    private static func analyzer() -> Analyzer {
        Analyzer(
            site: SiteDescription(
                zone: .utc, meters: [unit("riser", role: .riser, everySeconds: 60), unit("home", parent: "riser")],
                gates: []))
    }

    private static func home(_ minute: Int, _ count: Int64) -> AnalyzerReading {
        AnalyzerReading(channel: 1, value: .count(count), at: monday + minute)
    }

    private static func clock(_ minute: Int) -> AnalyzerReading {
        AnalyzerReading(channel: 0, value: .count(1000), at: monday + minute)
    }

    @Test func `the same row again is a duplicate, wherever it comes`() {
        var analyzer = Self.analyzer()
        _ = analyzer.ingest([
            Self.clock(0), Self.home(0, 10), Self.home(0, 10), Self.home(15, 20), Self.home(0, 10), Self.clock(16),
        ])
        #expect(analyzer.statistics.duplicates == 2)
        #expect(analyzer.statistics.late == 0)
    }

    @Test func `of two values with one stamp the first is kept`() {
        var analyzer = Self.analyzer()
        _ = analyzer.ingest([Self.clock(0), Self.home(0, 10), Self.home(0, 11), Self.home(15, 20), Self.home(0, 12)])
        #expect(analyzer.statistics.conflicts == 2)
        #expect(analyzer.state.meters[1].fast.total == 10)
    }

    @Test func `a late reading reaches its hour while that is open, and not afterwards`() {
        var analyzer = Self.analyzer()
        _ = analyzer.ingest([Self.clock(0), Self.home(0, 10), Self.home(30, 20), Self.clock(30), Self.home(15, 12)])
        #expect(analyzer.statistics.late == 1)
        #expect(analyzer.statistics.tooLate == 0)
        _ = analyzer.ingest([Self.clock(90), Self.home(16, 13)])
        #expect(analyzer.statistics.late == 1)
        #expect(analyzer.statistics.tooLate == 1)
    }

    @Test func `a dwelling an hour ahead does not move data time`() {
        var analyzer = Self.analyzer()
        _ = analyzer.ingest([Self.clock(0), Self.home(61, 10)])
        #expect(analyzer.dataTime == monday)
    }

    @Test func `without a meter read each minute every stamp moves data time`() {
        var analyzer = Analyzer(site: SiteDescription(zone: .utc, meters: [unit("home")], gates: []))
        _ = analyzer.ingest(AnalyzerReading(channel: 0, value: .count(1), at: monday + 61))
        #expect(analyzer.dataTime == monday + 61)
    }

    @Test func `a wild stamp is refused, three that agree are the time`() {
        var analyzer = Self.analyzer()
        let far = 60 * 24 * 30
        _ = analyzer.ingest([Self.clock(0), Self.clock(far), Self.clock(1), Self.clock(far), Self.clock(far * 2)])
        #expect(analyzer.dataTime == monday + 1)
        #expect(analyzer.statistics.refusedStamps == 3)
        _ = analyzer.ingest([Self.clock(far * 2 + 1), Self.clock(far * 2 + 2)])
        #expect(analyzer.dataTime == monday + (far * 2 + 2))
    }

    @Test func `hours of a meter with late rows are those of the rows in order`() {
        var inOrder = Self.analyzer()
        var shuffled = Self.analyzer()
        let rows = (0...12).map { Self.home($0 * 15, Int64($0 * $0)) }
        var order = rows
        order.swapAt(2, 4)
        order.swapAt(7, 9)
        for (a, b) in zip(rows, order) {
            _ = inOrder.ingest([Self.clock(Int(max(a.at, b.at).minutesSinceMonday)), a])
            _ = shuffled.ingest([Self.clock(Int(max(a.at, b.at).minutesSinceMonday)), b])
        }
        _ = inOrder.ingest(Self.clock(250))
        _ = shuffled.ingest(Self.clock(250))
        #expect(inOrder.state.meters[1].settled == shuffled.state.meters[1].settled)
        #expect(shuffled.statistics.late > 0)
    }
}
