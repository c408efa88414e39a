// SPDX-License-Identifier: Apache-2.0

/// A stable name of one finding: a hash of rule, asset and start, the same on every replay.
public struct FindingIdentifier: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let text: String
    public init(_ text: String) { self.text = text }

    /// Sixteen hexadecimal digits of FNV-1a (64 bit) over rule, asset and start.
    public init(rule: RuleIdentifier, asset: AssetIdentifier, startedAt: Timestamp) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(rule.text)|\(asset.text)|\(startedAt.milliseconds)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
        let digits = String(hash, radix: 16)
        text = String(repeating: "0", count: 16 - digits.count) + digits
    }

    public init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    public var description: String { text }
    public static func < (a: Self, b: Self) -> Bool { a.text < b.text }
}

/// The rule that raised a finding: the analyzer's detector by the field's name, such as `burst`.
public struct RuleIdentifier: TopicIdentifier {
    public let text: String
    public init(_ text: String) { self.text = text }

    /// D2: no standstill in 24 closed hours on a meter that has one every day.
    public static let continuousFlow = RuleIdentifier("continuous_flow")
    /// D3: water that enters a shared meter and that none of its metered children takes.
    public static let burst = RuleIdentifier("burst")
    /// D21: a gate that stays open longer than the site allows.
    public static let gateHeldOpen = RuleIdentifier("gate_held_open")
}

/// How urgent a finding is; `p1` is the most urgent.
public enum Severity: Int, Comparable, Codable, Sendable, CaseIterable {
    case p1 = 1
    case p2 = 2
    case p3 = 3
    case p4 = 4

    /// More urgent is smaller.
    public static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }
    /// `p1` ... `p4`.
    public var word: String { "p\(rawValue)" }
}

/// Water that a finding accounts for.
public struct LossEstimate: Hashable, Codable, Sendable {
    /// A flow that the meter did not fall below.
    public var rateLow: LitresPerHour
    public var rateHigh: LitresPerHour
    /// Volume since the start, as far as it is known.
    public var litres: Litres
    public init(rateLow: LitresPerHour, rateHigh: LitresPerHour, litres: Litres) {
        self.rateLow = rateLow
        self.rateHigh = rateHigh
        self.litres = litres
    }
}

/// A named figure of a finding's evidence.
public struct Measure: Hashable, Codable, Sendable {
    /// Fixed word, such as `threshold` or `residual`; the catalogue's sentence of the rule refers to it.
    public var name: String
    public var value: Double
    public var unit: UnitOfMeasure
    public init(_ name: String, _ value: Double, _ unit: UnitOfMeasure = .none) {
        self.name = name
        self.value = value
        self.unit = unit
    }
}

/// What a finding rests on, enough to compute it again.
public struct Evidence: Hashable, Codable, Sendable {
    /// The time that the rule looked at when it decided.
    public var from: Timestamp
    public var to: Timestamp
    /// What was seen, what was expected, and the parameters of the rule, in a fixed order.
    public var measures: [Measure]
    /// First and last stored reading that took part; `nil` on foreign data without sequence numbers.
    public var firstSequence: SequenceNumber?
    public var lastSequence: SequenceNumber?

    public init(
        from: Timestamp, to: Timestamp, measures: [Measure], firstSequence: SequenceNumber? = nil,
        lastSequence: SequenceNumber? = nil
    ) {
        self.from = from
        self.to = to
        self.measures = measures
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
    }

    /// The figure of this name; `nil` when the rule did not note it.
    public func value(_ name: String) -> Double? { measures.first { $0.name == name }?.value }
}

/// What the analyzer concludes, with its evidence.
public struct Finding: Hashable, Codable, Sendable {
    public var identifier: FindingIdentifier
    public var rule: RuleIdentifier
    public var ruleVersion: Int
    public var severity: Severity
    /// The lowest meter or machine that explains it.
    public var asset: AssetIdentifier
    public var startedAt: Timestamp
    /// Data time when it was raised, never the start.
    public var raisedAt: Timestamp
    public var clearedAt: Timestamp?
    public var loss: LossEstimate?
    public var evidence: Evidence

    public init(
        rule: RuleIdentifier, ruleVersion: Int, severity: Severity, asset: AssetIdentifier, startedAt: Timestamp,
        raisedAt: Timestamp, loss: LossEstimate?, evidence: Evidence
    ) {
        identifier = FindingIdentifier(rule: rule, asset: asset, startedAt: startedAt)
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.severity = severity
        self.asset = asset
        self.startedAt = startedAt
        self.raisedAt = raisedAt
        self.loss = loss
        self.evidence = evidence
    }
}

/// What the analyzer tells about one finding.
public enum FindingChange: Hashable, Codable, Sendable {
    case raised(Finding)
    /// Size, place or severity is known better.
    case updated(Finding)
    /// The condition is over; `clearedAt` is set.
    case cleared(Finding)

    public var finding: Finding {
        switch self {
        case .raised(let finding), .updated(let finding), .cleared(let finding): finding
        }
    }
}
