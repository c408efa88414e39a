// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import Pipeline
import TestKit
import Testing
import Tickets

/// From findings to tickets: one cause is one ticket, in whatever order its alarms come.
@Suite struct CorrelationTests {
    /// `SLUICE_SEEDS` orders instead of 20 when it is set.
    static let seeds = 0..<(ProcessInfo.processInfo.environment["SLUICE_SEEDS"].flatMap(UInt64.init) ?? 20)

    @Test(arguments: seeds)
    func `a burst of the main with sixty alarms downstream is one ticket about the main`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var estate = Estate()
        let order = Estate.burst.shuffled(using: &random)
        for (place, alarm) in order.enumerated() {
            estate.raise(alarm.asset, alarm.rule, alarm.severity, at: Double(place) * 0.4)
        }
        estate.tick(at: 60)
        let ticket = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(ticket.asset.text == "main" && ticket.rule == .burst && ticket.severity == .p2)
        #expect(ticket.findings.count == 61)
        #expect(estate.count("raised") == 1)
        #expect(estate.books.incidents.incidents.map(\.alarms.count) == [61])

        try estate.act(.accept, on: ticket.number, at: 100)
        #expect(estate.books.alarms.alarms.allSatisfy { $0.state == .acknowledgedActive })
        try estate.act(.arrive, on: ticket.number, at: 200)
        try estate.act(.resolve, on: ticket.number, at: 3000)
        for (place, alarm) in order.shuffled(using: &random).enumerated() {
            estate.clear(alarm.asset, alarm.rule, at: 3100 + Double(place))
        }
        estate.tick(at: 3200)
        #expect(estate.count("verificationStarted") <= 1)
        #expect(estate.count("cleared") == 1)
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(estate.books.tickets.tickets[0].state == .verifying)
    }

    @Test(arguments: seeds)
    func `two bursts in different zones within a minute are two tickets`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estate = Estate()
        let first = Estate.zoneBurst(1)
        let second = Estate.zoneBurst(2)
        for (place, alarm) in (first + second).shuffled(using: &random).enumerated() {
            estate.raise(alarm.asset, alarm.rule, alarm.severity, at: Double(place))
        }
        estate.tick(at: 120)
        #expect(Set(estate.books.tickets.tickets.map(\.asset.text)) == ["zone-1", "zone-2"])
        #expect(estate.books.tickets.tickets.map(\.findings.count) == [10, 10])
    }

    @Test func `a cause that comes after its symptom takes over the ticket, and its clocks stay`() throws {
        var estate = Estate()
        estate.raise("unit-1-1", .pressureLow, .p3, at: 0)
        estate.tick(at: 29)
        #expect(estate.books.tickets.tickets.isEmpty)
        estate.tick(at: 30)
        let before = try #require(estate.books.tickets.tickets.first)
        #expect(before.asset.text == "unit-1-1")
        estate.raise("main", .burst, .p2, at: 40)
        estate.tick(at: 100)
        let after = try #require(estate.books.tickets.tickets.first)
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(after.number == before.number && after.asset.text == "main" && after.raisedAt == before.raisedAt)
        #expect(after.respondBy <= before.respondBy && after.resolveBy <= before.resolveBy)
    }

    @Test func `the most urgent stands alone in a storm and does not wait`() {
        var estate = Estate()
        for place in 0..<14 { estate.raise("gate-\(place)", .gateHeldOpen, .p3, at: Double(place)) }
        estate.tick(at: 60)
        #expect(estate.books.incidents.isInStorm)
        let before = estate.books.tickets.tickets.count
        estate.raise("lift-1", .liftOutOfService, .p1, at: 61)
        #expect(estate.books.tickets.tickets.count == before + 1)
        #expect(estate.books.tickets.tickets.last?.asset.text == "lift-1")
    }

    @Test func `a storm is one ticket, and ends when few come and all is well`() {
        var estate = Estate()
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

    @Test func `what comes and goes twenty times in ten minutes is one ticket`() {
        var estate = Estate()
        for round in 0..<20 {
            estate.raise("zone-1", .pressureLow, .p2, at: Double(round) * 30)
            estate.clear("zone-1", .pressureLow, at: Double(round) * 30 + 15)
            estate.tick(at: Double(round) * 30 + 20)
        }
        #expect(estate.books.tickets.tickets.count == 1)
        #expect(estate.books.incidents.incidents.map(\.isFlapping) == [true])
        estate.tick(at: 585 + 1799)
        #expect(estate.books.incidents.incidents.count == 1)
        estate.tick(at: 585 + 1800)
        #expect(estate.books.incidents.incidents.isEmpty)
    }

    @Test(arguments: [(71.0, true), (73.0, false)])
    func `the same burst within three days takes its ticket up again, later it is a new one`(
        hours: Double, isReopened: Bool
    ) throws {
        var estate = Estate()
        estate.raise("main", .burst, .p2, at: 0)
        estate.tick(at: 30)
        let number = estate.books.tickets.tickets[0].number
        try estate.act(.accept, on: number, at: 60)
        try estate.act(.arrive, on: number, at: 70)
        try estate.act(.resolve, on: number, at: 80)
        estate.clear("main", .burst, at: 90)
        estate.tick(at: 86_600)
        try estate.act(.signOff, on: number, at: 86_700, by: "zhou-min")
        #expect(estate.books.tickets.tickets.map(\.state) == [.closed])
        let again = 86_700 + hours * 3600
        estate.raise("main", .burst, .p2, at: again - 40)
        estate.tick(at: again - 1)
        #expect(estate.books.tickets.tickets.count == (isReopened ? 1 : 2))
        #expect(estate.books.tickets.tickets.last?.recurrenceOf == (isReopened ? nil : number))
        #expect(estate.books.tickets.tickets.last?.isClosed == false)
    }

    @Test(arguments: seeds)
    func `a restart between two alarms changes nothing`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let order = Estate.burst.shuffled(using: &random)
        var (estate, twin) = (Estate(), Estate())
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
    }

    /// Invariants 1 and 7: whatever happens in whatever order, restarts included.
    @Test(arguments: seeds)
    func `each active alarm is in one incident, each incident of one ticket, no fault has two`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var estate = Estate()
        var now = 0.0
        let all = Estate.burst + (0..<6).map { Estate.Fault("gate-\($0)", .gateHeldOpen, .p3) }
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

