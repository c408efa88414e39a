// SPDX-License-Identifier: Apache-2.0

public import Model

/// Who did something: a person, or Sluice itself.
public enum TicketActor: Hashable, Codable, Sendable {
    case engine
    case person(PersonIdentifier)

    /// `engine`, or the person's identifier.
    public var word: String {
        switch self {
        case .engine: "engine"
        case .person(let identifier): identifier.text
        }
    }

    public var person: PersonIdentifier? {
        switch self {
        case .engine: nil
        case .person(let identifier): identifier
        }
    }

    // A person may be called `engine`; the colon, which no identifier has, keeps the two apart in the log.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        if text == "engine" {
            self = .engine
        } else if text.hasPrefix("person:") {
            self = .person(PersonIdentifier(String(text.dropFirst("person:".count))))
        } else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an actor is 'engine' or 'person:<identifier>', not '\(text)'")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .engine: try container.encode("engine")
        case .person(let identifier): try container.encode("person:\(identifier)")
        }
    }
}

/// One line of the append-only log of tickets.
public struct TicketEvent: Codable, Sendable, Hashable {
    /// A name that no other event has, given by whoever caused it; the same twice is noted once.
    public var identifier: String
    /// Number of its ticket.
    public var ticket: String
    /// Its place in the ticket: 0, 1, 2 ...
    public var index: Int
    public var at: Timestamp
    public var actor: TicketActor
    public var kind: TicketEventKind
    /// What the machine's clocks showed; `at` is the time in which promises are counted. `nil` where nobody told.
    public var mark: TimeMark?

    public init(
        identifier: String, ticket: String, index: Int, at: Timestamp, actor: TicketActor, kind: TicketEventKind,
        mark: TimeMark? = nil
    ) {
        self.mark = mark
        self.identifier = identifier
        self.ticket = ticket
        self.index = index
        self.at = at
        self.actor = actor
        self.kind = kind
    }
}

/// What the first line of a ticket says.
public struct TicketOpening: Codable, Sendable, Hashable {
    public var site: SiteIdentifier
    public var asset: AssetIdentifier
    /// The failure mode: the rule that found it.
    public var rule: RuleIdentifier
    /// The incident that it was raised for; `nil` when a single finding raised it.
    public var incident: IncidentIdentifier?
    /// What is known at the start, oldest first.
    public var findings: [FindingIdentifier]
    public var severity: Severity
    /// Who is accountable until sign-off.
    public var owner: PersonIdentifier
    public var terms: TicketTerms
    /// The closed ticket of the same fault that this one follows; `nil` for the first.
    public var recurrenceOf: String?
    /// What a person said who reported it; `nil` when the engine raised it.
    public var report: PersonReport?
    /// What is to be looked at; `nil` for all but an inspection.
    public var list: [String]?

    public init(
        site: SiteIdentifier, asset: AssetIdentifier, rule: RuleIdentifier, incident: IncidentIdentifier?,
        findings: [FindingIdentifier], severity: Severity, owner: PersonIdentifier, terms: TicketTerms,
        recurrenceOf: String?, report: PersonReport? = nil
    ) {
        self.report = report
        self.site = site
        self.asset = asset
        self.rule = rule
        self.incident = incident
        self.findings = findings
        self.severity = severity
        self.owner = owner
        self.terms = terms
        self.recurrenceOf = recurrenceOf
    }
}

extension TicketOpening {
    private enum CodingKeys: String, CodingKey {
        case site, asset, rule, incident, finding, findings, severity, owner, terms, recurrenceOf, report, list
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        site = try container.decode(SiteIdentifier.self, forKey: .site)
        asset = try container.decode(AssetIdentifier.self, forKey: .asset)
        rule = try container.decode(RuleIdentifier.self, forKey: .rule)
        incident = try container.decodeIfPresent(IncidentIdentifier.self, forKey: .incident)
        // Lines of the first format have one finding.
        findings =
            try container.decodeIfPresent([FindingIdentifier].self, forKey: .findings)
            ?? [try container.decode(FindingIdentifier.self, forKey: .finding)]
        severity = try container.decode(Severity.self, forKey: .severity)
        owner = try container.decode(PersonIdentifier.self, forKey: .owner)
        terms = try container.decode(TicketTerms.self, forKey: .terms)
        recurrenceOf = try container.decodeIfPresent(String.self, forKey: .recurrenceOf)
        report = try container.decodeIfPresent(PersonReport.self, forKey: .report)
        list = try container.decodeIfPresent([String].self, forKey: .list)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(site, forKey: .site)
        try container.encode(asset, forKey: .asset)
        try container.encode(rule, forKey: .rule)
        try container.encodeIfPresent(incident, forKey: .incident)
        try container.encode(findings, forKey: .findings)
        try container.encode(severity, forKey: .severity)
        try container.encode(owner, forKey: .owner)
        try container.encode(terms, forKey: .terms)
        try container.encodeIfPresent(recurrenceOf, forKey: .recurrenceOf)
        try container.encodeIfPresent(report, forKey: .report)
        try container.encodeIfPresent(list, forKey: .list)
    }
}

