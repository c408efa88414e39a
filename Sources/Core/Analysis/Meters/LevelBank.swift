// SPDX-License-Identifier: Apache-2.0

/// How soon a bank accuses.
struct LevelProfile: Hashable, Sendable {
    /// Surprise in nats that is needed at least.
    var evidence: Double
    /// The same as a multiple of the largest surprise that turned out innocent.
    var innocentFactor: Double
    /// Surprise in nats of each slot that proves nothing.
    var allowance: Double
    /// Slots in a row that are needed at least, and for a flow of 300 L/h or more.
    var slots: Int
    var slotsOfLarge: Int
    /// Share of the usual least flow by which the level must exceed it.
    var rise: Double

    /// e^-35: once in many lifetimes for each meter; the bank of long slots sees a quarter as many trials.
    ///
    /// Slots of four hours in which this meter has flow on three days of four prove nothing, for people who are at home
    /// today are at home tomorrow: without the allowance a family that does not go away for weeks becomes a leak. Nor
    /// does a party or a paddling pool last twelve hours.
    static let calm = (
        hourly: LevelProfile(evidence: 35, innocentFactor: 1.3, allowance: 0, slots: 12, slotsOfLarge: 2, rise: 0.25),
        fourHourly: LevelProfile(
            evidence: 28, innocentFactor: 1.3, allowance: 0.3, slots: 3, slotsOfLarge: 3, rise: 0.25)
    )
    static let sensitive = (
        hourly: LevelProfile(evidence: 25, innocentFactor: 1.15, allowance: 0, slots: 2, slotsOfLarge: 2, rise: 0.15),
        fourHourly: LevelProfile(
            evidence: 20, innocentFactor: 1.15, allowance: 0.3, slots: 3, slotsOfLarge: 3, rise: 0.15)
    )
}

/// LCEB: for each level of flow the evidence that it has not been fallen below for longer than chance allows.
///
/// "In 45 days this meter fell to 6 L/h or less in 73 % of hours like these; it has not for 19 h." The chance of each
/// slot comes from the same time of the local day in this meter's own past, so evenings with guests, softeners and
/// night shifts carry little evidence, and a quiet night that is not quiet carries much.
struct LevelBank: Hashable, Codable, Sendable {
    /// Slots of the local day.
    private let buckets: Int
    /// For each level and slot of the day the learned share of slots with more flow, in 65,536ths.
    private var shares: [UInt16]
    /// For each slot of the day how often it was learned, up to ``memory``.
    private var seen: [UInt8]
    /// For each level the surprise of the running run in 1/256 nat.
    private var evidence: [UInt16]
    /// For each level the largest surprise of a run that ended by itself below an alarm.
    private var innocent: [UInt16]
    /// For each level the slots of the running run, up to 255.
    private var runs: [UInt8]
    /// The level at which an alarm was raised; one slot at or below it ends the alarm.
    private(set) var raisedLevel: UInt8?

    /// Days that the learned shares remember.
    static let memory = 45
    /// Days before the bank may accuse.
    static let warmUp = 10
    /// Flow in litres an hour that no household takes for hours on end.
    private static let large = 300.0
    /// Days of the whole meter's share that a slot of the day is believed to be worth without any of its own.
    private static let prior = 4

    init(levels: Int, buckets: Int) {
        self.buckets = buckets
        shares = Array(repeating: 32_768, count: levels * buckets)
        seen = Array(repeating: 0, count: levels > 0 ? buckets : 0)
        evidence = Array(repeating: 0, count: levels)
        innocent = Array(repeating: 0, count: levels)
        runs = Array(repeating: 0, count: levels)
    }

    var isInAlarm: Bool { raisedLevel != nil }
    /// Days in which something was learned, up to ``memory``.
    var days: Int { Int(seen.max() ?? 0) }
    var isReady: Bool { days >= Self.warmUp }

    /// What the bank knows about one of its levels.
    func course(of level: Int) -> (evidence: Double, innocent: Double, slots: Int) {
        (Double(evidence[level]) / 256, Double(innocent[level]) / 256, Int(runs[level]))
    }

    /// Evidence that the meter no longer stands still, as a share of what a calm bank needs.
    var standstillDoubt: Double {
        Double(evidence[0]) / Double(limit(of: 0, LevelProfile.calm.hourly))
    }

