// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing
import Tickets

/// What tickets make of incidents that open, grow, become one and end.
@Suite struct TicketIncidentTests {
    @Test func `an incident raises one ticket, growing adds lines and no clock starts again`() {
        var desk = Desk()
        #expect(desk.follow(.opened(incident()), at: 0).words == ["raised"])
        #expect(desk.follow(.opened(incident()), at: 1).isEmpty, "told again")
        let before = desk.ticket
        #expect(desk.follow(.grown(incident(members: 60)), at: 2).words == ["alarmAppended"])
        #expect(desk.follow(.grown(incident(members: 60)), at: 2).isEmpty, "told again")
        #expect(desk.ticket.findings.count == 60)
        #expect(desk.ticket.respondBy == before.respondBy && desk.ticket.resolveBy == before.resolveBy)
        desk.restart()
        #expect(desk.follow(.grown(incident(members: 60)), at: 3).words == [], "told again after a restart")
        #expect(desk.book.tickets.count == 1)
    }

    @Test func `growing more urgent makes deadlines earlier`() {
        var desk = Desk()
        desk.follow(.opened(incident(severity: .p4)), at: 0)
        let before = desk.ticket
        #expect(desk.follow(.grown(incident(severity: .p2)), at: 60).words.first == "alarmAppended")
        #expect(desk.ticket.severity == .p2)
        #expect(desk.ticket.respondBy < before.respondBy && desk.ticket.resolveBy < before.resolveBy)
        #expect(desk.follow(.grown(incident(severity: .p3)), at: 61).isEmpty, "it never becomes less urgent")
    }

    @Test func `a root that moves upstream is a line, and the ticket is found by its new fault`() {
        var desk = Desk()
        desk.follow(.opened(incident()), at: 0)
        var moved = incident()
        moved.asset = AssetIdentifier("inlet")
        #expect(desk.follow(.grown(moved), at: 1).words == ["rootMoved"])
        #expect(desk.ticket.dedupKey == "lakeside/inlet/burst")
        desk.restart()
        #expect(desk.book.openTicket(asset: AssetIdentifier("inlet"), rule: .burst)?.number == desk.ticket.number)
        #expect(desk.book.openTicket(asset: AssetIdentifier("riser-1"), rule: .burst) == nil)
        #expect(desk.follow(.opened(incident(5)), at: 5).words == ["raised"], "the old place is free again")
    }

