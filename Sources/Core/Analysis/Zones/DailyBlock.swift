// SPDX-License-Identifier: Apache-2.0

import Model

/// D5 by the day: the mean residual of each 24 clean hours of a shared meter, in a CUSUM.
///
/// What its children do cancels in the balance, so that a few litres an hour stand out. A sum above the limit opens a
/// question, which the zone answers: a dwelling that stands still, one that counts too little, or a loss.
struct DailyBlock: Hashable, Codable, Sendable {
    static let hours = 24
    /// Spreads that are no evidence, the limit, and the fewest blocks of which it must be made.
    static let allowance = 0.75
    static let limit = 7.0
    static let leastBlocks = 3
    /// No single day is worth more than this.
    private static let clip = 5.0
    static let memory = 14
    static let leastMemory = 5
    /// Least spread of a day: half a litre an hour, and what the gains of good meters differ by from day to day.
    static func leastSpread(children: Double) -> Double { 0.5 + 0.007 * children }

    /// What a sum above the limit says.
    struct Shift: Hashable, Codable, Sendable {
        var startHour: Int64
        var lastHour: Int64
        /// Mean residual of the blocks in it, what is usual, and its spread, in litres an hour.
        var residual: Double
        var usual: Double
        var spread: Double
        var blocks: Int
        var sum: Double
        var size: Double { residual - usual }
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var shift: Shift
    }

    // The running block.
    private var first: Int64 = -1
    private var count = 0
    private var total = 0.0
    private var totalChildren = 0.0
    private var totalAssumed = 0.0
    /// Means of past blocks that were learned, oldest first.
    private var means: [Float] = []
    private var sum = 0.0
    private var run: Shift?
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// What usually enters and no child takes, in litres an hour; `nil` before that is known.
    var usual: Double? { means.count >= Self.leastMemory ? Middle.of(means) : nil }

    enum Outcome {
        /// The sum has passed the limit: the zone must say what it is.
        case question(Shift)
        case verdict(Verdict)
    }

    /// Takes one clean hour.
    mutating func take(
        _ hour: ZoneHour, residual: Double, _ law: RegisterLaw, statistics: inout AnalyzerStatistics
    ) -> Outcome? {
        // A block that is gathered over more than three days is no day.
        if count > 0, hour.hour - first >= 72 { restartBlock() }
        if count == 0 { first = hour.hour }
        count += 1
        total += residual
        totalChildren += hour.outflow
        totalAssumed += hour.assumed
        guard count == Self.hours else { return nil }
        defer { restartBlock() }
        let scale = 1 / Double(Self.hours)
        return judge(
            total * scale, children: totalChildren * scale, assumed: totalAssumed * scale, hour, law, &statistics)
    }

    private mutating func restartBlock() { (count, total, totalChildren, totalAssumed) = (0, 0, 0, 0) }

    private mutating func judge(
        _ mean: Double, children: Double, assumed: Double, _ hour: ZoneHour, _ law: RegisterLaw,
        _ statistics: inout AnalyzerStatistics
    ) -> Outcome? {
        guard means.count >= Self.leastMemory, let past = RobustSpread(means) else {
            learn(mean)
            return nil
        }
        statistics.evaluations.massBalance += 1
        // What was assumed for silent children may be wrong by half, the same way all day; a count at either edge.
        let step = law.litresPerCount / Double(Self.hours)
        let floor = max(past.deviation, Self.leastSpread(children: children))
        let spread = (floor * floor + 0.25 * assumed * assumed + step * step).squareRoot()
        let deviation = min((mean - past.median) / spread, Self.clip)
        sum = min(max(0, sum + deviation - Self.allowance), 2 * Self.limit)
        if sum == 0 { run = nil }
        if sum < Self.limit / 2, alarm == nil { learn(mean) }
        if var held = alarm { return follow(&held, mean, deviation, hour).map { .verdict($0) } }
        guard sum > 0 else { return nil }
        var shift =
            run
            ?? Shift(
                startHour: first, lastHour: hour.hour, residual: mean, usual: past.median, spread: spread, blocks: 0,
                sum: 0)
        shift.residual += (mean - shift.residual) / Double(shift.blocks + 1)
        shift.blocks = min(shift.blocks + 1, 1 << 20)
        (shift.usual, shift.spread, shift.lastHour, shift.sum) = (past.median, spread, hour.hour, sum)
        run = shift
        return sum > Self.limit && shift.blocks >= Self.leastBlocks ? .question(shift) : nil
    }

    /// The zone has no other explanation: water is lost.
    mutating func raise(_ shift: Shift) -> Verdict? {
        guard alarm == nil else { return nil }
        let new = Alarm(shift: shift)
        alarm = new
        return .arises(grounds(new))
    }

    /// The zone has explained the shift by a meter: it is forgotten.
    mutating func settle() {
        (sum, run) = (0, nil)
        restartBlock()
    }

    private mutating func follow(
        _ held: inout Alarm, _ mean: Double, _ deviation: Double, _ hour: ZoneHour
    ) -> Verdict? {
        // Half of the shift is neither the loss nor the usual.
        if mean - held.shift.usual < held.shift.size / 2, deviation < 2 {
            alarm = nil
            (sum, run) = (0, nil)
            return .ends(grounds(held), at: Timestamp(hourIndex: first))
        }
        held.shift.residual += (mean - held.shift.residual) / Double(held.shift.blocks + 1)
        held.shift.blocks = min(held.shift.blocks + 1, 1 << 20)
        (held.shift.lastHour, held.shift.sum) = (hour.hour, sum)
        alarm = held
        return .persists(grounds(held))
    }

    private mutating func learn(_ mean: Double) {
        means.append(Float(mean))
        if means.count > Self.memory { means.removeFirst() }
    }

    private func grounds(_ alarm: Alarm) -> Grounds {
        let shift = alarm.shift
        // Two standard errors of the mean of the blocks and of the median before them.
        let doubt = 2 * shift.spread * (1 / Double(max(shift.blocks, 1)) + 1.57 / Double(Self.memory)).squareRoot()
        let size = max(0, shift.size)
        let hours = Double(max(0, shift.lastHour + 1 - shift.startHour))
        return Grounds(
            startedAt: Timestamp(hourIndex: shift.startHour), severity: Severity(loss: LitresPerHour(size)),
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, size - doubt)), rateHigh: LitresPerHour(size + doubt),
                litres: Litres(size * hours), low: Litres(max(0, size - 1.5 * doubt) * hours),
                high: Litres((size + 1.5 * doubt) * hours)),
            evidence: Evidence(
                from: Timestamp(hourIndex: shift.startHour), to: Timestamp(hourIndex: shift.lastHour + 1),
                measures: [
                    Measure("residual", shift.residual, .litrePerHour), Measure("expected", shift.usual, .litrePerHour),
                    Measure("spread", shift.spread, .litrePerHour), Measure("blocks", Double(shift.blocks)),
                    Measure("sum", shift.sum), Measure("required_sum", Self.limit),
                    Measure("required_blocks", Double(Self.leastBlocks)),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = -1...1_200_000
        return hours.contains(first) && (0..<Self.hours).contains(count) && means.count <= Self.memory
            && means.allSatisfy(\.isFinite) && sum.isFinite && total.isFinite
            && [run, alarm?.shift].allSatisfy { shift in
                shift.map {
                    hours.contains($0.startHour) && hours.contains($0.lastHour) && (0...1 << 20).contains($0.blocks)
                        && $0.residual.isFinite && $0.usual.isFinite && $0.spread.isFinite
                } ?? true
            }
    }
}
