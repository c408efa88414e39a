// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct DeviceClockTests {
    private static let day = 1440

    @Test func `an hour ahead is taken off until the clock is right again`() {
        var clock = DeviceClock()
        for quarter in 0..<40 {
            let now = monday + 15 * quarter
            let ahead = (10..<30).contains(quarter) ? 60 : 0
            #expect(clock.place(now + ahead, at: now + 1) == now)
        }
        #expect(clock.hoursAhead == 0)
    }

    @Test func `late rows of an hour ahead and repeated ones are put where they belong`() {
        var clock = DeviceClock()
        _ = clock.place(monday, at: monday + 1)
        for quarter in 1..<8 { _ = clock.place(monday + (15 * quarter + 60), at: monday + (15 * quarter + 1)) }
        let now = monday + (15 * 7 + 1)
        #expect(clock.place(monday + (15 * 6 + 60), at: now) == monday + 15 * 6)
        #expect(clock.place(monday + (15 * 7 + 60), at: now) == monday + 15 * 7)
    }

    @Test func `stamps that run on while data time stands still are believed`() {
        var clock = DeviceClock()
        _ = clock.place(monday, at: monday)
        for quarter in 1..<6 {
            let stamp = monday + 15 * quarter
            #expect(clock.place(stamp, at: monday) == stamp)
        }
    }

    @Test(arguments: [-170, -40, 0, 100, 200])
    func `the median lag is what a stamp lacks`(seconds: Int) {
        var clock = DeviceClock()
        for quarter in 0..<64 {
            // One in eight comes forty minutes late.
            let late = quarter % 8 == 3 ? 2400 : 0
            let stamp = monday + 15 * quarter
            clock.learn(stamp, at: stamp + .seconds(seconds + late))
        }
        #expect(clock.correction == Int64(seconds) * 1000)
    }

    @Test func `a clock that is an hour ahead is told, once, and its meter's hours are right`() throws {
        var random = SeededGenerator(seed: 3)
        let minutes = 3 * Self.day
        let home = WaterCourse.home(minutes: minutes, using: &random)
        let site = SiteDescription(
            zone: .utc,
            meters: [unit("riser", role: .riser, everySeconds: 60), unit("home", parent: "riser")], gates: [])
        var rows = readings(0, home, at: stamps(everySeconds: 60, to: minutes, using: &random), litresPerCount: 1)
        rows += readings(
            1, home, at: stamps(everySeconds: 900, to: minutes, phase: 20, using: &random), litresPerCount: 1)
        let wrong = Self.day..<2 * Self.day
        rows = arrived(rows).map { row in
            guard row.channel == 1, wrong.contains(Int(row.at.minutesSinceMonday)) else { return row }
            var row = row
            row.at = row.at + 60
            return row
        }
        var analyzer = Analyzer(site: site)
        let changes = analyzer.ingest(rows).of(.clockError)
        let finding = try #require(changes.raised.first)
        #expect(changes.raised.count == 1 && changes.cleared.count == 1)
        #expect(finding.asset == AssetIdentifier("home") && finding.severity == .p4)
        #expect(finding.size == Measure("clock_ahead", 60, .minute))
        #expect(analyzer.statistics.tooLate == 0)
        #expect(analyzer.statistics.evaluations.clockError > 100)
    }

    @Test func `a damaged clock is not well formed`() {
        var clock = DeviceClock()
        #expect(clock.isWellFormed)
        _ = clock.place(monday, at: monday)
        #expect(clock.isWellFormed)
        // A stamp before all belief would overflow what is made of it.
        _ = clock.place(Timestamp(milliseconds: 5_000_000_000_000), at: monday)
        #expect(!clock.isWellFormed)
    }
}
