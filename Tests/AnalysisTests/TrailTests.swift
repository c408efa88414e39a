// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

/// A finding can be found again from what is kept of it.
struct TrailTests {
    @Test(arguments: 0..<50)
    func `packed readings come back as they were`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let readings = (0..<200).map { _ in
            let value: AnalyzerReading.Value
            switch Int.random(in: 0..<5, using: &random) {
            case 0: value = .none
            case 1: value = .isOpen(Bool.random(using: &random))
            case 2: value = .measure(Double.random(in: -1e9..<1e9, using: &random))
            default: value = .count(Int64.random(in: Int64.min...Int64.max, using: &random))
            }
            return AnalyzerReading(
                channel: Int.random(in: 0..<5000, using: &random), value: value,
                at: Timestamp(milliseconds: Int64.random(in: Int64.min...Int64.max, using: &random)),
                sequence: Bool.random(using: &random)
                    ? SequenceNumber(Int64.random(in: 0..<1 << 60, using: &random)) : nil)
        }
        #expect(try ReadingPack.decode(ReadingPack.encode(readings)) == readings)
    }

    @Test func `steady readings take few bytes`() {
        let readings = (0..<1000).map {
            AnalyzerReading(
                channel: $0 % 8, value: .count(7_000_000 + Int64($0)), at: monday + $0,
                sequence: SequenceNumber(Int64(90_000 + $0)))
        }
        #expect(ReadingPack.encode(readings).count < 8 * readings.count)
    }

    @Test(arguments: 0..<50)
    func `damaged bytes are refused or read, never more`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let readings = (0..<30).map {
            AnalyzerReading(
                channel: $0, value: .measure(Double($0)), at: monday + $0, sequence: SequenceNumber(Int64($0)))
        }
        var bytes = ReadingPack.encode(readings)
        for _ in 0..<5 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
        // A trap would end the tests; what is read at most has one reading for three bytes.
        let read = (try? ReadingPack.decode(bytes))?.count ?? 0
        #expect(read <= bytes.count / 3 + 1)
    }

    @Test func `a finding is found again to the last bit, and a changed one is told`() throws {
        let site = SiteDescription(
            zone: .utc, meters: [], gates: [GateDescription(asset: AssetIdentifier("gate"))])
        var analyzer = Analyzer(site: site)
        _ = analyzer.ingest(AnalyzerReading(channel: 0, value: .isOpen(false), at: monday, sequence: SequenceNumber(1)))
        let before = try analyzer.reloaded()
        let readings = (1..<60).map {
            AnalyzerReading(
                channel: 0, value: .isOpen(true), at: monday + $0, sequence: SequenceNumber(Int64($0 + 1)))
        }
        let raised = try #require(analyzer.ingest(readings).raised.first)
        let packed = try ReadingPack.decode(ReadingPack.encode(readings))
        let trail = FindingTrail(raised: raised, analyzer: before, readings: packed)
        let outcome = trail.recompute()
        #expect(outcome.computed == raised)
        #expect(outcome.differences.isEmpty)
        #expect(outcome.readings < readings.count)

        var changed = raised
        changed.evidence.measures[0].value += 1
        let told = FindingTrail(raised: changed, analyzer: before, readings: packed).recompute()
        #expect(told.differences.map { $0.hasPrefix("open_minutes: kept ") } == [true])
        #expect(outcome.told == 0)
        let silent = FindingTrail(raised: raised, analyzer: before, readings: Array(packed.prefix(3))).recompute()
        #expect(silent.differences == ["It is not raised."])
    }

    @Test func `what was told between the readings is told again at its place`() throws {
        let gate = AssetIdentifier("gate")
        let announced = AnnouncedCalendar([
            Announcement(kind: .gateKeptOpen, start: monday, end: monday + 600, asset: gate)
        ])
        var analyzer = Analyzer(
            site: SiteDescription(zone: .utc, meters: [], gates: [GateDescription(asset: gate)]), calendar: announced)
        let before = try analyzer.reloaded()
        let readings = (0..<120).map {
            AnalyzerReading(
                channel: 0, value: .isOpen(true), at: monday + $0, sequence: SequenceNumber(Int64($0 + 1)))
        }
        #expect(analyzer.ingest(Array(readings.prefix(60))).raised.isEmpty)
        let at = try #require(analyzer.dataTime)
        #expect(analyzer.take(.calendar(AnnouncedCalendar()), at: at).isEmpty)
        let raised = try #require(analyzer.ingest(Array(readings.dropFirst(60))).raised.first)
        let told = FindingTrail.Told(place: 60, at: at, .calendar(AnnouncedCalendar()))
        let trail = FindingTrail(raised: raised, analyzer: before, readings: readings, told: [told])
        #expect(trail.recompute().differences.isEmpty)
        #expect(trail.recompute().told == 1)
        for other in [[], [FindingTrail.Told(place: 100, at: readings[99].at, .calendar(AnnouncedCalendar()))]] {
            let outcome = FindingTrail(raised: raised, analyzer: before, readings: readings, told: other).recompute()
            #expect(!outcome.differences.isEmpty)
        }
    }
}
