// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct StuckMeterTests {
    private static let day = MetersEstate.day

    @Test(arguments: [1, 2] as [UInt64])
    func `a riser that stands still while its dwellings draw water is stuck`(seed: UInt64) throws {
        let start = 12 * Self.day + 9 * 60
        let estate = MetersEstate(seed: seed, days: 17, faults: [(0, 0, start..<16 * Self.day + 600)])
        let (changes, analyzer) = estate.run()
        let finding = try #require(changes.of(.stuckMeter).raised.first)
        #expect(changes.of(.stuckMeter).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        #expect((0.0...90).contains(finding.startedAt.minutesSinceMonday - Double(start)))
        #expect(finding.raisedAt.minutesSinceMonday - Double(start) < 24 * 60)
        let truth = 8 * Self.usual(seed: seed)
        let loss = try #require(finding.loss)
        #expect(abs((loss.rateLow.value + loss.rateHigh.value) / 2 - truth) < 0.1 * truth)
        #expect(finding.evidence.value("children") ?? 0 > 100)
        let cleared = try #require(changes.of(.stuckMeter).cleared.first)
        #expect(abs((cleared.clearedAt?.minutesSinceMonday ?? 0) - Double(16 * Self.day + 600)) <= 180)
        #expect(changes.raised.allSatisfy { $0.rule == .stuckMeter })
        #expect(analyzer.statistics.evaluations.stuckMeter > 0)
    }

    /// Mean flow of a home of the generator in litres an hour.
    private static func usual(seed: UInt64) -> Double {
        var random = SeededGenerator(seed: seed)
        let courses = (0..<8).map { _ in WaterCourse.home(minutes: 14 * day, using: &random) }
        return WaterCourse(sum: courses).litres[14 * day] / (14 * 24) / 8
    }

    @Test func `a riser stands still by right when everybody is away`() {
        let range = 12 * Self.day..<15 * Self.day
        let (changes, analyzer) = MetersEstate(days: 17, away: (0..<8).map { ($0, range) }).run()
        #expect(changes.of(.stuckMeter).isEmpty)
        #expect(analyzer.statistics.evaluations.stuckMeter > 0)
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `a dwelling that stands still is stuck when the riser misses its water`(seed: UInt64) throws {
        let start = 15 * Self.day + 600
        let estate = MetersEstate(
            seed: seed, away: [(5, 13 * Self.day..<20 * Self.day)], faults: [(3, 0, start..<22 * Self.day)])
        let changes = estate.run().changes
        let finding = try #require(changes.of(.stuckMeter).raised.first)
        #expect(changes.of(.stuckMeter).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("home-2"))
        #expect((36.0...120).contains((finding.raisedAt.minutesSinceMonday - Double(start)) / 60))
        #expect(finding.evidence.value("likelihood") ?? 0 > StuckMeter.leastLikelihood)
        #expect(changes.of(.stuckMeter).cleared.count == 1)
    }

    @Test func `an empty dwelling is told as vacant after ten days, and not when it was announced`() throws {
        let range = 14 * Self.day..<27 * Self.day
        var estate = MetersEstate(days: 28, away: [(2, range)])
        let changes = estate.run().changes
        #expect(changes.of(.stuckMeter).isEmpty)
        let finding = try #require(changes.of(.vacancy).raised.first)
        #expect(finding.asset == AssetIdentifier("home-2"))
        #expect(abs((finding.raisedAt - finding.startedAt).inSeconds / 3600 - 241) <= 4)
        #expect(changes.of(.vacancy).cleared.count == 1)
        estate.calendar = AnnouncedCalendar([
            Announcement(
                kind: .vacancy, start: monday + 14 * Self.day, end: monday + 27 * Self.day,
                asset: AssetIdentifier("home-2"))
        ])
        #expect(estate.run().changes.of(.vacancy).isEmpty)
    }

    @Test(arguments: [0.3, 0.72, 0.83])
    func `saved and loaded it finds the same`(part: Double) throws {
        let start = 12 * Self.day
        let estate = MetersEstate(
            days: 19, faults: [(0, 0, start..<start + Self.day), (4, 0, 15 * Self.day..<19 * Self.day)])
        let whole = estate.run().changes
        #expect(whole.of(.stuckMeter).raised.count == 2)
        #expect(try estate.runReloaded(after: part) == whole)
    }

    @Test(arguments: ["standstill", "recent", "days"])
    func `a damaged memory of a meter is refused`(part: String) throws {
        let analyzer = MetersEstate(homes: 2, days: 2).run().analyzer
        #expect(throws: DecodingError.self) {
            try analyzer.reloaded { state in
                guard var meters = state["meters"] as? [[String: Any]] else { return }
                if part == "standstill" {
                    var stuck = meters[0]["stuck"] as? [String: Any] ?? [:]
                    var standstill = stuck["standstill"] as? [String: Any] ?? [:]
                    standstill["share"] = [0.5]
                    stuck["standstill"] = standstill
                    meters[0]["stuck"] = stuck
                } else {
                    var memory = meters[0][part] as? [String: Any] ?? [:]
                    memory[part == "recent" ? "litres" : "flows"] = [1.5]
                    meters[0][part] = memory
                }
                state["meters"] = meters
            }
        }
        _ = try analyzer.reloaded { _ in }
    }

    @Test func `the logarithm is the natural one`() {
        for (x, expected) in [(1.0, 0.0), (2.718281828459045, 1), (10, 2.302585092994046), (1e-9, -20.72326583694641)] {
            #expect(abs(naturalLogarithm(x) - expected) < 1e-14 * max(1, abs(expected)))
        }
        #expect(naturalLogarithm(0) == -.infinity && naturalLogarithm(-.nan) == -.infinity)
    }
}
