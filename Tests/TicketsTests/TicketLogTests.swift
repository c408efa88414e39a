// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing
import Tickets

@Suite struct TicketLogTests {
    /// A log with every kind of line.
    static func fullLog() throws -> [TicketEvent] {
        var desk = Desk()
        desk.raise(finding(severity: .p3), at: 0)
        desk.tick(at: 3)
        desk.clear(finding(severity: .p3), at: 4)
        desk.raise(finding(5), at: 5)
        try desk.act(.accept, at: 6)
        try desk.act(.arrive, at: 7)
        desk.clear(finding(5), at: 8)
        try desk.act(.resolve, note: "Valve closed.", at: 9)
        desk.tick(at: 60)
        try desk.act(.signOff, by: wang, note: "Still wet.", isPassed: false, at: 61)
        try desk.act(.resolve, note: "New seal.", at: 70)
        desk.tick(at: 120)
        try desk.act(.signOff, by: wang, at: 121)
        desk.raise(finding(200), at: 200)
        return desk.log
    }

    @Test func `every kind of line survives storage as JSON`() throws {
        let log = try Self.fullLog()
        #expect(
            Set(log.map(\.kind.word)) == [
                "raised", "breached", "cleared", "selfCleared", "verifying", "alarmAppended", "verifyFailed", "assign",
                "accept", "arrive", "resolve", "verified", "signOffFailed", "signOff", "reopen",
            ])
        for event in log {
            #expect(try JSONDecoder().decode(TicketEvent.self, from: JSONEncoder().encode(event)) == event)
        }
        let ticket = try #require(Ticket.fold(log))
        #expect(try JSONDecoder().decode(Ticket.self, from: JSONEncoder().encode(ticket)) == ticket)
        #expect(ticket.state == .inProgress)
        #expect(ticket.repairCount == 3)
    }

    @Test func `the stored form of a line never changes`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let event = TicketEvent(
            identifier: "act:1", ticket: "lakeside-20261122-001", index: 3, at: moment(0), actor: .person(li),
            kind: .signedOff(isPassed: false, note: "wet"))
        #expect(
            String(decoding: try encoder.encode(event), as: UTF8.self)
                == #"{"actor":"person:li-wei","at":1795334400000,"identifier":"act:1","index":3,"#
                + #""kind":{"signedOff":{"isPassed":false,"note":"wet"}},"ticket":"lakeside-20261122-001"}"#)
        #expect(
            String(decoding: try encoder.encode(ServiceLevels.aroundTheClock.p4), as: UTF8.self)
                == #"{"acknowledge_milliseconds":86400000,"repair_milliseconds":604800000}"#)
    }

    @Test func `a person called engine is not the engine`() throws {
        for actor in [TicketActor.engine, .person(PersonIdentifier("engine"))] {
            #expect(try JSONDecoder().decode(TicketActor.self, from: JSONEncoder().encode(actor)) == actor)
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(TicketActor.self, from: Data(#""li-wei""#.utf8))
        }
    }

    @Test func `folding does not depend on the order in which lines are read`() throws {
        let log = try Self.fullLog()
        let ticket = Ticket.fold(log)
        #expect(Ticket.fold(log.reversed()) == ticket)
        #expect(TicketBook(policy: policy(), events: log.reversed()).tickets == [ticket].compactMap { $0 })
    }

    @Test func `a log without its first line tells of no ticket`() throws {
        let log = try Self.fullLog()
        #expect(Ticket.fold([]) == nil)
        #expect(Ticket.fold(Array(log.dropFirst())) == nil)
        let book = TicketBook(policy: policy(), events: Array(log.dropFirst()))
        #expect(book.tickets.isEmpty)
        #expect(book.passedOver.count == log.count - 1)
    }

    @Test func `a damaged line is passed over and the ticket goes on`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        func line(_ index: Int, _ kind: TicketEventKind, _ name: String) -> TicketEvent {
            TicketEvent(
                identifier: name, ticket: desk.ticket.number, index: index, at: moment(1), actor: .person(li),
                kind: kind)
        }
        let damaged = [
            line(1, .arrived(note: ""), "no such move"),
            line(0, .accepted(note: ""), "an index twice"),
            line(.max, .accepted(note: ""), "an absurd index"),
            line(2, .raised(opening: try #require(opening(of: desk.log))), "opened twice"),
            line(3, .accepted(note: ""), desk.log[0].identifier),
        ]
        let good = line(5, .accepted(note: ""), "behind a hole")
        let last = line(7, .verified, "no such move at the end")
        let book = TicketBook(policy: policy(), events: desk.log + damaged + [good, last])
        #expect(Set(book.passedOver) == Set(damaged + [last]))
        #expect(book.tickets.map(\.state) == [.accepted])
        // The next line must not get an index that the store has given away.
        #expect(book.tickets.map(\.version) == [8])
        #expect(book.tickets.map(\.history) == [desk.log + [good]])
    }

    private func opening(of log: [TicketEvent]) -> TicketOpening? {
        if case .raised(let opening)? = log.first?.kind { opening } else { nil }
    }

    @Test func `absurd stamps saturate instead of trapping`() {
        for extreme in [Int64.min, Int64.max] {
            var book = TicketBook(policy: policy(), events: [])
            _ = book.raise(finding(severity: .p3), identifier: "raise", at: Timestamp(milliseconds: extreme))
            _ = book.tick(at: Timestamp(milliseconds: .max))
            _ = book.signalReturned(
                asset: AssetIdentifier("riser-1"), rule: .burst, identifier: "return",
                at: Timestamp(milliseconds: .min))
            _ = book.tick(at: Timestamp(milliseconds: .max))
            _ = book.raise(finding(9), identifier: "raise 2", at: Timestamp(milliseconds: .max))
            #expect(book.tickets.count == 1)
        }
    }

    // MARK: Numbers

    @Test func `a number carries the date on the site's wall and counts from one each day`() {
        var desk = Desk()
        // 16:00, 23:59 and 00:00 on the site's wall.
        for (place, minutes) in [0, 479, 480, 481].enumerated() {
            desk.raise(finding(asset: "meter-\(place)"), at: Int64(minutes))
            desk.restart()
        }
        #expect(
            desk.book.tickets.map(\.number) == [
                "lakeside-20261122-001", "lakeside-20261122-002", "lakeside-20261123-001", "lakeside-20261123-002",
            ])
    }

    @Test func `the thousandth ticket of a day has four digits and comes last`() {
        var desk = Desk()
        for place in 1...1001 { desk.raise(finding(asset: "meter-\(place)"), at: 0) }
        desk.restart()
        desk.raise(finding(asset: "meter-1002"), at: 0)
        #expect(
            desk.book.tickets.suffix(4).map(\.number) == [
                "lakeside-20261122-999", "lakeside-20261122-1000", "lakeside-20261122-1001", "lakeside-20261122-1002",
            ])
    }

    @Test func `a number in the log that counts absurdly far does not stop the next one`() throws {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        var event = desk.log[0]
        event.ticket = "lakeside-20261122-\(Int.max)"
        var book = TicketBook(policy: policy(), events: [event])
        let effects = book.raise(finding(asset: "riser-2"), identifier: "raise 2", at: moment(0))
        #expect(effects.tickets.map(\.number) == ["lakeside-20261122-001"])
    }

    @Test func `a ticket whose first line is lost keeps its number from the next one`() {
        var desk = Desk()
        desk.raise(finding(), at: 0)
        desk.raise(finding(5), at: 1)
        var book = TicketBook(policy: policy(), events: Array(desk.log.dropFirst()))
        let effects = book.raise(finding(asset: "riser-2"), identifier: "raise 2", at: moment(0))
        #expect(effects.tickets.map(\.number) == ["lakeside-20261122-002"])
    }
}
