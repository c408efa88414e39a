// SPDX-License-Identifier: Apache-2.0

/// What the analyzer has seen and done since its first reading. All figures only rise.
public struct AnalyzerStatistics: Hashable, Codable, Sendable {
    /// How often each rule was in a position to decide. A rule that stays at zero is not at work.
    public struct Evaluations: Hashable, Codable, Sendable {
        public var toiletLeak = 0
        public var toiletCycling = 0
        public var drippingTap = 0
        public var leak = 0
        public var continuousFlow = 0
        public var vacantUse = 0
        public var excessUse = 0
        public var burst = 0
        public var networkLeak = 0
        public var massBalance = 0
        public var balanceUnknown = 0
        public var stuckMeter = 0
        public var underRegistration = 0
        public var reverseFlow = 0
        public var unitError = 0
        public var meterReplaced = 0
        public var registerStep = 0
        public var vacancy = 0
        public var dropout = 0
        public var clockError = 0
        public var tankOverflow = 0
        public var nightRise = 0
        public var dryRun = 0
        public var shortCycling = 0
        public var efficiencyDrift = 0
        public var pumpCondition = 0
        public var dutyImbalance = 0
        public var nightRun = 0
        public var irrigationStuckOpen = 0
        public var irrigationInRain = 0
        public var irrigationFlow = 0
        public var waterQuality = 0
        public var sewageLevel = 0
        public var fireWater = 0
        public var highPressure = 0
        public var liftOutOfService = 0
        public var liftFlapping = 0
        public var liftSilent = 0
        public var liftDecline = 0
        public var liftDoor = 0
        public var gateHeldOpen = 0
        public var gateForced = 0
        public var gateChatter = 0
        public var gateStuckClosed = 0
        public init() {}
    }

    /// Everything that was handed in.
    public var readings = 0
    /// Readings without a value.
    public var bad = 0
    /// Same channel, stamp and value again: dropped.
    public var duplicates = 0
    /// Same channel and stamp, another value: the first one is kept.
    public var conflicts = 0
    /// Older than the newest of its channel, in time for the hour it belongs to.
    public var late = 0
    /// Too late for the hour it belongs to: only history takes it.
    public var tooLate = 0
    /// Stamped before 2000, after 2099, or too far ahead of data time.
    public var refusedStamps = 0
    /// A value that this channel cannot have: a negative or impossible count, a state from a meter.
    public var refusedValues = 0
    /// A channel that the site does not have.
    public var unknownChannels = 0
    /// Registers found restarted, exchanged or moved; no volume was taken from the step.
    public var registerSteps = 0
    /// Registers that passed their end and went on from zero.
    public var rollovers = 0
    /// Steps backwards that were small enough to be water running backwards.
    public var reverseSteps = 0
    /// Single register values that did not fit their neighbours and were dropped.
    public var glitches = 0
    /// Holes of more than two periods between two readings of a meter.
    public var gaps = 0
    /// Minutes of zones without a verdict, because the parent or too many children were missing.
    public var frozenZones = 0
    /// Hours that learned what is usual, over all zones.
    public var learnedZoneHours = 0
    public var evaluations = Evaluations()

    public init() {}
}
