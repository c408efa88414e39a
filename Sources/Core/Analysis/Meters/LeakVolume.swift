// SPDX-License-Identifier: Apache-2.0

/// The water of one leak behind a meter, from what the meter passed at least.
///
/// What people draw stands on top of a leak, so its rate is that of the quietest hours on end, of each day anew, for leaks
/// grow. Its volume is that rate for the hours in which it ran. What the quietest hours of the whole run show, less a
/// count, is what the meter did not fall below. At most it ran in every hour in which it may have run, each day at the
/// larger of the rates at the day's two ends.
struct LeakVolume: Hashable, Codable, Sendable {
    /// How the quietest hours are looked for.
    struct Law: Hashable, Sendable {
        /// Hours on end, up to four: the more, the less a single count weighs.
        var window: Int
        var litresPerCount: Double
        /// What passes in an hour without the leak, and by how much that differs from night to night.
        var usual: Double
        var usualSpread = 0.0
        /// Whether it comes and goes.
        var isInSpells: Bool
    }

    /// Elapsed hours after which the rate is taken anew.
    private static let blockHours: Int64 = 24
    /// Hours of which the leak's own beginning and end may have taken a part, while people drew water.
    private static let edgeHours = 8.0
    private static let mostHours = 1e9

    private var hour: Int64
    private var blockStart: Int64
    /// Litres of the latest running hours, newest first, and how many of them are known.
    private var latest = SIMD4<Float>()
    private var filled = 0
    /// Least flow of a window in this block, in litres an hour; -1 for none.
    private var least = -1.0
    /// What no window of the whole run fell below, a count taken off; -1 for none.
    private var leastEver = -1.0
    /// Rate of the last block; -1 for none.
    private var rate = -1.0
    // Hours in which it ran, and times that it began: of this block, and of all before it.
    private var running: Double
    private var begun: Int
    private var runningBefore = 0.0
    private var begunBefore = 0
    private var likely = 0.0
    // What it may have been at most: of all blocks but the last one and this, the hours of the last one, the rate before
    // it, and the hours of this block in which it may have run.
    private var high = 0.0
    private var lastHours = 0.0
    private var rateBefore = -1.0
    private var possible: Double

    /// - Parameters:
    ///   - hours: In which it had run when it was found.
    ///   - most: In which it may have run until then.
    ///   - begun: How often it had begun until then, where it comes and goes.
    init(hour: Int64, hours: Double, most: Double? = nil, begun: Int) {
        (self.hour, blockStart) = (hour, hour)
        (running, self.begun) = (min(max(hours, 0), Self.mostHours), max(begun, 0))
        possible = min(max(most ?? hours, running), Self.mostHours)
    }

    /// Looks at an hour that is counted already.
    mutating func look(at litres: Double, _ law: Law) {
        for place in stride(from: 3, to: 0, by: -1) { latest[place] = latest[place - 1] }
        latest[0] = Float(litres)
        filled = min(filled + 1, 4)
        guard filled >= law.window else { return }
        var sum = 0.0
        for place in 0..<min(law.window, 4) { sum += Double(latest[place]) }
        let window = Double(law.window)
        // The least of many windows has lost half a count at their edges; so has the usual hour.
        let flow = (sum + (law.window > 1 ? law.litresPerCount / 2 : 0)) / window
        let proved = max(0, (sum - law.litresPerCount) / window)
        least = least < 0 ? flow : min(least, flow)
        leastEver = leastEver < 0 ? proved : min(leastEver, proved)
    }

