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

    /// Residents are told of an outage on the ticket of the work.
    static func tell(_ books: inout Books, _ kind: ResidentNotice.Kind = .waterOutage, at now: Timestamp) throws {
        let ticket = try #require(books.tickets.openTicket(asset: tank, rule: RuleIdentifier("tank_cleaning")))
        var verdict = Verdict()
        try books.approve(
            ResidentNotice(kind, text: BilingualText("Water is off.")), on: ticket.number, by: ticket.owner,
            identifier: "told:\(now.milliseconds)", at: now, into: &verdict)
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
        try Self.tell(&books, at: Self.morning)
        try books.record(report, identifier: "done:1", at: Self.morning + .seconds(86_400), into: &verdict)
        let record = try #require(verdict.works.first)
        #expect(record.ticket == events.first?.ticket)
        #expect(record.doneOn == CivilDate(year: 2026, month: 11, day: 2))
        let restored = Self.books(events: events, records: verdict.works)
        let told = try #require(WorkOverview(restored, at: Self.morning).works.first)
        #expect(told.dueOn == CivilDate(year: 2027, month: 5, day: 15))
        #expect(told.ticket == record.ticket)
        #expect(!told.isOverdue)
    }

    @Test func `a refused record leaves nothing`() {
        var books = Self.books()
        _ = Self.tick(&books, at: Self.morning)
        #expect(throws: Never.self) { try Self.tell(&books, at: Self.morning) }
        var verdict = Verdict()
        #expect(throws: WorkRefusal.witnessesMissing(needed: 2, named: 0)) {
            try books.record(
                WorkReport(Self.work.identifier, by: PersonIdentifier("wang"), waterTest: "W-118"),
                identifier: "done:1", at: Self.morning + .seconds(86_400), into: &verdict)
        }
        #expect(verdict.isEmpty)
        #expect(books.prevention.records.isEmpty)
    }

    @Test("tank cleaning is refused without notice to residents 24 h before")
    func notice() throws {
        var books = Self.books()
        _ = Self.tick(&books, at: Self.morning)
        var verdict = Verdict()
        let report = WorkReport(
            Self.work.identifier, by: PersonIdentifier("wang"), witnesses: ["Zhao", "Qian"], waterTest: "W-118")
        func refused(_ toldAt: Timestamp?, _ report: WorkReport, at now: Timestamp) {
            #expect(throws: WorkRefusal.residentsNotTold(before: .seconds(86_400), toldAt: toldAt)) {
                try books.record(report, identifier: "done:1", at: now, into: &verdict)
            }
        }
        refused(nil, report, at: Self.morning + .seconds(200_000))
        try Self.tell(&books, .waterRestored, at: Self.morning)
        refused(nil, report, at: Self.morning + .seconds(200_000))
        try Self.tell(&books, at: Self.morning + .seconds(60))
        refused(Self.morning + .seconds(60), report, at: Self.morning + .seconds(86_459))
        // Written days later, the day on which it was done counts.
        var early = report
        early.doneOn = CivilDate(year: 2026, month: 11, day: 1)
        refused(Self.morning + .seconds(60), early, at: Self.morning + .seconds(500_000))
        #expect(verdict.works.isEmpty && books.prevention.records.isEmpty)
        let said = "\(WorkRefusal.residentsNotTold(before: .seconds(86_400), toldAt: nil))"
        #expect(said.contains("24 h before") && said.contains("water-outage"))
        try books.record(report, identifier: "done:1", at: Self.morning + .seconds(86_460), into: &verdict)
        #expect(verdict.works.count == 1)
        // The next time needs a notice of its own; a correction of this one needs none.
        var right = report
        (right.corrects, right.note) = ("done:1", "Two covers were new.")
        try books.record(right, identifier: "done:2", at: Self.morning + .seconds(90_000), into: &verdict)
        #expect(throws: WorkRefusal.residentsNotTold(before: .seconds(86_400), toldAt: nil)) {
            try books.record(report, identifier: "done:3", at: Self.morning + .seconds(20_000_000), into: &verdict)
        }
    }
}
