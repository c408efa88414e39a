// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct TicketClockTests {
    struct Promise: Sendable, CustomTestStringConvertible {
        let severity: Severity
        /// Minutes.
        let acknowledge: Int64
        let onSite: Int64?
        let repair: Int64
        var testDescription: String { severity.word }
    }

    @Test(arguments: [
        Promise(severity: .p1, acknowledge: 3, onSite: 15, repair: 8 * 60),
        Promise(severity: .p2, acknowledge: 3, onSite: 15, repair: 8 * 60),
        Promise(severity: .p3, acknowledge: 3, onSite: 8 * 60, repair: 3 * 24 * 60),
        Promise(severity: .p4, acknowledge: 24 * 60, onSite: nil, repair: 7 * 24 * 60),
    ])
    func `the promises follow from the severity`(promise: Promise) {
        var desk = Desk()
        desk.raise(finding(severity: promise.severity), at: 5)
        #expect(desk.ticket.respondBy == moment(5 + promise.acknowledge))
        #expect(desk.ticket.onSiteBy == promise.onSite.map { moment(5 + $0) })
        #expect(desk.ticket.resolveBy == moment(5 + promise.repair))
        #expect(desk.ticket.respondedAt == nil)
        #expect(desk.book.nextDeadline == moment(5 + promise.acknowledge))
    }

    @Test func `a broken promise is told once, when its time is up`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        #expect(desk.tick(at: 2).isEmpty)
        let effects = desk.tick(at: 3)
        #expect(effects.events.map(\.kind) == [.breached(clock: .acknowledge, step: 100)])
        #expect(effects.events.map(\.identifier) == ["breach:lakeside-20261122-001:acknowledge:100"])
        #expect(effects.events.map(\.actor) == [.engine])
        #expect(desk.tick(at: 4).isEmpty)
        desk.restart()
        #expect(desk.tick(at: 4).isEmpty)
        #expect(
            desk.tick(at: 8 * 60).events.map(\.kind) == [
                .breached(clock: .onSite, step: 100), .breached(clock: .repair, step: 100),
            ])
        #expect(desk.book.nextDeadline == nil)
    }

    @Test func `a promise kept in time is never broken`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        try desk.act(.accept, at: 2)
        try desk.act(.arrive, at: 14)
        try desk.act(.resolve, at: 479)
        #expect(desk.tick(at: 10_000).isEmpty)
        #expect(desk.ticket.acknowledge.remaining(at: moment(10_000)) == .seconds(60))
        #expect(desk.ticket.repair.remaining(at: moment(10_000)) == .seconds(60))
    }

    @Test func `an action that comes too late breaks the promise even without a tick`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        #expect(try desk.act(.accept, at: 3).words == ["breached", "accept"])
        #expect(desk.ticket.respondedAt == moment(3))
    }

    @Test func `a promise on the minute is broken and one before it is kept`() throws {
        for (at, isLate) in [(2, false), (3, true)] as [(Int64, Bool)] {
            var desk = Desk()
            desk.raise(finding(), at: 0)
            try desk.act(.accept, at: at)
            #expect((desk.ticket.acknowledge.breachedAt != nil) == isLate)
        }
    }

    @Test func `a more urgent alarm brings the deadlines forward, a milder one leaves them`() {
        var desk = Desk()
        desk.raise(finding(severity: .p4), at: 0)
        desk.raise(finding(1, severity: .p3), at: 1)
        #expect(desk.ticket.respondBy == moment(3))
        #expect(desk.ticket.onSiteBy == moment(8 * 60))
        #expect(desk.ticket.resolveBy == moment(3 * 24 * 60))
        desk.raise(finding(2, severity: .p4), at: 2)
        #expect(desk.ticket.severity == .p3)
        #expect(desk.ticket.resolveBy == moment(3 * 24 * 60))
        // Nothing starts again: what the urgent table allows has already passed.
        #expect(
            desk.raise(finding(600, severity: .p1), at: 600).words == [
                "breached", "breached", "alarmAppended", "breached",
            ])
        #expect(desk.ticket.resolveBy == moment(8 * 60))
    }

    @Test func `a more urgent alarm never moves a deadline back, whatever the table says`() {
        let short = ServiceLevel(acknowledge: .seconds(60), onSite: .seconds(120), repair: .seconds(180))
        let long = ServiceLevel(acknowledge: .seconds(3600), onSite: .seconds(3600), repair: .seconds(3600))
        var odd = policy()
        odd.levels = ServiceLevels(version: 2, p1: long, p2: long, p3: short, p4: short)
        var desk = Desk(odd)
        desk.raise(finding(severity: .p3), at: 0)
        desk.raise(finding(1, severity: .p1), at: 0)
        #expect(desk.ticket.severity == .p1)
        #expect(desk.ticket.respondBy == moment(1))
        #expect(desk.ticket.onSiteBy == moment(2))
        #expect(desk.ticket.resolveBy == moment(3))
    }

    @Test func `a promise that was kept stays kept when the fault grows`() throws {
        var desk = Desk()
        desk.raise(finding(severity: .p4), at: 0)
        try desk.act(.accept, at: 100)
        try desk.act(.arrive, at: 200)
        #expect(desk.raise(finding(1, severity: .p2), at: 210).words == ["alarmAppended"])
        #expect(desk.ticket.respondBy == moment(24 * 60))
        #expect(desk.ticket.onSiteBy == nil)
        #expect(desk.ticket.resolveBy == moment(8 * 60))
    }

    @Test func `the repair clock goes on where it stopped`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 2)
        desk.clear(finding(), at: 50)
        try desk.act(.resolve, at: 100)
        #expect(desk.ticket.repair.remaining(at: moment(700)) == .seconds(380 * 60))
        desk.tick(at: 130)
        try desk.act(.signOff, by: wang, isPassed: false, at: 700)
        #expect(desk.ticket.repair.remaining(at: moment(700)) == .seconds(380 * 60))
        #expect(desk.ticket.resolveBy == moment(480 + 600))
        #expect(desk.tick(at: 1079).isEmpty)
        #expect(desk.tick(at: 1080).events.map(\.kind) == [.breached(clock: .repair, step: 100)])
    }

    @Test func `a clock set back takes no time away and stops nothing for long`() throws {
        var desk = Desk(policy(verifyFor: .zero))
        desk.raise(finding(), at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 2)
        try desk.act(.resolve, at: 100)
        try desk.act(.signOff, by: wang, isPassed: false, at: 40)
        #expect(desk.ticket.resolveBy == moment(480))
    }

    @Test func `editing the promises never rewrites a ticket that exists`() {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        let before = desk.ticket
        let short = ServiceLevel(acknowledge: .seconds(1), onSite: .seconds(1), repair: .seconds(1))
        var edited = policy()
        edited.levels = ServiceLevels(version: 2, p1: short, p2: short, p3: short, p4: short)
        desk.restart(under: edited)
        #expect(desk.ticket == before)
        desk.raise(finding(asset: "riser-2"), at: 0)
        #expect(desk.book.tickets.last?.resolveBy == moment(0) + .seconds(1))
        #expect(desk.book.tickets.last?.terms.levels.version == 2)
    }
}
