// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Prevention
import Testing
import Tickets

/// Hours in which nobody will serve, years without a list, and inspections before holidays.
@Suite struct DutyWatchTests {
    static let leader = PersonIdentifier("zhao")
    /// 2026-09-21 10:00 on the site's wall, a Monday.
    static let start = Timestamp(rfc3339: "2026-09-21T02:00:00Z") ?? Timestamp(seconds: 0)
    private static let crewAsset = AssetIdentifier("duty-shift-leader")

    static func date(_ month: Int, _ day: Int) -> CivilDate { CivilDate(year: 2026, month: month, day: day) }

    static func calendar() -> WorkingCalendar {
        let hours = [OpenHours(from: 510, to: 1050)].compactMap { $0 }
        var calendar = WorkingCalendar.weekdays("working_days", hours)
        // National Day: Thursday 1 to Wednesday 7 October; Saturday 10 October works.
        calendar.closed = [CalendarDates(first: date(10, 1), last: date(10, 7))]
        calendar.makeUp = [CalendarDates(first: date(10, 10), last: date(10, 10))]
        calendar.listedYears = [2026]
        return calendar
    }

    static func watch(minutes: Int = 1440) -> DutyWatch {
        let shift = DutyShift(post: .shiftLeader, weekdays: Set(1...7), from: 0, minutes: minutes, persons: [leader])
        return DutyWatch(
            roster: Roster(shifts: [shift]), serviceHours: .daily("service_centre", []), workingDays: calendar(),
            zone: PlannedWorkTests.policy.zone)
    }

    static func books(_ watch: DutyWatch, works: [PlannedWork] = []) -> Books {
        var books = Books(
            alarms: AlarmBook(), incidents: IncidentBook(),
            tickets: TicketBook(policy: PlannedWorkTests.policy, events: []),
            prevention: PreventiveBook(works: works))
        books.duty = watch
        return books
    }

    @Test func `a gap in the next 7 days is an alarm with a ticket, and it returns when the gap is filled`() throws {
        var books = Self.books(Self.watch(minutes: 1380))
        var verdict = Verdict()
        books.tick(at: Self.start, into: &verdict)
        books.tick(at: Self.start + .seconds(120), into: &verdict)
        let alarm = try #require(books.alarms.alarm(asset: Self.crewAsset, rule: .rosterGap))
        #expect(alarm.isActive)
        #expect(alarm.severity == .p3)
        let ticket = try #require(books.tickets.openTicket(asset: Self.crewAsset, rule: .rosterGap))
        #expect(ticket.severity == .p3)
        let count = books.tickets.tickets.count
        // The same gap is not told again, and nothing is looked at within the hour.
        books.tick(at: Self.start + .seconds(4000), into: &verdict)
        #expect(books.tickets.tickets.count == count)
        #expect(verdict.alarms.count == 1)
        books.duty?.roster = Self.watch().roster
        books.tick(at: Self.start + .seconds(5000), into: &verdict)
        #expect(books.alarms.alarm(asset: Self.crewAsset, rule: .rosterGap)?.isActive == true, "within the hour")
        books.tick(at: Self.start + .seconds(8000), into: &verdict)
        #expect(books.alarms.alarm(asset: Self.crewAsset, rule: .rosterGap)?.isActive == false)
        #expect(books.tickets.ticket(ticket.number)?.isSignalActive == false)
    }

    @Test func `a roster without a gap is silent`() {
        var books = Self.books(Self.watch())
        var verdict = Verdict()
        books.tick(at: Self.start, into: &verdict)
        #expect(verdict.isEmpty)
    }

    @Test func `a year without a list is told 60 days ahead, not earlier`() throws {
        let asset = AssetIdentifier("calendar-working_days")
        var books = Self.books(Self.watch())
        var verdict = Verdict()
        let turn = try #require(Timestamp(rfc3339: "2026-11-01T15:00:00Z"))
        books.tick(at: turn, into: &verdict)
        #expect(books.alarms.alarm(asset: asset, rule: .calendarMissing) == nil, "61 days ahead")
        books.tick(at: turn + .seconds(2 * 3600), into: &verdict)
        #expect(books.alarms.alarm(asset: asset, rule: .calendarMissing)?.isActive == true)
        #expect(books.alarms.alarm(asset: asset, rule: .calendarMissing)?.severity == .p4)
    }

