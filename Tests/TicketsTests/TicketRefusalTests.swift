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
        if state == .cancelled || state == .falseAlarm {
            try desk.act(state == .cancelled ? .cancel : .falseAlarm, by: li, at: 1)
            return desk
        }
        if state == .merged {
            desk.raise(finding(asset: "riser-8"), at: 0)
            let other = desk.book.tickets[1].number
            try desk.order(.merge, note: "one pipe", at: 1) { $0.other = other }
            return desk
        }
        if state == .assigned {
            desk.clear(finding(severity: .p3), at: 0)
            desk.raise(finding(5), at: 0)
            return desk
        }
        try desk.act(.accept, by: li, at: 1)
        if state == .accepted { return desk }
        if state == .onHold {
            try desk.order(.hold, note: "waits for a valve", at: 1) { ($0.reason, $0.until) = (.parts, moment(500)) }
            return desk
        }
        try desk.act(.arrive, by: li, at: 1)
        if state == .onSite { return desk }
        try desk.act(.resolve, by: li, at: 1)
        if state == .verifying || state == .awaitingSignOff { return desk }
        try desk.act(.signOff, by: wang, isPassed: state == .closed, at: 1)
        return desk
    }

    static let resting: [TicketState] = [
        .new, .assigned, .accepted, .onSite, .inProgress, .onHold, .verifying, .awaitingSignOff, .closed, .cancelled,
        .merged, .falseAlarm,
    ]
    /// Where each verb leads; a verb that is not there is refused.
    static let moves: [TicketState: [TicketVerb: TicketState]] = [
        .new: [
            .accept: .accepted, .grab: .accepted, .assign: .assigned, .postpone: .new, .handOver: .new,
            .cancel: .cancelled, .falseAlarm: .falseAlarm, .merge: .merged,
        ],
        .assigned: [
            .accept: .accepted, .assign: .assigned, .postpone: .assigned, .handOver: .assigned, .cancel: .cancelled,
            .falseAlarm: .falseAlarm, .merge: .merged,
        ],
        .accepted: [
            .arrive: .onSite, .assign: .assigned, .attempt: .accepted, .hold: .onHold, .postpone: .accepted,
            .handOver: .accepted, .cancel: .cancelled, .falseAlarm: .falseAlarm, .merge: .merged,
        ],
        .onSite: [
            .start: .inProgress, .attempt: .onSite, .hold: .onHold, .postpone: .onSite, .handOver: .onSite,
            .resolve: .awaitingSignOff, .falseAlarm: .falseAlarm,
        ],
        .inProgress: [
            .assign: .assigned, .attempt: .inProgress, .hold: .onHold, .postpone: .inProgress,
            .handOver: .inProgress, .resolve: .awaitingSignOff, .falseAlarm: .falseAlarm,
        ],
        .onHold: [.resume: .accepted, .postpone: .onHold, .handOver: .onHold, .cancel: .cancelled],
        .verifying: [.handOver: .verifying],
        .awaitingSignOff: [.signOff: .closed, .handOver: .awaitingSignOff],
        .closed: [.followUp: .closed, .reopen: .inProgress],
        .cancelled: [:], .merged: [:], .falseAlarm: [:],
    ]

    @Test(arguments: resting, TicketVerb.allCases)
    func `a verb goes as the table says or is refused with those allowed`(state: TicketState, verb: TicketVerb) throws {
        var desk = try Self.desk(in: state)
        desk.raise(finding(asset: "riser-9"), at: 1)
        let other = desk.book.tickets[1].number
        #expect(desk.ticket.state == state)
        let before = desk.ticket
        func fill(_ order: inout TicketOrder) {
            (order.note, order.to, order.reason, order.until) = ("done", wang, .other, moment(900))
            (order.score, order.other) = (3, other)
        }
        if let next = Self.moves[state]?[verb] {
            try desk.order(verb, by: wang, at: 2, fill)
            #expect(desk.ticket.state == next)
            #expect(desk.ticket.version > before.version)
        } else {
            let refusal = TicketRefusal.notAllowed(
                verb, ticket: before.number, state: state, allowed: before.allowedVerbs)
            #expect(throws: refusal) { try desk.order(verb, by: wang, at: 2, fill) }
            #expect(desk.ticket == before)
            let allowed = before.allowedVerbs.map(\.rawValue).joined(separator: ", ")
            #expect(
                refusal.description
                    == "'\(verb.rawValue)' is not allowed while ticket lakeside-20261122-001 is '\(state.rawValue)'; "
                    + "allowed: \(allowed.isEmpty ? "nothing" : allowed)")
            #expect(Set(before.allowedVerbs) == Set((Self.moves[state] ?? [:]).keys), "a list of what does work")
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

    struct Need: Sendable, CustomTestStringConvertible {
        let name: String
        var state = TicketState.accepted
        var person = li
        let order: TicketOrder
        let refusal: TicketRefusal
        let says: String
        var testDescription: String { name }
    }

    static let number = "lakeside-20261122-001"

    static func need(
        _ name: String, _ verb: TicketVerb, in state: TicketState = .accepted, _ refusal: TicketRefusal, says: String,
        _ fill: (inout TicketOrder) -> Void = { _ in }
    ) -> Need {
        var order = TicketOrder(verb, on: number, by: li)
        fill(&order)
        return Need(name: name, state: state, order: order, refusal: refusal, says: says)
    }

    static let needs: [Need] = [
        need(
            "assign to nobody", .assign, .missing(.assign, .person, ticket: number),
            says: "'assign' of ticket lakeside-20261122-001 needs the person who gets it"),
        need(
            "hand over to the owner", .handOver, .missing(.handOver, .person, ticket: number),
            says: "'hand-over' of ticket lakeside-20261122-001 needs the person who gets it"
        ) { $0.to = zhou },
        need(
            "take over what was not offered", .takeOver,
            .notAllowed(
                .takeOver, ticket: number, state: .accepted,
                allowed: [.assign, .arrive, .attempt, .hold, .postpone, .handOver, .cancel, .falseAlarm, .merge]),
            says:
                "'take-over' is not allowed while ticket lakeside-20261122-001 is 'accepted'; allowed: assign, arrive, "
                + "attempt, hold, postpone, hand-over, cancel, false-alarm, merge"),
        need(
            "hold without a reason", .hold, .missing(.hold, .reason, ticket: number),
            says:
                "'hold' of ticket lakeside-20261122-001 needs a reason: parts, contractor, utility, access, reporter, "
                + "weather, safety, other"),
        need(
            "hold without a date", .hold, .missing(.hold, .time, ticket: number),
            says: "'hold' of ticket lakeside-20261122-001 needs a time to come"
        ) { $0.reason = .parts },
        need(
            "hold until yesterday", .hold, .notAhead(.hold, moment(1), ticket: number),
            says: "'hold' of ticket lakeside-20261122-001: 2026-11-22T08:01:00.000Z has passed; give a time to come"
        ) { ($0.reason, $0.until) = (.parts, moment(1)) },
        need(
            "hold for parts without an order", .hold, .noteMissing(.hold, ticket: number),
            says: "'hold' of ticket lakeside-20261122-001 needs a note: say why"
        ) { ($0.reason, $0.until) = (.parts, moment(99)) },
        need(
            "hold for access without visits", .hold, .missing(.hold, .attempts, ticket: number),
            says:
                "'hold' of ticket lakeside-20261122-001 needs two visits in vain noted before; note each with 'attempt'"
        ) { ($0.reason, $0.until) = (.access, moment(99)) },
        need(
            "cancel without a reason", .cancel, .noteMissing(.cancel, ticket: number),
            says: "'cancel' of ticket lakeside-20261122-001 needs a note: say why"),
        need(
            "merge into nothing", .merge, .missing(.merge, .other, ticket: number),
            says: "'merge' of ticket lakeside-20261122-001 needs the number of the ticket that carries on"
        ) { $0.note = "one pipe" },
        need(
            "merge into itself", .merge, .otherNotOpen(ticket: number, other: number),
            says:
                "ticket lakeside-20261122-001 cannot go on as 'lakeside-20261122-001': name another ticket that is open"
        ) { ($0.note, $0.other) = ("one pipe", number) },
        need(
            "a score of six", .followUp, in: .closed, .scoreOutOfRange(6), says: "a score is 1 to 5, not 6"
        ) { $0.score = 6 },
    ]

    @Test(arguments: needs)
    func `an action without what it needs is refused and changes nothing`(need: Need) throws {
        var desk = try Self.desk(in: need.state)
        let before = desk.ticket
        #expect(throws: need.refusal) { try desk.order(need.order.verb, by: li, at: 2) { $0 = need.order } }
        #expect(desk.ticket == before)
        #expect(need.refusal.description == need.says)
    }

    @Test func `a hold of an urgent ticket needs a leader's word`() throws {
        var led = policy()
        led.leaders = [wang]
        var desk = Desk(led)
        desk.raise(finding(severity: .p2), at: 0)
        try desk.act(.accept, at: 1)
        func fill(_ order: inout TicketOrder) {
            (order.note, order.reason, order.until) = ("gate valve", .utility, moment(500))
        }
        let refusal = TicketRefusal.missing(.hold, .approval, ticket: desk.ticket.number)
        #expect(throws: refusal) { try desk.order(.hold, by: li, at: 2, fill) }
        #expect(throws: refusal) {
            try desk.order(.hold, by: li, at: 2) {
                fill(&$0); $0.approver = zhou
            }
        }
        #expect(
            refusal.description
                == "'hold' of ticket lakeside-20261122-001 needs the word of a shift leader or the manager")
        try desk.order(.hold, by: li, at: 2) {
            fill(&$0); $0.approver = wang
        }
        #expect(desk.ticket.hold?.approver == wang)
        #expect(desk.ticket.hold?.isPausing == true)
    }

    @Test func `a second postponement is refused, changes nothing and is told to the shift leader`() throws {
        var desk = try Self.desk(in: .accepted)
        let due = desk.ticket.resolveBy
        let first = try desk.order(.postpone, note: "the valve comes on Friday", at: 2) { $0.until = moment(4000) }
        #expect(first.notices.map(\.key) == [.postponed], "told in the same step")
        #expect(first.notices.map(\.event) == first.events.map(\.identifier))
        #expect(desk.ticket.resolveBy == due, "it moves the promise, not the budget")
        #expect(!desk.ticket.allowedVerbs.contains(.postpone))
        var order = TicketOrder(.postpone, on: desk.ticket.number, by: li, note: "again")
        order.until = moment(9000)
        let before = desk.ticket
        let refusal = TicketRefusal.postponementUsed(ticket: before.number)
        #expect(throws: refusal) { try desk.order(.postpone, at: 3) { $0 = order } }
        #expect(desk.ticket == before)
        #expect(
            refusal.description
                == "postponement-used: ticket lakeside-20261122-001 was postponed before and cannot be again; the shift "
                + "leader was told")
        var book = desk.book
        let told = book.noteRefusedPostponement(order, identifier: "refused", at: moment(3))
        #expect(told.words == ["postponementRefused"])
        #expect(told.notices.map(\.key) == [.postponementRefused])
        #expect(book.ticket(before.number)?.postponement == before.postponement)
    }
}
