// SPDX-License-Identifier: Apache-2.0

public import Model

/// A repair job: the fold of its log, and nothing beside it.
public struct Ticket: Codable, Sendable, Hashable {
    /// `<site>-YYYYMMDD-NNN` with the site's local date.
    public let number: String
    public let site: SiteIdentifier
    /// Where the cause is thought to be. It may move upstream.
    public private(set) var asset: AssetIdentifier
    /// The failure mode: the rule that found it.
    public private(set) var rule: RuleIdentifier
    public let terms: TicketTerms
    /// The closed ticket of the same fault that this one follows.
    public let recurrenceOf: String?

    public private(set) var state: TicketState
    /// The most urgent of its alarms; it never becomes less urgent.
    public private(set) var severity: Severity
    /// Who is accountable until sign-off; exactly one at any time.
    public private(set) var owner: PersonIdentifier
    /// Who has the job; `nil` while nobody has taken it on.
    public private(set) var assignee: PersonIdentifier?
    /// Findings it carries, oldest first.
    public private(set) var findings: [FindingIdentifier]
    /// Incidents that it is or was about, oldest first.
    public private(set) var incidents: [IncidentIdentifier]
    /// Those of them that are not over.
    public private(set) var activeIncidents: [IncidentIdentifier]
    /// The ticket that carries on the job of one that was merged; `nil` for every other.
    public private(set) var survivor: String?
    public private(set) var isSignalActive: Bool
    /// Since when the signal has been normal; `nil` while it is not.
    public private(set) var signalNormalSince: Timestamp?

    /// The promises. On-site is `nil` where arrival is by appointment only.
    public private(set) var acknowledge: ServiceClock
    public private(set) var onSite: ServiceClock?
    public private(set) var repair: ServiceClock

    public private(set) var arrivedAt: Timestamp?
    /// When the present repair was reported done, by whom, and what was found and done.
    public private(set) var resolvedAt: Timestamp?
    public private(set) var resolver: PersonIdentifier?
    public private(set) var resolution: String
    public private(set) var verifyingSince: Timestamp?
    public private(set) var signer: PersonIdentifier?
    public private(set) var closedAt: Timestamp?
    /// Repairs reported done, those that did not hold and a fault that went by itself included.
    public private(set) var repairCount: Int
    /// 返修: how often it was taken up again after closing.
    public private(set) var reopenedCount: Int
    /// One more than the index of the last event; rises with every one.
    public private(set) var version: Int
    /// Oldest first.
    public private(set) var history: [TicketEvent]

    /// Opens a ticket with the first line of its log; `nil` unless that is a `raised` with index 0.
    public init?(_ first: TicketEvent) {
        guard case .raised(let opening) = first.kind, first.index == 0 else { return nil }
        let level = opening.terms.levels[opening.severity]
        number = first.ticket
        site = opening.site
        asset = opening.asset
        rule = opening.rule
        terms = opening.terms
        recurrenceOf = opening.recurrenceOf
        state = .new
        severity = opening.severity
        owner = opening.owner
        findings = opening.findings
        incidents = opening.incident.map { [$0] } ?? []
        activeIncidents = incidents
        isSignalActive = true
        acknowledge = ServiceClock(startedAt: first.at, budget: level.acknowledge)
        onSite = level.onSite.map { ServiceClock(startedAt: first.at, budget: $0) }
        repair = ServiceClock(startedAt: first.at, budget: level.repair)
        resolution = ""
        (repairCount, reopenedCount, version) = (0, 0, 1)
        history = [first]
    }

    /// The ticket that a log tells of; `nil` when the log does not begin with its opening.
    ///
    /// - Parameter events: All of one ticket, in any order. A line that cannot follow those before it is passed over.
    public static func fold(_ events: [TicketEvent]) -> Ticket? {
        let ordered = events.sorted { $0.index < $1.index }
        guard let first = ordered.first, var ticket = Ticket(first) else { return nil }
        for event in ordered.dropFirst() where !ticket.apply(event) { ticket.passOver(event) }
        return ticket
    }

    /// One open ticket exists of each: `site/asset/failure_mode`.
    public var dedupKey: String { "\(site)/\(asset)/\(rule)" }
    public var raisedAt: Timestamp { repair.startedAt }
    public var alarmCount: Int { findings.count }
    /// Whether nobody has to do anything any more.
    public var isClosed: Bool { !state.isOpen }
    /// When it must be accepted, reached and repaired.
    public var respondBy: Timestamp { acknowledge.dueAt }
    public var onSiteBy: Timestamp? { onSite?.dueAt }
    public var resolveBy: Timestamp { repair.dueAt }
    /// When it was accepted; `nil` while nobody has.
    public var respondedAt: Timestamp? { acknowledge.metAt }
    /// What a person may do now.
    public var allowedVerbs: [TicketVerb] { state.allowedVerbs }

    /// The clock of one promise; `nil` when the ticket has not made it.
    public func clock(_ name: TicketClock) -> ServiceClock? {
        switch name {
        case .acknowledge: acknowledge
        case .onSite: onSite
        case .repair: repair
        }
    }

    /// When the repair counts as verified if the signal stays as it is; `nil` while that is not foreseeable.
    public var verifiedBy: Timestamp? {
        guard state == .verifying, let verifyingSince else { return nil }
        guard terms.verifyFor > .zero else { return verifyingSince }
        return signalNormalSince.map { max($0, verifyingSince) + terms.verifyFor }
    }

