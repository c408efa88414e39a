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
    /// Slots of the local day, and the levels.
    private let slots: UInt8
    private let levelCount: UInt8
    /// Levels that the flow was ever above; no flow has told the others apart.
    private var reached: UInt8 = 0
    /// How often each slot of the day was learned, up to ``memory``. Then for each level that was reached, the lowest
    /// first, and once for all others: for each slot of the day the learned share of slots with more flow, in 65,536ths;
    /// the surprise of the running run in 1/256 nat; the largest of a run that ended by itself below an alarm; the slots
    /// of the running run, up to 255.
    @Packed private var rows: [UInt16]
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
        (slots, levelCount) = (UInt8(buckets), UInt8(levels))
        var rows: [UInt16] = []
        if levels > 0 {
            rows = Array(repeating: 0, count: 2 * buckets + Self.own)
            for slot in 0..<buckets { rows[buckets + slot] = 32_768 }
        }
        self.rows = rows
    }

    // MARK: Rows

    private static let own = 3
    private var buckets: Int { Int(slots) }
    private var width: Int { buckets + Self.own }
    /// The first place of a level's row.
    private func row(_ level: Int) -> Int { buckets + min(level, Int(reached)) * width }
    private func evidence(_ level: Int) -> Int { Int(rows[row(level) + buckets]) }
    private func innocent(_ level: Int) -> Int { Int(rows[row(level) + buckets + 1]) }
    private func run(_ level: Int) -> Int { Int(rows[row(level) + buckets + 2]) }
    private func seen(_ slot: Int) -> Int { Int(rows[slot]) }

    /// Gives levels that are reached for the first time rows of their own.
    private mutating func reach(_ level: Int) {
        guard level >= Int(reached) else { return }
        let others = row(Int(levelCount))
        var grown: [UInt16] = []
        // Made anew, for an array that grows by itself takes twice what it needs.
        grown.reserveCapacity(buckets + (level + 2) * width)
        grown += rows
        for _ in Int(reached)...level { grown += rows[others..<(others + width)] }
        rows = grown
        reached = UInt8(level + 1)
    }

    var isInAlarm: Bool { raisedLevel != nil }
    /// Days in which something was learned, up to ``memory``.
    var days: Int {
        var most = 0
        for slot in 0..<(rows.isEmpty ? 0 : buckets) { most = max(most, seen(slot)) }
        return most
    }
    var isReady: Bool { days >= Self.warmUp }

    /// What the bank knows about one of its levels.
    func course(of level: Int) -> (evidence: Double, innocent: Double, slots: Int) {
        (Double(evidence(level)) / 256, Double(innocent(level)) / 256, run(level))
    }

    /// Evidence that the meter no longer stands still, as a share of what a calm bank needs.
    var standstillDoubt: Double {
        Double(evidence(0)) / Double(limit(of: 0, LevelProfile.calm.hourly))
    }

    /// Share of slots like this one in which the flow fell to the level or below.
    func quietShare(of level: Int, in bucket: Int) -> Double {
        1 - Double(rows[row(level) + bucket]) / Double(Surprise.one)
    }

    /// The highest level that is proved now; `nil` when none is.
    func provedLevel(above floor: Double, _ levels: [Double], _ profile: LevelProfile) -> Int? {
        guard isReady else { return nil }
        return (0..<Int(reached)).last { level in
            evidence(level) > limit(of: level, profile) && levels[level] > floor
                && run(level) >= (levels[level] < Self.large ? profile.slots : profile.slotsOfLarge)
        }
    }

    /// Takes the mean flow of the next slot.
    ///
    /// - Parameter floor: Flow that a level must exceed to accuse, in litres an hour.
    mutating func take(
        _ flow: Double, in bucket: Int, above floor: Double, _ levels: [Double], _ profile: LevelProfile,
        isLearning: Bool
    ) {
        guard !rows.isEmpty else { return }
        let wasInAlarm = isInAlarm
        let count = seen(bucket)
        let rate = Surprise.one / min(count + 2, Self.memory)
        let least = Surprise.one / (days + 2)
        if let highest = levels.lastIndex(where: { flow > $0 }) { reach(highest) }
        for level in 0..<min(Int(reached) + 1, Int(levelCount)) {
            let row = row(level)
            let share = Int(rows[row + bucket])
            let evidence = Int(rows[row + buckets])
            let limit = limit(of: level, profile)
            let isAbove = flow > levels[level]
            if isAbove {
                let chance = max(
                    (share * count + Self.prior * pooledShare(of: level)) / (count + Self.prior), least)
                let surprise = max(Surprise.of(chance) - Surprise.nats(profile.allowance), 0)
                rows[row + buckets] = UInt16(min(evidence + surprise, Int(UInt16.max)))
                rows[row + buckets + 2] = min(rows[row + buckets + 2] + 1, 255)
            } else {
                // What has led to an alarm is not innocent, nor what came with it.
                if !wasInAlarm, evidence <= limit {
                    rows[row + buckets + 1] = max(rows[row + buckets + 1], rows[row + buckets])
                }
                (rows[row + buckets], rows[row + buckets + 2]) = (0, 0)
            }
            guard isLearning else { continue }
            // A leak must not become usual while it is being proved.
            let weight = 100 * Int(rows[row + buckets]) > 60 * limit ? 15 : 100
            let target = isAbove ? Int(UInt16.max) : 0
            let moved = share + (target - share) * rate * weight / 100 / Surprise.one
            rows[row + bucket] = UInt16(min(max(moved, 0), Int(UInt16.max)))
        }
        if isLearning { rows[bucket] = UInt16(min(count + 1, Self.memory)) }
        if let raised = raisedLevel, flow <= levels[Int(raised)] { raisedLevel = nil }
        if raisedLevel == nil, let proved = provedLevel(above: floor, levels, profile) { raisedLevel = UInt8(proved) }
    }

    /// A day has passed: what was innocent is forgotten slowly, by half in more than a year.
    mutating func age() {
        for level in 0..<Int(reached) { rows[row(level) + buckets + 1] -= rows[row(level) + buckets + 1] / 600 }
    }

    /// A person says that what runs now is harmless: so much is innocent from now on, and an alarm is over.
    ///
    /// - Parameter profile: That by which the bank accuses; no level becomes mute for ever.
    mutating func acquit(_ profile: LevelProfile) {
        let most = UInt16(Double(UInt16.max - 1) / profile.innocentFactor)
        for level in 0..<Int(reached) where run(level) > 0 {
            let row = row(level) + buckets
            rows[row + 1] = max(rows[row + 1], min(rows[row], most))
        }
        raisedLevel = nil
    }

    /// Surprise that a level needs, in 1/256 nat.
    private func limit(of level: Int, _ profile: LevelProfile) -> Int {
        max(Surprise.nats(profile.evidence), Int(Double(innocent(level)) * profile.innocentFactor))
    }

    private func pooledShare(of level: Int) -> Int {
        var (sum, count) = (0, 0)
        let row = row(level)
        for bucket in 0..<buckets {
            sum += Int(rows[row + bucket]) * seen(bucket)
            count += seen(bucket)
        }
        return count > 0 ? sum / count : Surprise.one / 2
    }

    /// Whether decoded state can be used without trapping.
    func fits(levels: Int, buckets: Int) -> Bool {
        Int(slots) == buckets && Int(levelCount) == levels && Int(reached) <= levels
            && rows.count == (levels > 0 ? buckets + (Int(reached) + 1) * width : 0)
            && rows.prefix(buckets).allSatisfy { $0 <= UInt16(Self.memory) }
            && (0..<Int(reached)).allSatisfy { run($0) <= 255 } && (raisedLevel.map { $0 < reached } ?? true)
    }
}
