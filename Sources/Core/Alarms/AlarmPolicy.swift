// SPDX-License-Identifier: Apache-2.0

public import Model

/// How the alarms of one rule behave.
public struct AlarmRule: Codable, Sendable, Hashable {
    /// How long the condition must be there before the alarm is raised. Zero for the analyzer's rules, which have
    /// watched it for minutes or hours by themselves; 60 s for devices that fall silent together, 5 min for the broker.
    public var raiseAfter: Duration
    /// How long the condition must be over before the alarm returns.
    public var clearAfter: Duration
    /// Whether a person must reset it after the condition has ended.
    public var isLatching: Bool
    /// Time within which a person's action still helps; more than zero.
    public var timeToRespond: Duration
    /// Whether it can be what alarms downstream come from.
    public var isCause: Bool
    /// Whether a cause upstream, or at the same asset, can explain it.
    public var isSymptom: Bool
    /// Whether it says that nothing is heard; it then withholds what else is said of the same asset.
    public var isCommunication: Bool
    /// Whether the most urgent of it is about persons in danger: work at the machine does not withhold that.
    public var isAboutPersons: Bool

    public init(
        raiseAfter: Duration = .zero, clearAfter: Duration = .zero, isLatching: Bool = false,
        timeToRespond: Duration = .seconds(24 * 3600), isCause: Bool = false, isSymptom: Bool = false,
        isCommunication: Bool = false, isAboutPersons: Bool = false
    ) {
        self.raiseAfter = raiseAfter
        self.clearAfter = clearAfter
        self.isLatching = isLatching
        self.timeToRespond = timeToRespond
        self.isCause = isCause
        self.isSymptom = isSymptom
        self.isCommunication = isCommunication
        self.isAboutPersons = isAboutPersons
    }

    /// How the rules of Sluice behave unless the site says otherwise.
    ///
    /// A dwelling's own leak is never a symptom: a burst of its riser would hide it.
    public static func usual(_ rule: RuleIdentifier) -> AlarmRule {
        switch rule {
        case .burst: AlarmRule(timeToRespond: .seconds(15 * 60), isCause: true, isSymptom: true)
        case .massBalance, .networkLeak: AlarmRule(timeToRespond: .seconds(24 * 3600), isCause: true, isSymptom: true)
        case .tankOverflow: AlarmRule(timeToRespond: .seconds(3600), isCause: true, isSymptom: true)
        case .dryRun: AlarmRule(timeToRespond: .seconds(15 * 60), isCause: true, isSymptom: true)
        case .shortCycling: AlarmRule(timeToRespond: .seconds(4 * 3600), isSymptom: true)
        case .waterQuality: AlarmRule(isLatching: true, timeToRespond: .seconds(3600), isSymptom: true)
        case .fireWater: AlarmRule(timeToRespond: .seconds(15 * 60))
        case .sewageLevel: AlarmRule(timeToRespond: .seconds(30 * 60))
        case .dropout: AlarmRule(timeToRespond: .seconds(8 * 3600), isSymptom: true, isCommunication: true)
        case .devicesSilent:
            AlarmRule(
                raiseAfter: .seconds(60), timeToRespond: .seconds(2 * 3600), isCause: true, isSymptom: true,
                isCommunication: true)
        case .brokerLost:
            AlarmRule(
                raiseAfter: .seconds(300), timeToRespond: .seconds(8 * 3600), isSymptom: true, isCommunication: true)
        // A broker that starts anew may refuse before it has read its list of users.
        case .brokerRefuses: AlarmRule(raiseAfter: .seconds(60), timeToRespond: .seconds(8 * 3600))
        case .gateForced: AlarmRule(isLatching: true, timeToRespond: .seconds(15 * 60))
        case .liftOutOfService: AlarmRule(timeToRespond: .seconds(30 * 60), isAboutPersons: true)
        case .liftSilent, .gateStuckClosed: AlarmRule(timeToRespond: .seconds(30 * 60))
        case .gateHeldOpen: AlarmRule(timeToRespond: .seconds(15 * 60))
        default: AlarmRule()
        }
    }
}

