// SPDX-License-Identifier: Apache-2.0

/// Flow in spells: a cistern that runs for one to nine hours at a time, which an evidence bank forgets at every pause.
///
/// A Bernoulli CUSUM for each level on the least quarter hour of each hour: hours in which the flow never fell to the
/// level come more often than in the same hours of this meter's past.
struct FlowInSpells: Hashable, Codable, Sendable {
    private static let buckets = 24
    private let levelCount: UInt8
    /// Levels that the flow was ever above; no flow has told the others apart.
    private var reached: UInt8 = 0
    /// How often each hour of the day was learned. Then for each level that was reached, the lowest first, and once for
    /// all others: for each hour of the day the learned share of hours above the level, in 65,536ths, and the five of
    /// ``Own``.
    @Packed private var rows: [UInt16]
    /// What stands behind the shares of a level.
    private enum Own {
        /// The sum in 1/256 nat, the hours above the level and the spells in it.
        static let sum = 0
        static let hits = 1
        static let spells = 2
        /// Hours of the running spell, up to 255, and hours since the sum was last zero, up to 255.
        static let run = 3
        static let age = 4
        static let count = 5
    }
    private(set) var raisedLevel: UInt8?
    /// Hours on end at or below the raised level.
    @Narrow<UInt8, Int> private var quietHours = 0

    /// Evidence to raise and to clear, in nats. A party or a paddling pool is one spell of up to ten hours.
    static let limit = 16.0
    private static let clearLimit = 3.0
    static let requiredHits = 6
    static let requiredSpells = 3
    /// Hits that are enough in fewer spells: longer than any party.
    static let enoughHits = 18
    /// Hours that the spells must span: a party, visitors or a Sunday at home is over after a day, a cistern is not.
    static let requiredSpan = 24
    /// Hours without a spell that end the alarm.
    private static let longestPause = 24
    private static let prior = 4

    init(levels: Int) {
        levelCount = UInt8(levels)
        var rows: [UInt16] = []
        if levels > 0 {
            rows = Array(repeating: 0, count: 2 * Self.buckets + Own.count)
            for hour in 0..<Self.buckets { rows[Self.buckets + hour] = 32_768 }
        }
        self.rows = rows
    }

    // MARK: Rows

    private static let width = buckets + Own.count
    /// The first place of a level's row.
    private func row(_ level: Int) -> Int { Self.buckets + min(level, Int(reached)) * Self.width }
    private func own(_ level: Int, _ place: Int) -> Int { Int(rows[row(level) + Self.buckets + place]) }
    private mutating func set(_ level: Int, _ place: Int, to value: Int) {
        rows[row(level) + Self.buckets + place] = UInt16(clamping: value)
    }
    private func seen(_ hour: Int) -> Int { Int(rows[hour]) }

    /// Gives levels that are reached for the first time rows of their own.
    private mutating func reach(_ level: Int) {
        guard level >= Int(reached) else { return }
        let others = row(Int(levelCount))
        var grown: [UInt16] = []
        // Made anew, for an array that grows by itself takes twice what it needs.
        grown.reserveCapacity(Self.buckets + (level + 2) * Self.width)
        grown += rows
        for _ in Int(reached)...level { grown += rows[others..<(others + Self.width)] }
        rows = grown
        reached = UInt8(level + 1)
    }

    var isInAlarm: Bool { raisedLevel != nil }
    private var days: Int {
        var most = 0
        for hour in 0..<(rows.isEmpty ? 0 : Self.buckets) { most = max(most, seen(hour)) }
        return most
    }
    var isReady: Bool { days >= LevelBank.warmUp }

    /// What is known about one of the levels.
    func course(of level: Int) -> (evidence: Double, hits: Int, spells: Int) {
        (Double(own(level, Own.sum)) / 256, own(level, Own.hits), own(level, Own.spells))
    }

    /// Share of hours like this one in which people alone draw so much.
    func innocentShare(of level: Int, hourOfDay: Int) -> Double {
        let share = usualShare(level, hourOfDay, seen(hourOfDay))
        return Double(share) / Double(Surprise.one)
    }

    /// Hours that the evidence of a level reaches back, up to 255, and how many of them the leak itself ran: hits that
    /// people made by themselves are taken off.
    func hoursRun(of level: Int) -> Double {
        let share = (0..<Self.buckets).reduce(0) { $0 + innocentShare(of: level, hourOfDay: $1) } / Double(Self.buckets)
        let (hits, age) = (own(level, Own.hits), own(level, Own.age))
        return max((Double(hits) - share * Double(max(age, hits))) / max(1 - share, 0.05), 1)
    }

