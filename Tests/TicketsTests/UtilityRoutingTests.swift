// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

/// Where the utility has to act, the ticket waits for it and a notice to residents is prepared; a person approves it.
@Suite struct UtilityRoutingTests {
    private static func desk(_ party: ResponsibleParty = .utility, rule: RuleIdentifier = .burst) throws -> Desk {
        var policy = policy()
        policy.responsible[AssetIdentifier("riser-1")] = Responsibility(party: party)
        var desk = Desk(policy)
        desk.raise(finding(rule: rule), at: 10)
        try desk.order(.accept, at: 11)
        return desk
    }

    private static func tell(_ desk: inout Desk, _ kind: ResidentNotice.Kind, at minutes: Int64) throws {
        var book = desk.book
        let notice = ResidentNotice(kind, text: BilingualText("Water is off."))
        _ = try book.approve(notice, on: desk.ticket.number, by: zhou, identifier: "told", at: moment(minutes))
        let told = try #require(book.ticket(desk.ticket.number))
        #expect(told.preparedNotice(isUtilitys: true) == nil, "nothing is told twice")
    }

    @Test("a hold without a reason waits for the utility where the utility repairs, and its clock stands still")
    func hold() throws {
        var desk = try Self.desk()
        #expect(desk.book.proposedHold(of: desk.ticket) == .utility)
        try desk.order(.hold, note: "call 4711", at: 20) { $0.until = moment(600) }
        #expect(desk.ticket.hold?.reason == .utility && desk.ticket.hold?.isPausing == true)
        #expect(desk.ticket.owner == zhou, "the owner keeps it")
    }

    @Test("the number of the call is needed all the same")
    func callNumber() throws {
        var desk = try Self.desk()
        #expect(throws: TicketRefusal.noteMissing(.hold, ticket: desk.ticket.number)) {
            try desk.order(.hold, at: 20) { $0.until = moment(600) }
        }
    }

    @Test("a person's reason goes before", arguments: [HoldReason.parts, .contractor])
    func otherReason(reason: HoldReason) throws {
        var desk = try Self.desk()
        try desk.order(.hold, note: "order 5", at: 20) { ($0.reason, $0.until) = (reason, moment(600)) }
        #expect(desk.ticket.hold?.reason == reason)
    }

    @Test("elsewhere a person says why", arguments: [ResponsibleParty.propertyCompany, .contractor, .resident])
    func elsewhere(party: ResponsibleParty) throws {
        var desk = try Self.desk(party)
        #expect(desk.book.proposedHold(of: desk.ticket) == nil)
        #expect(throws: TicketRefusal.missing(.hold, .reason, ticket: desk.ticket.number)) {
            try desk.order(.hold, note: "call 4711", at: 20) { $0.until = moment(600) }
        }
        #expect(desk.ticket.preparedNotice(isUtilitys: desk.book.isUtilitys(desk.ticket)) == nil)
        try desk.order(.hold, note: "call 4711", at: 20) { ($0.reason, $0.until) = (.utility, moment(600)) }
        #expect(desk.ticket.preparedNotice(isUtilitys: false) == .waterOutage, "it waits for the utility now")
    }

    @Test("an outage is prepared until it is told, to the time for which the utility is waited for")
    func prepared() throws {
        var desk = try Self.desk()
        #expect(desk.ticket.preparedNotice(isUtilitys: true) == .waterOutage)
        #expect(desk.ticket.residentNotices.isEmpty, "prepared is not told")
        try desk.order(.hold, note: "call 4711", at: 20) { $0.until = moment(6000) }
        var given = ResidentGiven()
        (given.cause, given.place, given.company) = (BilingualText("c"), BilingualText("p"), BilingualText("o"))
        given.phone = "1"
        let facts = try ResidentNotice.facts(
            of: .waterOutage, desk.ticket, given: given, today: CivilDate(year: 2026, month: 11, day: 22))
        #expect(facts[.end] == .moment(moment(6000)))
        try Self.tell(&desk, .waterOutage, at: 30)
    }

    @Test("that water is back is prepared when the outage was told and the work is done")
    func restored() throws {
        var desk = try Self.desk()
        var book = desk.book
        let notice = ResidentNotice(.waterOutage, text: BilingualText("Water is off."))
        _ = try book.approve(notice, on: desk.ticket.number, by: zhou, identifier: "told", at: moment(20))
        func act(_ verb: TicketVerb, _ minutes: Int64) throws {
            let order = TicketOrder(verb, on: desk.ticket.number, by: li, note: "Done.")
            _ = try book.act(order, identifier: verb.rawValue, at: moment(minutes))
        }
        try act(.arrive, 30)
        try act(.resolve, 40)
        #expect(book.ticket(desk.ticket.number)?.preparedNotice(isUtilitys: true) == .waterRestored)
        try desk.order(.arrive, at: 30)
        try desk.order(.resolve, note: "Done.", at: 40)
        #expect(desk.ticket.preparedNotice(isUtilitys: true) == nil, "of an outage that nobody was told of")
    }

    @Test("a device of the utility that only falls silent cuts nobody off")
    func silence() throws {
        let desk = try Self.desk(rule: .dropout)
        #expect(desk.ticket.preparedNotice(isUtilitys: true) == nil)
    }
}
