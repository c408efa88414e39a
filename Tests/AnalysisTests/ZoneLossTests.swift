// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct ZoneLossTests {
    private static let day = MetersEstate.day

    @Test(arguments: [1, 2] as [UInt64])
    func `a small loss behind a riser stands out by the day`(seed: UInt64) throws {
        let start = 12 * Self.day
        // Minutes belong to the fast path, so that only the blocks of a day are asked.
        let estate = MetersEstate(
            seed: seed, homes: 4, days: 22, riserSeconds: 60,
            loss: [SteadyFlow(minutes: start..<18 * Self.day, litresPerHour: 14)])
        let (changes, analyzer) = estate.run()
        let finding = try #require(changes.of(.massBalance).raised.first)
        #expect(changes.raised.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= 14 && loss.rateHigh.value >= 14 && loss.rateHigh.value < 20)
        #expect((finding.raisedAt.minutesSinceMonday - Double(start)) / 60 < 120)
        #expect(changes.of(.massBalance).cleared.count == 1)
        #expect(analyzer.statistics.evaluations.massBalance > 0)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a zone read by the hour tells a loss within hours`(seed: UInt64) throws {
        let start = 9 * Self.day + 10 * 60 + 20
        let estate = MetersEstate(
            seed: seed, days: 13, riserSeconds: 900, homeSeconds: 3600,
            loss: [SteadyFlow(minutes: start..<11 * Self.day, litresPerHour: 90)])
        let (changes, analyzer) = estate.run()
        let finding = try #require(changes.of(.massBalance).raised.first)
        #expect(changes.of(.massBalance).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        #expect((1.0...12).contains((finding.raisedAt.minutesSinceMonday - Double(start)) / 60))
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(start)) <= 180)
        let cleared = try #require(changes.of(.massBalance).cleared.first)
        #expect(abs((cleared.clearedAt?.minutesSinceMonday ?? 0) - Double(11 * Self.day)) <= 180)
        #expect(abs((cleared.loss?.litres.value ?? 0) / (90 * 37.7) - 1) < 0.15)
        #expect(analyzer.statistics.evaluations.massBalance > 0)
    }

    @Test func `parties, pools and leaks behind the dwellings' own meters leave no trace`() {
        let (changes, _) = MetersEstate(days: 14, riserSeconds: 900, homeSeconds: 3600, thirst: 4).run()
        #expect(changes.of(.massBalance).isEmpty)
    }

    @Test func `announced works excuse the riser`() {
        let range = 9 * Self.day..<10 * Self.day
        var estate = MetersEstate(
            days: 12, riserSeconds: 900, homeSeconds: 3600, loss: [SteadyFlow(minutes: range, litresPerHour: 200)])
        #expect(estate.run().changes.of(.massBalance).raised.count == 1)
        estate.calendar = AnnouncedCalendar([
            Announcement(
                kind: .buildingWorks, start: monday + range.lowerBound, end: monday + range.upperBound,
                asset: AssetIdentifier("riser"))
        ])
        #expect(estate.run().changes.of(.massBalance).isEmpty)
    }

    @Test(arguments: [0.6, 0.74, 0.82])
    func `saved and loaded it finds the same`(part: Double) throws {
        let estate = MetersEstate(
            days: 13, riserSeconds: 900, homeSeconds: 3600,
            loss: [SteadyFlow(minutes: 9 * Self.day..<11 * Self.day, litresPerHour: 60)])
        let whole = estate.run().changes
        #expect(!whole.of(.massBalance).cleared.isEmpty)
        #expect(try estate.runReloaded(after: part) == whole)
    }
}
