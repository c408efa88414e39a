// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model

/// An alarm as pages, commands and programs see it.
public struct AlarmSnapshot: Codable, Sendable, Hashable {
    /// `<asset>/<rule>`.
    public var identifier: String
    /// Rises with every change that a person should know; sent back with an action so that nobody acts on what has changed.
    public var version: Int
    public var asset: AssetIdentifier
    public var assetName: BilingualText
    public var rule: RuleIdentifier
    public var severity: Severity
    public var state: AlarmState
    /// Whether its condition is there, told to anybody or not.
    public var isActive: Bool
    public var raisedAt: Timestamp
    public var returnedAt: Timestamp?
    public var acknowledgedAt: Timestamp?
    public var occurrences: Int
    /// Whether it came and went so often that it is held active.
    public var isFlapping: Bool
    /// Whether it has been active for longer than the site calls usual.
    public var isStanding: Bool
    /// Who shelved it, why and until when.
    public var shelf: Alarm.Withholding?
    /// Who took it out of service, and why.
    public var removal: Alarm.Withholding?
    /// The condition of `suppress_when` that explains it.
    public var explanation: String?
    /// The work that its asset is under.
    public var maintenance: Alarm.Withholding?
    /// The alarm that its finding went on as under another rule.
    public var continuedAs: String?
    /// The newest finding behind it; `nil` when there is none.
    public var finding: FindingIdentifier?
    /// Number of the newest ticket of its asset and rule, or of its finding.
    public var ticket: String?
    /// Time within which a person's action still helps.
    public var timeToRespondSeconds: Int
    /// What a person may do to it now.
    public var allowed: [String]

    public init(_ alarm: Alarm, assetName: BilingualText, ticket: String?, policy: AlarmPolicy, at now: Timestamp) {
        (identifier, version) = (alarm.identifier, alarm.version ?? 0)
        (asset, self.assetName, rule) = (alarm.asset, assetName, alarm.rule)
        (severity, state, isActive) = (alarm.severity, alarm.state, alarm.isActive)
        (raisedAt, returnedAt, acknowledgedAt) = (alarm.raisedAt, alarm.returnedAt, alarm.acknowledgedAt)
        (occurrences, isFlapping) = (alarm.occurrences, alarm.isFlapping == true)
        isStanding = alarm.isActive && !alarm.state.isWithheld && now - alarm.raisedAt > policy.standingAfter
        (shelf, removal) = (alarm.shelf, alarm.removal)
        (explanation, maintenance, continuedAs) = (alarm.explanation, alarm.maintenance, alarm.continuedAs)
        (finding, self.ticket) = (alarm.findings.last, ticket)
        timeToRespondSeconds = Int(policy.rule(alarm.rule).timeToRespond.inSeconds)
        allowed = alarm.allowedVerbs.map(\.rawValue)
    }
}

/// The alarms of a site at one moment, for pages and commands.
public struct AlarmOverview: Codable, Sendable, Hashable {
    /// Those that are not normal, the most urgent first; then the others by name.
    public var alarms: [AlarmSnapshot]
    /// How many a person has shelved.
    public var shelved: Int
    /// Names of those that have been active for longer than a day, the longest first.
    public var standing: [String]
    /// More alarms come than anybody can look at.
    public var isInFlood: Bool
    /// More incidents come than anybody can look at.
    public var isInStorm: Bool
    /// Rules that could be dropped, joined or mended.
    public var audit: AlarmAudit
    /// What the last 24 hours were like; `nil` when it cannot be read.
    public var day: AlarmFigures?
    /// Longest time that an alarm may be shelved.
    public var longestShelfHours: Double
    /// What is or will be under work, by when it begins.
    public var works: [WorkWindow] = []