    /// Takes the least flow of the next hour in litres an hour.
    ///
    /// - Parameter floor: Flow that a level must exceed to accuse.
    mutating func take(
        _ flow: Double, hourOfDay: Int, above floor: Double, _ levels: ArraySlice<Double>, isLearning: Bool
    ) {
        guard !rows.isEmpty else { return }
        let count = seen(hourOfDay)
        let rate = Surprise.one / min(count + 2, LevelBank.memory)
        let limit = Surprise.nats(Self.limit)
        if let highest = levels.lastIndex(where: { flow > $0 }) { reach(highest - levels.startIndex) }
        let isReady = isReady
        for level in 0..<min(Int(reached) + 1, Int(levelCount)) {
            let place = row(level) + hourOfDay
            let isAbove = flow > levels[levels.startIndex + level]
            let run = own(level, Own.run)
            set(level, Own.run, to: isAbove ? min(run + 1, 255) : 0)
            // What ran on end for longer than any spell has ended now, with all that it proved.
            if !isAbove, run >= Self.enoughHits { forget(level) }
            if isReady { weigh(level, isAbove, usual: usualShare(level, hourOfDay, count)) }
            guard isLearning else { continue }
            let share = Int(rows[place])
            let weight = 2 * own(level, Own.sum) > limit ? 10 : 100
            let target = isAbove ? Int(UInt16.max) : 0
            let moved = share + (target - share) * rate * weight / 100 / Surprise.one
            rows[place] = UInt16(min(max(moved, 0), Int(UInt16.max)))
        }
        if isLearning { rows[hourOfDay] = UInt16(min(count + 1, LevelBank.memory)) }
        endWhenQuiet()
        if raisedLevel == nil, let proved = provedLevel(above: floor, levels) { raisedLevel = UInt8(proved) }
    }

    private mutating func endWhenQuiet() {
        guard let raised = raisedLevel.map({ Int($0) }) else { return }
        quietHours = own(raised, Own.run) > 0 ? 0 : min(quietHours + 1, 255)
        guard own(raised, Own.sum) < Surprise.nats(Self.clearLimit) || quietHours >= Self.longestPause else { return }
        for level in 0..<Int(reached) { forget(level) }
        (raisedLevel, quietHours) = (nil, 0)
    }

    private mutating func forget(_ level: Int) {
        set(level, Own.sum, to: 0)
        set(level, Own.hits, to: 0)
        set(level, Own.spells, to: 0)
        set(level, Own.age, to: 0)
    }

    /// The highest level that is proved now; `nil` when none is.
    func provedLevel(above floor: Double, _ levels: ArraySlice<Double>) -> Int? {
        (0..<Int(reached)).last { level in
            own(level, Own.sum) > Surprise.nats(Self.limit) && own(level, Own.hits) >= Self.requiredHits
                && own(level, Own.age) > Self.requiredSpan
                && (own(level, Own.spells) >= Self.requiredSpells || own(level, Own.hits) >= Self.enoughHits)
                && levels[levels.startIndex + level] > floor
        }
    }

    private mutating func weigh(_ level: Int, _ isAbove: Bool, usual: Int) {
        // Three times the usual share, 35 % at least: a cistern that runs a third of the time.
        let faulty = min(Surprise.one * 95 / 100, max(Surprise.one * 35 / 100, 3 * usual))
        guard usual < faulty else { return }
        let step =
            isAbove
            ? Surprise.of(usual) - Surprise.of(faulty)
            : Surprise.of(Surprise.one - usual) - Surprise.of(Surprise.one - faulty)
        let sum = min(max(own(level, Own.sum) + step, 0), Int(UInt16.max))
        guard sum > 0 else { return forget(level) }
        set(level, Own.sum, to: sum)
        set(level, Own.age, to: min(own(level, Own.age) + 1, 255))
        if isAbove {
            set(level, Own.hits, to: min(own(level, Own.hits) + 1, 255))
            // An hour with water in every quarter is a breakfast; two on end are not.
            if own(level, Own.run) == 2 { set(level, Own.spells, to: min(own(level, Own.spells) + 1, 255)) }
        }
    }

    private func usualShare(_ level: Int, _ hourOfDay: Int, _ count: Int) -> Int {
        let row = row(level)
        var (sum, all) = (0, 0)
        for bucket in 0..<Self.buckets {
            sum += Int(rows[row + bucket]) * seen(bucket)
            all += seen(bucket)
        }
        let pooled = all > 0 ? sum / all : Surprise.one / 2
        let own = (Int(rows[row + hourOfDay]) * count + Self.prior * pooled) / (count + Self.prior)
        return max(own, Surprise.one / (2 * days + 4))
    }

    /// Whether decoded state can be used without trapping.
    func fits(levels: Int) -> Bool {
        Int(levelCount) == levels && Int(reached) <= levels
            && rows.count == (levels > 0 ? Self.buckets + (Int(reached) + 1) * Self.width : 0)
            && rows.prefix(Self.buckets).allSatisfy { $0 <= UInt16(LevelBank.memory) }
            && (0..<Int(reached)).allSatisfy { level in
                (Own.hits..<Own.count).allSatisfy { own(level, $0) <= 255 }
            } && (raisedLevel.map { $0 < reached } ?? true)
    }
}