    @Test func `child first, parent after: one ticket, number and clocks of the earliest, root of the parent`() {
        var desk = Desk()
        let child = incident(0, asset: "riser-1")
        let parent = incident(1, asset: "inlet", severity: .p1)
        desk.follow(.opened(child), at: 0)
        desk.follow(.opened(parent), at: 1)
        let first = desk.book.tickets[0]
        #expect(
            desk.follow(.merged(child, into: parent.identifier), at: 2).words
                == ["merged", "absorbed", "rootMoved", "alarmAppended"])
        let (stays, gone) = (desk.book.tickets[0], desk.book.tickets[1])
        #expect(stays.number == first.number && stays.state == .new)
        #expect(gone.state == .merged && gone.survivor == stays.number && gone.isClosed)
        #expect(stays.findings == child.findings + parent.findings)
        #expect(stays.dedupKey == "lakeside/inlet/burst")
        #expect(stays.severity == .p1)
        #expect(stays.respondBy <= first.respondBy && stays.resolveBy <= first.resolveBy)
        #expect(stays.raisedAt == moment(0))
        #expect(desk.follow(.merged(child, into: parent.identifier), at: 3).isEmpty, "told again")
        desk.restart()
        #expect(desk.follow(.ended(parent), at: 2).words == ["cleared"], "the child ends with its parent")
        #expect(desk.follow(.ended(parent), at: 61).isEmpty)
    }

    @Test func `the later ticket's earlier deadline stays when it goes`() {
        var desk = Desk()
        desk.follow(.opened(incident(0, asset: "riser-1", severity: .p4)), at: 0)
        desk.follow(.opened(incident(1, asset: "inlet", severity: .p2)), at: 60)
        let due = desk.book.tickets.map(\.resolveBy).min()
        desk.follow(.merged(incident(0, asset: "riser-1"), into: incident(1, asset: "inlet").identifier), at: 61)
        let due2 = desk.book.tickets[0].resolveBy
        #expect(due.map { due2 <= $0 } ?? false)
        #expect(desk.book.tickets[0].raisedAt == moment(0))
    }

    @Test func `whoever is at work goes on, whichever ticket is the earlier`() throws {
        var desk = Desk()
        desk.follow(.opened(incident(0, asset: "riser-1")), at: 0)
        desk.follow(.opened(incident(1, asset: "inlet")), at: 1)
        let later = desk.book.tickets[1].number
        try desk.act(.accept, on: later, at: 2)
        try desk.act(.arrive, on: later, at: 3)
        desk.follow(.merged(incident(0, asset: "riser-1"), into: incident(1, asset: "inlet").identifier), at: 4)
        #expect(desk.book.tickets.map(\.state) == [.merged, .onSite])
        #expect(desk.book.tickets[1].findings.count == 2)
        #expect(desk.book.tickets[1].repair.startedAt == moment(0), "the earlier clock")
        // What is told of the one that went reaches the one that stays.
        #expect(desk.follow(.grown(incident(0, asset: "inlet", members: 3)), at: 5).tickets.map(\.number) == [later])
    }

    @Test func `two tickets that are both being worked on both go on and end together`() throws {
        var desk = Desk()
        for (place, asset) in ["riser-1", "inlet"].enumerated() {
            desk.follow(.opened(incident(Int64(place), asset: asset)), at: 0)
            let number = desk.book.tickets[place].number
            try desk.act(.accept, on: number, at: 1)
            try desk.act(.arrive, on: number, at: 2)
        }
        desk.follow(.merged(incident(0, asset: "riser-1"), into: incident(1, asset: "inlet").identifier), at: 3)
        #expect(desk.book.tickets.map(\.state) == [.onSite, .onSite])
        #expect(desk.book.tickets[1].findings.count == 2, "the evidence is on both")
        #expect(desk.follow(.ended(incident(1, asset: "inlet")), at: 60).words == ["cleared", "cleared"])
    }

    @Test func `an incident that grows into the fault of another ticket joins it`() {
        var desk = Desk()
        desk.follow(.opened(incident(0, asset: "inlet")), at: 0)
        desk.follow(.opened(incident(1, asset: "riser-1")), at: 1)
        var moved = incident(1, asset: "riser-1", members: 2)
        moved.asset = AssetIdentifier("inlet")
        #expect(desk.follow(.grown(moved), at: 2).words == ["merged", "absorbed", "alarmAppended"])
        #expect(desk.book.tickets.filter { !$0.isClosed }.map(\.findings.count) == [3])
        // Its signal is normal only when both incidents are over.
        #expect(desk.follow(.ended(incident(0, asset: "inlet")), at: 3).words == ["alarmEnded"])
        #expect(desk.follow(.ended(moved), at: 4).words.last == "cleared")
    }

    @Test func `a further incident of a fault reopens its ticket within the window, later it raises a linked one`()
        throws
    {
        var desk = Desk(policy(verifyFor: .zero))
        desk.follow(.opened(incident()), at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 2)
        try desk.act(.resolve, at: 3)
        desk.follow(.ended(incident()), at: 4)
        try desk.act(.signOff, by: wang, at: 5)
        var again = desk
        #expect(again.follow(.opened(incident(71 * 60)), at: 71 * 60).words == ["reopen", "alarmAppended"])
        #expect(again.ticket.reopenedCount == 1)
        #expect(desk.follow(.opened(incident(73 * 60)), at: 73 * 60).words == ["raised"])
        #expect(desk.book.tickets[1].recurrenceOf == desk.ticket.number)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `sixty members in any order, with restarts, are one ticket`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var desk = Desk()
        let all = incident(members: 60)
        var told: [FindingIdentifier] = []
        for finding in all.findings.shuffled(using: &random) {
            told.append(finding)
            var now = all
            now.findings = told
            desk.follow(told.count == 1 ? .opened(now) : .grown(now), at: Int64(told.count))
            if Int.random(in: 0..<10, using: &random) == 0 { desk.restart() }
        }
        #expect(desk.book.tickets.count == 1)
        #expect(Set(desk.ticket.findings) == Set(all.findings))
        #expect(desk.follow(.ended(all), at: 61).words == ["cleared"])
    }

    @Test func `the longest key of a fault keeps to 255 characters`() {
        let long = String(repeating: "a", count: 64)
        var desk = Desk(
            TicketPolicy(site: SiteIdentifier(long), zone: shanghai, owner: zhou))
        desk.follow(.opened(incident(asset: long)), at: 0)
        let longest = RuleIdentifier.all.map(\.text.utf8.count).max() ?? 0
        #expect(desk.ticket.dedupKey.utf8.count + longest <= 255)
    }
}
