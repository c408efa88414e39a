// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Prevention
import Testing
import Tickets

/// One test for each rule of estate practice that findings, tickets and works keep together, named by the rule's words.
@Suite struct EstatePracticeRecordTests {
    private static let lift = AssetIdentifier("lift-1")
    private static let wang = PersonIdentifier("wang")

    @Test("run log, inspection log and maintenance log per device")
    func logs() throws {
        var book = TicketBook(policy: PlannedWorkTests.policy, events: [])
        let start = PlannedWorkTests.morning
        var effects = book.raise(
            planned: RuleIdentifier("lift_service"), of: Self.lift, identifier: "work:1", at: start)
        let number = try #require(book.tickets.first?.number)
        for (step, verb) in [TicketVerb.grab, .arrive, .start, .resolve].enumerated() {
            effects += try book.act(
                TicketOrder(verb, on: number, by: Self.wang, note: "belt"), identifier: "act:\(step)",
                at: start + .seconds(60 * Int64(step + 1)))
        }
        let fault = Finding(
            rule: .liftOutOfService, ruleVersion: 1, severity: .p3, asset: Self.lift, startedAt: start, raisedAt: start,
            loss: nil, evidence: Evidence(from: start, to: start, measures: []))
        let log = EquipmentLog(
            of: Self.lift, year: 2026, month: 11, zone: PlannedWorkTests.policy.zone, findings: [fault],
            events: effects.compactMap { if case .appended(let event, _) = $0 { event } else { nil } }, records: [])
        #expect(log.lines(of: .run).map(\.event) == ["began"])
        #expect(log.lines(of: .inspection).map(\.event) == ["arrive"])
        #expect(log.lines(of: .maintenance).map(\.event) == ["start", "resolve"])
        #expect(log.lines(of: .maintenance).allSatisfy { $0.person == "wang" }, "with name and time")
    }

    @Test("inspection of shared equipment before every holiday, made from live state and history")
    func holidays() throws {
        let work = PlannedWork(
            WorkIdentifier("before-holidays"), asset: AssetIdentifier("pump-1"), kind: .holidayInspection,
            firstDue: CivilDate(year: 2000, month: 1, day: 1))
        let service = PlannedWork(
            WorkIdentifier("serve-lift"), asset: Self.lift, kind: .liftService, firstDue: DutyWatchTests.date(12, 1))
        var books = DutyWatchTests.books(DutyWatchTests.watch(), works: [work, service])
        var verdict = Verdict()
        // National Day is a Thursday: three working days before it is a Monday, 28 September.
        books.tick(at: DutyWatchTests.start + .seconds(6 * 86_400), into: &verdict)
        #expect(books.tickets.tickets.isEmpty)
        books.tick(at: DutyWatchTests.start + .seconds(7 * 86_400), into: &verdict)
        let ticket = try #require(books.tickets.tickets.first)
        #expect(ticket.rule.text == "holiday_inspection")
        #expect(ticket.history.first?.kind.note == "lift-1: lift_service -", "what was never done is named")
    }

    @Test("one burst is one ticket, with one named person who answers for it")
    func oneTicket() {
        var estate = CorrelatedEstate()
        estate.raise(CorrelatedEstate.burst, from: 0, every: 0.4)
        estate.tick(at: 60)
        #expect(estate.books.tickets.tickets.map(\.owner.text) == ["zhou-min"])
    }
}