/// Books of an estate: a main, four zones, two risers each, twenty units below each zone, two pumps.
private struct Estate {
    struct Fault {
        var asset: String
        var rule: RuleIdentifier
        var severity: Severity
        init(_ asset: String, _ rule: RuleIdentifier, _ severity: Severity) {
            (self.asset, self.rule, self.severity) = (asset, rule, severity)
        }
    }

    /// The main, and 40 pressures, 6 flows, 2 pumps and 12 silent meters below it.
    static let burst: [Fault] =
        [Fault("main", .burst, .p2)]
        + (0..<40).map { Fault("unit-\($0 % 4)-\($0 / 4)", .pressureLow, .p3) }
        + (0..<6).map { Fault("riser-\($0 % 4)-\($0 / 4)", .flowHigh, .p2) }
        + (0..<2).map { Fault("pump-\($0)", .pumpTrip, .p2) }
        + (0..<12).map { Fault("unit-\($0 % 4)-\(10 + $0 / 4)", .dropout, .p4) }

    static func zoneBurst(_ zone: Int) -> [Fault] {
        [Fault("zone-\(zone)", .burst, .p2)] + (0..<9).map { Fault("unit-\(zone)-\($0)", .pressureLow, .p3) }
    }

    static let start = Timestamp(seconds: 1_795_334_400)
    var books: Books
    var events: [TicketEvent] = []
    private var findings: [String: Finding] = [:]
    private var actions = 0

