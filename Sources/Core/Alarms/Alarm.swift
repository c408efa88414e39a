// SPDX-License-Identifier: Apache-2.0

public import Model

/// A finding under management: one per rule and asset, for as long as both exist.
public struct Alarm: Codable, Sendable, Hashable {
    /// Most findings that an alarm remembers; the oldest go first.
    public static let findingLimit = 20

    /// `<asset>/<rule>`, as topics write it.
    public var identifier: String
    public var asset: AssetIdentifier
    public var rule: RuleIdentifier
    /// Of the present occurrence, or of the last one.
    public var severity: Severity
    public var state: AlarmState
    /// When the condition last began.
    public var raisedAt: Timestamp
    /// When the condition ended; `nil` while it is there.
    public var returnedAt: Timestamp?
    /// When a person acknowledged the present occurrence; `nil` while nobody has.
    public var acknowledgedAt: Timestamp?
    /// The findings that raised it, newest last, at most ``findingLimit``.
    public var findings: [FindingIdentifier]
    /// Findings counted since the alarm was first raised, those it no longer remembers included.
    public var occurrences: Int
    /// A change of the condition that has not lasted long enough to count.
    public var pending: Pending?
    /// Who shelved it, why and until when; `nil` while it is not.
    public var shelf: Withholding?
    /// Who took it out of service, and why.
    public var removal: Withholding?
    /// Whether another point or a silent device explains it.
    public var isSuppressed: Bool?
    /// The condition of `suppress_when` that explains it, as the site's file writes it; `nil` when none does.
    public var explanation: String?
    /// The work that its asset is under; it ends by itself.
    public var maintenance: Withholding?
    /// When its condition began, of late; at most ``raiseLimit``, oldest first.
    public var raises: [Timestamp]?
    /// Whether it came and went so often that it is held active until it has been quiet.
    public var isFlapping: Bool?
    /// When a person last did anything to it; `nil` when nobody ever did.
    public var lastActionAt: Timestamp?

    /// What a person last did to it; `nil` when nobody did since this is kept.
    public var lastDeed: Deed?
    /// Whether it is latched while something withholds it.
    public var isLatched: Bool?
    /// The alarm that its newest finding went on as when it changed its rule, as a leak that became a burst; `nil` when
    /// it did not.
    public var continuedAs: String?
    /// Rises by one with everything that is told of it; `nil` before anything was.
    public var sequence: Int?
    /// ``sequence`` of the last change that a person should know who acts on it: all but a finding that grows.
    public var version: Int?

    /// What a person did to an alarm.
    public struct Deed: Codable, Sendable, Hashable {
        public var verb: AlarmAction.Verb
        public var person: PersonIdentifier
        public var reason: String
        public var at: Timestamp
    }

    /// Most beginnings that an alarm remembers.
    public static let raiseLimit = 10

    /// A change that waits for its delay.
    public struct Pending: Codable, Sendable, Hashable {
        public var finding: Finding
        /// Whether the condition began; else it ended.
        public var isRaise: Bool
        public var due: Timestamp
    }

    /// Why an alarm is withheld.
    public struct Withholding: Codable, Sendable, Hashable {
        public var person: PersonIdentifier
        public var reason: String
        public var since: Timestamp
        /// `nil` when only a person ends it.
        public var until: Timestamp?
    }

    public init(
        asset: AssetIdentifier, rule: RuleIdentifier, severity: Severity, state: AlarmState, raisedAt: Timestamp,
        returnedAt: Timestamp? = nil, acknowledgedAt: Timestamp? = nil, findings: [FindingIdentifier],
        occurrences: Int = 1
    ) {
        identifier = Self.identifier(asset: asset, rule: rule)
        self.asset = asset
        self.rule = rule
        self.severity = severity
        self.state = state
        self.raisedAt = raisedAt
        self.returnedAt = returnedAt
        self.acknowledgedAt = acknowledgedAt
        self.findings = findings
        self.occurrences = occurrences
    }

    /// `<asset>/<rule>`.
    public static func identifier(asset: AssetIdentifier, rule: RuleIdentifier) -> String { "\(asset)/\(rule)" }

    /// Whether the condition is there, told to anybody or not.
    public var isActive: Bool { returnedAt == nil }

    /// What a person may do to it now.
    public var allowedVerbs: [AlarmAction.Verb] {
        AlarmAction.Verb.allCases.filter { verb in
            switch verb {
            case .acknowledge: state.following(.acknowledge) != nil
            case .shelve: removal == nil
            case .unshelve: shelf != nil && removal == nil
            case .reset: state.following(.reset) != nil
            case .outOfService: removal == nil
            case .returnToService: removal != nil
            }
        }
    }

    /// The alarm without what changes while nobody need look again.
    var asPersonsKnowIt: Alarm {
        var alarm = self
        (alarm.findings, alarm.raises, alarm.pending) = ([], nil, nil)
        (alarm.sequence, alarm.version) = (nil, nil)
        return alarm
    }

    /// What withholds it, the strongest first; `nil` when nothing does.
    var withheldState: AlarmState? {
        if removal != nil || maintenance != nil { return .outOfService }
        if shelf != nil { return .shelved }
        return isSuppressed == true ? .suppressedByDesign : nil
    }

    /// Whether its condition is there or is about to be believed; false while it only waits to be quiet.
    public var isConditionPresent: Bool { pending.map(\.isRaise) ?? isActive }

    /// Notes that the condition began, and whether it does so too often.
    mutating func noteRaise(at now: Timestamp, _ policy: AlarmPolicy) {
        var all = (raises ?? []) + [now]
        if all.count > Self.raiseLimit { all.removeFirst(all.count - Self.raiseLimit) }
        raises = all
        let recent = { (window: Duration) in all.filter { now - $0 <= window }.count }
        if recent(policy.chatterWindow) >= policy.flapRaises || recent(policy.flapWindow) >= policy.flapRaises
            || recent(policy.slowFlapWindow) >= policy.slowFlapRaises
        {
            isFlapping = true
        }
    }

    /// Notes that `finding` raised it.
    mutating func note(_ finding: FindingIdentifier) {
        findings.append(finding)
        if findings.count > Self.findingLimit { findings.removeFirst(findings.count - Self.findingLimit) }
        count()
    }

    mutating func count() {
        let (sum, overflow) = occurrences.addingReportingOverflow(1)
        occurrences = overflow ? .max : sum
    }
}

/// What became of an alarm, for those who store it and tell it.
public enum AlarmEffect: Hashable, Sendable {
    /// A new finding; somebody should respond. The alarm may have been active already.
    case raised(Alarm, Finding)
    /// Size, place or severity of a finding that is already known.
    case updated(Alarm, Finding)
    /// The condition ended.
    case returned(Alarm, Finding)
    /// It is no longer withheld, and its condition is there: somebody should respond.
    case released(Alarm)
    /// Something to store and show that asks nobody to respond.
    case changed(Alarm)

    /// The alarm as it is now.
    public var alarm: Alarm {
        switch self {
        case .raised(let alarm, _), .updated(let alarm, _), .returned(let alarm, _), .released(let alarm),
            .changed(let alarm):
            alarm
        }
    }

    /// The same with the numbers that the book gave it.
    func numbered(_ sequence: Int, version: Int) -> AlarmEffect {
        var alarm = alarm
        (alarm.sequence, alarm.version) = (sequence, version)
        return switch self {
        case .raised(_, let finding): .raised(alarm, finding)
        case .updated(_, let finding): .updated(alarm, finding)
        case .returned(_, let finding): .returned(alarm, finding)
        case .released: .released(alarm)
        case .changed: .changed(alarm)
        }
    }
}