/// What a ticket hands over to the one that carries on its job.
public struct TicketLegacy: Codable, Sendable, Hashable {
    /// Number of the ticket that ends.
    public var ticket: String
    public var findings: [FindingIdentifier]
    public var incidents: [IncidentIdentifier]
    /// Those of them that are not over.
    public var activeIncidents: [IncidentIdentifier]
    public var isSignalActive: Bool
    public var severity: Severity
    public var acknowledge: ServiceClock
    public var onSite: ServiceClock?
    public var repair: ServiceClock
    /// What persons said; `nil` when nobody did.
    public var reports: [PersonReport]?

    init(_ ticket: Ticket) {
        reports = ticket.reports.isEmpty ? nil : ticket.reports
        self.ticket = ticket.number
        findings = ticket.findings
        incidents = ticket.incidents
        activeIncidents = ticket.activeIncidents
        isSignalActive = ticket.isSignalActive
        severity = ticket.severity
        acknowledge = ticket.acknowledge
        onSite = ticket.onSite
        repair = ticket.repair
    }
}

/// What happened to a ticket.
public enum TicketEventKind: Codable, Sendable, Hashable {
    case raised(opening: TicketOpening)
    /// A further finding of the same fault, or the same one grown more urgent.
    case alarmAppended(finding: FindingIdentifier, severity: Severity)
    /// A person reported the same fault once more.
    case reported(report: PersonReport, severity: Severity)
    /// An incident came to this ticket or grew. `replacing` names one that has become part of it.
    case incidentJoined(
        incident: IncidentIdentifier, findings: [FindingIdentifier], severity: Severity,
        replacing: IncidentIdentifier?)
    /// One of several incidents of the ticket is over.
    case incidentEnded(incident: IncidentIdentifier)
    /// The cause was found further upstream.
    case rootMoved(asset: AssetIdentifier, rule: RuleIdentifier)
    /// The job of another ticket is done with this one.
    case absorbed(TicketLegacy)
    /// The job is done with the ticket named.
    case merged(into: String, reason: String)
    /// The alarm's condition ended.
    case signalReturned
    /// The condition ended before anybody accepted: done without a visit.
    case selfCleared
    case assigned(to: PersonIdentifier)
    case accepted(note: String)
    case arrived(note: String)
    case resolved(note: String, report: RepairReport?)
    /// 抢单: taken on by somebody to whom nobody had given it.
    case grabbed(note: String)
    case started(note: String)
    case held(TicketHold)
    case resumed(note: String)
    /// The resume date has passed and nobody went on: the promise runs again.
    case holdEnded
    /// A visit in vain.
    case attempted(note: String)
    case postponed(Postponement)
    /// A second postponement was asked for and refused.
    case postponementRefused(to: Timestamp)
    case handOverOffered(to: PersonIdentifier)
    /// The one to whom it was offered answers for it from now on.
    case handOverAccepted
    case cancelled(reason: String)
    case falseAlarm(reason: String)
    case followedUp(score: Int?, note: String)
    /// The reporter was told how it stands.
    case reporterTold(note: String)
    /// The reporter has not been told for as long as ``TicketTerms/feedbackWithin``.
    case feedbackDue
    /// A step of ``EscalationSteps`` is due for a promise; `to` are those who hear of it.
    case escalated(clock: TicketClock, step: Int, to: [PersonIdentifier])
    case verificationStarted
    case verified
    /// The alarm came back after the repair.
    case verificationFailed
    case signedOff(isPassed: Bool, note: String)
    /// The same fault inside the reopen window, or a person who says why.
    case reopened(note: String?)
    /// A promise was broken. `step` is the part of the budget in percent that was used up.
    case breached(clock: TicketClock, step: Int)
    /// The owner approved what residents are told.
    case residentsTold(ResidentNotice)
    /// A picture was added; its bytes lie beside the log.
    case photographed(TicketPhoto)

