// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct TicketLifeTests {
    /// One step of a ticket's life: what happens, the lines it adds, the state after it.
    enum Act: Sendable {
        case raise(Finding)
        case clear(Finding)
        case person(TicketVerb, PersonIdentifier, isPassed: Bool = true)
        case tick
    }

    struct Step: Sendable {
        let minutes: Int64
        let act: Act
        let words: [String]
        let state: TicketState
        init(_ minutes: Int64, _ act: Act, _ words: [String], _ state: TicketState) {
            (self.minutes, self.act, self.words, self.state) = (minutes, act, words, state)
        }
    }

    struct Life: Sendable, CustomTestStringConvertible {
        let name: String
        var verifyFor: Duration = .seconds(1800)
        let steps: [Step]
        var testDescription: String { name }
    }

    static let burst = finding()
    static let again = finding(500)
    static let mild = finding(severity: .p3)

    static let lives: [Life] = [
        Life(
            name: "repaired, verified, signed off",
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(10, .person(.arrive, li), ["arrive"], .onSite),
                Step(60, .clear(burst), ["cleared"], .onSite),
                Step(70, .person(.resolve, li), ["resolve", "verifying"], .verifying),
                Step(99, .tick, [], .verifying),
                Step(100, .tick, ["verified"], .awaitingSignOff),
                Step(101, .tick, [], .awaitingSignOff),
                Step(110, .person(.signOff, wang), ["signOff"], .closed),
            ]),
        Life(
            name: "without verification, the signal normal", verifyFor: .zero,
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(3, .clear(burst), ["cleared"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying", "verified"], .awaitingSignOff),
                Step(5, .person(.signOff, zhou), ["signOff"], .closed),
            ]),
        Life(
            name: "without verification, the alarm still active", verifyFor: .zero,
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying", "verified"], .awaitingSignOff),
                Step(5, .clear(burst), ["cleared"], .awaitingSignOff),
                Step(6, .person(.signOff, zhou), ["signOff"], .closed),
            ]),
        Life(
            name: "verification waits for an alarm that is still active",
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying"], .verifying),
                Step(90, .tick, [], .verifying),
                Step(100, .clear(burst), ["cleared"], .verifying),
                Step(129, .tick, [], .verifying),
                Step(130, .tick, ["verified"], .awaitingSignOff),
            ]),
        Life(
            name: "the alarm comes back during verification",
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(3, .clear(burst), ["cleared"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying"], .verifying),
                Step(20, .raise(again), ["alarmAppended", "verifyFailed"], .inProgress),
                Step(30, .clear(again), ["cleared"], .inProgress),
                Step(31, .person(.resolve, li), ["resolve", "verifying"], .verifying),
                Step(60, .tick, [], .verifying),
                Step(61, .tick, ["verified"], .awaitingSignOff),
            ]),
        Life(
            name: "the alarm comes back before the sign-off", verifyFor: .zero,
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying", "verified"], .awaitingSignOff),
                Step(20, .raise(again), ["alarmAppended", "verifyFailed"], .inProgress),
            ]),
        Life(
            name: "the sign-off sends it back once", verifyFor: .zero,
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .person(.arrive, li), ["arrive"], .onSite),
                Step(4, .person(.resolve, li), ["resolve", "verifying", "verified"], .awaitingSignOff),
                Step(5, .person(.signOff, wang, isPassed: false), ["signOffFailed"], .inProgress),
                Step(6, .person(.resolve, wang), ["resolve", "verifying", "verified"], .awaitingSignOff),
                Step(7, .person(.signOff, li), ["signOff"], .closed),
            ]),
        Life(
            name: "further alarms while somebody works",
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(1, .raise(again), ["alarmAppended"], .new),
                Step(1, .raise(again), [], .new),
                Step(2, .person(.accept, li), ["accept"], .accepted),
                Step(2, .raise(finding(600)), ["alarmAppended"], .accepted),
                Step(3, .clear(again), ["cleared"], .accepted),
                Step(4, .clear(again), [], .accepted),
            ]),
        Life(
            name: "a mild fault that goes by itself", verifyFor: .seconds(1800),
            steps: [
                Step(0, .raise(mild), ["raised"], .new),
                Step(2, .clear(mild), ["cleared", "selfCleared", "verifying"], .verifying),
                Step(32, .tick, ["verified"], .awaitingSignOff),
                Step(40, .person(.signOff, zhou), ["signOff"], .closed),
            ]),
        Life(
            name: "a mild fault that went by itself and comes back",
            steps: [
                Step(0, .raise(mild), ["raised"], .new),
                Step(2, .clear(mild), ["cleared", "selfCleared", "verifying"], .verifying),
                Step(12, .raise(again), ["alarmAppended", "verifyFailed", "assign"], .assigned),
                Step(13, .person(.accept, li), ["breached", "accept"], .accepted),
            ]),
        Life(
            name: "an urgent fault that goes by itself still wants a visit",
            steps: [
                Step(0, .raise(burst), ["raised"], .new),
                Step(2, .clear(burst), ["cleared"], .new),
            ]),
        Life(
            name: "a fault that was over when it was first told",
            steps: [
                Step(
                    0, .raise(finding(severity: .p4, clearedAt: moment(-1))),
                    ["raised", "cleared", "selfCleared", "verifying"], .verifying)
            ]),
        Life(
            name: "a mild fault that somebody has accepted is no longer self-clearing",
            steps: [
                Step(0, .raise(mild), ["raised"], .new),
                Step(1, .person(.accept, li), ["accept"], .accepted),
                Step(2, .clear(mild), ["cleared"], .accepted),
            ]),
    ]

    @Test(arguments: lives)
    func `a ticket lives as told`(life: Life) throws {
        // Once in one go, once with a restart after every step.
        for isRestarted in [false, true] {
            var desk = Desk(policy(verifyFor: life.verifyFor))
            for (place, step) in life.steps.enumerated() {
                let effects =
                    switch step.act {
                    case .raise(let finding): desk.raise(finding, at: step.minutes)
                    case .clear(let finding): desk.clear(finding, at: step.minutes)
                    case .person(let verb, let person, let isPassed):
                        try desk.act(verb, by: person, isPassed: isPassed, at: step.minutes)
                    case .tick: desk.tick(at: step.minutes)
                    }
                // The restarted life breaches as the other does; urgent promises are not the subject here.
                #expect(
                    effects.words.filter { $0 != "breached" || step.words.contains($0) } == step.words, "step \(place)")
                #expect(desk.ticket.state == step.state, "step \(place)")
                #expect(desk.ticket.isClosed == (step.state == .closed), "step \(place)")
                if isRestarted { desk.restart() }
            }
            #expect(Ticket.fold(desk.log) == desk.ticket)
        }
    }

    @Test func `a ticket notes who did what and when`() throws {
        var desk = Desk(policy(verifyFor: .zero))
        desk.raise(Self.burst, at: 0)
        try desk.act(.accept, by: li, note: "", at: 1)
        try desk.act(.arrive, by: li, note: "", at: 9)
        try desk.act(.resolve, by: li, note: "Clamp on the joint.", at: 50)
        try desk.act(.signOff, by: wang, note: "Dry.", at: 55)
        let ticket = desk.ticket
        #expect(ticket.number == "lakeside-20261122-001")
        #expect(ticket.dedupKey == "lakeside/riser-1/burst")
        #expect(ticket.owner == zhou)
        #expect(ticket.assignee == li)
        #expect(ticket.resolver == li)
        #expect(ticket.signer == wang)
        #expect(ticket.resolution == "Clamp on the joint.")
        #expect(ticket.raisedAt == moment(0))
        #expect(ticket.respondedAt == moment(1))
        #expect(ticket.arrivedAt == moment(9))
        #expect(ticket.resolvedAt == moment(50))
        #expect(ticket.closedAt == moment(55))
        #expect(ticket.version == 7)
        #expect(ticket.findings == [Self.burst.identifier])
        #expect(ticket.history.map(\.index) == [0, 1, 2, 3, 4, 5, 6])
        #expect(
            ticket.history.map { "\($0.kind.word) \($0.actor.word) \($0.kind.note)" } == [
                "raised engine ", "accept li-wei ", "arrive li-wei ", "resolve li-wei Clamp on the joint.",
                "verifying engine ", "verified engine ", "signOff wang-fang Dry.",
            ])
        #expect(
            ticket.history.map(\.identifier) == [
                "raise:\(Self.burst.identifier)", "act:1", "act:2", "act:3", "verifying:lakeside-20261122-001:1",
                "verified:lakeside-20261122-001:1", "act:4",
            ])
    }

    @Test func `a leak is verified for its own time`() throws {
        var desk = Desk()
        let leak = finding(asset: "flat-101", rule: .continuousFlow, severity: .p2)
        desk.raise(leak, at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 2)
        desk.clear(leak, at: 3)
        try desk.act(.resolve, at: 4)
        desk.tick(at: 4 + 24 * 60 - 1)
        #expect(desk.ticket.state == .verifying)
        #expect(desk.book.nextDeadline == moment(4 + 24 * 60))
        desk.tick(at: 4 + 24 * 60)
        #expect(desk.ticket.state == .awaitingSignOff)
        #expect(desk.book.nextDeadline == nil)
    }

    @Test func `a rule that wants a visit never clears itself`() {
        var desk = Desk(policy(visitRules: [.gateHeldOpen]))
        let gate = finding(asset: "north-gate", rule: .gateHeldOpen, severity: .p3)
        desk.raise(gate, at: 0)
        #expect(desk.clear(gate, at: 1).words == ["cleared"])
        #expect(desk.ticket.state == .new)
    }

    /// Minutes from closing to the next alarm, and whether that takes up the closed ticket.
    static let returns: [(Int64, Bool)] = [(4260, true), (4319, true), (4320, false), (4380, false)]

    @Test(arguments: returns)
    func `the same fault takes up a closed ticket inside 72 hours`(minutes: Int64, isReopened: Bool) throws {
        var desk = Desk(policy(verifyFor: .zero))
        desk.raise(Self.burst, at: -10)
        try desk.act(.accept, at: -9)
        try desk.act(.arrive, at: -8)
        try desk.act(.resolve, at: -7)
        try desk.act(.signOff, by: wang, at: 0)
        let words = desk.raise(Self.again, at: minutes).words
        if isReopened {
            #expect(words == ["reopen", "alarmAppended"])
            #expect(desk.book.tickets.count == 1)
            #expect(desk.ticket.state == .inProgress)
            #expect(desk.ticket.reopenedCount == 1)
            #expect(desk.ticket.resolver == nil)
            #expect(desk.ticket.closedAt == nil)
        } else {
            #expect(words == ["raised"])
            #expect(desk.book.tickets.map(\.state) == [.closed, .new])
            #expect(desk.book.tickets.last?.recurrenceOf == desk.ticket.number)
        }
        // The finding that closed it once is not news, however often it is told.
        #expect(desk.raise(Self.burst, at: minutes + 1).isEmpty)
    }

    @Test func `a reopened ticket that nobody ever accepted asks for it`() throws {
        var desk = Desk(policy(verifyFor: .zero))
        desk.raise(Self.mild, at: 0)
        desk.clear(Self.mild, at: 1)
        try desk.act(.signOff, by: wang, at: 2)
        #expect(desk.raise(Self.again, at: 10).words == ["reopen", "alarmAppended", "assign"])
        #expect(desk.ticket.assignee == zhou)
        #expect(desk.ticket.allowedVerbs.contains(.accept))
    }

    @Test func `a finding that grows more urgent is told once for each step`() {
        var desk = Desk()
        var leak = finding(severity: .p4)
        desk.raise(leak, at: 0)
        #expect(desk.raise(leak, at: 1).isEmpty)
        leak.severity = .p3
        #expect(desk.raise(leak, at: 1).words == ["alarmAppended"])
        #expect(desk.raise(leak, at: 1).isEmpty)
        leak.severity = .p4
        #expect(desk.raise(leak, at: 1).isEmpty)
        leak.severity = .p2
        #expect(desk.raise(leak, at: 1).words == ["alarmAppended"])
        #expect(desk.ticket.severity == .p2)
        #expect(desk.ticket.alarmCount == 1)
    }

    @Test func `a finding whose place is known better keeps its ticket`() {
        var desk = Desk()
        var leak = finding(severity: .p3)
        desk.raise(leak, at: 0)
        leak.asset = AssetIdentifier("flat-101")
        leak.severity = .p2
        #expect(desk.raise(leak, at: 1).tickets.map(\.asset.text) == ["riser-1"])
        #expect(desk.book.tickets.count == 1)
    }

    @Test func `faults have tickets of their own, and their signals too`() {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        desk.raise(finding(asset: "riser-2"), at: 0)
        desk.raise(finding(rule: .continuousFlow), at: 0)
        #expect(
            desk.book.tickets.map(\.dedupKey) == [
                "lakeside/riser-1/burst", "lakeside/riser-2/burst", "lakeside/riser-1/continuous_flow",
            ])
        desk.clear(finding(asset: "riser-2"), at: 1)
        #expect(desk.book.tickets.map(\.isSignalActive) == [true, false, true])
        #expect(
            desk.book.openTicket(asset: AssetIdentifier("riser-2"), rule: .burst)?.number == "lakeside-20261122-002")
        #expect(desk.book.openTicket(asset: AssetIdentifier("riser-3"), rule: .burst) == nil)
        #expect(desk.clear(finding(asset: "riser-3"), at: 1).isEmpty)
    }
}
