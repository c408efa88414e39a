// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct NetworkLeakTests {
    private static let day = 1440

    @Test(arguments: [(1, 150), (2, 280)] as [(UInt64, Double)])
    func `a leak between inlet and risers is found within two days, once`(seed: UInt64, flow: Double) throws {
        let start = 5 * Self.day
        let (changes, analyzer, _) = TankEstate(
            seed: seed, days: 13, leak: [SteadyFlow(minutes: start..<9 * Self.day, litresPerHour: flow)]
        ).run()
        let finding = try #require(changes.of(.networkLeak).raised.first)
        #expect(changes.raised.count == 1)
        #expect(finding.asset == AssetIdentifier("inlet"))
        #expect(finding.severity == .p2)
        #expect((60.0...2880).contains(finding.raisedAt.minutesSinceMonday - Double(start)))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= flow && loss.rateHigh.value >= flow)
        #expect(finding.evidence.value("sum") ?? 0 > finding.evidence.value("required_sum") ?? .infinity)
        let cleared = try #require(changes.of(.networkLeak).cleared.first)
        #expect(cleared.clearedAt ?? monday <= monday + 12 * Self.day)
        #expect(abs((cleared.loss?.litres.value ?? 0) / (flow * 96) - 1) < 0.25)
        #expect(analyzer.openFindings.isEmpty)
        #expect(analyzer.statistics.evaluations.networkLeak > 200)
    }

    @Test func `a riser that stands still is neither a burst nor a leak of the network`() {
        let (changes, _, _) = TankEstate(days: 8, stuckFrom: 5 * Self.day).run()
        #expect(changes.of(.networkLeak).isEmpty && changes.of(.burst).isEmpty)
    }

    @Test func `a leak is found although a riser stands still`() {
        let leak = [SteadyFlow(minutes: 6 * Self.day..<10 * Self.day, litresPerHour: 250)]
        let (changes, _, _) = TankEstate(days: 10, leak: leak, stuckFrom: 5 * Self.day).run()
        #expect(changes.of(.networkLeak).raised.map(\.asset.text) == ["inlet"])
    }

    @Test func `announced works at the inlet are silent, without them they are not`() {
        let start = 5 * Self.day + 480
        let works = SteadyFlow(minutes: start..<start + 600, litresPerHour: 900)
        let announced = Announcement(
            kind: .buildingWorks, start: monday + start, end: monday + (start + 600), asset: AssetIdentifier("inlet"))
        #expect(TankEstate(days: 7, leak: [works], announced: [announced]).run().changes.isEmpty)
        #expect(TankEstate(days: 7, leak: [works]).run().changes.of(.burst).raised.count == 1)
    }

    @Test func `a burst is found while the tank runs over`() throws {
        let start = 5 * Self.day + 120
        let (changes, _, spiltAt) = TankEstate(
            days: 6, failed: [SteadyFlow(minutes: 4 * Self.day..<6 * Self.day, litresPerHour: 700)],
            leak: [SteadyFlow(minutes: start..<start + 300, litresPerHour: 6000)]
        ).run()
        #expect(try #require(spiltAt) < start)
        let burst = try #require(changes.of(.burst).raised.first)
        #expect((0...40).contains(burst.raisedAt.minutesSinceMonday - Double(start)))
        #expect(changes.of(.burst).raised.count == 1)
        #expect(burst.evidence.value("excused") ?? 0 > 0)
    }

    @Test func `a zone without its dwellings is told as not known, and again as known`() throws {
        var riser = BurstTests.Riser()
        let hole = 4 * Self.day..<4 * Self.day + 300
        riser.lost = (0..<riser.homes).map { (home: $0, minutes: hole) }
        var analyzer = Analyzer(site: riser.site)
        let changes = analyzer.ingest(riser.rows()).of(.balanceUnknown)
        let finding = try #require(changes.raised.first)
        #expect(changes.raised.count == 1 && changes.cleared.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        #expect((60...120).contains(finding.raisedAt.minutesSinceMonday - Double(hole.lowerBound)))
        #expect(finding.size == Measure("missing", 100, .percent))
        #expect(analyzer.statistics.evaluations.balanceUnknown > 1000)
    }

    @Test func `the ring forgets the oldest, and its spread is robust`() {
        var ring = MedianRing(capacity: 5)
        #expect(ring.medianAndSpread() == (0, 0))
        for value in [100, 100, 1, 2, 3, 4, 1000, .nan, .infinity] { ring.append(value) }
        #expect(ring.count == 5)
        #expect(ring.medianAndSpread().median == 3)
        #expect(abs(ring.medianAndSpread().spread - 1.4826) < 1e-6)
        #expect(ring.isWellFormed(capacity: 5) && !ring.isWellFormed(capacity: 6))
    }
}