    init() {
        var rules = AlarmPolicy()
        for symptom in [RuleIdentifier.pressureLow, .flowHigh, .pumpTrip] {
            rules.rules[symptom.text] = AlarmRule(isSymptom: true)
        }
        var parents: [AssetIdentifier: AssetIdentifier] = [:]
        let link = { (child: String, parent: String) in
            parents[AssetIdentifier(child)] = AssetIdentifier(parent)
        }
        for pump in 0..<2 { link("pump-\(pump)", "main") }
        for zone in 0..<4 {
            link("zone-\(zone)", "pump-0")
            for riser in 0..<2 { link("riser-\(zone)-\(riser)", "zone-\(zone)") }
            for unit in 0..<20 { link("unit-\(zone)-\(unit)", "riser-\(zone)-\(unit % 2)") }
        }
        let zone = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: [])
        books = Books(
            alarms: AlarmBook(policy: rules),
            incidents: IncidentBook(rules: rules, topology: Topology(parents: parents)),
            tickets: TicketBook(
                policy: TicketPolicy(
                    site: SiteIdentifier("lakeside"), zone: zone, owner: PersonIdentifier("zhou-min")), events: []))
    }

    static func moment(_ seconds: Double) -> Timestamp { start + .milliseconds(Int64(seconds * 1000)) }

    mutating func raise(_ asset: String, _ rule: RuleIdentifier, _ severity: Severity, at seconds: Double) {
        let now = Self.moment(seconds)
        guard findings["\(asset)/\(rule)"] == nil else { return }
        let finding = Finding(
            rule: rule, ruleVersion: 1, severity: severity, asset: AssetIdentifier(asset), startedAt: now,
            raisedAt: now, loss: nil, evidence: Evidence(from: now, to: now, measures: []))
        findings["\(asset)/\(rule)"] = finding
        change { books, verdict in books.take(.raised(finding), at: now, into: &verdict) }
    }

    mutating func clear(_ asset: String, _ rule: RuleIdentifier, at seconds: Double) {
        guard var finding = findings.removeValue(forKey: "\(asset)/\(rule)") else { return }
        finding.clearedAt = Self.moment(seconds)
        change { books, verdict in books.take(.cleared(finding), at: Self.moment(seconds), into: &verdict) }
    }

    mutating func tick(at seconds: Double) {
        change { books, verdict in books.tick(at: Self.moment(seconds), into: &verdict) }
    }

    mutating func act(_ verb: TicketVerb, on number: String, at seconds: Double, by person: String = "li-wei") throws {
        actions += 1
        let name = "act:\(actions)"
        var verdict = Verdict()
        try books.act(
            TicketOrder(verb, on: number, by: PersonIdentifier(person), note: "Done.", version: nil, isPassed: true),
            identifier: name, at: Self.moment(seconds), into: &verdict)
        note(verdict)
    }

    /// What is stored is all that is left.
    mutating func restart() throws {
        let decoder = JSONDecoder()
        let alarms = try decoder.decode(AlarmBook.self, from: JSONEncoder().encode(books.alarms))
        var incidents = try decoder.decode(IncidentBook.self, from: JSONEncoder().encode(books.incidents))
        incidents.rules = books.incidents.rules
        incidents.topology = books.incidents.topology
        books = Books(
            alarms: AlarmBook(alarms: alarms.alarms, policy: books.alarms.policy), incidents: incidents,
            tickets: TicketBook(policy: books.tickets.policy, events: events))
    }

    func count(_ word: String) -> Int { events.count { $0.kind.word == word } }

    private mutating func change(_ body: (inout Books, inout Verdict) -> Void) {
        var verdict = Verdict()
        body(&books, &verdict)
        note(verdict)
    }

    private mutating func note(_ verdict: Verdict) {
        for case .appended(let event, _) in verdict.tickets { events.append(event) }
    }
}

extension RuleIdentifier {
    fileprivate static let pressureLow = RuleIdentifier("pressure_low")
    fileprivate static let flowHigh = RuleIdentifier("flow_high")
    fileprivate static let pumpTrip = RuleIdentifier("pump_trip")
}
