// SPDX-License-Identifier: Apache-2.0

/// Flow in spells: a cistern that runs for one to nine hours at a time, which an evidence bank forgets at every pause.
///
/// A Bernoulli CUSUM for each level on the least quarter hour of each hour: hours in which the flow never fell to the
/// level come more often than in the same hours of this meter's past.
struct FlowInSpells: Hashable, Codable, Sendable {
    private static let buckets = 24
    /// For each level and hour of the day the learned share of hours above the level, in 65,536ths.
    private var shares: [UInt16]
    private var seen: [UInt8]
    /// For each level the sum in 1/256 nat, the hours above the level and the spells in it.
    private var sums: [UInt16]
    private var hits: [UInt8]
    private var spells: [UInt8]
    /// For each level the hours of the running spell, up to 255.
    private var runs: [UInt8]
    /// For each level the hours since its sum was last zero, up to 255.
    private var ages: [UInt8]
    private(set) var raisedLevel: UInt8?
    /// Hours on end at or below the raised level.
    private var quietHours = 0

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
        shares = Array(repeating: 32_768, count: levels * Self.buckets)
        seen = Array(repeating: 0, count: levels > 0 ? Self.buckets : 0)
        sums = Array(repeating: 0, count: levels)
        hits = Array(repeating: 0, count: levels)
        spells = Array(repeating: 0, count: levels)
        runs = Array(repeating: 0, count: levels)
        ages = Array(repeating: 0, count: levels)
    }

    var isInAlarm: Bool { raisedLevel != nil }
    private var days: Int { Int(seen.max() ?? 0) }
    var isReady: Bool { days >= LevelBank.warmUp }

    /// What is known about one of the levels.
    func course(of level: Int) -> (evidence: Double, hits: Int, spells: Int) {
        (Double(sums[level]) / 256, Int(hits[level]), Int(spells[level]))
    }

    /// Share of hours like this one in which people alone draw so much.
    func innocentShare(of level: Int, hourOfDay: Int) -> Double {
        let share = usualShare(level * Self.buckets + hourOfDay, level, Int(seen[hourOfDay]))
        return Double(share) / Double(Surprise.one)
    }

    /// Hours that the evidence of a level reaches back, up to 255, and how many of them the leak itself ran: hits that
    /// people made by themselves are taken off.
    func hoursRun(of level: Int) -> Double {
        let share = (0..<Self.buckets).reduce(0) { $0 + innocentShare(of: level, hourOfDay: $1) } / Double(Self.buckets)
        let own = Double(hits[level]) - share * Double(max(ages[level], hits[level]))
        return max(own / max(1 - share, 0.05), 1)
    }

    /// Takes the least flow of the next hour in litres an hour.
    ///
    /// - Parameter floor: Flow that a level must exceed to accuse.
    mutating func take(
        _ flow: Double, hourOfDay: Int, above floor: Double, _ levels: ArraySlice<Double>, isLearning: Bool
    ) {
        guard !seen.isEmpty else { return }
        let count = Int(seen[hourOfDay])
        let rate = Surprise.one / min(count + 2, LevelBank.memory)
        let limit = Surprise.nats(Self.limit)
        for (level, threshold) in levels.enumerated() {
            let place = level * Self.buckets + hourOfDay
            let isAbove = flow > threshold
            let run = Int(runs[level])
            runs[level] = isAbove ? UInt8(min(Int(runs[level]) + 1, 255)) : 0
            // What ran on end for longer than any spell has ended now, with all that it proved.
            if !isAbove, run >= Self.enoughHits { forget(level) }
            if isReady { weigh(level, isAbove, usual: usualShare(place, level, count)) }
            guard isLearning else { continue }
            let weight = 2 * Int(sums[level]) > limit ? 10 : 100
            let target = isAbove ? Int(UInt16.max) : 0
            let moved = Int(shares[place]) + (target - Int(shares[place])) * rate * weight / 100 / Surprise.one
            shares[place] = UInt16(min(max(moved, 0), Int(UInt16.max)))
        }
        if isLearning { seen[hourOfDay] = UInt8(min(count + 1, LevelBank.memory)) }
        endWhenQuiet()
        if raisedLevel == nil, let proved = provedLevel(above: floor, levels) { raisedLevel = UInt8(proved) }
    }

    private mutating func endWhenQuiet() {
        guard let raised = raisedLevel.map({ Int($0) }) else { return }
        quietHours = runs[raised] > 0 ? 0 : min(quietHours + 1, 255)
        guard Int(sums[raised]) < Surprise.nats(Self.clearLimit) || quietHours >= Self.longestPause else { return }
        for level in sums.indices { forget(level) }
        (raisedLevel, quietHours) = (nil, 0)
    }

    private mutating func forget(_ level: Int) { (sums[level], hits[level], spells[level], ages[level]) = (0, 0, 0, 0) }

    /// The highest level that is proved now; `nil` when none is.
    func provedLevel(above floor: Double, _ levels: ArraySlice<Double>) -> Int? {
        sums.indices.last { level in
            Int(sums[level]) > Surprise.nats(Self.limit) && Int(hits[level]) >= Self.requiredHits
                && Int(ages[level]) > Self.requiredSpan
                && (Int(spells[level]) >= Self.requiredSpells || Int(hits[level]) >= Self.enoughHits)
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
        let sum = min(max(Int(sums[level]) + step, 0), Int(UInt16.max))
        sums[level] = UInt16(sum)
        if sum == 0 {
            (hits[level], spells[level], ages[level]) = (0, 0, 0)
            return
        }
        ages[level] = UInt8(min(Int(ages[level]) + 1, 255))
        if isAbove {
            hits[level] = UInt8(min(Int(hits[level]) + 1, 255))
            // An hour with water in every quarter is a breakfast; two on end are not.
            if runs[level] == 2 { spells[level] = UInt8(min(Int(spells[level]) + 1, 255)) }
        }
    }

    private func usualShare(_ place: Int, _ level: Int, _ count: Int) -> Int {
        var (sum, all) = (0, 0)
        for bucket in 0..<Self.buckets {
            sum += Int(shares[level * Self.buckets + bucket]) * Int(seen[bucket])
            all += Int(seen[bucket])
        }
        let pooled = all > 0 ? sum / all : Surprise.one / 2
        let own = (Int(shares[place]) * count + Self.prior * pooled) / (count + Self.prior)
        return max(own, Surprise.one / (2 * days + 4))
    }

    /// Whether decoded state can be used without trapping.
    func fits(levels: Int) -> Bool {
        shares.count == levels * Self.buckets && seen.count == (levels > 0 ? Self.buckets : 0) && sums.count == levels
            && hits.count == levels && spells.count == levels && runs.count == levels && ages.count == levels
            && seen.allSatisfy { $0 <= LevelBank.memory } && (raisedLevel.map { $0 < levels } ?? true)
            && (0...255).contains(quietHours)
    }
}
