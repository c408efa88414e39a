// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing
import Tickets

@Suite struct PersonReportTests {
    private static let lift = RuleIdentifier("reported_lift")

    @discardableResult
    private func report(
        _ book: inout TicketBook, _ text: String = "Door jams.", severity: Severity = .p3,
        named name: String = "report:1",
        at minutes: Int64
    ) -> (number: String, effects: [TicketEffect]) {
        book.report(
            PersonReport(text: text, reporter: "Mr Chen", phone: "13812345621"), asset: AssetIdentifier("lift-1"),
            rule: Self.lift, severity: severity, by: .person(wang), identifier: name, at: moment(minutes))
    }

    @Test func `a report opens a ticket that its first receiver answers for`() throws {
        var book = TicketBook(policy: policy(), events: [])
        let (number, effects) = report(&book, at: 0)
        #expect(number == "lakeside-20261122-001")
        #expect(effects.words == ["raised"])
        let ticket = try #require(book.ticket(number))
        #expect(ticket.isFromPerson && ticket.owner == zhou && !ticket.isSignalActive)
        #expect(ticket.reports.map(\.text) == ["Door jams."])
        #expect(effects.events.first?.actor == .person(wang))
        // The line that others see has the words, never the number to call.
        #expect(effects.events.first?.kind.note == "Door jams.")
        #expect(effects.notices.allSatisfy { !$0.arguments.values.contains { $0.contains("138") } })
    }

    @Test func `the same report told twice is taken once`() {
        var book = TicketBook(policy: policy(), events: [])
        let first = report(&book, at: 0)
        let second = report(&book, at: 1)
        #expect(second.number == first.number && second.effects.isEmpty)
        #expect(book.tickets.count == 1)
    }

    @Test func `a further report is a line, and only makes it more urgent`() throws {
        var book = TicketBook(policy: policy(), events: [])
        let number = report(&book, severity: .p2, at: 0).number
        #expect(report(&book, "Still jams.", severity: .p4, named: "report:2", at: 1).effects.words == ["reported"])
        #expect(book.ticket(number)?.severity == .p2)
        report(&book, "Somebody is inside.", severity: .p1, named: "report:3", at: 2)
        let ticket = try #require(book.ticket(number))
        #expect(ticket.severity == .p1)
        #expect(ticket.reports.map(\.text) == ["Door jams.", "Still jams.", "Somebody is inside."])
    }

    @Test func `a report after the repair sends the job back`() throws {
        var book = TicketBook(policy: policy(), events: [])
        let number = report(&book, at: 0).number
        for (place, verb) in [TicketVerb.accept, .arrive, .resolve].enumerated() {
            _ = try book.act(
                verb, on: number, by: li, note: "done", version: nil, identifier: "act:\(place)",
                at: moment(Int64(place) + 1))
        }
        #expect(book.ticket(number)?.state == .verifying)
        #expect(report(&book, named: "report:2", at: 10).effects.words == ["reported", "verifyFailed"])
        #expect(book.ticket(number)?.state == .inProgress)
    }

    @Test func `what was said survives the log and a merge`() throws {
        var book = TicketBook(policy: policy(), events: [])
        var log = report(&book, at: 0).effects.events
        let other = book.report(
            PersonReport(text: "Noise.", phone: "1"), asset: AssetIdentifier("lift-1"),
            rule: RuleIdentifier("reported_noise"), severity: .p3, by: .engine, identifier: "report:2", at: moment(1))
        log += other.effects.events
        var order = TicketOrder(.merge, on: other.number, by: wang, note: "same")
        order.other = "lakeside-20261122-001"
        log += try book.act(order, identifier: "act:1", at: moment(2)).events
        #expect(book.ticket("lakeside-20261122-001")?.reports.map(\.text) == ["Door jams.", "Noise."])
        for event in log {
            #expect(try JSONDecoder().decode(TicketEvent.self, from: JSONEncoder().encode(event)) == event)
        }
        #expect(TicketBook(policy: policy(), events: log).tickets == book.tickets)
    }
}
