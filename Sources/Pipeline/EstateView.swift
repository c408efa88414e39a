// SPDX-License-Identifier: Apache-2.0

public import Aggregation
public import Alarms
public import Model
public import ModbusCodec
public import Prevention
public import Savings
public import Tickets

/// What the page and the commands may ask of a running gateway, and the few things they may do to it.
public protocol EstateView: Sendable {
    func overview() async -> EstateOverview
    /// Stored values of one point between two moments, oldest first, thinned to at most `limit` by
    /// keeping first, last, least and greatest of each piece. A sample without a value is a gap.
    func trend(ofPoint path: String, from: Timestamp, to: Timestamp, limit: Int) async throws -> Trend
    /// What readings of one point summed up to, in pieces that begin at `from` or later and before `to`.
    ///
    /// - Throws: what the store reports.
    func history(
        ofPoint path: String, _ resolution: HistoryResolution, from: Timestamp, to: Timestamp
    ) async throws -> PointHistory
    /// Open tickets first, then the newest closed ones.
    func tickets() async -> [TicketSnapshot]
    /// A page of tickets; `nil` when the cursor of the query names none.
    func tickets(_ query: TicketQuery) async -> TicketListing?
    /// Takes in a fault that a person reports; a request that was told before is answered as it was then.
    func report(_ report: FaultReport) async throws(ReportRefusal) -> ReportedFault
    /// One ticket with its history; `nil` when the number is not known.
    func ticket(_ number: String) async -> TicketDetail?
    /// Carries out a person's action on a ticket.
    func act(_ action: TicketAction) async throws(ActionRefusal) -> TicketDetail
    /// Adds a photo to a ticket.
    func add(_ photo: PhotoDraft) async throws(PhotoRefusal) -> AddedPhoto
    /// A photo of a ticket; `nil` when there is none of the name, or its bytes are there no more.
    func photo(_ name: String, of ticket: String) async -> (photo: PhotoSnapshot, bytes: [UInt8])?
    /// The settings that hold, as the site's file and defaults gave them; `nil` where they were not kept.
    var heldSettings: HeldSettings? { get async }
    /// Names of the buses that the gateway polls.
    var polledBuses: [String] { get async }
    /// Reads from a bus when nothing else is due there.
    func ask(_ question: BusQuestion, on bus: String) async throws(BusRefusal) -> BusReply
    /// What the transport of a polled bus has counted; `nil` for a bus that is not polled.
    func lineEvidence(of bus: String) async -> LineEvidence?
    /// Books the exchange of a meter.
    func exchange(_ exchange: MeterExchange) async -> MeterExchangeReply
    /// Alarms with the states they are in.
    func alarms() async throws(AlarmActionRefusal) -> AlarmOverview
    /// What became of an alarm and who did it, newest first.
    ///
    /// - Parameter sequence: Only lines before this one; `nil` begins with the newest.
    /// - Throws: what the store reports.
    func alarmHistory(of alarm: String, before sequence: Int64?, limit: Int) async throws -> [AlarmHistoryLine]
    /// Carries out a person's action on an alarm.
    ///
    /// - Parameter key: A request that came before under it is answered as it was then.
    func act(_ action: AlarmAction, key: RequestKey?) async throws(AlarmActionRefusal) -> AlarmSnapshot
    /// Makes a report from what is stored.
    ///
    /// - Throws: what the store reports.
    func report(_ request: ReportRequest) async throws -> EstateReport
    /// One finding, open or over; `nil` when the identifier is not known.
    func finding(_ identifier: FindingIdentifier) async -> FindingSnapshot?
    /// Takes in what a person says about a finding.
    func judge(_ verdict: FindingVerdict) async -> Result<FindingSnapshot, FindingRefusal>
    /// What is announced, by the site's file and by persons.
    func announcements() async -> AnnouncementOverview
    /// Takes in what a person announces.
    func announce(_ draft: AnnouncementDraft) async -> Result<AnnouncementLine, AnnouncementRefusal>
    /// Takes an announcement back.
    func withdraw(
        announcement: Int64, by person: PersonIdentifier, reason: String
    ) async -> Result<AnnouncementLine, AnnouncementRefusal>
    /// The preventive calendar.
    func works() async -> WorkOverview
    /// Takes in that a planned work was done; the answer says why, if it was not.
    func record(_ report: WorkReport) async -> WorkOverview
    /// Writes what residents are told of a ticket; the answer says why, if it was not.
    func residents(_ request: ResidentRequest) async -> ResidentReply
    /// The estate's water: balances, nights, days and losses.
    ///
    /// - Throws: what the store reports.
    func water() async throws -> WaterOverview
    /// One device with all that is known of it; `nil` for an asset that is none.
    func asset(_ identifier: AssetIdentifier) async -> AssetDetail?
    /// What there is to be measured at this moment.
    func figures() async -> GatewayFigures
    /// Why this gateway does not do its work; empty when it does.
    func complaints() async -> [String]
    /// Told whenever something changed that the page shows. Bounded: a slow reader loses the oldest.
    func changes() async -> AsyncStream<EstateChange>
}

