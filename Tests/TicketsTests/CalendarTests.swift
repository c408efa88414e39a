// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Tickets

/// Clocks by calendar against an oracle that looks at every minute on the site's wall.
@Suite struct CalendarTests {
    /// Berlin in 2026 and 2027: an hour more from the last Sunday of March to the last Sunday of October.
    static let berlin = ZoneOffsets(
        name: "Europe/Berlin", initialOffsetSeconds: 3600,
        transitions: [
            .init(at: Timestamp(seconds: 1_774_746_000), offsetSeconds: 7200),
            .init(at: Timestamp(seconds: 1_792_890_000), offsetSeconds: 3600),
            .init(at: Timestamp(seconds: 1_806_195_600), offsetSeconds: 7200),
            .init(at: Timestamp(seconds: 1_824_944_400), offsetSeconds: 3600),
        ])
    /// Half an hour of summer time, as on Lord Howe Island.
    static let howe = ZoneOffsets(
        name: "Australia/Lord_Howe", initialOffsetSeconds: 39_600,
        transitions: [
            .init(at: Timestamp(seconds: 1_775_314_800), offsetSeconds: 37_800),
            .init(at: Timestamp(seconds: 1_791_041_400), offsetSeconds: 39_600),
        ])

    static func randomCalendar(_ random: inout SeededGenerator) -> WorkingCalendar {
        func hours() -> [OpenHours] {
            (0..<Int.random(in: 1...2, using: &random)).compactMap { _ in
                let from = Int.random(in: 0..<1380, using: &random)
                return OpenHours(from: from, to: Int.random(in: from + 1...1440, using: &random))
            }
        }
        let weekly = (0..<7).map { $0 == 6 || Int.random(in: 0..<4, using: &random) == 0 ? [] : hours() }
        func dates(_ count: Int) -> [CalendarDates] {
            (0..<count).map { _ in
                let first = CivilDate(daysSince1970: 20_450 + Int.random(in: 0..<700, using: &random))
                let last = CivilDate(daysSince1970: first.daysSince1970 + Int.random(in: 0...6, using: &random))
                return CalendarDates(first: first, last: last)
            }
        }
        return WorkingCalendar(name: "c", weekly: weekly, closed: dates(20), makeUp: dates(12))
    }

    /// Open minutes between two moments on whole minutes, each looked at by what the wall shows.
    static func minutes(_ hours: CountedHours?, from: Timestamp, to: Timestamp) -> Int64 {
        guard from < to else { return 0 }
        guard let hours else { return (to.milliseconds - from.milliseconds) / 60_000 }
        var count: Int64 = 0
        var now = from
        while now < to {
            let local = hours.zone.local(now)
            let day = hours.calendar
            let week = day.weekly[local.date.weekday - 1]
            let open: [OpenHours]
            if day.makeUp.contains(where: { $0.contains(local.date) }) {
                open = week.isEmpty ? day.ordinaryHours : week
            } else {
                open = day.closed.contains { $0.contains(local.date) } ? [] : week
            }
            if open.contains(where: { $0.from <= local.minuteOfDay && local.minuteOfDay < $0.to }) { count += 1 }
            now = now + .seconds(60)
        }
        return count
    }

    /// What the oracle has looked at.
    struct Looked {
        var minutes: Int64 = 0
        var comparisons = 0
    }

    @Test(arguments: seedChunks)
    func `a clock counts what the minutes say, through pauses, reopening, closed, make-up and long days`(
        seeds: Range<UInt64>
    ) {
        var looked = Looked()
        for seed in seeds { Self.compare(seed, &looked) }
        #expect(looked.comparisons > 0)
        print(
            "minute oracle: \(seeds.count) seeds, \(looked.minutes) minutes looked at one by one, "
                + "\(looked.comparisons) comparisons")
    }

