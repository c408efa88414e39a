// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct ReportPeriodTests {
    /// Offsets of Berlin around 2026.
    static let berlin = ZoneOffsets(
        name: "Europe/Berlin", initialOffsetSeconds: 3600,
        transitions: [
            .init(at: Timestamp(seconds: 1_774_746_000), offsetSeconds: 7200),
            .init(at: Timestamp(seconds: 1_792_890_000), offsetSeconds: 3600),
        ])

    struct Week: Sendable {
        var now: String
        var from: String
        var to: String
    }

    @Test(arguments: [
        Week(now: "2026-11-27T07:00:00Z", from: "2026-11-20T07:00:00.000Z", to: "2026-11-27T07:00:00.000Z"),
        Week(now: "2026-11-27T06:59:59Z", from: "2026-11-13T07:00:00.000Z", to: "2026-11-20T07:00:00.000Z"),
        Week(now: "2026-11-28T00:00:00Z", from: "2026-11-20T07:00:00.000Z", to: "2026-11-27T07:00:00.000Z"),
        Week(now: "2026-11-26T00:00:00Z", from: "2026-11-13T07:00:00.000Z", to: "2026-11-20T07:00:00.000Z"),
        // Thursday in UTC, Friday 00:30 on the site's wall.
        Week(now: "2026-11-26T16:30:00Z", from: "2026-11-13T07:00:00.000Z", to: "2026-11-20T07:00:00.000Z"),
    ])
    func `a week ends on the last Friday at 15 o'clock`(week: Week) throws {
        let now = try #require(Timestamp(rfc3339: week.now))
        let period = try #require(ReportPeriod(weekBefore: now, zone: shanghai))
        #expect([period.from.rfc3339, period.to.rfc3339] == [week.from, week.to])
    }

    @Test func `a week in which the clock is set is an hour longer, and still begins and ends at 15 o'clock`() throws {
        let now = try #require(Timestamp(rfc3339: "2026-10-30T20:00:00Z"))
        let week = try #require(ReportPeriod(weekBefore: now, zone: Self.berlin))
        #expect(week.to - week.from == .seconds(7 * 86_400 + 3600))
        #expect(Self.berlin.local(week.from).minuteText == "2026-10-23 15:00")
        #expect(Self.berlin.local(week.to).minuteText == "2026-10-30 15:00")
    }

    @Test(arguments: [(1, "2027-01-01 00:00"), (3, "2027-03-01 00:00"), (12, "2027-12-01 00:00")])
    func `months, quarters and years begin at midnight on the site's wall`(count: Int, end: String) throws {
        let month = try #require(ReportMonth(year: 2026, month: 12))
        let period = try #require(ReportPeriod(first: month, months: count, zone: Self.berlin))
        #expect(Self.berlin.local(period.from).minuteText == "2026-12-01 00:00")
        #expect(Self.berlin.local(period.to).minuteText == end)
    }

    @Test func `absurd ends make no period`() {
        #expect(ReportPeriod(from: moment(1), to: moment(1)) == nil)
        #expect(ReportPeriod(from: Timestamp(milliseconds: .min), to: Timestamp(milliseconds: .max)) == nil)
        #expect(ReportMonth(year: 2026, month: 13) == nil)
        #expect(ReportMonth(year: 1_000_000, month: 1) == nil)
    }
}
