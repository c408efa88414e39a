// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import TestKit
import Testing
import Tickets

/// Vehicles of a gate, summed up by the days of the site's wall.
@Suite struct VehicleDaysTests {
    private static let zone = PlannedWorkTests.policy.zone
    /// Midnight of 22 November 2026 in Shanghai.
    private static let midnight = Timestamp(seconds: 1_795_276_800)

    private func day(_ date: Int, _ vehicles: Int64, _ isComplete: Bool = true, at minutes: Int64) -> VehicleDays.Day {
        VehicleDays.Day(
            date: CivilDate(year: 2026, month: 11, day: date), vehicles: vehicles, isComplete: isComplete,
            at: Self.midnight + .seconds(60 * minutes))
    }

    private func days(_ reads: [(minutes: Int64, count: Int64)], now minutes: Int64) -> [VehicleDays.Day] {
        var days = VehicleDays(zone: Self.zone)
        for (minutes, count) in reads { days.take(count: count, at: Self.midnight + .seconds(60 * minutes)) }
        return days.days(at: Self.midnight + .seconds(60 * minutes))
    }

    @Test func `gates: vehicles counted, each day of the site's wall by itself`() {
        // Every half hour of two days and a bit, three vehicles in each.
        var reads: [(minutes: Int64, count: Int64)] = []
        for place in 0...100 as ClosedRange<Int64> { reads.append((place * 30, 1000 + place * 3)) }
        let expected = [day(22, 141, at: 1410), day(23, 144, at: 2850), day(24, 15, false, at: 3000)]
        #expect(days(reads, now: 3000) == expected)
    }

    @Test func `what is not known is told as at least so many`() {
        // Begun at noon, silent over midnight, started again, exchanged for another counter.
        #expect(days([(720, 10), (780, 14)], now: 3000).map(\.isComplete) == [false])
        let overNight = days([(0, 10), (1380, 200), (1560, 230), (1580, 231)], now: 3000)
        #expect(overNight == [day(22, 190, false, at: 1380), day(23, 31, false, at: 1580)])
        let startedAgain = days([(0, 900), (30, 910), (60, 4), (90, 6)], now: 3000)
        #expect(startedAgain == [day(22, 16, false, at: 90)])
        let exchanged = days([(0, 90_000), (30, 90_010), (60, 4000), (90, 4002)], now: 3000)
        #expect(exchanged == [day(22, 12, false, at: 90)])
        #expect(days([(30, 5), (30, 9), (10, 7)], now: 60).map(\.vehicles) == [0], "repeats and what comes late")
        #expect(days([], now: 0) == [])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `however often it is read, the sum is what the counter gained`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (count, minutes) = (Int64.random(in: 0...1 << 40, using: &random), Int64(0))
        var reads: [(minutes: Int64, count: Int64)] = [(0, count)]
        for _ in 0..<200 {
            minutes += Int64.random(in: 1...200, using: &random)
            count += Int64.random(in: 0...90, using: &random)
            reads.append((minutes, count))
        }
        let found = days(reads, now: minutes)
        #expect(found.reduce(0) { $0 + $1.vehicles } == count - reads[0].count)
        #expect(found.map(\.date) == found.map(\.date).sorted())
        #expect(Set(found.map(\.date)).count == found.count)
    }
}