/// What a site asks of its alarms; every number is a setting.
public struct AlarmPolicy: Codable, Sendable, Hashable {
    /// What differs from ``AlarmRule/usual(_:)``, by rule.
    public var rules: [String: AlarmRule] = [:]
    /// Longest time that an alarm may be shelved (24 h).
    public var longestShelf: Duration = .seconds(24 * 3600)
    /// So many raises within ``chatterWindow`` or ``flapWindow`` hold an alarm active (3).
    public var flapRaises = 3
    /// 60 s.
    public var chatterWindow: Duration = .seconds(60)
    /// 10 min.
    public var flapWindow: Duration = .seconds(600)
    /// The same for ``slowFlapWindow`` (5).
    public var slowFlapRaises = 5
    /// 1 h.
    public var slowFlapWindow: Duration = .seconds(3600)
    /// A flapping alarm returns after so long without its condition (30 min).
    public var flapQuiet: Duration = .seconds(1800)
    /// An alarm that is active for longer stands on the daily list (24 h).
    public var standingAfter: Duration = .seconds(24 * 3600)

    public init() {}

    public func rule(_ identifier: RuleIdentifier) -> AlarmRule {
        rules[identifier.text] ?? .usual(identifier)
    }
}

/// Why something that a person wanted to do to an alarm was not done.
public enum AlarmRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownAlarm(String)
    /// The action does not fit the state.
    case notAllowed(AlarmAction.Verb, alarm: String, state: AlarmState)
    case reasonMissing(AlarmAction.Verb, alarm: String)
    /// A shelf ends after now, and not later than the policy allows.
    case shelfTooLong(Duration, longest: Duration)
    /// It has changed since the person saw it; the number is its present version.
    case stale(String, version: Int)

    public var description: String {
        switch self {
        case .unknownAlarm(let name): "no alarm is called '\(name)'; 'sluice alarms list' names them"
        case .notAllowed(let verb, let name, let state):
            "'\(verb.rawValue)' does not fit alarm '\(name)', which is \(state.rawValue)"
        case .reasonMissing(let verb, let name): "'\(verb.rawValue)' of alarm '\(name)' needs a reason"
        case .shelfTooLong(let asked, let longest):
            "an alarm is shelved for more than 0 and at most \(longest.wholeMilliseconds / 60_000) minutes, "
                + "not for \(asked.wholeMilliseconds / 60_000)"
        case .stale(let name, let version):
            "alarm '\(name)' has changed in the meantime; it is at version \(version) now"
        }
    }
}

/// What a person may do to an alarm.
public struct AlarmAction: Codable, Hashable, Sendable {
    public enum Verb: String, Codable, Hashable, Sendable, CaseIterable {
        case acknowledge
        /// Withhold it for a limited time; it comes back by itself.
        case shelve
        case unshelve
        /// Let go of one that waits for a person although its condition is over.
        case reset
        /// Withhold it until a person returns it to service.
        case outOfService = "out-of-service"
        case returnToService = "return"

        /// Whether the person must say why.
        public var needsReason: Bool { self == .shelve || self == .outOfService }
    }

    public var verb: Verb
    /// ``Alarm/identifier``.
    public var alarm: String
    public var person: PersonIdentifier
    public var reason: String
    /// For ``Verb/shelve``.
    public var span: Duration
    /// For ``Verb/shelve``: its end, in place of ``span``.
    public var until: Timestamp?
    /// ``Alarm/version`` that the person saw; `nil` acts on whatever is there.
    public var version: Int?

    public init(
        _ verb: Verb, alarm: String, person: PersonIdentifier, reason: String = "", span: Duration = .zero
    ) {
        self.verb = verb
        self.alarm = alarm
        self.person = person
        self.reason = reason
        self.span = span
    }
}
