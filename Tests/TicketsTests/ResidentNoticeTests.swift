// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing
import Tickets

/// What residents are told: facts of the ticket, nothing left open, and the owner's word before it counts.
@Suite struct ResidentNoticeTests {
    private static let today = CivilDate(year: 2026, month: 11, day: 22)

    private static func given() -> ResidentGiven {
        var given = ResidentGiven()
        given.cause = BilingualText(zh: "主管爆裂", en: "a burst main")
        given.place = BilingualText(zh: "1号楼", en: "block 1")
        given.company = BilingualText(zh: "湖滨物业", en: "Lakeside Care")
        given.phone = "0571-88880000"
        return given
    }

    private static func facts(
        _ kind: ResidentNotice.Kind, _ ticket: Ticket, _ given: ResidentGiven
    ) throws -> [ResidentSlot: ResidentFact] {
        try ResidentNotice.facts(of: kind, ticket, given: given, today: today)
    }

    @Test func `an outage starts when the fault was raised and ends when it is promised, once it moved later`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 10)
        let facts = try Self.facts(.waterOutage, desk.ticket, Self.given())
        #expect(Set(facts.keys) == Set(ResidentNotice.Kind.waterOutage.slots))
        #expect(facts[.start] == .moment(moment(10)))
        #expect(facts[.end] == .moment(desk.ticket.resolveBy))
        #expect(facts[.number] == .text(BilingualText(desk.ticket.number)))
        try desk.order(.postpone, note: "pipe is not in stock", at: 20) { $0.until = moment(3000) }
        #expect(try Self.facts(.waterOutage, desk.ticket, Self.given())[.end] == .moment(moment(3000)))
        let moved = try Self.facts(.postponed, desk.ticket, Self.given())
        #expect(moved[.to] == .moment(moment(3000)))
        #expect(moved[.reason] == .text(BilingualText("pipe is not in stock")))
    }

    @Test func `what nobody knows is named, all of it at once`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 10)
        var given = Self.given()
        (given.phone, given.cause) = (nil, BilingualText(zh: "主管爆裂", en: " "))
        #expect(throws: ResidentRefusal.missing([.cause, .phone])) {
            try Self.facts(.waterOutage, desk.ticket, given)
        }
        #expect(throws: ResidentRefusal.missing([.from, .to, .reason])) {
            try Self.facts(.postponed, desk.ticket, Self.given())
        }
        #expect(throws: ResidentRefusal.missing([.end])) { try Self.facts(.waterRestored, desk.ticket, Self.given()) }
        given = Self.given()
        given.end = moment(10)
        #expect(throws: ResidentRefusal.endsBeforeStart(start: moment(10), end: moment(10))) {
            try Self.facts(.liftOutOfService, desk.ticket, given)
        }
    }

    @Test func `work that was planned has no start of its own`() throws {
        var book = TicketBook(policy: policy(), events: [])
        _ = book.raise(
            planned: RuleIdentifier("tank_cleaning"), of: AssetIdentifier("roof-tank"), identifier: "work:1",
            at: moment(0))
        let ticket = try #require(book.tickets.first)
        #expect(throws: ResidentRefusal.missing([.start])) { try Self.facts(.waterOutage, ticket, Self.given()) }
    }

    @Test func `only the owner approves, once, and the log keeps it to the letter`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 10)
        var book = desk.book
        let number = desk.ticket.number
        let notice = ResidentNotice(.waterOutage, text: BilingualText(zh: "停水", en: "no water"))
        #expect(throws: ResidentRefusal.notOwner(li, owner: zhou, ticket: number)) {
            try book.approve(notice, on: number, by: li, identifier: "told:1", at: moment(20))
        }
        #expect(book.ticket(number)?.residentNotices.isEmpty == true)
        let effects = try book.approve(notice, on: number, by: zhou, identifier: "told:1", at: moment(20))
        #expect(effects.words == ["residentNotice"])
        // Whoever posts it is told to the letter what to post.
        #expect(effects.notices.map(\.key) == [.residentsTold])
        #expect(effects.notices.first?.arguments["notice"] == "停水\n\nno water")
        #expect(try book.approve(notice, on: number, by: zhou, identifier: "told:1", at: moment(21)).isEmpty)
        #expect(book.ticket(number)?.state == desk.ticket.state)
        let log = try JSONDecoder().decode(
            [TicketEvent].self, from: try JSONEncoder().encode(desk.log + effects.events))
        let restored = TicketBook(policy: policy(), events: log)
        #expect(restored.passedOver.isEmpty)
        #expect(restored.ticket(number)?.residentNotices.map(\.kind) == [.residentsTold(notice)])
    }

    @Test func `a ticket that has ended tells nobody anything`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 10)
        try desk.act(.cancel, note: "twice", at: 20)
        var book = desk.book
        let number = desk.ticket.number
        #expect(throws: ResidentRefusal.ended(ticket: number)) {
            try book.approve(
                ResidentNotice(.waterOutage, text: BilingualText("x")), on: number, by: zhou, identifier: "told:1",
                at: moment(30))
        }
    }
}