/// What changed; the page asks again for that part.
public enum EstateChange: String, Hashable, Codable, Sendable {
    case readings
    case findings
    case tickets
    case alarms
}

/// The whole estate at one moment.
public struct EstateOverview: Hashable, Codable, Sendable {
    public var site: SiteIdentifier
    public var siteName: BilingualText
    public var asOf: Timestamp
    /// Zone of the site, for people.
    public var zone: ZoneOffsets
    public var isBrokerConnected: Bool
    public var outboxRows: Int
    public var assets: [AssetSnapshot]
    public var findings: [FindingSnapshot]
    public var persons: [PersonSnapshot]
    /// Where people reach the page, such as `https://estate.example/`; `nil` when the site's file does not say.
    public var publicAddress: String?

    public init(
        site: SiteIdentifier, siteName: BilingualText, asOf: Timestamp, zone: ZoneOffsets, isBrokerConnected: Bool,
        outboxRows: Int, assets: [AssetSnapshot], findings: [FindingSnapshot], persons: [PersonSnapshot]
    ) {
        self.site = site
        self.siteName = siteName
        self.asOf = asOf
        self.zone = zone
        self.isBrokerConnected = isBrokerConnected
        self.outboxRows = outboxRows
        self.assets = assets
        self.findings = findings
        self.persons = persons
    }
}

public struct PersonSnapshot: Hashable, Codable, Sendable {
    public var identifier: PersonIdentifier
    public var name: BilingualText
    /// `receiver`, `technician`, `shiftLeader` or `manager`.
    public var role: String
    public init(identifier: PersonIdentifier, name: BilingualText, role: String) {
        self.identifier = identifier
        self.name = name
        self.role = role
    }
}

/// Whether a device answers.
public enum Availability: String, Hashable, Codable, Sendable {
    case online, offline, unknown
}

public struct AssetSnapshot: Hashable, Codable, Sendable {
    public var identifier: AssetIdentifier
    public var area: AreaIdentifier
    public var name: BilingualText
    /// `water-meter`, `pump`, `lift`, `gate`, `level`: the folder of its profile.
    public var kind: String
    public var profile: String
    public var isBenchTested: Bool
    public var availability: Availability
    public var points: [PointSnapshot]

    public init(
        identifier: AssetIdentifier, area: AreaIdentifier, name: BilingualText, kind: String, profile: String,
        isBenchTested: Bool, availability: Availability, points: [PointSnapshot]
    ) {
        self.identifier = identifier
        self.area = area
        self.name = name
        self.kind = kind
        self.profile = profile
        self.isBenchTested = isBenchTested
        self.availability = availability
        self.points = points
    }
}

public struct PointSnapshot: Hashable, Codable, Sendable {
    /// `<area>/<asset>/<point>`.
    public var path: String
    public var name: String
    public var unit: UnitOfMeasure
    /// `nil` when the reading is bad or none has come yet.
    public var quantity: Quantity?
    /// Word of a state; `nil` for other quantities.
    public var stateLabel: String?
    /// `nil` before the first reading.
    public var quality: Quality?
    public var reason: String?
    public var raw: UInt64?
    public var sourceTime: Timestamp?
    /// Age beyond which the value is stale: three periods.
    public var staleAfterSeconds: Double

    public init(
        path: String, name: String, unit: UnitOfMeasure, quantity: Quantity?, stateLabel: String?, quality: Quality?,
        reason: String?, raw: UInt64?, sourceTime: Timestamp?, staleAfterSeconds: Double
    ) {
        self.path = path
        self.name = name
        self.unit = unit
        self.quantity = quantity
        self.stateLabel = stateLabel
        self.quality = quality
        self.reason = reason
        self.raw = raw
        self.sourceTime = sourceTime
        self.staleAfterSeconds = staleAfterSeconds
    }
}