    /// - Parameter describe: An alarm with its names.
    public init(_ books: Books, day: AlarmFigures?, at now: Timestamp, describe: (Alarm) -> AlarmSnapshot) {
        let all = books.alarms.alarms
        let waiting = all.filter { $0.state != .normal }
            .sorted { ($0.severity, $0.raisedAt, $0.identifier) < ($1.severity, $1.raisedAt, $1.identifier) }
        alarms = (waiting + all.filter { $0.state == .normal }).map(describe)
        shelved = books.alarms.shelvedCount
        standing = books.alarms.standing(at: now).map(\.identifier)
        (isInFlood, isInStorm) = (books.incidents.isInFlood, books.incidents.isInStorm)
        audit = AlarmAudit(all)
        longestShelfHours = books.alarms.policy.longestShelf.inSeconds / 3600
        works = books.alarms.works(after: now)
        self.day = day
    }

    /// - Parameter alarms: In the order in which they are shown.
    public init(
        alarms: [AlarmSnapshot] = [], isInFlood: Bool = false, isInStorm: Bool = false, day: AlarmFigures? = nil,
        longestShelfHours: Double = 24
    ) {
        self.alarms = alarms
        shelved = alarms.count { $0.state == .shelved }
        standing = alarms.filter(\.isStanding).sorted { $0.raisedAt < $1.raisedAt }.map(\.identifier)
        (self.isInFlood, self.isInStorm, self.day) = (isInFlood, isInStorm, day)
        (audit, self.longestShelfHours) = (AlarmAudit([]), longestShelfHours)
    }
}

/// One line of the history of alarms.
public struct AlarmHistoryLine: Codable, Sendable, Hashable {
    /// Rises over everything that the site stores; of two lines the later has the larger one.
    public var sequence: Int64
    public var at: Timestamp
    /// What a person did, else `raised`, `returned`, `released` or `changed`.
    public var event: String
    public var state: String
    /// `nil` when nobody did it: the condition or the time moved it.
    public var person: PersonIdentifier?
    public var reason: String

    public init(
        sequence: Int64, at: Timestamp, event: String, state: String, person: PersonIdentifier?, reason: String
    ) {
        (self.sequence, self.at, self.event, self.state) = (sequence, at, event, state)
        (self.person, self.reason) = (person, reason)
    }
}

/// Name that a sender gave to a request, so that sending it again does nothing new.
public struct RequestKey: Hashable, Sendable {
    public var key: String
    /// The request as it came: the same key with other bytes is refused.
    public var request: [UInt8]
    public init(_ key: String, request: [UInt8]) { (self.key, self.request) = (key, request) }
}

/// Why something that a person wanted to do to an alarm was not done; nothing has changed then.
public enum AlarmActionRefusal: Error, Hashable, Sendable {
    case unknownAlarm(String)
    case unknownPerson(String)
    /// The alarm has changed since; the number is its present version.
    case stale(version: Int)
    /// The state does not allow it; these it does.
    case notAllowed(state: String, allowed: [String])
    case reasonMissing
    /// A shelf ends after now, and at most so many hours later.
    case shelfTooLong(hours: Double)
    /// The same key came within 48 h with another request.
    case keyReused
    case notStored(String)

    /// - Parameter alarm: The alarm as it is.
    public init(_ refusal: AlarmRefusal, alarm: Alarm?) {
        switch refusal {
        case .unknownAlarm(let name): self = .unknownAlarm(name)
        case .notAllowed(_, _, let state):
            self = .notAllowed(state: state.rawValue, allowed: (alarm?.allowedVerbs ?? []).map(\.rawValue))
        case .reasonMissing: self = .reasonMissing
        case .shelfTooLong(_, let longest): self = .shelfTooLong(hours: longest.inSeconds / 3600)
        case .stale(_, let version): self = .stale(version: version)
        }
    }
}

extension EstateView {
    public func alarms() async throws(AlarmActionRefusal) -> AlarmOverview { AlarmOverview() }
    public func alarmHistory(of alarm: String, before sequence: Int64?, limit: Int) async throws -> [AlarmHistoryLine] {
        []
    }
    public func act(
        _ action: AlarmAction, key: RequestKey?
    ) async throws(AlarmActionRefusal) -> AlarmSnapshot { throw .unknownAlarm(action.alarm) }
}
