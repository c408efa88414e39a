// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Prevention
import Testing
import Tickets

/// Planned work that becomes tickets.
@Suite struct PlannedWorkTests {
    static let tank = AssetIdentifier("roof-tank")
    /// 2026-11-01 00:30 on the site's wall, still October in UTC.
    static let morning = Timestamp(rfc3339: "2026-10-31T16:30:00Z") ?? Timestamp(seconds: 0)
    static let work = PlannedWork(
        WorkIdentifier("clean-roof-tank"), asset: tank, kind: .tankCleaning,
        firstDue: CivilDate(year: 2026, month: 11, day: 15))
    static let policy = TicketPolicy(
        site: SiteIdentifier("lakeside"),
        zone: ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: []),
        owner: PersonIdentifier("zhou-min"))

    static func books(events: [TicketEvent] = [], records: [WorkRecord] = []) -> Books {
        Books(
            alarms: AlarmBook(), incidents: IncidentBook(),
            tickets: TicketBook(policy: policy, events: events),
            prevention: PreventiveBook(works: [work], records: records))
    }

    static func tick(_ books: inout Books, at now: Timestamp) -> [TicketEvent] {
        var verdict = Verdict()
        books.tick(at: now, into: &verdict)
        return verdict.tickets.compactMap { effect in
            if case .appended(let event, _) = effect { event } else { nil }
        }
    }

    @Test func `a work that is due makes one ticket of low urgency, on the day that the wall shows`() throws {
        var books = Self.books()
        #expect(Self.tick(&books, at: Self.morning - .seconds(3600)).isEmpty)
        let events = Self.tick(&books, at: Self.morning)
        #expect(events.map(\.identifier) == ["work:clean-roof-tank:20261115"])
        let ticket = try #require(books.tickets.openTicket(asset: Self.tank, rule: RuleIdentifier("tank_cleaning")))
        #expect(ticket.severity == .p4)
        #expect(ticket.owner == PersonIdentifier("zhou-min"))
        #expect(!ticket.isSignalActive)
        let later = Self.tick(&books, at: Self.morning + .seconds(60))
        #expect(later.allSatisfy { $0.ticket == ticket.number && $0.kind.word != "raised" })
        // What is stored is all that is left: the ticket is not asked for again, though it was closed unread.
        var restored = Self.books(events: events)
        #expect(Self.tick(&restored, at: Self.morning + .seconds(60)).allSatisfy { $0.kind.word != "raised" })
    }

    @Test func `a record names the ticket that asked for it, and the next time is half a year on`() throws {
        var books = Self.books()
        let events = Self.tick(&books, at: Self.morning)
        var verdict = Verdict()
        let report = WorkReport(
            Self.work.identifier, by: PersonIdentifier("wang"), witnesses: ["Zhao", "Qian"], waterTest: "W-118")
        try books.record(report, identifier: "done:1", at: Self.morning + .seconds(600), into: &verdict)
        let record = try #require(verdict.works.first)
        #expect(record.ticket == events.first?.ticket)
        #expect(record.doneOn == CivilDate(year: 2026, month: 11, day: 1))
        let restored = Self.books(events: events, records: verdict.works)
        let told = try #require(WorkOverview(restored, at: Self.morning).works.first)
        #expect(told.dueOn == CivilDate(year: 2027, month: 5, day: 15))
        #expect(told.ticket == record.ticket)
        #expect(!told.isOverdue)
    }

    @Test func `a refused record leaves nothing`() {
        var books = Self.books()
        var verdict = Verdict()
        #expect(throws: WorkRefusal.witnessesMissing(needed: 2, named: 0)) {
            try books.record(
                WorkReport(Self.work.identifier, by: PersonIdentifier("wang"), waterTest: "W-118"),
                identifier: "done:1", at: Self.morning, into: &verdict)
        }
        #expect(verdict.isEmpty)
        #expect(books.prevention.records.isEmpty)
    }
}
