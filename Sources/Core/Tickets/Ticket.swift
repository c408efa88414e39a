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
    /// What persons said of it, oldest first.
    public private(set) var reports: [PersonReport]
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
    public private(set) var report: RepairReport?
    /// Why work waits; `nil` while it does not.
    public private(set) var hold: TicketHold?
    /// The state that a resumed ticket goes back to; `nil` while it is not on hold.
    public private(set) var heldFrom: TicketState?
    /// Whether the resume date has passed without a resume.
    public private(set) var isHoldOver: Bool
    /// Visits in vain.
    public private(set) var attemptCount: Int
    /// The one time that the promised time was moved.
    public private(set) var postponement: Postponement?
    /// Since when the reporter has heard nothing: the last telling, or the last reminder of one. `nil` where nobody waits
    /// for word.
    public private(set) var silentSince: Timestamp?
    /// Who may take over from the owner; `nil` while it is not offered.
    public private(set) var offeredTo: PersonIdentifier?
    /// What the reporter said last after closing, 1 ... 5.
    public private(set) var score: Int?
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
        reports = opening.report.map { [$0] } ?? []
        silentSince = reports.contains(where: \.isFromPerson) ? first.at : nil
        incidents = opening.incident.map { [$0] } ?? []
        activeIncidents = incidents
        // What a person reports has no signal that could come back.
        isSignalActive = opening.incident != nil || !opening.findings.isEmpty
        signalNormalSince = isSignalActive ? nil : first.at
        func clock(_ promise: ServicePromise) -> ServiceClock {
            ServiceClock(startedAt: first.at, promise, level.escalation, hours: opening.terms.hours(of: promise))
        }
        acknowledge = clock(level.acknowledge)
        onSite = level.onSite.map(clock)
        repair = clock(level.repair)
        resolution = ""
        (isHoldOver, attemptCount) = (false, 0)
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
    /// Whether a person opened it; else the engine did.
    public var isFromPerson: Bool {
        if case .raised(let opening) = history.first?.kind { opening.report != nil } else { false }
    }
    /// Whether nobody has to do anything any more.
    public var isClosed: Bool { !state.isOpen }
    /// When it must be accepted, reached and repaired.
    public var respondBy: Timestamp { acknowledge.dueAt }
    public var onSiteBy: Timestamp? { onSite?.dueAt }
    public var resolveBy: Timestamp { repair.dueAt }
    /// When it was accepted; `nil` while nobody has.
    public var respondedAt: Timestamp? { acknowledge.metAt }
    /// What a person may do now.
    public var allowedVerbs: [TicketVerb] {
        state.allowedVerbs.filter { verb in
            switch verb {
            case .postpone: postponement == nil
            case .takeOver: offeredTo != nil
            case .inform: silentSince != nil
            case .accept, .grab, .assign, .arrive, .start, .attempt, .hold, .resume, .resolve, .signOff, .followUp,
                .reopen, .handOver, .cancel, .falseAlarm, .merge:
                true
            }
        }
    }

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

    /// When the reporter must have heard how it stands; `nil` where nobody waits for word.
    public var feedbackBy: Timestamp? {
        guard let silentSince, !isClosed, terms.feedbackWithin > .zero else { return nil }
        return silentSince + terms.feedbackWithin
    }

    /// The next moment at which a promise is overdue or escalates, a hold ends or the repair is verified; `nil` when
    /// nothing runs.
    public var nextDeadline: Timestamp? {
        var next = verifiedBy
        for name in TicketClock.allCases {
            guard let clock = clock(name), clock.isRunning else { continue }
            for moment in [clock.breachedAt == nil ? clock.dueAt : nil, clock.nextStepAt].compactMap({ $0 }) {
                next = next.map { min($0, moment) } ?? moment
            }
        }
        if let feedbackBy { next = next.map { min($0, feedbackBy) } ?? feedbackBy }
        if let hold, !isHoldOver { next = next.map { min($0, hold.until) } ?? hold.until }
        return isClosed ? nil : next
    }

    /// Takes in the next line of the log.
    ///
    /// - Returns: Whether it could follow; nothing changes when it could not: it is of another ticket, its index was
    ///   there before, or the table has no such move.
    @discardableResult
    public mutating func apply(_ event: TicketEvent) -> Bool {
        guard event.ticket == number, event.index >= version, event.index < Int.max else { return false }
        let before = state
        if let cause = event.kind.cause {
            guard let next = destination(by: cause) else { return false }
            state = next
        } else if isClosed {
            guard event.kind.mayFollowClosing, state == .closed else { return false }
        }
        switch event.kind {
        case .raised:
            return false
        case .alarmAppended(let finding, let severity):
            take([finding], severity, at: event.at)
            (isSignalActive, signalNormalSince) = (true, nil)
        case .reported(let report, let severity):
            reports.append(report)
            if report.isFromPerson { silentSince = silentSince ?? event.at }
            take([], severity, at: event.at)
        case .incidentJoined(let incident, let findings, let severity, let replaced):
            take(findings, severity, at: event.at)
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
            stopClocks(at: event.at)
        case .signalReturned:
            (isSignalActive, signalNormalSince) = (false, event.at)
            activeIncidents = []
        case .assigned(let person):
            assignee = person
        case .accepted, .grabbed:
            assignee = event.actor.person
            acknowledge.meet(at: event.at)
        case .arrived:
            arrivedAt = arrivedAt ?? event.at
            onSite?.meet(at: event.at)
        case .selfCleared:
            finishRepair(event)
        case .resolved(_, let report):
            finishRepair(event)
            self.report = report
        case .started:
            break
        case .held(let hold):
            (self.hold, heldFrom, isHoldOver) = (hold, before, false)
            if hold.isPausing { repair.stop(at: event.at) }
        case .resumed:
            (hold, heldFrom, isHoldOver) = (nil, nil, false)
            repair.resume(at: event.at)
        case .holdEnded:
            isHoldOver = true
            repair.resume(at: event.at)
        case .attempted:
            attemptCount += 1
        case .postponed(let move):
            postponement = postponement ?? move
        case .postponementRefused, .residentsTold, .photographed:
            break
        case .handOverOffered(let person):
            offeredTo = person
        case .handOverAccepted:
            if let person = event.actor.person { (owner, offeredTo) = (person, nil) }
        case .cancelled, .falseAlarm:
            (hold, heldFrom) = (nil, nil)
            stopClocks(at: event.at)
        case .followedUp(let score, _):
            self.score = score ?? self.score
        case .reporterTold, .feedbackDue:
            silentSince = event.at
        case .escalated(let clock, let step, _):
            change(clock) { $0.noteStep(step) }
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
            change(clock) { $0.noteBreach(at: event.at) }
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

    /// Where `cause` leads from here; `nil` when the table has no such move.
    func destination(by cause: TicketCause) -> TicketState? {
        guard cause == .resume else { return TicketTransition.destination(from: state, by: cause) }
        return TicketTransition.table.first { $0.from == state && $0.cause == cause && $0.to == heldFrom }?.to
    }

    private mutating func change(_ clock: TicketClock, _ body: (inout ServiceClock) -> Void) {
        switch clock {
        case .acknowledge: body(&acknowledge)
        case .onSite:
            guard var changed = onSite else { return }
            body(&changed)
            onSite = changed
        case .repair: body(&repair)
        }
    }

    private mutating func stopClocks(at now: Timestamp) {
        for clock in TicketClock.allCases { change(clock) { $0.stop(at: now) } }
    }

    private mutating func take(_ findings: [FindingIdentifier], _ severity: Severity, at now: Timestamp) {
        for finding in findings where !self.findings.contains(finding) { self.findings.append(finding) }
        guard severity < self.severity else { return }
        tighten(to: severity)
        // What may wait at a low urgency may not at a higher one.
        if let hold, hold.isPausing, !hold.reason.pauses(severity) { repair.resume(at: now) }
    }

    /// Takes over evidence and clocks: of each promise the shorter budget and the longer time used.
    private mutating func absorb(_ legacy: TicketLegacy, at now: Timestamp) {
        take(legacy.findings, legacy.severity, at: now)
        let told = legacy.reports ?? []
        reports += told
        if told.contains(where: \.isFromPerson) { silentSince = silentSince ?? now }
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
        let terms = terms
        func shorten(_ clock: inout ServiceClock, _ promise: ServicePromise) {
            clock.tighten(to: promise, level.escalation, hours: terms.hours(of: promise))
        }
        shorten(&acknowledge, level.acknowledge)
        shorten(&repair, level.repair)
        guard let promise = level.onSite else { return }
        if onSite == nil, arrivedAt == nil { onSite = repair.twin(promise, hours: terms.hours(of: promise)) }
        change(.onSite) { shorten(&$0, promise) }
    }

    private mutating func finishRepair(_ event: TicketEvent) {
        repairCount += 1
        resolvedAt = event.at
        resolver = event.actor.person
        resolution = event.kind.note
        stopClocks(at: event.at)
    }

    private mutating func takeUpRepair(at now: Timestamp) {
        (resolvedAt, resolver, resolution, verifyingSince, signer, closedAt) = (nil, nil, "", nil, nil, nil)
        report = nil
        acknowledge.resume(at: now)
        onSite?.resume(at: now)
        repair.resume(at: now)
    }
}