    @Test func `three working days before the holiday its inspection has a ticket with a list`() throws {
        let work = PlannedWork(
            WorkIdentifier("before-holidays"), asset: AssetIdentifier("pump-1"), kind: .holidayInspection,
            firstDue: CivilDate(year: 2000, month: 1, day: 1))
        let service = PlannedWork(
            WorkIdentifier("serve-lift"), asset: AssetIdentifier("lift-1"), kind: .liftService,
            firstDue: Self.date(12, 1))
        var books = Self.books(Self.watch(), works: [work, service])
        var verdict = Verdict()
        // 28, 29 and 30 September are the working days before; the 27th is a Sunday.
        let eve = Self.start + .seconds(6 * 86_400)
        books.tick(at: eve, into: &verdict)
        #expect(books.tickets.tickets.isEmpty)
        books.tick(at: eve + .seconds(86_400), into: &verdict)
        let ticket = try #require(
            books.tickets.openTicket(asset: AssetIdentifier("pump-1"), rule: RuleIdentifier("holiday_inspection")))
        #expect(ticket.severity == .p4)
        #expect(ticket.history.first?.kind.note == "lift-1: lift_service -")
        #expect(books.prevention.next(of: work) == .on(Self.date(9, 30)))
        // Done on the 29th, it is done for this holiday; no other of three days is known.
        try books.record(
            WorkReport(work.identifier, by: Self.leader), identifier: "done:1", at: eve + .seconds(2 * 86_400),
            into: &verdict)
        #expect(books.prevention.next(of: work) == .notKnown)
        #expect(books.prevention.dueWorks(on: Self.date(9, 30)).isEmpty)
    }

    @Test func `what an inspection finds unmet has one ticket of P3, and is not asked for again`() throws {
        let work = PlannedWork(
            WorkIdentifier("before-holidays"), asset: AssetIdentifier("pump-1"), kind: .holidayInspection,
            firstDue: CivilDate(year: 2000, month: 1, day: 1))
        let asset = AssetIdentifier("lift-1")
        let service = PlannedWork(
            WorkIdentifier("serve-lift"), asset: asset, kind: .liftService, firstDue: Self.date(9, 1))
        var books = Self.books(Self.watch(), works: [work, service])
        var verdict = Verdict()
        let eve = Self.start + .seconds(6 * 86_400)
        books.tick(at: eve, into: &verdict)
        // Somebody has cancelled the ticket of the service: nothing sees to it any more.
        let own = try #require(books.tickets.openTicket(asset: asset, rule: service.kind.rule)?.number)
        try books.act(
            TicketOrder(.cancel, on: own, by: Self.leader, note: "later"), identifier: "act:1", at: eve,
            into: &verdict)
        books.tick(at: eve + .seconds(86_400), into: &verdict)
        let rule = InspectionLine.Kind.plannedWork.rule
        let found = books.tickets.tickets.filter { $0.rule == rule }
        #expect(found.map(\.asset) == [asset])
        #expect(found.map(\.severity) == [.p3])
        #expect(found.first?.history.first?.kind.note == "lift-1: lift_service - !")
        let line = books.inspection(at: eve + .seconds(86_400)).first { $0.kind == .plannedWork }
        #expect(line?.isMet == false && line?.ticket == found.first?.number)
        // Neither the next day nor after it was cancelled does the same inspection ask again.
        let number = try #require(found.first?.number)
        try books.act(
            TicketOrder(.cancel, on: number, by: Self.leader, note: "next week"), identifier: "act:2",
            at: eve + .seconds(90_000), into: &verdict)
        for day in 1...3 { books.tick(at: eve + .seconds(Int64(day) * 86_400 + 90_000), into: &verdict) }
        #expect(books.tickets.tickets.count { $0.rule == rule } == 1)
    }

    @Test func `closed spans have the weekend with them and the working days before`() {
        let spans = Self.calendar().closedSpans(from: Self.date(9, 21), to: Self.date(10, 31))
        let long = spans.filter { $0.last.daysSince1970 - $0.first.daysSince1970 >= 2 }
        #expect(long.map(\.first) == [Self.date(10, 1)])
        #expect(long.map(\.last) == [Self.date(10, 7)])
        #expect(
            long.first?.workingDaysBefore.prefix(4) == [
                Self.date(9, 30), Self.date(9, 29), Self.date(9, 28), Self.date(9, 25),
            ])
        // 10 October works, so only the Sunday is closed.
        #expect(spans.contains { $0.first == Self.date(10, 11) && $0.last == Self.date(10, 11) })
        #expect(WorkingCalendar.daily("never", []).closedSpans(from: Self.date(9, 21), to: Self.date(10, 31)).isEmpty)
    }
}
