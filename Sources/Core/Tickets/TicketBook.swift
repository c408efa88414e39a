// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a ticket is about: at most one is open of each.
private struct Fault: Hashable, Sendable {
    let asset: AssetIdentifier
    let rule: RuleIdentifier
}

/// All tickets of a site, restored by folding their log.
///
/// It is a value and knows no clock: what happened goes in with the time and a name of its own, the lines to store and
/// to tell come out. At most one ticket is open for each asset and failure mode.
public struct TicketBook: Sendable {
    public var policy: TicketPolicy
    /// What the machine's clocks show, for the lines that are added; `nil` notes nothing.
    public var mark: TimeMark?
    /// Whether it is known which part of the day it is; promises by a calendar are not judged while it is not.
    public var isTimeCertain = true
    /// Lines of the stored log that could not follow those before them; they are passed over, and their names count.
    public private(set) var passedOver: [TicketEvent] = []

    private(set) var byNumber: [String: Ticket] = [:]
    /// Numbers of the tickets that are open, in the order they were raised.
    private(set) var open: [String] = []
    /// Numbers of all tickets of one fault, in the order they came in.
    private var byFault: [Fault: [String]] = [:]
    /// Names of all events there ever were.
    private(set) var identifiers: Set<String> = []
    /// The latest ticket that names an incident.
    private(set) var holders: [IncidentIdentifier: String] = [:]
    /// The ticket that carries a finding.
    private var carriers: [FindingIdentifier: String] = [:]
    private var numbers = TicketNumbers()

    /// - Parameter events: The stored log, in any order.
    public init(policy: TicketPolicy, events: [TicketEvent]) {
        self.policy = policy
        for event in events.sorted(by: { ($0.ticket, $0.index) < ($1.ticket, $1.index) }) {
            // A ticket that cannot be read has its number all the same.
            numbers.note(event.ticket)
            let isFirstOfItsName = identifiers.insert(event.identifier).inserted
            guard isFirstOfItsName, note(event) != nil else {
                byNumber[event.ticket]?.passOver(event)
                passedOver.append(event)
                continue
            }
        }
    }

    /// Those raised first come first.
    public var tickets: [Ticket] { byNumber.values.sorted(by: Self.isEarlier) }

    /// Whether there was an event of this name.
    public func isKnown(_ identifier: String) -> Bool { identifiers.contains(identifier) }

    /// The ticket of this number; `nil` when there is none.
    public func ticket(_ number: String) -> Ticket? { byNumber[number] }

    /// The open ticket of this fault; `nil` when there is none.
    public func openTicket(asset: AssetIdentifier, rule: RuleIdentifier) -> Ticket? {
        tickets(asset: asset, rule: rule).filter { !$0.isClosed }.min(by: Self.isEarlier)
    }

    /// The next moment at which ``tick(at:)`` has something to do; `nil` when nothing runs.
    public var nextDeadline: Timestamp? { open.compactMap { byNumber[$0]?.nextDeadline }.min() }

    /// Takes in a finding: a new ticket, a further line of the open one, or a closed one taken up again.
    ///
    /// A finding that is told again adds a line only if it has grown more urgent. One that is already over when it is
    /// first told opens its ticket and returns the signal at once.
    ///
    /// - Parameter identifier: Name of the event, such as `raise:<finding>`; the same twice is noted once.
    public mutating func raise(_ finding: Finding, identifier: String, at now: Timestamp) -> [TicketEffect] {
        var effects: [TicketEffect] = []
        var name = identifier
        let carrier = carriers[finding.identifier].flatMap(standing)
        if identifiers.contains(identifier) || carrier != nil {
            guard let carrier, finding.clearedAt == nil, finding.severity < carrier.severity else { return [] }
            name = "\(identifier):\(finding.severity.word)"
            guard !identifiers.contains(name) else { return [] }
        }
        // The place of a finding may become known better; its ticket stays the one that was opened.
        let report = Report(
            asset: carrier?.asset ?? finding.asset, rule: carrier?.rule ?? finding.rule, incident: nil,
            findings: [finding.identifier], severity: finding.severity)
        let number = open(report, named: name, at: now, into: &effects)
        if finding.clearedAt != nil {
            returnSignal(of: number, named: "\(name):cleared", at: now, into: &effects)
        }
        return effects
    }

