// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import Notices
import Pipeline
import TestKit
import Testing
import Tickets

/// From findings to tickets and messages: one cause is one ticket, in whatever order its alarms come.
@Suite struct CorrelationTests {
    /// `SLUICE_SEEDS` orders instead of 100 when it is set.
    static let seeds = 0..<(ProcessInfo.processInfo.environment["SLUICE_SEEDS"].flatMap(UInt64.init) ?? 100)

    @Test(arguments: seeds)
    func `a burst of the main with sixty alarms is one ticket about the main, one message, one verification`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        let order = CorrelatedEstate.burst.shuffled(using: &random)
        estate.raise(order, from: 0, every: 0.4)
        estate.tick(at: 60)
        let ticket = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(ticket.asset.text == "main" && ticket.rule == .burst && ticket.severity == .p2)
        #expect(ticket.findings.count == 61)
        #expect(estate.count("raised") == 1)
        #expect(estate.books.incidents.incidents.map(\.alarms.count) == [61])
        #expect(estate.messages.map(\.key) == ["\(ticket.number)-0"], "the robot of those on duty says it once")

        try estate.act(.accept, on: ticket.number, at: 100)
        #expect(estate.books.alarms.alarms.allSatisfy { $0.state == .acknowledgedActive })
        try estate.act(.arrive, on: ticket.number, at: 200)
        try estate.act(.resolve, on: ticket.number, at: 3000)
        for (place, alarm) in order.shuffled(using: &random).enumerated() {
            estate.clear(alarm.asset, alarm.rule, at: 3100 + Double(place))
        }
        estate.tick(at: 3200)
        #expect(estate.count("cleared") == 1, "the last of them begins the verification")
        #expect(estate.books.tickets.tickets[0].state == .verifying)
        estate.tick(at: 90_000)
        #expect(estate.count("verified") == 1)
        #expect(estate.books.tickets.tickets.map(\.state) == [.awaitingSignOff])
    }

    @Test(arguments: seeds)
    func `a cause that comes two minutes after its symptoms leaves one ticket with all of them`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        estate.raise(CorrelatedEstate.burst.shuffled(using: &random), from: 0, every: 1.9)
        estate.tick(at: 200)
        let open = estate.books.tickets.tickets.filter { !$0.isClosed }
        #expect(open.map(\.asset.text) == ["main"])
        #expect(open.first?.findings.count == 61)
        #expect(open.first?.raisedAt == estate.books.tickets.tickets.map(\.raisedAt).min())
        #expect(estate.books.incidents.incidents.map(\.alarms.count) == [61])
        #expect(estate.books.tickets.tickets.allSatisfy { $0.isClosed ? $0.state == .merged : true })
    }

    @Test(arguments: seeds)
    func `two bursts in different zones within a minute are two tickets`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        let first = CorrelatedEstate.zoneBurst(1)
        let second = CorrelatedEstate.zoneBurst(2)
        estate.raise((first + second).shuffled(using: &random), from: 0, every: 1)
        estate.tick(at: 120)
        #expect(Set(estate.books.tickets.tickets.map(\.asset.text)) == ["zone-1", "zone-2"])
        #expect(estate.books.tickets.tickets.map(\.findings.count) == [10, 10])
        #expect(estate.messages.count == 2)
    }

    @Test(arguments: seeds)
    func `a cause that comes after its symptoms takes over the earliest ticket, and its clocks stay`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        let children = (0..<Int.random(in: 1...9, using: &random)).map {
            CorrelatedEstate.Fault("unit-\($0 % 4)-\($0)", .pressureLow, .p3)
        }
        estate.raise(children.shuffled(using: &random), from: 0, every: 1)
        estate.tick(at: 29)
        #expect(estate.books.tickets.tickets.isEmpty)
        estate.tick(at: 39)
        let before = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.count == children.count)
        estate.raise("main", .burst, .p2, at: 40)
        estate.tick(at: 100)
        let after = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.filter { !$0.isClosed }.map(\.number) == [before.number])
        #expect(estate.books.tickets.tickets.dropFirst().allSatisfy { $0.survivor == before.number })
        #expect(after.number == before.number && after.asset.text == "main" && after.raisedAt == before.raisedAt)
        #expect(after.respondBy <= before.respondBy && after.resolveBy <= before.resolveBy)
        #expect(after.findings.count == children.count + 1)
    }

    @Test(arguments: seeds)
    func `the most urgent stands alone in a storm and does not wait`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        let gates = (0..<Int.random(in: 12...30, using: &random)).map {
            CorrelatedEstate.Fault("gate-\($0)", .gateHeldOpen, Bool.random(using: &random) ? .p3 : .p2)
        }
        estate.raise(gates.shuffled(using: &random), from: 0, every: 1)
        estate.tick(at: 70)
        #expect(estate.books.incidents.isInStorm)
        let before = estate.books.tickets.tickets
        estate.raise("lift-1", .liftOutOfService, .p1, at: 70 + Double.random(in: 0...300, using: &random))
        let own = estate.books.tickets.tickets.filter { ticket in !before.contains { $0.number == ticket.number } }
        #expect(own.map(\.asset.text) == ["lift-1"])
        #expect(own.map(\.severity) == [.p1])
        #expect(estate.messages.last?.key == own.first.map { "\($0.number)-0" })
    }

    @Test func `a storm is one ticket, and ends when few come and all is well`() {
        var estate = CorrelatedEstate()
        for place in 0..<30 { estate.raise("gate-\(place)", .gateHeldOpen, .p2, at: Double(place)) }
        estate.tick(at: 90)
        let storm = estate.books.tickets.tickets.filter { $0.rule == .alarmStorm }
        #expect(estate.books.tickets.tickets.count == 11, "ten alone, the rest in the storm's")
        #expect(storm.map(\.findings.count) == [20])
        for place in 0..<30 { estate.clear("gate-\(place)", .gateHeldOpen, at: 200 + Double(place)) }
        #expect(estate.books.incidents.isInStorm)
        estate.tick(at: 1000)
        #expect(!estate.books.incidents.isInStorm && estate.books.incidents.incidents.isEmpty)
        #expect(estate.count("cleared") == 11)
    }

    @Test(arguments: seeds)
    func `what comes and goes twenty times in ten minutes is one ticket with a mark`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        var last = 0.0
        for round in 0..<20 {
            let begin = Double(round) * 30 + Double.random(in: 0...10, using: &random)
            last = begin + Double.random(in: 1...15, using: &random)
            estate.raise("zone-1", .pressureLow, .p2, at: begin)
            estate.clear("zone-1", .pressureLow, at: last)
            estate.tick(at: last + Double.random(in: 0...4, using: &random))
        }
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(estate.books.incidents.incidents.map(\.isFlapping) == [true])
        #expect(estate.books.alarms.alarms.map(\.occurrences) == [20])
        #expect(estate.count("raised") == 1 && estate.messages.filter { $0.key.hasSuffix("-0") }.count == 1)
        estate.tick(at: last + 1799)
        #expect(estate.books.incidents.incidents.count == 1)
        estate.tick(at: last + 1800.001)
        #expect(estate.books.incidents.incidents.isEmpty)
    }

    @Test(arguments: [(71.0, true), (73.0, false)], seeds)
    func `the same burst within three days takes its ticket up again, later it is a new one`(
        again: (hours: Double, isReopened: Bool), seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        let burst = CorrelatedEstate.zoneBurst(2)
        estate.raise(burst.shuffled(using: &random), from: 0, every: 1)
        estate.tick(at: 50)
        #expect(estate.books.tickets.tickets.count == 1)
        let number = estate.books.tickets.tickets[0].number
        try estate.act(.accept, on: number, at: 60)
        try estate.act(.arrive, on: number, at: 70)
        try estate.act(.resolve, on: number, at: 80)
        for (place, alarm) in burst.shuffled(using: &random).enumerated() {
            estate.clear(alarm.asset, alarm.rule, at: 90 + Double(place))
        }
        estate.tick(at: 86_600)
        try estate.act(.signOff, on: number, at: 86_700, by: "zhou-min")
        #expect(estate.books.tickets.tickets.map(\.state) == [.closed])
        let second = 86_700 + again.hours * 3600
        estate.raise(burst.shuffled(using: &random), from: second - 60, every: 1)
        estate.tick(at: second - 1)
        #expect(estate.books.tickets.tickets.count == (again.isReopened ? 1 : 2))
        #expect(estate.books.tickets.tickets.last?.recurrenceOf == (again.isReopened ? nil : number))
        #expect(estate.books.tickets.tickets.last?.isClosed == false)
        #expect(estate.books.tickets.tickets.last?.asset.text == "zone-2")
    }

    @Test(arguments: seeds)
    func `a restart between alarm 30 and 31 changes nothing`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let order = CorrelatedEstate.burst.shuffled(using: &random)
        var (estate, twin) = (CorrelatedEstate(), CorrelatedEstate())
        for (place, alarm) in order.enumerated() {
            if place == 30 { try twin.restart() }
            estate.raise(alarm.asset, alarm.rule, alarm.severity, at: Double(place))
            twin.raise(alarm.asset, alarm.rule, alarm.severity, at: Double(place))
        }
        estate.tick(at: 90)
        twin.tick(at: 90)
        #expect(twin.books.tickets.tickets == estate.books.tickets.tickets)
        #expect(twin.books.incidents.incidents == estate.books.incidents.incidents)
        #expect(twin.books.alarms.alarms == estate.books.alarms.alarms)
        #expect(twin.notices == estate.notices && twin.messages == estate.messages)
    }

    @Test func `a leak that becomes a burst stays one ticket, which is about the burst then`() throws {
        var estate = CorrelatedEstate()
        estate.raise("zone-1", .pressureLow, .p3, at: 0)
        estate.tick(at: 40)
        let before = try #require(estate.books.tickets.tickets.first)
        estate.turn("zone-1", .pressureLow, into: .burst, .p2, at: 7200)
        estate.tick(at: 7300)
        let after = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(after.number == before.number && after.rule == .burst && after.severity == .p2)
        #expect(after.findings == before.findings, "it is the same finding")
        #expect(estate.books.alarms.alarms.filter(\.isActive).map(\.identifier) == ["zone-1/burst"])
        estate.clear("zone-1", .burst, at: 7400)
        #expect(estate.count("cleared") == 1)
        #expect(estate.books.incidents.incidents.isEmpty)
    }

    /// Invariants 1 and 7: whatever happens in whatever order, restarts included.
    @Test(arguments: seeds)
    func `each active alarm is in one incident, each incident of one ticket, no fault has two`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var estate = CorrelatedEstate()
        var now = 0.0
        let all = CorrelatedEstate.burst + (0..<6).map { CorrelatedEstate.Fault("gate-\($0)", .gateHeldOpen, .p3) }
        for _ in 0..<120 {
            now += Double.random(in: 0...30, using: &random)
            let fault = all.randomElement(using: &random)!
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4: estate.raise(fault.asset, fault.rule, fault.severity, at: now)
            case 4..<7: estate.clear(fault.asset, fault.rule, at: now)
            case 7: try estate.restart()
            case 8:
                guard let ticket = estate.books.tickets.tickets.filter({ !$0.isClosed }).randomElement(using: &random),
                    let verb = ticket.allowedVerbs.filter({
                        [.accept, .arrive, .start, .resolve, .signOff].contains($0)
                    })
                    .randomElement(using: &random)
                else { continue }
                try estate.act(verb, on: ticket.number, at: now, by: verb == .signOff ? "zhou-min" : "li-wei")
            default: estate.tick(at: now)
            }
            let members = estate.books.incidents.incidents.flatMap(\.alarms)
            #expect(members.count == Set(members).count)
            for alarm in estate.books.alarms.alarms where alarm.isActive && !alarm.state.isWithheld {
                #expect(members.contains(alarm.identifier))
            }
            let keys = estate.books.tickets.tickets.filter { !$0.isClosed }.map(\.dedupKey)
            #expect(keys.count == Set(keys).count)
        }
        // Each change of state is a line, and each line a change: the log alone gives the same book.
        let folded = TicketBook(policy: estate.books.tickets.policy, events: estate.events)
        #expect(folded.tickets == estate.books.tickets.tickets && folded.passedOver.isEmpty)
    }
}