    private static func compare(_ seed: UInt64, _ looked: inout Looked) {
        var random = SeededGenerator(seed: seed)
        let zone = [Self.berlin, Self.howe, shanghai].randomElement(using: &random) ?? shanghai
        let hours: CountedHours? =
            seed % 8 == 0 ? nil : CountedHours(calendar: Self.randomCalendar(&random), zone: zone)
        // Near a change of the clock more often than not.
        let near = zone.transitions.randomElement(using: &random)?.at.milliseconds ?? 1_775_000_000_000
        let start = Timestamp(
            milliseconds: (near / 60_000 - Int64.random(in: 0...6000, using: &random)) * 60_000)
        let budget = Int64.random(in: 1...6000, using: &random)
        var clock = ServiceClock(
            startedAt: start, ServicePromise(.seconds(60 * budget)), EscalationSteps(percents: [50, 80, 100]),
            hours: hours)
        var (now, since, counted): (Timestamp, Timestamp?, Int64) = (start, start, 0)
        var last = Duration.zero
        for _ in 0..<8 {
            let next = now + .seconds(60 * Int64.random(in: 0...1500, using: &random))
            let used = counted + (since.map { Self.minutes(hours, from: $0, to: next) } ?? 0)
            if let since { looked.minutes += (next.milliseconds - since.milliseconds) / 60_000 }
            looked.comparisons += 2
            #expect(clock.used(at: next) == .seconds(60 * used), "seed \(seed)")
            #expect(clock.used(at: next) >= last, "seed \(seed): it fell")
            #expect(clock.remaining(at: next) == .seconds(60 * (budget - used)), "seed \(seed)")
            if clock.isRunning {
                looked.comparisons += 2
                #expect((next >= clock.dueAt) == (used >= budget), "seed \(seed): due at \(clock.dueAt.rfc3339)")
                let steps = clock.dueSteps(at: next).map(\.step)
                #expect(steps == [50, 80, 100].filter { 100 * used >= Int64($0) * budget }, "seed \(seed)")
            }
            last = clock.used(at: next)
            now = next
            if let running = since {
                counted += Self.minutes(hours, from: running, to: now)
                since = nil
                clock.stop(at: now)
            } else {
                since = now
                clock.resume(at: now)
            }
        }
        clock.meet(at: now)
        #expect(
            clock.used(at: now + .seconds(864_000)) == clock.used(at: now), "seed \(seed): a promise kept goes on")
    }

    @Test(arguments: seedChunks)
    func `a pause never makes a breach earlier`(seeds: Range<UInt64>) {
        for seed in seeds { Self.pause(seed) }
    }

    private static func pause(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let hours = CountedHours(calendar: Self.randomCalendar(&random), zone: Self.berlin)
        let start = Timestamp(seconds: 1_774_500_000 + Int64.random(in: 0...500_000, using: &random))
        let promise = ServicePromise(.seconds(Int64.random(in: 1...400_000, using: &random)))
        let plain = ServiceClock(startedAt: start, promise, .none, hours: hours)
        var paused = plain
        let from = start + .seconds(Int64.random(in: 0...300_000, using: &random))
        paused.stop(at: from)
        paused.resume(at: from + .seconds(Int64.random(in: 0...300_000, using: &random)))
        #expect(paused.dueAt >= plain.dueAt, "seed \(seed)")
    }

    @Test func `make-up days come before closed ones and closed ones before the week`() {
        let eight = [OpenHours(from: 480, to: 960)].compactMap { $0 }
        let saturday = CivilDate(year: 2026, month: 2, day: 14)
        var calendar = WorkingCalendar.weekdays("days", eight)
        #expect(calendar.hours(on: saturday) == [])
        calendar.makeUp = [CalendarDates(first: saturday, last: saturday, source: "notice")]
        calendar.closed = [CalendarDates(first: saturday, last: CivilDate(year: 2026, month: 2, day: 23))]
        #expect(calendar.hours(on: saturday) == eight)
        #expect(calendar.hours(on: CivilDate(year: 2026, month: 2, day: 16)) == [])
        #expect(calendar.hours(on: CivilDate(year: 2026, month: 2, day: 24)) == eight)
        #expect(calendar.ordinaryDay == .seconds(8 * 3600))
    }

    @Test func `a report after closing starts at the next opening`() {
        let eight = [OpenHours(from: 480, to: 960)].compactMap { $0 }
        let hours = CountedHours(calendar: .weekdays("days", eight), zone: shanghai)
        // Friday 2026-11-27 18:00 there; three working days end on Wednesday at closing.
        let friday = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 11, day: 27), hour: 10, minute: 0))
        let clock = ServiceClock(startedAt: friday, ServicePromise(.seconds(24 * 3600)), .none, hours: hours)
        #expect(shanghai.local(clock.dueAt).minuteText == "2026-12-02 16:00")
    }

    @Test func `a year without a list is missed sixty days ahead`() {
        var calendar = WorkingCalendar.weekdays("days", [])
        #expect(calendar.missingYear(on: CivilDate(year: 2026, month: 11, day: 30)) == nil, "weeks only")
        calendar.listedYears = [2026]
        #expect(calendar.missingYear(on: CivilDate(year: 2026, month: 11, day: 1)) == nil)
        #expect(calendar.missingYear(on: CivilDate(year: 2026, month: 11, day: 3)) == 2027)
        #expect(calendar.missingYear(on: CivilDate(year: 2027, month: 3, day: 3)) == 2027)
    }

    @Test func `a calendar that never opens is due at the end of time and stops nobody`() {
        let hours = CountedHours(calendar: .weekdays("never", []), zone: Self.berlin)
        let clock = ServiceClock(startedAt: moment(0), ServicePromise(.seconds(1)), .none, hours: hours)
        #expect(clock.dueAt == Timestamp(milliseconds: .max))
        for extreme in [Int64.min, Int64.max] {
            #expect(hours.elapsed(from: Timestamp(milliseconds: extreme), to: moment(0)) == .zero)
            #expect(hours.elapsed(from: moment(0), to: Timestamp(milliseconds: extreme)) == .zero)
        }
    }
}