public struct FindingSnapshot: Hashable, Codable, Sendable {
    public var finding: Finding
    public var assetName: BilingualText
    /// The ticket that carries it; `nil` while there is none.
    public var ticket: String?
    /// What its water has cost so far; `nil` without a tariff or where it accounts for no water.
    public var cost: MoneyRange?
    /// What persons have said of it, oldest first.
    public var verdicts: [VerdictLine]
    /// Verdicts that it takes now: `expected`, `confirm` and `not-a-leak`.
    public var allowed: [String]
    public init(
        finding: Finding, assetName: BilingualText, ticket: String?, cost: MoneyRange? = nil,
        verdicts: [VerdictLine] = []
    ) {
        self.verdicts = verdicts
        allowed = FindingVerdict.allowed(for: finding).map(\.rawValue)
        self.finding = finding
        self.assetName = assetName
        self.ticket = ticket
        self.cost = cost
    }
}

/// A line of the ticket list. State and event words are those of the ticket machine.
public struct TicketSnapshot: Hashable, Codable, Sendable {
    public var number: String
    /// Rises with every event; sent back with an action so that nobody acts on what has changed.
    public var version: Int
    /// `new`, `accepted`, `onSite`, `resolved`, `verifying`, `awaitingSignOff`, `closed` ...
    public var state: String
    public var severity: Severity
    public var asset: AssetIdentifier
    public var assetName: BilingualText
    public var rule: RuleIdentifier
    /// Who is accountable until sign-off.
    public var owner: PersonIdentifier
    public var assignee: PersonIdentifier?
    public var raisedAt: Timestamp
    /// When it must be accepted and when repaired; derived, never stored.
    public var respondBy: Timestamp
    public var resolveBy: Timestamp
    /// When it was accepted and repaired; `nil` while it has not been.
    public var respondedAt: Timestamp?
    public var resolvedAt: Timestamp?
    public var alarmCount: Int
    /// Actions that the ticket allows now, such as `accept` and `assign`.
    public var allowed: [String]
    /// When its last line was written.
    public var updatedAt: Timestamp?
    /// Who or what it came from: `alarm` or `person`.
    public var source: String?
    /// What persons said who reported it, oldest first; `nil` when nobody did.
    public var reports: [ReportSnapshot]?

    public init(
        number: String, version: Int, state: String, severity: Severity, asset: AssetIdentifier,
        assetName: BilingualText, rule: RuleIdentifier, owner: PersonIdentifier, assignee: PersonIdentifier?,
        raisedAt: Timestamp, respondBy: Timestamp, resolveBy: Timestamp, respondedAt: Timestamp?,
        resolvedAt: Timestamp?, alarmCount: Int, allowed: [String]
    ) {
        self.number = number
        self.version = version
        self.state = state
        self.severity = severity
        self.asset = asset
        self.assetName = assetName
        self.rule = rule
        self.owner = owner
        self.assignee = assignee
        self.raisedAt = raisedAt
        self.respondBy = respondBy
        self.resolveBy = resolveBy
        self.respondedAt = respondedAt
        self.resolvedAt = resolvedAt
        self.alarmCount = alarmCount
        self.allowed = allowed
    }
}

/// What a person said of a fault, as everybody may see it.
public struct ReportSnapshot: Hashable, Codable, Sendable {
    public var text: String
    /// `nil` when nobody said.
    public var reporter: String?
    /// Masked; `nil` when there is none.
    public var phone: String?
    /// The name that another program gave to the fault; `nil` where a person reports.
    public var reference: String?
    public init(text: String, reporter: String?, phone: String?) {
        (self.text, self.reporter, self.phone) = (text, reporter, phone)
    }
}

public struct TicketDetail: Hashable, Codable, Sendable {
    public var ticket: TicketSnapshot
    public var findings: [FindingSnapshot]
    public var history: [TicketLine]
    /// What is known of its asset; `nil` for an asset that is no device of the site.
    public var card: AssetDossier?
    /// `nil` where there are none and none may be added.
    public var photos: TicketPhotos?
    public init(ticket: TicketSnapshot, findings: [FindingSnapshot], history: [TicketLine]) {
        self.ticket = ticket
        self.findings = findings
        self.history = history
    }
}