    /// Notes that the condition of an alarm ended. Nothing happens when its ticket is closed or knew it already.
    ///
    /// A fault of low urgency that nobody has accepted yet is resolved by it.
    public mutating func signalReturned(
        asset: AssetIdentifier, rule: RuleIdentifier, identifier: String, at now: Timestamp
    ) -> [TicketEffect] {
        guard let ticket = openTicket(asset: asset, rule: rule), !identifiers.contains(identifier) else { return [] }
        var effects: [TicketEffect] = []
        returnSignal(of: ticket.number, named: identifier, at: now, into: &effects)
        return effects
    }

    /// Lets the clocks run to `now`: promises that are overdue, repairs that have held. Each is told once.
    public mutating func tick(at now: Timestamp) -> [TicketEffect] {
        var effects: [TicketEffect] = []
        for number in open {
            guard let deadline = byNumber[number]?.nextDeadline, deadline <= now else { continue }
            settleHold(of: number, at: now, into: &effects)
            settleClocks(of: number, at: now, into: &effects)
            settleFeedback(of: number, at: now, into: &effects)
            settleVerification(of: number, at: now, into: &effects)
        }
        return effects
    }

    // MARK: What follows from what

    /// A further line of the open ticket of this fault, a closed one taken up again, or a new one; its number.
    mutating func open(
        _ report: Report, named name: String, owner: PersonIdentifier? = nil, at now: Timestamp,
        into effects: inout [TicketEffect]
    ) -> String {
        let number: String
        if let ticket = openTicket(asset: report.asset, rule: report.rule) {
            number = ticket.number
            settleClocks(of: number, at: now, into: &effects)
            if let line = report.line {
                append(line, to: number, named: name, by: report.actor, at: now, into: &effects)
            }
            failVerification(of: number, at: now, into: &effects)
        } else if let ticket = lastClosed(asset: report.asset, rule: report.rule), let closedAt = ticket.closedAt,
            now - closedAt < ticket.terms.reopenWindow
        {
            number = ticket.number
            let reopening = "reopen:\(number):\(ticket.repairCount)"
            append(.reopened(note: nil), to: number, named: reopening, at: now, into: &effects)
            if let line = report.line {
                append(line, to: number, named: name, by: report.actor, at: now, into: &effects)
            }
            askForAcceptance(of: number, at: now, into: &effects)
        } else {
            number = numbers.next(at: policy.site, on: policy.zone.local(now).date)
            let opening = TicketOpening(
                site: policy.site, asset: report.asset, rule: report.rule, incident: report.incident,
                findings: report.findings, severity: report.severity, owner: owner ?? policy.owner(at: now),
                terms: policy.terms(of: report.rule, at: now),
                recurrenceOf: lastClosed(asset: report.asset, rule: report.rule)?.number, report: report.person)
            append(
                .raised(opening: opening), to: number, named: name, by: report.actor, at: now, into: &effects)
        }
        settleClocks(of: number, at: now, into: &effects)
        return number
    }