/// The time in which promises are counted, whatever the wall clock does.
@Suite struct ServiceTimelineTests {
    static func mark(_ minutes: Int64, wall: Int64? = nil, boot: String = "a", synced: Bool = true) -> TimeMark {
        TimeMark(
            wall: moment(wall ?? minutes), instant: MonotonicInstant(nanoseconds: minutes * 60_000_000_000),
            boot: BootIdentifier(boot), isSynchronised: synced)
    }

    @Test(arguments: [-60, 60] as [Int64])
    func `a step of an hour adds and removes nothing`(step: Int64) {
        var timeline = ServiceTimeline()
        #expect(timeline.time(of: Self.mark(0)) == moment(0))
        #expect(timeline.time(of: Self.mark(10, wall: 10 + step)) == moment(10))
        #expect(timeline.time(of: Self.mark(20)) == moment(20))
        var last = Self.mark(20, wall: 20 + step)
        last.counted = moment(20)
        var restored = ServiceTimeline(restoring: [Self.mark(5), last, Self.mark(1)])
        #expect(restored.time(of: Self.mark(30, wall: 30 + step)) == moment(30), "nor after a restart of the program")
    }

    @Test func `across boots the wall counts, and an unknown wall only runs on`() {
        var timeline = ServiceTimeline()
        _ = timeline.time(of: Self.mark(100, wall: 0))
        #expect(timeline.time(of: Self.mark(5, wall: 600, boot: "b")) == moment(600))
        // Two hours without power, then a wall clock that is not known, far ahead or far behind.
        for wall in [-900_000, 900_000] as [Int64] {
            var dark = timeline
            #expect(dark.time(of: Self.mark(1, wall: wall, boot: "c", synced: false)) == moment(600))
            #expect(!dark.isCertain)
            #expect(dark.time(of: Self.mark(4, wall: wall + 3, boot: "c", synced: false)) == moment(603))
            #expect(dark.time(of: Self.mark(5, wall: 725, boot: "c")) == moment(725), "caught up once")
            #expect(dark.isCertain)
            #expect(dark.time(of: Self.mark(6, wall: 0, boot: "c")) == moment(726))
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `it never falls`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var timeline = ServiceTimeline()
        var last = Timestamp(milliseconds: .min)
        for step in 0..<60 {
            let mark = Self.mark(
                Int64(step), wall: Int64.random(in: -500...500, using: &random), boot: "\(step / 20)",
                synced: Bool.random(using: &random))
            let time = timeline.time(of: mark)
            #expect(time >= last)
            last = time
        }
    }

    @Test func `while the part of the day is unknown, promises by calendar are not judged, others are`() {
        var book = TicketBook(policy: standardPolicy(), events: [])
        _ = book.raise(finding(asset: "a", severity: .p3), identifier: "1", at: moment(0))
        _ = book.raise(finding(asset: "b", severity: .p1), identifier: "2", at: moment(0))
        book.isTimeCertain = false
        let late = book.tick(at: moment(9000))
        #expect(!late.isEmpty && late.tickets.allSatisfy { $0.severity == .p1 })
        book.isTimeCertain = true
        #expect(book.tick(at: moment(9000)).tickets.contains { $0.severity == .p3 })
    }
}

/// Service centre from 6 to 22 every day, working days from 8:30 to 17:30.
func standardPolicy(roster: Roster = Roster()) -> TicketPolicy {
    var policy = policy()
    policy.calendars = [
        .daily("service-centre", [OpenHours(from: 360, to: 1320)].compactMap { $0 }),
        .weekdays("working-days", [OpenHours(from: 510, to: 1050)].compactMap { $0 }),
    ]
    policy.levels = .standard(serviceHours: "service-centre", workingDays: policy.calendars[1])
    policy.roster = roster
    return policy
}