/// One line of a ticket's history.
public struct TicketLine: Hashable, Codable, Sendable {
    public var at: Timestamp
    /// `raised`, `alarmAppended`, `accept`, `breached` ...
    public var event: String
    /// A person, or `engine`.
    public var actor: String
    /// Free text a person gave; empty when there is none.
    public var note: String
    public init(at: Timestamp, event: String, actor: String, note: String) {
        self.at = at
        self.event = event
        self.actor = actor
        self.note = note
    }
}

/// What a person wants to do to a ticket.
public struct TicketAction: Hashable, Codable, Sendable {
    public enum Verb: String, Hashable, Codable, Sendable, CaseIterable {
        case accept
        case grab
        case assign
        case arrive
        case start
        case attempt
        case hold
        case resume
        case postpone
        case resolve
        case signOff = "sign-off"
        case inform
        case followUp = "follow-up"
        case reopen
        case handOver = "hand-over"
        case takeOver = "take-over"
        case cancel
        case falseAlarm = "false-alarm"
        case merge
    }
    public var number: String
    public var verb: Verb
    public var person: PersonIdentifier
    /// What was found and done; required by `resolve`.
    public var note: String
    /// The version the person saw; `nil` acts on whatever is there.
    public var version: Int?
    /// For `sign-off`: whether the repair is accepted.
    public var isPassed: Bool
    /// For `assign` and `hand-over`: who gets it.
    public var to: PersonIdentifier?
    /// For `hold`: `parts`, `contractor`, `utility`, `access`, `reporter`, `weather`, `safety` or `other`.
    public var reason: String?
    /// For `hold`: when work goes on. For `postpone`: the new time.
    public var until: Timestamp?
    /// For `hold` and `postpone`: the shift leader or manager who agreed.
    public var approver: PersonIdentifier?
    /// For `resolve`: what was wrong, and how long it took.
    public var cause: String?
    public var labourMinutes: Int?
    /// For `follow-up`: 1 ... 5.
    public var score: Int?
    /// For `merge`: number of the ticket that carries on.
    public var other: String?

    public init(
        number: String, verb: Verb, person: PersonIdentifier, note: String, version: Int?, isPassed: Bool = true
    ) {
        self.number = number
        self.verb = verb
        self.person = person
        self.note = note
        self.version = version
        self.isPassed = isPassed
    }
}

/// Why an action was not carried out.
public enum ActionRefusal: Error, Hashable, Sendable {
    case unknownTicket(String)
    case unknownPerson(String)
    /// The ticket has changed since; the number is its present version.
    case stale(version: Int)
    /// The state does not allow it; these it does.
    case notAllowed(state: String, allowed: [String])
    /// `resolve` needs a note.
    case noteMissing
    /// The one who repaired it must not sign it off.
    case signerIsResolver
    /// Something is missing or stands against it; the text is what it is about.
    case ground(ActionGround, String)
    /// It could not be stored; nothing changed.
    case notStored(String)
}

/// What is missing or stands against an action.
public enum ActionGround: String, Hashable, Codable, Sendable, CaseIterable {
    case needsPerson = "needs-person"
    case needsReason = "needs-reason"
    case needsTime = "needs-time"
    case needsApproval = "needs-approval"
    case needsAttempts = "needs-attempts"
    case needsOther = "needs-other"
    case timePassed = "time-passed"
    case postponementUsed = "postponement-used"
    case otherOpen = "other-open"
    case windowOver = "window-over"
    case otherNotOpen = "other-not-open"
    case notOffered = "not-offered"
    case scoreOutOfRange = "score-out-of-range"
}

/// Stored values of one point.
public struct Trend: Hashable, Codable, Sendable {
    public struct Sample: Hashable, Codable, Sendable {
        public var at: Timestamp
        /// `nil` where a reading was bad.
        public var value: Double?
        public init(at: Timestamp, value: Double?) {
            self.at = at
            self.value = value
        }
    }
    public var path: String
    public var unit: UnitOfMeasure
    public var samples: [Sample]
    public init(path: String, unit: UnitOfMeasure, samples: [Sample]) {
        self.path = path
        self.unit = unit
        self.samples = samples
    }
}

extension EstateView {
    public func report(_ request: ReportRequest) async throws -> EstateReport { throw NoReports() }
}

/// A view that has no log of tickets was asked for a report.
public struct NoReports: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "this gateway makes no reports" }
}