    /// Opens the ticket of a planned work; nothing happens while one of this asset and kind of work is open.
    ///
    /// - Parameters:
    ///   - list: What is to be looked at; `nil` for work that needs no list.
    ///   - identifier: Name of the event; the same twice is asked for once.
    public mutating func raise(
        planned rule: RuleIdentifier, of asset: AssetIdentifier, severity: Severity = .p4, list: [String]? = nil,
        identifier: String, at now: Timestamp
    ) -> [TicketEffect] {
        guard !identifiers.contains(identifier), openTicket(asset: asset, rule: rule) == nil else { return [] }
        var effects: [TicketEffect] = []
        var opening = TicketOpening(
            site: policy.site, asset: asset, rule: rule, incident: nil, findings: [], severity: severity,
            owner: policy.owner(at: now), terms: policy.terms(of: rule, at: now), recurrenceOf: nil)
        opening.list = list
        let number = numbers.next(at: policy.site, on: policy.zone.local(now).date)
        append(.raised(opening: opening), to: number, named: identifier, at: now, into: &effects)
        settleClocks(of: number, at: now, into: &effects)
        return effects
    }

    /// A ticket about what a person thinks of a closed one.
    mutating func openComplaint(
        about ticket: Ticket, owner: PersonIdentifier, named name: String, at now: Timestamp,
        into effects: inout [TicketEffect]
    ) {
        let opening = TicketOpening(
            site: policy.site, asset: ticket.asset, rule: .complaint, incident: nil, findings: [],
            severity: .p3, owner: owner, terms: policy.terms(of: .complaint, at: now), recurrenceOf: ticket.number)
        let number = numbers.next(at: policy.site, on: policy.zone.local(now).date)
        append(.raised(opening: opening), to: number, named: name, at: now, into: &effects)
    }

    /// The ticket of this number, or the one that carries on its job.
    func standing(_ number: String) -> Ticket? {
        var ticket = byNumber[number]
        // A damaged log might name survivors in a ring.
        for _ in 0..<byNumber.count {
            guard let next = ticket?.survivor.flatMap({ byNumber[$0] }) else { break }
            ticket = next
        }
        return ticket
    }

    mutating func returnSignal(
        of number: String, named name: String, at now: Timestamp, into effects: inout [TicketEffect]
    ) {
        guard let before = byNumber[number], before.isSignalActive else { return }
        settleClocks(of: number, at: now, into: &effects)
        append(.signalReturned, to: number, named: name, at: now, into: &effects)
        guard let ticket = byNumber[number], ticket.severity >= .p3, !ticket.terms.isVisitRequired,
            TicketTransition.destination(from: ticket.state, by: .selfClear) != nil
        else { return }
        let clearing = "selfClear:\(number):\(ticket.repairCount)"
        append(.selfCleared, to: number, named: clearing, at: now, into: &effects)
        beginVerification(of: number, at: now, into: &effects)
    }

