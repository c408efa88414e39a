// SPDX-License-Identifier: Apache-2.0

/// Name of an incident: that of the alarm it began with, and when it began; the same on every replay.
public struct IncidentIdentifier: Hashable, Codable, Sendable, Comparable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
    public var description: String { text }
}

/// Alarms of one cause: what one ticket is about.
public struct Incident: Codable, Sendable, Hashable {
    public var identifier: IncidentIdentifier
    /// Where the cause is thought to be. It moves only upstream.
    public var asset: AssetIdentifier
    /// What is wrong there: the rule of the root's alarm.
    public var rule: RuleIdentifier
    /// The most urgent of its members.
    public var severity: Severity
    /// Members as `<asset>/<rule>`, in the order in which they joined.
    public var alarms: [String]
    /// Findings of the members, in the order in which they joined.
    public var findings: [FindingIdentifier]
    /// When its first alarm was raised.
    public var openedAt: Timestamp
    /// Whether it comes and goes so often that it is held open until it has been quiet.
    public var isFlapping: Bool
    /// The storm that it belongs to; `nil` for one that stands alone.
    public var storm: IncidentIdentifier?

    public init(
        identifier: IncidentIdentifier, asset: AssetIdentifier, rule: RuleIdentifier, severity: Severity,
        alarms: [String], findings: [FindingIdentifier], openedAt: Timestamp, isFlapping: Bool = false,
        storm: IncidentIdentifier? = nil
    ) {
        self.identifier = identifier
        self.asset = asset
        self.rule = rule
        self.severity = severity
        self.alarms = alarms
        self.findings = findings
        self.openedAt = openedAt
        self.isFlapping = isFlapping
        self.storm = storm
    }
}

/// What became of an incident, for those who make and keep its ticket.
public enum IncidentChange: Codable, Sendable, Hashable {
    /// Somebody must act: its ticket is due now.
    case opened(Incident)
    /// Alarms joined it, or it grew more urgent; its root may have moved upstream.
    case grown(Incident)
    /// It was found to be part of another, which goes on with the earlier clocks of both.
    case merged(Incident, into: IncidentIdentifier)
    /// Every condition of its members is over.
    case ended(Incident)

    public var incident: Incident {
        switch self {
        case .opened(let incident), .grown(let incident), .merged(let incident, _), .ended(let incident): incident
        }
    }
}
