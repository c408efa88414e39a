// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct BurstTests {
    private static let day = 1440

    /// A riser and its dwellings, and how they are read.
    struct Riser {
        var seed: UInt64 = 1
        var homes = 6
        var days = 5
        var burst: [SteadyFlow] = []
        /// Minutes of the burst-free end that are polled every few seconds.
        var liveFrom: Int?
        /// Minutes in which a dwelling is not read.
        var lost: [(home: Int, minutes: Range<Int>)] = []

        var site: SiteDescription {
            SiteDescription(
                zone: .utc,
                meters: [unit("riser", role: .riser, everySeconds: 60)]
                    + (0..<homes).map { unit("home-\($0)", parent: "riser") },
                gates: [])
        }

        func rows() -> [AnalyzerReading] {
            var random = SeededGenerator(seed: seed)
            let minutes = days * day
            let courses = (0..<homes).map { _ in WaterCourse.home(minutes: minutes, using: &random) }
            let riser = WaterCourse(sum: courses, added: burst)
            let slowUntil = liveFrom ?? minutes
            var rows = readings(
                0, riser, at: stamps(everySeconds: 60, to: slowUntil, phase: 2, jitter: 3, using: &random),
                litresPerCount: 1)
            for (home, course) in courses.enumerated() {
                var moments = stamps(
                    everySeconds: 900, to: slowUntil, phase: 130 * home, jitter: 60, using: &random)
                moments.removeAll { moment in
                    lost.contains { $0.home == home && $0.minutes.contains(Int(moment.minutesSinceMonday)) }
                }
                rows += readings(home + 1, course, at: moments, litresPerCount: 1)
            }
            if let liveFrom {
                let live = stamps(everySeconds: 5, from: liveFrom, to: minutes, using: &random)
                for (channel, course) in ([riser] + courses).enumerated() {
                    rows += readings(channel, course, at: live, litresPerCount: 1)
                }
            }
            return arrived(rows)
        }

        func run() -> (changes: [FindingChange], analyzer: Analyzer) {
            var analyzer = Analyzer(site: site)
            return (analyzer.ingest(rows()).of(.burst), analyzer)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64], [1200.0, 3000])
    func `a burst behind a riser is found among dwellings read each quarter`(seed: UInt64, flow: Double) throws {
        let start = 4 * Self.day + 9 * 60 + 10
        let (changes, analyzer) = Riser(
            seed: seed, burst: [SteadyFlow(minutes: start..<start + 240, litresPerHour: flow)]
        ).run()
        let finding = try #require(changes.raised.first)
        #expect(changes.raised.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        #expect(finding.severity == .p1)
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(start)) <= 6)
        #expect((10.0...50).contains(finding.raisedAt.minutesSinceMonday - Double(start)))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= flow && loss.rateHigh.value >= flow)
        #expect(finding.evidence.value("residual") ?? 0 >= finding.evidence.value("threshold") ?? .infinity)
        #expect(finding.evidence.value("deviation") ?? 0 > 8)
        #expect(
            finding.evidence.firstSequence ?? SequenceNumber(0) < finding.evidence.lastSequence ?? SequenceNumber(0))
        // Over again: the loss is what flowed in four hours, and it is over soon after the repair.
        let cleared = try #require(changes.cleared.first)
        #expect(abs((cleared.loss?.litres.value ?? 0) / (flow * 4) - 1) < 0.1)
        #expect((0.0...60).contains((cleared.clearedAt ?? monday).minutesSinceMonday - Double(start + 240)))
        #expect(analyzer.openFindings.isEmpty)
        #expect(analyzer.statistics.evaluations.burst > 1000)
    }

    @Test func `a burst minutes before everything is polled live is found as soon as it has held`() throws {
        let live = 4 * Self.day + 9 * 60
        let start = live - 8
        let (changes, _) = Riser(
            days: 5, burst: [SteadyFlow(minutes: start..<5 * Self.day, litresPerHour: 1500)], liveFrom: live
        ).run(until: live + 60)
        let finding = try #require(changes.raised.first)
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(start)) <= 4)
        #expect(finding.raisedAt.minutesSinceMonday <= Double(live + 16))
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `days without a burst bring no finding`(seed: UInt64) {
        let (changes, analyzer) = Riser(seed: seed, homes: 10, days: 7).run()
        #expect(changes.isEmpty)
        #expect(analyzer.statistics.evaluations.burst > 4000)
    }

    @Test func `a dwelling that draws like a burst is no burst of the riser`() {
        var riser = Riser()
        riser.homes = 4
        var random = SeededGenerator(seed: 5)
        let pool = [SteadyFlow(minutes: 4 * Self.day + 600..<4 * Self.day + 840, litresPerHour: 900)]
        let courses = (0..<4).map {
            WaterCourse.home(minutes: 5 * Self.day, added: $0 == 2 ? pool : [], using: &random)
        }
        var rows = readings(
            0, WaterCourse(sum: courses), at: stamps(everySeconds: 60, to: 5 * Self.day, using: &random),
            litresPerCount: 1)
        for (home, course) in courses.enumerated() {
            rows += readings(
                home + 1, course,
                at: stamps(everySeconds: 900, to: 5 * Self.day, phase: 200 * home, jitter: 60, using: &random),
                litresPerCount: 1)
        }
        var analyzer = Analyzer(site: riser.site)
        #expect(analyzer.ingest(arrived(rows)).of(.burst).isEmpty)
    }

    @Test func `a riser with few dwellings says nothing while one of them is missing`() {
        let start = 4 * Self.day + 9 * 60
        let riser = Riser(
            burst: [SteadyFlow(minutes: start..<start + 120, litresPerHour: 2000)],
            lost: [(home: 1, minutes: start - 60..<start + 300)])
        let (changes, analyzer) = riser.run()
        #expect(changes.isEmpty)
        #expect(analyzer.statistics.frozenZones > 100)
    }

    @Test func `of many dwellings one may be missing`() {
        let start = 4 * Self.day + 9 * 60
        let riser = Riser(
            homes: 12, burst: [SteadyFlow(minutes: start..<start + 120, litresPerHour: 3000)],
            lost: [(home: 1, minutes: start - 60..<start + 300)])
        #expect(riser.run().changes.raised.count == 1)
    }

    @Test func `an outage that is made up for at once is no burst`() {
        let hole = 4 * Self.day + 6 * 60..<4 * Self.day + 12 * 60
        var riser = Riser()
        riser.homes = 10
        let rows = riser.rows().filter { !hole.contains(Int($0.at.minutesSinceMonday)) }
        var analyzer = Analyzer(site: riser.site)
        #expect(analyzer.ingest(rows).of(.burst).isEmpty)
        #expect(analyzer.statistics.gaps > 0)
    }

    @Test func `an exchanged dwelling meter is no burst`() {
        var riser = Riser()
        riser.homes = 8
        let exchanged = monday + (4 * Self.day + 600)
        let rows = riser.rows().map { row -> AnalyzerReading in
            guard row.channel == 3, row.at >= exchanged, case .count(let count) = row.value else { return row }
            var row = row
            row.value = .count(count % 5000)
            return row
        }
        var analyzer = Analyzer(site: riser.site)
        #expect(analyzer.ingest(rows).of(.burst).isEmpty)
        #expect(analyzer.statistics.registerSteps == 1)
    }

    @Test func `the inlet is balanced against its risers`() {
        let start = 4 * Self.day + 9 * 60
        var random = SeededGenerator(seed: 9)
        let risers = (0..<2).map { _ in WaterCourse.home(minutes: 5 * Self.day, using: &random) }
        let inlet = WaterCourse(
            sum: risers, added: [SteadyFlow(minutes: start..<start + 120, litresPerHour: 4000)])
        let site = SiteDescription(
            zone: .utc,
            meters: [
                unit("inlet", litresPerCount: 10, role: .bulk, everySeconds: 60),
                unit("riser-1", parent: "inlet", role: .riser, everySeconds: 60),
                unit("riser-2", parent: "inlet", role: .riser, everySeconds: 60),
            ], gates: [])
        var rows: [AnalyzerReading] = []
        for (channel, course) in ([inlet] + risers).enumerated() {
            rows += readings(
                channel, course, at: stamps(everySeconds: 60, to: 5 * Self.day, phase: channel, using: &random),
                litresPerCount: channel == 0 ? 10 : 1)
        }
        var analyzer = Analyzer(site: site)
        let raised = analyzer.ingest(arrived(rows)).of(.burst).raised
        #expect(raised.map(\.asset.text) == ["inlet"])
        #expect(raised.first?.raisedAt ?? monday <= monday + (start + 25))
    }
}

extension BurstTests.Riser {
    func run(until minute: Int) -> (changes: [FindingChange], analyzer: Analyzer) {
        var analyzer = Analyzer(site: site)
        let end = monday + minute
        return (analyzer.ingest(rows().filter { $0.at < end }).of(.burst), analyzer)
    }
}
