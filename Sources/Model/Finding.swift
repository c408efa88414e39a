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

    /// Water that runs without a pause behind a meter, of no kind that can be named.
    public static let leak = RuleIdentifier("leak")
    /// A flow such as a running cistern lets through.
    public static let toiletLeak = RuleIdentifier("toilet_leak")
    /// D3t: a cistern that is filled up again and again by night.
    public static let toiletCycling = RuleIdentifier("toilet_cycling")
    /// A flow below 4 L/h such as a tap drips.
    public static let drippingTap = RuleIdentifier("dripping_tap")
    /// D2: no standstill in 24 closed hours on a meter that has one every day.
    public static let continuousFlow = RuleIdentifier("continuous_flow")
    /// Water used where nobody was said to live.
    public static let vacantUse = RuleIdentifier("vacant_use")
    /// Much more water a person than like dwellings use.
    public static let excessUse = RuleIdentifier("excess_use")
    /// D3: water that enters a shared meter and that none of its metered children takes, in the open.
    public static let burst = RuleIdentifier("burst")
    /// The same, so small that only hours of balance show it, between the inlet and the risers.
    public static let networkLeak = RuleIdentifier("network_leak")
    /// The same behind a riser, or of a kind that cannot be named.
    public static let massBalance = RuleIdentifier("mass_balance")
    /// Too many meters of a zone are silent for a balance.
    public static let balanceUnknown = RuleIdentifier("balance_unknown")
    /// A register that stands still although water is used.
    public static let stuckMeter = RuleIdentifier("stuck_meter")
    /// A meter that counts too little.
    public static let underRegistration = RuleIdentifier("under_registration")
    /// A register that runs backwards.
    public static let reverseFlow = RuleIdentifier("reverse_flow")
    /// Volumes that are off by the ratio of two units.
    public static let unitError = RuleIdentifier("unit_error")
    /// An announced exchange of a meter was seen.
    public static let meterReplaced = RuleIdentifier("meter_replaced")
    /// A register was restarted, moved or exchanged without notice.
    public static let registerStep = RuleIdentifier("counter_reset")
    /// A dwelling has stood still for so long that nobody may live there.
    public static let vacancy = RuleIdentifier("vacancy")
    /// A device has told nothing for a day.
    public static let dropout = RuleIdentifier("comms_lost")
    /// A device's clock is wrong.
    public static let clockError = RuleIdentifier("clock_error")
    /// Water runs over the edge of a tank.
    public static let tankOverflow = RuleIdentifier("tank_overflow")
    /// A pump runs without water.
    public static let dryRun = RuleIdentifier("pump_dry_run")
    /// A pump starts far too often.
    public static let shortCycling = RuleIdentifier("pump_short_cycling")
    /// A pump needs ever more power for the same water.
    public static let efficiencyDrift = RuleIdentifier("pump_efficiency_drift")
    /// D28: a pump vibrates, draws and delivers unlike it ever did.
    public static let pumpCondition = RuleIdentifier("pump_condition")
    /// One pump of a set does nearly all the work.
    public static let dutyImbalance = RuleIdentifier("pump_duty_imbalance")
    /// Pumps run at night, or against a closed valve, without need.
    public static let nightRun = RuleIdentifier("pump_night_run")
    /// Irrigation runs outside its schedule.
    public static let irrigationStuckOpen = RuleIdentifier("irrigation_stuck_open")
    /// Irrigation runs although enough rain has fallen.
    public static let irrigationInRain = RuleIdentifier("irrigation_in_rain")
    /// Irrigation takes far more or less than it did: a broken head or a blockage.
    public static let irrigationFlow = RuleIdentifier("irrigation_flow")
    /// Chlorine or turbidity outside the site's limits.
    public static let waterQuality = RuleIdentifier("water_quality")
    /// The sump of a drain stands too high.
    public static let sewageLevel = RuleIdentifier("sewage_level")
    /// The fire-water tank is not full enough, or its hydrants lack pressure.
    public static let fireWater = RuleIdentifier("fire_water")
    /// D24: by night pressure rises above what taps are built for, and every leak passes more.
    public static let highPressure = RuleIdentifier("high_pressure")
    /// D4: from night to night more water leaves a tank whose outflow nobody meters.
    public static let nightRise = RuleIdentifier("night_rise")
    /// A lift does not serve.
    public static let liftOutOfService = RuleIdentifier("lift_out_of_service")
    /// One fault of a lift comes again and again.
    public static let liftFlapping = RuleIdentifier("lift_flapping")
    /// A lift says that it serves and makes no trip.
    public static let liftSilent = RuleIdentifier("lift_silent")
    /// A lift makes far fewer trips a day than it did.
    public static let liftDecline = RuleIdentifier("lift_decline")
    /// A lift's doors open far more often than its trips need.
    public static let liftDoor = RuleIdentifier("lift_door_anomaly")
    /// D21: a gate that stays open longer than the site allows.
    public static let gateHeldOpen = RuleIdentifier("gate_held_open")
    /// A gate was opened by force or without a command.
    public static let gateForced = RuleIdentifier("gate_forced")
    /// A gate cycles far more often than it does at that hour.
    public static let gateChatter = RuleIdentifier("gate_chatter")
    /// A gate is asked to open and does not.
    public static let gateStuckClosed = RuleIdentifier("gate_stuck_closed")
    /// More goes wrong at once than anybody can look at; the ticket of an alarm storm.
    public static let alarmStorm = RuleIdentifier("alarm_storm")
    /// Every rule that the analyzer has.
    public static let all: [RuleIdentifier] = [
        .leak, .toiletLeak, .toiletCycling, .drippingTap, .continuousFlow, .vacantUse, .excessUse,
        .burst, .networkLeak, .massBalance, .balanceUnknown, .stuckMeter, .underRegistration,
        .reverseFlow, .unitError, .meterReplaced, .registerStep, .vacancy, .dropout, .clockError, .tankOverflow,
        .nightRise, .dryRun, .shortCycling, .efficiencyDrift, .pumpCondition, .dutyImbalance, .nightRun,
        .irrigationStuckOpen,
        .irrigationInRain, .irrigationFlow, .waterQuality, .sewageLevel, .fireWater, .highPressure, .liftOutOfService,
        .liftFlapping, .liftSilent,
        .liftDecline, .liftDoor, .gateHeldOpen, .gateForced, .gateChatter, .gateStuckClosed,
    ]
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

