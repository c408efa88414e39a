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

    /// Notes that `finding` raised it.
    mutating func note(_ finding: FindingIdentifier) {
        findings.append(finding)
        if findings.count > Self.findingLimit { findings.removeFirst(findings.count - Self.findingLimit) }
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
    /// Something to store and show that asks nobody to respond.
    case changed(Alarm)

    /// The alarm as it is now.
    public var alarm: Alarm {
        switch self {
        case .raised(let alarm, _), .updated(let alarm, _), .returned(let alarm, _), .changed(let alarm): alarm
        }
    }
}
