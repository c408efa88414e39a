// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct TankTests {
    private static let day = 1440
    private static let failure = [SteadyFlow(minutes: 4 * day..<5 * day + 600, litresPerHour: 700)]

    @Test(arguments: [1, 2] as [UInt64])
    func `a tank that runs over is found ten minutes later, once`(seed: UInt64) throws {
        let (changes, analyzer, spiltAt) = TankEstate(seed: seed, days: 7, failed: Self.failure).run()
        let spilt = Double(try #require(spiltAt))
        let finding = try #require(changes.of(.tankOverflow).raised.first)
        #expect(changes.of(.tankOverflow).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("tank"))
        #expect(finding.severity == .p1)
        #expect((0...20).contains(finding.raisedAt.minutesSinceMonday - spilt))
        #expect(abs(finding.startedAt.minutesSinceMonday - spilt) < 12)
        #expect(finding.evidence.value("clause") == 1)
        // Over again when the level has fallen, and what ran over was counted.
        let cleared = try #require(changes.of(.tankOverflow).cleared.last)
        #expect(cleared.clearedAt ?? monday <= monday + (5 * Self.day + 900))
        #expect(cleared.loss?.litres.value ?? 0 > 500)
        #expect(analyzer.openFindings.isEmpty)
        // The water that ran over is neither a burst nor a leak of the network.
        #expect(changes.of(.burst).isEmpty && changes.of(.networkLeak).isEmpty)
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `a tank that fills and empties brings no finding`(seed: UInt64) {
        let (changes, analyzer, _) = TankEstate(seed: seed, days: 7).run()
        #expect(changes.isEmpty)
        #expect(analyzer.statistics.evaluations.tankOverflow > 10_000)
        #expect(analyzer.statistics.evaluations.networkLeak > 100)
    }

    @Test func `an edge that lies lower than described is found by the balance`() throws {
        let (changes, _, spiltAt) = TankEstate(
            days: 7, failed: Self.failure, describedEdge: 2.2
        ).run()
        let finding = try #require(changes.of(.tankOverflow).raised.first)
        #expect(finding.evidence.value("clause") ?? 0 >= 2)
        #expect((0...240).contains(finding.raisedAt.minutesSinceMonday - Double(try #require(spiltAt))))
        #expect(changes.of(.tankOverflow).cleared.count > 0)
    }

    @Test func `without a level a filling that does not end is found`() throws {
        let start = 12 * Self.day
        let estate = TankEstate(
            days: 15, failed: [SteadyFlow(minutes: start..<start + 1200, litresPerHour: 900)], hasLevel: false)
        let (changes, analyzer, _) = estate.run()
        let finding = try #require(changes.of(.tankOverflow).raised.first)
        #expect(changes.of(.tankOverflow).raised.count == 1)
        #expect((0...900).contains(finding.raisedAt.minutesSinceMonday - Double(start)))
        #expect(finding.size?.unit == .minute)
        #expect(changes.of(.tankOverflow).cleared.count == 1)
        #expect(analyzer.statistics.evaluations.tankOverflow > 0)
    }

    @Test func `an overflow is the same when the analyzer is stopped and loaded`() throws {
        let estate = TankEstate(days: 6, failed: Self.failure)
        let rows = estate.rows().rows
        var plain = Analyzer(site: estate.site)
        let expected = plain.ingest(rows)
        #expect(!expected.of(.tankOverflow).isEmpty)
        var random = SeededGenerator(seed: 7)
        var stops = Set((0..<6).map { _ in Int.random(in: 0..<rows.count, using: &random) })
        stops.insert(rows.firstIndex { $0.at > monday + (5 * Self.day) } ?? 0)
        var stopped = Analyzer(site: estate.site)
        var changes: [FindingChange] = []
        for (place, row) in rows.enumerated() {
            if stops.contains(place) { stopped = try stopped.reloaded() }
            changes += stopped.ingest(row)
        }
        #expect(changes == expected)
    }

    @Test func `levels that no tank has are not believed`() {
        var analyzer = Analyzer(site: TankEstate().site)
        let level = analyzer.site.channelCount - 1
        for minute in 0..<200 {
            let value = [Double.nan, .infinity, -1e300, 1e300, 50][minute % 5]
            let at = monday + minute
            #expect(analyzer.ingest(AnalyzerReading(channel: 0, value: .count(1000), at: at)).isEmpty)
            #expect(analyzer.ingest(AnalyzerReading(channel: level, value: .measure(value), at: at)).isEmpty)
        }
        #expect(analyzer.statistics.evaluations.tankOverflow == 0)
    }

    @Test func `damaged tanks and zones are refused`() throws {
        var analyzer = Analyzer(site: TankEstate().site)
        analyzer.state.tankRoom = TankRoom(SiteDescription(zone: .utc, meters: [], gates: []))
        #expect(throws: DecodingError.self) { _ = try analyzer.reloaded() }
        analyzer = Analyzer(site: TankEstate().site)
        let other = Zone(parent: 0, children: [1], tanks: [], isBoosted: [true], inner: [nil], isFast: true)
        analyzer.state.zones = [ZoneState(other)]
        #expect(throws: DecodingError.self) { _ = try analyzer.reloaded() }
        analyzer = Analyzer(site: TankEstate().site)
        analyzer.state.zones[0].end = -5
        #expect(throws: DecodingError.self) { _ = try analyzer.reloaded() }
    }
}
