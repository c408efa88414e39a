// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import Notices
import Pipeline
import Tickets

/// Books of an estate: a main, four zones, two risers each, twenty units below each zone, two pumps.
struct CorrelatedEstate {
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

    /// Raises these, so many seconds apart.
    mutating func raise(_ faults: [Fault], from start: Double, every seconds: Double) {
        for (place, fault) in faults.enumerated() {
            raise(fault.asset, fault.rule, fault.severity, at: start + Double(place) * seconds)
        }
    }

    static let robot = ChannelIdentifier("duty-robot")
    static let crew = PersonIdentifier("li-wei")
    static let start = Timestamp(seconds: 1_795_334_400)
    var books: Books
    var events: [TicketEvent] = []
    private(set) var notices: [TicketNotice] = []
    /// What the robot of those on duty was sent, in order.
    private(set) var messages: [Dispatch] = []
    private var queue = DeliveryQueue(channels: [ChannelPlan(CorrelatedEstate.robot, .wecom)])
    private var findings: [String: Finding] = [:]
    private var actions = 0
    private var watched: WatchedDevices?

    /// Twenty units of zone 1 on one line, twenty of zone 2 on another.
    static let lines: [[AssetIdentifier]] = (1...2).map { zone in
        (0..<20).map { AssetIdentifier("unit-\(zone)-\($0)") }
    }

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
        var policy = TicketPolicy(
            site: SiteIdentifier("lakeside"), zone: zone, owner: PersonIdentifier("zhou-min"))
        policy.roster = Roster(shifts: [
            DutyShift(post: .repairCrew, weekdays: Set(1...7), from: 0, minutes: 1440, persons: [Self.crew])
        ])
        books = Books(
            alarms: AlarmBook(policy: rules),
            incidents: IncidentBook(rules: rules, topology: Topology(parents: parents)),
            tickets: TicketBook(policy: policy, events: []))
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

    /// A finding changes its rule and keeps its name.
    mutating func turn(
        _ asset: String, _ rule: RuleIdentifier, into other: RuleIdentifier, _ severity: Severity, at seconds: Double
    ) {
        guard var finding = findings.removeValue(forKey: "\(asset)/\(rule)") else { return }
        (finding.rule, finding.severity) = (other, severity)
        findings["\(asset)/\(other)"] = finding
        change { books, verdict in books.take(.updated(finding), at: Self.moment(seconds), into: &verdict) }
    }

    /// Watches both lines and the site of both for falling silent together.
    mutating func watchLines() {
        let groups =
            Self.lines.enumerated().map {
                DeviceGroup(.bus, asset: AssetIdentifier("bus-line-\($0.offset + 1)"), members: Set($0.element))
            } + [DeviceGroup(.site, asset: IncidentBook.site, members: Set(Self.lines.joined()))]
        watched = WatchedDevices(groups: groups, assets: Array(Self.lines.joined()))
        books.watch(watched ?? WatchedDevices())
    }

    /// Every device of a line answers `count` polls, or does not, 10 s apart.
    mutating func poll(line: Int, isGood: Bool, from seconds: Double, count: Int = 1) {
        for round in 0..<count {
            for device in 0..<20 {
                poll((line - 1) * 20 + device, isGood: isGood, at: seconds + Double(round) * 10 + Double(device) * 0.1)
            }
        }
    }

    mutating func note(isBrokerConnected: Bool, at seconds: Double) {
        note(DeliveryState(isBrokerReached: isBrokerConnected), at: seconds)
    }

    mutating func note(_ state: DeliveryState, at seconds: Double) {
        let now = Self.moment(seconds)
        change { books, verdict in
            books.watchDelivery(state, at: now, into: &verdict)
            books.tick(at: now, into: &verdict)
        }
    }

    mutating func start(at seconds: Double) { books.start(at: Self.moment(seconds)) }

    /// A device answers, or does not.
    mutating func poll(_ asset: Int, isGood: Bool, at seconds: Double) {
        let now = Self.moment(seconds)
        let reading =
            isGood
            ? Reading(point: PointIndex(0), good: .number(1), sourceTime: now)
            : Reading(point: PointIndex(0), bad: .timeout, sourceTime: now)
        let sweep = Sweep(
            asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: 0), receivedWall: now,
            timeQuality: .synced, readings: [reading])
        change { books, verdict in books.countPoll(sweep, at: now, into: &verdict) }
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
        if let watched { books.watch(watched) }
    }

    func count(_ word: String) -> Int { events.count { $0.kind.word == word } }

    private mutating func change(_ body: (inout Books, inout Verdict) -> Void) {
        var verdict = Verdict()
        body(&books, &verdict)
        note(verdict)
    }

    private mutating func note(_ verdict: Verdict) {
        var latest: Ticket?
        for effect in verdict.tickets {
            switch effect {
            case .appended(let event, let ticket):
                events.append(event)
                latest = ticket
            case .notify(let notice):
                notices.append(notice)
                if let latest, notice.audience.contains(Self.crew) { send(notice, of: latest) }
            }
        }
    }

    /// Puts a notice into the robot's queue and lets the robot have it.
    private mutating func send(_ notice: TicketNotice, of ticket: Ticket) {
        guard let kind = NoticeKind(rawValue: notice.key.rawValue) else { return }
        let told = Notice(
            ticket: notice.ticket, sequence: notice.index, severity: notice.urgency, kind: kind, title: "", text: "",
            site: SiteIdentifier("lakeside"), asset: ticket.asset, rule: ticket.rule, at: ticket.raisedAt,
            audience: notice.audience)
        let time = MonotonicInstant(nanoseconds: Int64(notices.count) * 60_000_000_000)
        let mark = ClockMark(wall: ticket.raisedAt, instant: time, boot: BootIdentifier("boot"), isSynchronised: true)
        let row = NoticeRow(number: Int64(notices.count), channel: Self.robot, notice: told, stored: mark)
        _ = queue.add([row], at: mark)
        for case .send(let dispatch) in queue.next(at: time) {
            messages.append(dispatch)
            _ = queue.report(.delivered, of: dispatch.channel, at: time, random: 0.5)
        }
    }
}

extension RuleIdentifier {
    static let pressureLow = RuleIdentifier("pressure_low")
    static let flowHigh = RuleIdentifier("flow_high")
    static let pumpTrip = RuleIdentifier("pump_trip")
}
