// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct TicketRefusalTests {
    /// A book whose only ticket rests in `state`.
    static func desk(in state: TicketState) throws -> Desk {
        var desk = Desk(policy(verifyFor: state == .verifying || state == .assigned ? .seconds(1800) : .zero))
        desk.raise(finding(severity: .p3), at: 0)
        if state == .new { return desk }
        if state == .assigned {
            desk.clear(finding(severity: .p3), at: 0)
            desk.raise(finding(5), at: 0)
            return desk
        }
        try desk.act(.accept, by: li, at: 1)
        if state == .accepted { return desk }
        try desk.act(.arrive, by: li, at: 1)
        if state == .onSite { return desk }
        try desk.act(.resolve, by: li, at: 1)
        if state == .verifying || state == .awaitingSignOff { return desk }
        try desk.act(.signOff, by: wang, isPassed: state == .closed, at: 1)
        return desk
    }

    static let resting: [TicketState] = [
        .new, .assigned, .accepted, .onSite, .inProgress, .verifying, .awaitingSignOff, .closed,
    ]
    static let moves: [TicketState: [TicketVerb: TicketState]] = [
        .new: [.accept: .accepted], .assigned: [.accept: .accepted], .accepted: [.arrive: .onSite],
        .onSite: [.resolve: .awaitingSignOff], .inProgress: [.resolve: .awaitingSignOff], .verifying: [:],
        .awaitingSignOff: [.signOff: .closed], .closed: [:],
    ]
    static let allowed: [TicketState: String] = [
        .new: "accept", .assigned: "accept", .accepted: "arrive", .onSite: "resolve", .inProgress: "resolve",
        .verifying: "nothing", .awaitingSignOff: "sign-off", .closed: "nothing",
    ]

    @Test(arguments: resting, TicketVerb.allCases)
    func `a verb goes as the table says or is refused with those allowed`(state: TicketState, verb: TicketVerb) throws {
        var desk = try Self.desk(in: state)
        #expect(desk.ticket.state == state)
        let before = desk.ticket
        if let next = Self.moves[state]?[verb] {
            try desk.act(verb, by: wang, at: 2)
            #expect(desk.ticket.state == next)
            #expect(desk.ticket.version > before.version)
        } else {
            let refusal = TicketRefusal.notAllowed(
                verb, ticket: before.number, state: state, allowed: before.allowedVerbs)
            #expect(throws: refusal) { try desk.act(verb, by: wang, at: 2) }
            #expect(desk.ticket == before)
            #expect(
                refusal.description
                    == "'\(verb.rawValue)' is not allowed while ticket lakeside-20261122-001 is '\(state.rawValue)'; "
                    + "allowed: \(Self.allowed[state] ?? "")")
        }
    }

    @Test func `a ticket that is not there is refused`() throws {
        var desk = Desk()
        #expect(throws: TicketRefusal.unknownTicket("lakeside-20261122-009")) {
            try desk.act(.accept, on: "lakeside-20261122-009", at: 0)
        }
        #expect(
            TicketRefusal.unknownTicket("lakeside-20261122-009").description
                == "ticket 'lakeside-20261122-009' is not known at this site; see the list of tickets for its number")
    }

    @Test func `an action on what has changed since is refused and changes nothing`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        desk.raise(finding(5), at: 1)
        let before = desk.ticket
        // Overdue by now: not even the breach is noted by an action that is refused.
        #expect(throws: TicketRefusal.stale(ticket: before.number, version: 2)) {
            try desk.act(.accept, version: 1, at: 60)
        }
        #expect(desk.ticket == before)
        try desk.act(.accept, version: 2, at: 2)
        #expect(
            TicketRefusal.stale(ticket: "lakeside-20261122-001", version: 2).description
                == "ticket lakeside-20261122-001 has changed meanwhile and is at version 2 now; look at it again, "
                + "then repeat")
    }

    @Test(arguments: ["", " ", " \n\t\u{3000}"])
    func `a repair without a word of what was done is refused`(note: String) throws {
        var desk = try Self.desk(in: .onSite)
        let before = desk.ticket
        let refusal = TicketRefusal.noteMissing(.resolve, ticket: before.number)
        #expect(throws: refusal) { try desk.act(.resolve, note: note, at: 2) }
        #expect(desk.ticket == before)
        #expect(
            refusal.description
                == "'resolve' of ticket lakeside-20261122-001 needs a note: say what was found and what was done")
    }

    @Test(arguments: [true, false])
    func `nobody signs off a repair of their own`(isPassed: Bool) throws {
        var desk = try Self.desk(in: .awaitingSignOff)
        let before = desk.ticket
        let refusal = TicketRefusal.signerIsResolver(li, ticket: before.number)
        #expect(throws: refusal) { try desk.act(.signOff, by: li, isPassed: isPassed, at: 2) }
        #expect(desk.ticket == before)
        #expect(
            refusal.description
                == "ticket lakeside-20261122-001 was repaired by li-wei; somebody else has to sign it off")
    }

    @Test func `the same action twice is done once, however it ended`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        #expect(try desk.act(.accept, named: "act:x", at: 1).words == ["accept"])
        let before = desk.ticket
        #expect(try desk.act(.accept, version: 1, named: "act:x", at: 2).isEmpty)
        desk.restart()
        #expect(try desk.act(.accept, version: 1, named: "act:x", at: 2).isEmpty)
        #expect(desk.ticket == before)
    }
}