    /// Takes the next hour whose volume is known.
    ///
    /// - Parameters:
    ///   - mayRun: Whether it may have run although it does not seem to.
    ///   - innocent: Share of such hours in which it would seem to run without a leak; of the hours in which it seems to
    ///     run the leak's are what is left, in the mean.
    mutating func take(
        _ litres: Double, hour newHour: Int64, isRunning: Bool, mayRun: Bool = true, innocent: Double = 0, _ law: Law
    ) {
        // What ran before a hole and after it ran in it.
        let sinceLast = min(max(newHour - hour, 1), 1000)
        let elapsed = law.isInSpells ? 1.0 : Double(sinceLast)
        if newHour - hour != 1 { filled = 0 }
        hour = max(hour, newHour)
        if hour - blockStart > Self.blockHours { closeBlock(law) }
        let innocent = law.isInSpells ? min(max(innocent, 0), 0.95) : 0
        running = min(running + elapsed * ((isRunning ? 1 : 0) - innocent) / (1 - innocent), Self.mostHours)
        // In spells what ran before a hole may have run in it.
        if isRunning || mayRun { possible = min(possible + Double(sinceLast), Self.mostHours) }
        guard isRunning else {
            filled = 0
            return
        }
        // One hour alone is a breakfast.
        if law.isInSpells, filled == 1 { begun = min(begun + 1, 1 << 30) }
        look(at: litres, law)
    }

    private mutating func closeBlock(_ law: Law) {
        blockStart = hour - 1
        let before = rate
        rate = rateNow(law) ?? rate
        guard rate >= 0 else { return }
        likely += rate * hours(law, edge: 0.5)
        high += (max(before, rate) + doubt(law)) * lastHours
        (lastHours, rateBefore, possible) = (mostHours(law), before < 0 ? rate : before, 0)
        (runningBefore, begunBefore) = (runningBefore + running, begunBefore + begun)
        (running, begun, least) = (0, 0, -1)
    }

    /// Hours of this block with a part of an hour at either end of each spell.
    private func hours(_ law: Law, edge: Double) -> Double {
        running + (law.isInSpells ? 2 * edge * Double(begun) : 0)
    }

    /// Hours of this block in which it may have run, with an hour at either end of each spell.
    private func mostHours(_ law: Law) -> Double { possible + (law.isInSpells ? 2 * Double(begun) : 0) }

    /// Rate of the quietest window of this block; `nil` before there is one.
    private func rateNow(_ law: Law) -> Double? {
        guard least >= 0 else { return nil }
        return max(0, least - law.usual)
    }

    /// What one count more or less in a window makes of the rate, and a night that is quieter than usual.
    private func doubt(_ law: Law) -> Double { law.litresPerCount / Double(law.window) + law.usualSpread }

    /// What is known so far, in litres and litres an hour.
    ///
    /// - Parameter assumed: Rate as long as none was measured.
    func total(_ law: Law, assumed: Double) -> (low: Double, likely: Double, high: Double, rate: Double, least: Double)
    {
        // A block that is not over may have had no quiet hours yet.
        let now = rateNow(law).map { rate >= 0 ? min($0, rate) : $0 } ?? (rate >= 0 ? rate : assumed)
        let likely = max(0, likely + now * hours(law, edge: 0.5))
        // What has grown goes on growing.
        let most = rate < 0 ? now : max(now, rate + max(0, rate - rateBefore))
        let high =
            high + (max(rate, now) + doubt(law)) * lastHours + (most + doubt(law)) * (mostHours(law) + 1)
        let all = max(0, running + runningBefore)
        let spells = Double(begun + begunBefore)
        let proved = max(0, all - Self.edgeHours - (law.isInSpells ? spells : 0))
        let least =
            leastEver < 0 ? 0 : max(0, leastEver - law.usual)
        return (
            least * proved * (1 - MeterError.shareOfSmallFlows), likely,
            max(high, likely) * (1 + MeterError.shareOfSmallFlows),
            likely / max(all + (law.isInSpells ? spells : 0), 1), leastEver < 0 ? now : least
        )
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = -1...1_200_000
        return hours.contains(hour) && hours.contains(blockStart) && (0...4).contains(filled)
            && [begun, begunBefore].allSatisfy { (0...1 << 31).contains($0) }
            && [running, runningBefore, least, leastEver, rate, likely, high, lastHours, rateBefore, possible]
                .allSatisfy(\.isFinite)
    }
}
