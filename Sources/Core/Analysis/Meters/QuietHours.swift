// SPDX-License-Identifier: Apache-2.0

/// The six quietest hours of each day on a register of coarse counts: what a seep shows there.
///
/// Two litres an hour are one count of 10 L in five hours: no hour and no slot of four hours is ever sure to hold one,
/// but six hours without any become rare. A Bernoulli CUSUM over days for each number of counts: days on which even the
/// quietest six hours held so many come more often than in this meter's past. Five and six hours told seeps apart on
/// recorded homes, eight and more did not: people are not away or asleep for longer.
struct QuietHours: Hashable, Codable, Sendable {
    static let hours = 6
    /// Counts that are looked for: 1 ... this many. More of them the other detectors see.
    static let levels = 4
    /// Evidence to raise, to clear, and the most that is kept, in nats: days without the flow must end the alarm.
    static let limit = 12.0
    private static let clearLimit = 6.0
    private static let most = 15.0
    /// Share of days on which a running seep shows: one in fourteen has a count just outside on both sides.
    private static let faulty = Surprise.one * 93 / 100
    /// A meter with counts in its quietest hours on more days than this shows nothing by one more.
    private static let tellingShare = Surprise.one * 80 / 100
    private static let warmUp = 12
    private static let requiredHours = 22

    private var ring = Fixed<6, Float>(repeating: 0)
    @Narrow<Int32, Int64> private var hour: Int64 = -1
    /// Known hours on end, up to ``hours``.
    private var filled: UInt8 = 0
    @NarrowOptional<Int32, Int> private var day: Int?
    private var knownHours: UInt8 = 0
    private var least: Float?
    /// For each number of counts the learned share of days with as many, in 65,536ths.
    private var shares = Fixed<4, UInt16>(repeating: 32_768)
    private var seen: UInt8 = 0
    /// The sum in 1/256 nat, and the days above in it.
    private var sums = Fixed<4, UInt16>(repeating: 0)
    private var hits = Fixed<4, UInt8>(repeating: 0)
    private(set) var raisedLevel: UInt8?

    init() {}

    /// Litres an hour between `level + 1` counts and one fewer in six hours.
    static func threshold(_ level: Int, litresPerCount: Double) -> Double {
        (Double(level) + 0.5) * litresPerCount / Double(hours)
    }

    /// What is known about one of the levels.
    func course(of level: Int) -> (evidence: Double, days: Int, quietShare: Double, learned: Int) {
        (
            Double(sums[level]) / 256, Int(hits[level]), 1 - Double(shares[level]) / Double(Surprise.one), Int(seen)
        )
    }

    /// Takes the next known hour.
    mutating func take(_ litres: Double, hour: Int64, day: Int, litresPerCount: Double, isLearning: Bool) {
        if self.day != day {
            if self.day != nil { finishDay(litresPerCount, isLearning: isLearning) }
            (self.day, least, knownHours) = (day, nil, 0)
        }
        if hour != self.hour + 1 { filled = 0 }
        self.hour = hour
        ring[Int(hour % Int64(Self.hours))] = Float(litres)
        filled = min(filled + 1, UInt8(Self.hours))
        knownHours = min(knownHours + 1, 30)
        guard filled == UInt8(Self.hours) else { return }
        least = min(least ?? .infinity, ring.reduce(0, +))
    }

    private mutating func finishDay(_ litresPerCount: Double, isLearning: Bool) {
        guard knownHours >= UInt8(Self.requiredHours), let least else { return }
        // A count that falls on the edge of an hour is shared by two.
        let counts = Int((Double(least) / litresPerCount).rounded())
        let count = Int(seen)
        let rate = Surprise.one / min(count + 2, LevelBank.memory)
        for level in shares.indices {
            let isAbove = counts > level
            if count >= Self.warmUp { weigh(level, isAbove) }
            guard isLearning else { continue }
            // A leak must not become usual while it is being proved.
            let weight = 2 * Int(sums[level]) > Surprise.nats(Self.limit) ? 15 : 100
            let target = isAbove ? Int(UInt16.max) : 0
            let moved = Int(shares[level]) + (target - Int(shares[level])) * rate * weight / 100 / Surprise.one
            shares[level] = UInt16(min(max(moved, 0), Int(UInt16.max)))
        }
        if isLearning { seen = UInt8(min(count + 1, LevelBank.memory)) }
        if let raised = raisedLevel, Int(sums[Int(raised)]) < Surprise.nats(Self.clearLimit) { raisedLevel = nil }
        if raisedLevel == nil {
            raisedLevel = sums.indices.last { Int(sums[$0]) > Surprise.nats(Self.limit) }.map { UInt8($0) }
        }
    }

    private mutating func weigh(_ level: Int, _ isAbove: Bool) {
        let usual = max(Int(shares[level]), Surprise.one / (Int(seen) + 2))
        guard usual < Self.tellingShare else { return }
        let step =
            isAbove
            ? Surprise.of(usual) - Surprise.of(Self.faulty)
            : Surprise.of(Surprise.one - usual) - Surprise.of(Surprise.one - Self.faulty)
        sums[level] = UInt16(min(max(Int(sums[level]) + step, 0), Surprise.nats(Self.most)))
        if sums[level] == 0 { hits[level] = 0 } else if isAbove { hits[level] = UInt8(min(Int(hits[level]) + 1, 255)) }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        ring.count == Self.hours && ring.allSatisfy { $0.isFinite } && (-1...1_200_000).contains(hour)
            && filled <= UInt8(Self.hours) && knownHours <= 30 && (least.map { $0.isFinite && $0 < 1e12 } ?? true)
            && [shares.count, sums.count, hits.count].allSatisfy { $0 == Self.levels }
            && Int(seen) <= LevelBank.memory && (raisedLevel.map { Int($0) < Self.levels } ?? true)
    }
}