    /// Word on the wire and in the history.
    public var word: String {
        switch self {
        case .raised: "raised"
        case .alarmAppended, .incidentJoined: "alarmAppended"
        case .reported: "reported"
        case .incidentEnded: "alarmEnded"
        case .rootMoved: "rootMoved"
        case .absorbed: "absorbed"
        case .merged: "merged"
        case .signalReturned: "cleared"
        case .selfCleared: "selfCleared"
        case .assigned: "assign"
        case .accepted: "accept"
        case .arrived: "arrive"
        case .resolved: "resolve"
        case .verificationStarted: "verifying"
        case .verified: "verified"
        case .verificationFailed: "verifyFailed"
        case .signedOff(let isPassed, _): isPassed ? "signOff" : "signOffFailed"
        case .reopened: "reopen"
        case .breached: "breached"
        case .grabbed: "grab"
        case .started: "start"
        case .held: "hold"
        case .resumed: "resume"
        case .holdEnded: "holdEnded"
        case .attempted: "attempt"
        case .postponed: "postpone"
        case .postponementRefused: "postponementRefused"
        case .handOverOffered: "handOver"
        case .handOverAccepted: "takeOver"
        case .cancelled: "cancel"
        case .falseAlarm: "falseAlarm"
        case .followedUp: "followUp"
        case .reporterTold: "inform"
        case .feedbackDue: "feedbackDue"
        case .escalated: "escalated"
        case .residentsTold: "residentNotice"
        case .photographed: "photo"
        }
    }

    /// The text that a person gave, or what the line is about: a clock, a ticket, a place; else empty.
    public var note: String {
        switch self {
        case .accepted(let note), .arrived(let note), .resolved(let note, _), .signedOff(_, let note),
            .grabbed(let note), .started(let note), .resumed(let note), .attempted(let note), .reporterTold(let note):
            note
        case .raised(let opening): opening.report?.text ?? opening.list?.joined(separator: "; ") ?? ""
        case .reported(let report, _): report.text
        case .reopened(let note): note ?? ""
        case .cancelled(let reason), .falseAlarm(let reason): reason
        case .followedUp(let score, let note): score.map { note.isEmpty ? "\($0)/5" : "\($0)/5: \(note)" } ?? note
        case .held(let hold): hold.note.isEmpty ? hold.reason.rawValue : "\(hold.reason.rawValue): \(hold.note)"
        case .postponed(let move): "\(move.to.rfc3339): \(move.reason)"
        case .postponementRefused(let time): time.rfc3339
        case .assigned(let person), .handOverOffered(let person): person.text
        case .escalated(let clock, let step, let persons):
            "\(clock.rawValue) \(step <= 100 ? "\(step) %" : "+\(step - 100)") "
                + persons.map(\.text).joined(separator: ", ")
        case .breached(let clock, _): clock.rawValue
        case .absorbed(let legacy): legacy.ticket
        case .merged(let survivor, let reason): reason.isEmpty ? survivor : "\(survivor): \(reason)"
        case .rootMoved(let asset, let rule): "\(asset)/\(rule)"
        case .residentsTold(let notice): notice.kind.rawValue
        case .photographed(let photo): "\(photo.name), SHA-256 \(photo.sha256.prefix(16))"
        case .incidentJoined, .incidentEnded, .alarmAppended, .signalReturned, .selfCleared,
            .verificationStarted, .verified, .verificationFailed, .holdEnded, .handOverAccepted, .feedbackDue:
            ""
        }
    }

    /// Whether it may be a line of a ticket that is closed.
    var mayFollowClosing: Bool {
        if case .followedUp = self { return true }
        if case .photographed = self { return true }
        return false
    }

    /// The move in the state machine; `nil` for a line that leaves the state as it is.
    public var cause: TicketCause? {
        switch self {
        case .raised, .reported, .alarmAppended, .incidentJoined, .incidentEnded, .rootMoved, .absorbed,
            .signalReturned, .breached, .holdEnded, .attempted, .postponed, .postponementRefused, .handOverOffered,
            .handOverAccepted,
            .followedUp, .escalated, .residentsTold, .reporterTold, .feedbackDue, .photographed:
            nil
        case .merged: .merge
        case .grabbed: .accept
        case .started: .start
        case .held: .hold
        case .resumed: .resume
        case .cancelled: .cancel
        case .falseAlarm: .dismiss
        case .selfCleared: .selfClear
        case .assigned: .assign
        case .accepted: .accept
        case .arrived: .arrive
        case .resolved: .resolve
        case .verificationStarted: .beginVerification
        case .verified: .verify
        case .verificationFailed: .failVerification
        case .signedOff(let isPassed, _): isPassed ? .passSignOff : .failSignOff
        case .reopened: .reopen
        }
    }
}

/// What became of a ticket, for those who store it and tell it.
public enum TicketEffect: Hashable, Sendable {
    /// A line was added; the ticket as it is after it.
    case appended(TicketEvent, Ticket)
    /// Somebody must hear of the line appended before; it is kept with it or not at all.
    case notify(TicketNotice)
}