/// Water that a finding accounts for: its rate and its volume since the start, each with bounds.
public struct LossEstimate: Hashable, Codable, Sendable {
    /// A flow that the meter did not fall below.
    public var rateLow: LitresPerHour
    public var rateHigh: LitresPerHour
    /// Volume that was lost at least: what is proved, never a forecast.
    public var litresLow: Litres
    /// Volume since the start, as far as it is known.
    public var litres: Litres
    /// Volume that was lost at most.
    public var litresHigh: Litres

    /// - Parameters:
    ///   - low, high: Bounds of the volume; moved to `litres` where they would lie on its wrong side, and `litres`
    ///     itself where nothing else is known.
    public init(
        rateLow: LitresPerHour, rateHigh: LitresPerHour, litres: Litres, low: Litres? = nil, high: Litres? = nil
    ) {
        self.rateLow = rateLow
        self.rateHigh = rateHigh
        self.litres = litres
        litresLow = min(low ?? litres, litres)
        litresHigh = max(high ?? litres, litres)
    }

    /// Reads also what was written before the volume had bounds: nothing is proved of it then.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            rateLow: try values.decode(LitresPerHour.self, forKey: .rateLow),
            rateHigh: try values.decode(LitresPerHour.self, forKey: .rateHigh),
            litres: try values.decode(Litres.self, forKey: .litres),
            low: try values.decodeIfPresent(Litres.self, forKey: .litresLow) ?? .zero,
            high: try values.decodeIfPresent(Litres.self, forKey: .litresHigh))
    }

    /// The same loss with the volumes of an earlier spell of it.
    public func adding(_ earlier: LossEstimate?) -> LossEstimate {
        guard let earlier else { return self }
        return LossEstimate(
            rateLow: rateLow, rateHigh: rateHigh, litres: litres + earlier.litres,
            low: litresLow + earlier.litresLow, high: litresHigh + earlier.litresHigh)
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

/// What another rule or another place would have said of the same water, and why the finding stands for it.
public struct OtherHypothesis: Hashable, Codable, Sendable {
    public enum Reason: String, Hashable, Codable, Sendable {
        /// Starts and rates agree: it is the same water.
        case sameWater = "same_water"
        /// The meter that shows it cannot be believed.
        case meterFault = "meter_fault"
    }
    public var rule: RuleIdentifier
    public var asset: AssetIdentifier
    public var reason: Reason
    public var startedAt: Timestamp
    public init(rule: RuleIdentifier, asset: AssetIdentifier, reason: Reason, startedAt: Timestamp) {
        (self.rule, self.asset, self.reason, self.startedAt) = (rule, asset, reason, startedAt)
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
    /// Hypotheses that this finding stands for, at most eight; `nil` when there is none.
    public var others: [OtherHypothesis]?
    /// Notes of the announcements near it, at most four; `nil` when there is none.
    public var announced: [String]?

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
    /// The meter of the zone whose balance shows it; `nil` when no balance took part.
    public var zone: AssetIdentifier?
    public var startedAt: Timestamp
    /// Data time when it was raised, never the start.
    public var raisedAt: Timestamp
    public var clearedAt: Timestamp?
    public var loss: LossEstimate?
    /// How large it is, where that is no flow of water: per cent, minutes, starts an hour.
    public var size: Measure?
    public var evidence: Evidence

    public init(
        rule: RuleIdentifier, ruleVersion: Int, severity: Severity, asset: AssetIdentifier, startedAt: Timestamp,
        raisedAt: Timestamp, loss: LossEstimate?, size: Measure? = nil, evidence: Evidence
    ) {
        identifier = FindingIdentifier(rule: rule, asset: asset, startedAt: startedAt)
        self.rule = rule
        self.ruleVersion = ruleVersion
        self.severity = severity
        self.asset = asset
        self.startedAt = startedAt
        self.raisedAt = raisedAt
        self.loss = loss
        self.size = size
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