    /// The next moment at which a promise is overdue or the repair is verified; `nil` when nothing runs.
    public var nextDeadline: Timestamp? {
        var next = verifiedBy
        for name in TicketClock.allCases {
            guard let clock = clock(name), clock.isRunning, clock.breachedAt == nil else { continue }
            next = next.map { min($0, clock.dueAt) } ?? clock.dueAt
        }
        return isClosed ? nil : next
    }

    /// Takes in the next line of the log.
    ///
    /// - Returns: Whether it could follow; nothing changes when it could not: it is of another ticket, its index was
    ///   there before, or the table has no such move.
    @discardableResult
    public mutating func apply(_ event: TicketEvent) -> Bool {
        guard event.ticket == number, event.index >= version, event.index < Int.max else { return false }
        if let cause = event.kind.cause {
            guard let next = TicketTransition.destination(from: state, by: cause) else { return false }
            state = next
        } else if isClosed {
            return false
        }
        switch event.kind {
        case .raised:
            return false
        case .alarmAppended(let finding, let severity):
            take([finding], severity)
            (isSignalActive, signalNormalSince) = (true, nil)
        case .incidentJoined(let incident, let findings, let severity, let replaced):
            take(findings, severity)
            if !incidents.contains(incident) { incidents.append(incident) }
            activeIncidents.removeAll { $0 == incident || $0 == replaced }
            activeIncidents.append(incident)
            (isSignalActive, signalNormalSince) = (true, nil)
        case .incidentEnded(let incident):
            activeIncidents.removeAll { $0 == incident }
        case .rootMoved(let asset, let rule):
            (self.asset, self.rule) = (asset, rule)
        case .absorbed(let legacy):
            absorb(legacy, at: event.at)
        case .merged(let survivor, _):
            self.survivor = survivor
        case .signalReturned:
            (isSignalActive, signalNormalSince) = (false, event.at)
            activeIncidents = []
        case .assigned(let person):
            assignee = person
        case .accepted:
            assignee = event.actor.person
            acknowledge.meet(at: event.at)
        case .arrived:
            arrivedAt = arrivedAt ?? event.at
            onSite?.meet(at: event.at)
        case .selfCleared, .resolved:
            finishRepair(event)
        case .verificationStarted:
            verifyingSince = event.at
        case .verified:
            break
        case .signedOff(true, _):
            (signer, closedAt) = (event.actor.person, event.at)
        case .signedOff(false, _), .verificationFailed:
            takeUpRepair(at: event.at)
        case .reopened:
            reopenedCount += 1
            takeUpRepair(at: event.at)
        case .breached(let clock, _):
            switch clock {
            case .acknowledge: acknowledge.noteBreach(at: event.at)
            case .onSite: onSite?.noteBreach(at: event.at)
            case .repair: repair.noteBreach(at: event.at)
            }
        }
        version = event.index + 1
        history.append(event)
        return true
    }

    /// Leaves out a line of the stored log that cannot follow; its index is taken all the same.
    mutating func passOver(_ event: TicketEvent) {
        guard event.ticket == number, event.index >= version, event.index < Int.max else { return }
        version = event.index + 1
    }

    private mutating func take(_ findings: [FindingIdentifier], _ severity: Severity) {
        for finding in findings where !self.findings.contains(finding) { self.findings.append(finding) }
        if severity < self.severity { tighten(to: severity) }
    }

    /// Takes over evidence and clocks: of each promise the shorter budget and the longer time used.
    private mutating func absorb(_ legacy: TicketLegacy, at now: Timestamp) {
        take(legacy.findings, legacy.severity)
        for incident in legacy.incidents where !incidents.contains(incident) { incidents.append(incident) }
        for incident in legacy.activeIncidents where !activeIncidents.contains(incident) {
            activeIncidents.append(incident)
        }
        if legacy.isSignalActive { (isSignalActive, signalNormalSince) = (true, nil) }
        acknowledge.absorb(legacy.acknowledge, at: now)
        repair.absorb(legacy.repair, at: now)
        if let other = legacy.onSite { onSite?.absorb(other, at: now) }
    }

    /// Deadlines become the earlier of old and new; no clock starts again.
    private mutating func tighten(to severity: Severity) {
        self.severity = severity
        let level = terms.levels[severity]
        acknowledge.tighten(to: level.acknowledge)
        repair.tighten(to: level.repair)
        guard let budget = level.onSite else { return }
        if onSite == nil, arrivedAt == nil { onSite = repair.twin(budget: budget) }
        onSite?.tighten(to: budget)
    }

    private mutating func finishRepair(_ event: TicketEvent) {
        repairCount += 1
        resolvedAt = event.at
        resolver = event.actor.person
        resolution = event.kind.note
        acknowledge.stop(at: event.at)
        onSite?.stop(at: event.at)
        repair.stop(at: event.at)
    }

    private mutating func takeUpRepair(at now: Timestamp) {
        (resolvedAt, resolver, resolution, verifyingSince, signer, closedAt) = (nil, nil, "", nil, nil, nil)
        acknowledge.resume(at: now)
        onSite?.resume(at: now)
        repair.resume(at: now)
    }
}