    mutating func beginVerification(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number] else { return }
        let name = "verifying:\(number):\(ticket.repairCount)"
        append(.verificationStarted, to: number, named: name, at: now, into: &effects)
        settleVerification(of: number, at: now, into: &effects)
    }

    mutating func settleVerification(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number], let verifiedBy = ticket.verifiedBy, now >= verifiedBy else { return }
        append(.verified, to: number, named: "verified:\(number):\(ticket.repairCount)", at: now, into: &effects)
    }

    /// An alarm after the repair sends the job back, also when only the sign-off was missing.
    mutating func failVerification(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number],
            TicketTransition.destination(from: ticket.state, by: .failVerification) != nil
        else { return }
        let name = "verifyFailed:\(number):\(ticket.repairCount)"
        append(.verificationFailed, to: number, named: name, at: now, into: &effects)
        askForAcceptance(of: number, at: now, into: &effects)
    }

    /// Work that came back and that nobody ever accepted goes to its owner, so that the promise to answer still holds.
    mutating func askForAcceptance(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number], ticket.state == .inProgress, ticket.respondedAt == nil else { return }
        let name = "assign:\(number):\(ticket.repairCount)"
        append(.assigned(to: ticket.owner), to: number, named: name, at: now, into: &effects)
    }

    // MARK: The log

    /// Adds a line, unless one of its name is there.
    mutating func append(
        _ kind: TicketEventKind, to number: String, named name: String, by actor: TicketActor = .engine,
        at now: Timestamp, into effects: inout [TicketEffect]
    ) {
        guard !identifiers.contains(name) else { return }
        let event = TicketEvent(
            identifier: name, ticket: number, index: byNumber[number]?.version ?? 0, at: now, actor: actor, kind: kind,
            mark: mark)
        let before = byNumber[number]?.severity
        guard let ticket = note(event) else { return }
        identifiers.insert(name)
        effects.append(.appended(event, ticket))
        if let notice = notice(of: event, ticket, before: before ?? ticket.severity) { effects.append(.notify(notice)) }
    }

    /// Takes a line into its ticket and the indexes; the ticket after it, `nil` when it cannot follow.
    private mutating func note(_ event: TicketEvent) -> Ticket? {
        if var ticket = byNumber[event.ticket] {
            let before = ticket
            guard ticket.apply(event) else { return nil }
            byNumber[event.ticket] = ticket
            if ticket.isClosed != before.isClosed { enlist(ticket) }
            if (ticket.asset, ticket.rule) != (before.asset, before.rule) { move(ticket, from: before) }
            for finding in ticket.findings.dropFirst(before.findings.count) { carry(finding, in: ticket) }
            if case .alarmAppended(let finding, _) = event.kind { carry(finding, in: ticket) }
            for incident in ticket.incidents.dropFirst(before.incidents.count) { hold(incident, in: ticket) }
            return ticket
        }
        guard let ticket = Ticket(event) else { return nil }
        byNumber[ticket.number] = ticket
        byFault[Fault(asset: ticket.asset, rule: ticket.rule), default: []].append(ticket.number)
        enlist(ticket)
        for finding in ticket.findings { carry(finding, in: ticket) }
        for incident in ticket.incidents { hold(incident, in: ticket) }
        numbers.note(ticket.number)
        return ticket
    }

    /// Of several tickets that name a finding, the latest carries it, in whatever order the log is read.
    private mutating func carry(_ finding: FindingIdentifier, in ticket: Ticket) {
        if let other = carriers[finding].flatMap({ byNumber[$0] }), Self.isEarlier(ticket, other) { return }
        carriers[finding] = ticket.number
    }

    private mutating func hold(_ incident: IncidentIdentifier, in ticket: Ticket) {
        if let other = holders[incident].flatMap({ byNumber[$0] }), Self.isEarlier(ticket, other) { return }
        holders[incident] = ticket.number
    }

    private mutating func move(_ ticket: Ticket, from before: Ticket) {
        byFault[Fault(asset: before.asset, rule: before.rule)]?.removeAll { $0 == ticket.number }
        byFault[Fault(asset: ticket.asset, rule: ticket.rule), default: []].append(ticket.number)
    }

    /// Puts a ticket into the list of open ones at its place, or takes it out.
    private mutating func enlist(_ ticket: Ticket) {
        guard !ticket.isClosed else {
            open.removeAll { $0 == ticket.number }
            return
        }
        // Most tickets are the latest: the place is looked for from the end.
        let previous = open.lastIndex { number in byNumber[number].map { Self.isEarlier($0, ticket) } ?? false }
        open.insert(ticket.number, at: previous.map { $0 + 1 } ?? 0)
    }

    private func tickets(asset: AssetIdentifier, rule: RuleIdentifier) -> [Ticket] {
        (byFault[Fault(asset: asset, rule: rule)] ?? []).compactMap { byNumber[$0] }
    }

    func lastClosed(asset: AssetIdentifier, rule: RuleIdentifier) -> Ticket? {
        tickets(asset: asset, rule: rule).filter { $0.state == .closed }
            .max { ($0.closedAt ?? $0.raisedAt, $0.number) < ($1.closedAt ?? $1.raisedAt, $1.number) }
    }

    static func isEarlier(_ a: Ticket, _ b: Ticket) -> Bool {
        // A longer number of the same day is the later one: 1000 after 999.
        (a.raisedAt, a.number.utf8.count, a.number) < (b.raisedAt, b.number.utf8.count, b.number)
    }
}
