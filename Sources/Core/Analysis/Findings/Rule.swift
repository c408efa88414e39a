// SPDX-License-Identifier: Apache-2.0

public import Model

/// A rule of the analyzer as the finding book knows it.
public struct Rule: Hashable, Sendable {
    /// Order in which findings about the same water are believed: a meter that lies first, savings last.
    public enum Precedence: Int, Comparable, Sendable {
        case communication, meterFault, burst, zoneLoss, leak, savings
        /// About a machine: it competes with nothing.
        case machine

        public static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
    }

    public var identifier: RuleIdentifier
    /// Rises whenever the rule would decide otherwise on the same readings.
    public var version: Int
    /// The condition that several rules may find on one asset: they share one finding.
    public var condition: RuleIdentifier
    /// A condition that returns within this time is the same finding.
    public var identityHolds: Duration
    public var precedence: Precedence

    init(
        _ identifier: RuleIdentifier, version: Int = 1, condition: RuleIdentifier? = nil, identityHours: Int64,
        _ precedence: Precedence
    ) {
        self.identifier = identifier
        self.version = version
        self.condition = condition ?? identifier
        identityHolds = .seconds(identityHours * 3600)
        self.precedence = precedence
    }
}

extension Rule {
    // Water behind one meter.
    static let toiletLeak = Rule(.toiletLeak, version: 2, condition: .leak, identityHours: 96, .leak)
    static let toiletCycling = Rule(.toiletCycling, condition: .leak, identityHours: 96, .leak)
    static let drippingTap = Rule(.drippingTap, version: 2, condition: .leak, identityHours: 96, .leak)
    static let leak = Rule(.leak, identityHours: 96, .leak)
    static let continuousFlow = Rule(.continuousFlow, version: 3, condition: .leak, identityHours: 96, .leak)
    static let vacantUse = Rule(.vacantUse, identityHours: 96, .leak)
    static let excessUse = Rule(.excessUse, identityHours: 720, .savings)
    // Water of a zone.
    static let burst = Rule(.burst, version: 4, identityHours: 36, .burst)
    static let networkLeak = Rule(.networkLeak, identityHours: 96, .zoneLoss)
    static let massBalance = Rule(.massBalance, identityHours: 96, .zoneLoss)
    static let balanceUnknown = Rule(.balanceUnknown, identityHours: 24, .communication)
    // Meters that do not tell the truth, or nothing.
    static let stuckMeter = Rule(.stuckMeter, identityHours: 240, .meterFault)
    static let underRegistration = Rule(.underRegistration, identityHours: 240, .meterFault)
    static let reverseFlow = Rule(.reverseFlow, identityHours: 240, .meterFault)
    static let unitError = Rule(.unitError, version: 3, identityHours: 240, .meterFault)
    static let meterReplaced = Rule(.meterReplaced, identityHours: 1, .communication)
    static let registerStep = Rule(.registerStep, identityHours: 1, .communication)
    static let vacancy = Rule(.vacancy, identityHours: 240, .communication)
    static let dropout = Rule(.dropout, identityHours: 24, .communication)
    static let clockError = Rule(.clockError, identityHours: 240, .communication)
    // Plant.
    static let tankOverflow = Rule(.tankOverflow, identityHours: 48, .machine)
    static let nightRise = Rule(.nightRise, identityHours: 96, .leak)
    static let dryRun = Rule(.dryRun, identityHours: 12, .machine)
    static let shortCycling = Rule(.shortCycling, identityHours: 48, .machine)
    static let efficiencyDrift = Rule(.efficiencyDrift, identityHours: 720, .machine)
    static let pumpCondition = Rule(.pumpCondition, identityHours: 240, .machine)
    static let dutyImbalance = Rule(.dutyImbalance, identityHours: 240, .machine)
    static let nightRun = Rule(.nightRun, identityHours: 36, .machine)
    static let irrigationStuckOpen = Rule(.irrigationStuckOpen, identityHours: 36, .machine)
    // A controller that does not hear of rain shows it at its next run, which may be three days later.
    static let irrigationInRain = Rule(.irrigationInRain, identityHours: 96, .machine)
    static let irrigationFlow = Rule(.irrigationFlow, identityHours: 36, .machine)
    static let waterQuality = Rule(.waterQuality, identityHours: 6, .machine)
    static let sewageLevel = Rule(.sewageLevel, identityHours: 6, .machine)
    static let fireWater = Rule(.fireWater, identityHours: 6, .machine)
    static let highPressure = Rule(.highPressure, identityHours: 240, .savings)
    // Lifts and gates.
    static let liftOutOfService = Rule(.liftOutOfService, identityHours: 6, .machine)
    static let liftFlapping = Rule(.liftFlapping, identityHours: 6, .machine)
    static let liftSilent = Rule(.liftSilent, identityHours: 6, .machine)
    static let liftDecline = Rule(.liftDecline, identityHours: 720, .machine)
    static let liftDoor = Rule(.liftDoor, identityHours: 36, .machine)
    static let gateHeldOpen = Rule(.gateHeldOpen, identityHours: 6, .machine)
    static let gateForced = Rule(.gateForced, identityHours: 6, .machine)
    static let gateChatter = Rule(.gateChatter, identityHours: 6, .machine)
    static let gateStuckClosed = Rule(.gateStuckClosed, identityHours: 6, .machine)

    /// Every rule, in the order in which their evaluations are counted.
    public static let all: [Rule] = [
        toiletLeak, toiletCycling, drippingTap, leak, continuousFlow, vacantUse, excessUse,
        burst, networkLeak, massBalance, balanceUnknown,
        stuckMeter, underRegistration, reverseFlow, unitError, meterReplaced, registerStep, vacancy, dropout,
        clockError,
        tankOverflow, nightRise, dryRun, shortCycling, efficiencyDrift, pumpCondition, dutyImbalance, nightRun,
        irrigationStuckOpen, irrigationInRain, irrigationFlow, waterQuality, sewageLevel, fireWater, highPressure,
        liftOutOfService, liftFlapping, liftSilent, liftDecline, liftDoor, gateHeldOpen, gateForced,
        gateChatter, gateStuckClosed,
    ]

    /// The rule of this name; `nil` when there is none.
    public static func named(_ identifier: RuleIdentifier) -> Rule? { all.first { $0.identifier == identifier } }

    /// Whether what the meter says cannot be believed while this is found on it. A meter that counts too little or
    /// backwards still proves that water flows.
    var silencesMeter: Bool { [.stuckMeter, .unitError, .dropout].contains(identifier) }

    /// Whether it is for reading only: nobody has to go there, so it makes neither alarm nor ticket.
    public var isForInformation: Bool {
        precedence == .savings
            || [.meterReplaced, .registerStep, .vacancy, .clockError, .balanceUnknown].contains(identifier)
    }

    /// Whether it is about water that runs where it should not, so that two of them may be about the same water.
    var isAboutLoss: Bool {
        switch precedence {
        case .burst, .zoneLoss, .leak, .savings: true
        case .communication, .meterFault, .machine: false
        }
    }
}

/// A verdict with the rule and asset it is about.
struct Ruling {
    var rule: Rule
    var asset: AssetIdentifier
    var verdict: Verdict
}