    /// Share of slots like this one in which the flow fell to the level or below.
    func quietShare(of level: Int, in bucket: Int) -> Double {
        1 - Double(shares[level * buckets + bucket]) / Double(Surprise.one)
    }

    /// The highest level that is proved now; `nil` when none is.
    func provedLevel(above floor: Double, _ levels: [Double], _ profile: LevelProfile) -> Int? {
        guard isReady else { return nil }
        return evidence.indices.last { level in
            Int(evidence[level]) > limit(of: level, profile) && levels[level] > floor
                && Int(runs[level]) >= (levels[level] < Self.large ? profile.slots : profile.slotsOfLarge)
        }
    }

    /// Takes the mean flow of the next slot.
    ///
    /// - Parameter floor: Flow that a level must exceed to accuse, in litres an hour.
    mutating func take(
        _ flow: Double, in bucket: Int, above floor: Double, _ levels: [Double], _ profile: LevelProfile,
        isLearning: Bool
    ) {
        let wasInAlarm = isInAlarm
        let count = Int(seen[bucket])
        let rate = Surprise.one / min(count + 2, Self.memory)
        let least = Surprise.one / (days + 2)
        for level in evidence.indices {
            let place = level * buckets + bucket
            let limit = limit(of: level, profile)
            let isAbove = flow > levels[level]
            if isAbove {
                let chance = max(
                    (Int(shares[place]) * count + Self.prior * pooledShare(of: level)) / (count + Self.prior), least)
                let surprise = max(Surprise.of(chance) - Surprise.nats(profile.allowance), 0)
                evidence[level] = UInt16(min(Int(evidence[level]) + surprise, Int(UInt16.max)))
                runs[level] = UInt8(min(Int(runs[level]) + 1, 255))
            } else {
                // What has led to an alarm is not innocent, nor what came with it.
                if !wasInAlarm, Int(evidence[level]) <= limit {
                    innocent[level] = max(innocent[level], evidence[level])
                }
                (evidence[level], runs[level]) = (0, 0)
            }
            guard isLearning else { continue }
            // A leak must not become usual while it is being proved.
            let weight = 100 * Int(evidence[level]) > 60 * limit ? 15 : 100
            let target = isAbove ? Int(UInt16.max) : 0
            let moved = Int(shares[place]) + (target - Int(shares[place])) * rate * weight / 100 / Surprise.one
            shares[place] = UInt16(min(max(moved, 0), Int(UInt16.max)))
        }
        if isLearning { seen[bucket] = UInt8(min(count + 1, Self.memory)) }
        if let raised = raisedLevel, flow <= levels[Int(raised)] { raisedLevel = nil }
        if raisedLevel == nil, let proved = provedLevel(above: floor, levels, profile) { raisedLevel = UInt8(proved) }
    }

    /// A day has passed: what was innocent is forgotten slowly, by half in more than a year.
    mutating func age() {
        for level in innocent.indices { innocent[level] -= innocent[level] / 600 }
    }

    /// A person says that what runs now is harmless: so much is innocent from now on, and an alarm is over.
    ///
    /// - Parameter profile: That by which the bank accuses; no level becomes mute for ever.
    mutating func acquit(_ profile: LevelProfile) {
        let most = UInt16(Double(UInt16.max - 1) / profile.innocentFactor)
        for level in evidence.indices where runs[level] > 0 {
            innocent[level] = max(innocent[level], min(evidence[level], most))
        }
        raisedLevel = nil
    }

    /// Surprise that a level needs, in 1/256 nat.
    private func limit(of level: Int, _ profile: LevelProfile) -> Int {
        max(Surprise.nats(profile.evidence), Int(Double(innocent[level]) * profile.innocentFactor))
    }

    private func pooledShare(of level: Int) -> Int {
        var (sum, count) = (0, 0)
        for bucket in 0..<buckets {
            sum += Int(shares[level * buckets + bucket]) * Int(seen[bucket])
            count += Int(seen[bucket])
        }
        return count > 0 ? sum / count : Surprise.one / 2
    }

    /// Whether decoded state can be used without trapping.
    func fits(levels: Int, buckets: Int) -> Bool {
        self.buckets == buckets && shares.count == levels * buckets && seen.count == (levels > 0 ? buckets : 0)
            && evidence.count == levels && innocent.count == levels && runs.count == levels
            && seen.allSatisfy { $0 <= Self.memory } && (raisedLevel.map { $0 < levels } ?? true)
    }
}
