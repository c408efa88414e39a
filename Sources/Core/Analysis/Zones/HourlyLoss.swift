// SPDX-License-Identifier: Apache-2.0

import Model

/// D5 by the hour: a zone whose meters are read too seldom for minutes, in two CUSUMs of one and of three hours.
///
/// The hour ends at the last full hour for which every meter has been read, so that it waits for nothing else. What is
/// usual comes from two weeks of hours in which nothing was suspected.
struct HourlyLoss: Hashable, Codable, Sendable {
    /// One CUSUM: spreads that are no evidence, the limit, and what one value is worth at most.
    struct Scale {
        var hours: Int
        var allowance: Double
        var limit: Double
        var clip: Double
    }

    // A single hour may be wrong by a late reading; it is worth less than the limit.
    static let scales = [
        Scale(hours: 1, allowance: 0.75, limit: 9, clip: 8), Scale(hours: 3, allowance: 0.5, limit: 7, clip: 6),
    ]
    /// Three days of hours tell a spread.
    static let leastHours = 72
    static let memory = 14 * 24
    /// Usual hours on end after which it is over.
    private static let calm = 3

    /// What is usual.
    struct Reference: Hashable, Codable, Sendable {
        var residual: Double
        var spread: Double
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var startHour: Int64
        var lastHour: Int64
        /// Excess over the usual, summed over `hours`, in litres.
        var excess: Double
        var hours: Int
        var usual: Double
        var spread: Double
        var scale: Int
        var sum: Double
        var calm = 0
        var calmExcess = 0.0
        var toldHours: Int
    }

    /// The last hour that was judged.
    private(set) var hour: Int64 = -1
    private(set) var reference: Reference?
    /// Residuals of the last hours in which nothing was suspected, oldest first.
    private var quiet: [Float] = []
    private var sums = [0.0, 0.0]
    /// Since when each sum is above zero, and the excess in litres since.
    private var starts: [Int64] = [0, 0]
    private var excesses = [0.0, 0.0]
    private var counts = [0, 0]
    // The running three hours.
    private var gathered = 0
    private var gatheredExcess = 0.0
    private var gatheredVariance = 0.0
    private var alarm: Alarm?
    /// First and last hour of the loss that ended last.
    private var past: [Int64] = []

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// Whether this much is suspected that the hour may not be learned as usual.
    var isSuspecting: Bool {
        isInAlarm || Self.scales.indices.contains { sums[$0] > Self.scales[$0].limit / 2 }
    }

    /// Keeps an hour in which nothing was suspected; four times a day what is usual is looked at anew.
    private mutating func learn(_ residual: Double) {
        quiet.append(Float(residual))
        if quiet.count > Self.memory { quiet.removeFirst() }
        guard quiet.count >= Self.leastHours, reference == nil || hour % 6 == 0,
            let past = RobustSpread(quiet)
        else { return }
        reference = Reference(residual: past.median, spread: past.deviation)
    }

    /// The hour says nothing: it neither adds nor resets.
    mutating func skip(_ newHour: Int64) {
        hour = max(hour, newHour)
        (gathered, gatheredExcess, gatheredVariance) = (0, 0, 0)
    }

    /// Judges the next hour.
    ///
    /// - Parameters:
    ///   - residual, children: In litres an hour.
    ///   - assumed: Of the children's flow what was not read.
    ///   - litresPerCount: Of the parent.
    mutating func judge(
        _ newHour: Int64, residual: Double, children: Double, assumed: Double, litresPerCount: Double
    ) -> Verdict? {
        guard newHour > hour else { return nil }
        if newHour > hour + 1 { skip(newHour) }
        hour = newHour
        defer { if !isSuspecting { learn(residual) } }
        guard let reference else { return nil }
        let excess = residual - reference.residual
        // What passes at the edges of an hour, at least the steps of the register, is in the usual spread; what the
        // gains of good meters differ by, 2 %, and silent children stay the same from hour to hour.
        let edge = max(reference.spread * reference.spread, litresPerCount * litresPerCount / 6, 0.25)
        let lasting = 0.02 * children * 0.02 * children + assumed * assumed
        let spread = (edge + lasting).squareRoot()
        add(excess / spread, excess, hours: 1, to: 0)
        gathered += 1
        gatheredExcess += excess
        gatheredVariance += lasting
        if gathered == Self.scales[1].hours {
            // Within three hours the errors at the inner edges cancel.
            let spread = (edge / 3 + gatheredVariance / 3).squareRoot()
            add(gatheredExcess / 3 / spread, gatheredExcess, hours: 3, to: 1)
            (gathered, gatheredExcess, gatheredVariance) = (0, 0, 0)
        }
        if alarm != nil { return follow(excess, spread: spread) }
        guard let scale = Self.scales.indices.first(where: { sums[$0] > Self.scales[$0].limit && counts[$0] > 1 })
        else { return nil }
        let new = Alarm(
            startHour: starts[scale], lastHour: hour, excess: excesses[scale],
            hours: max(counts[scale] * Self.scales[scale].hours, 1), usual: reference.residual,
            spread: spread, scale: scale, sum: sums[scale], toldHours: counts[scale])
        alarm = new
        return .arises(grounds(new))
    }

    private mutating func add(_ deviation: Double, _ excess: Double, hours: Int64, to place: Int) {
        let scale = Self.scales[place]
        let next = max(0, sums[place] + min(max(deviation, -scale.clip), scale.clip) - scale.allowance)
        if next == 0 || sums[place] == 0 { (starts[place], excesses[place], counts[place]) = (hour + 1 - hours, 0, 0) }
        if next > 0 {
            excesses[place] += excess
            counts[place] = min(counts[place] + 1, 1 << 20)
        }
        sums[place] = min(next, 2 * scale.limit)
    }

    private mutating func follow(_ excess: Double, spread: Double) -> Verdict? {
        guard var held = alarm else { return nil }
        held.lastHour = hour
        // Less than a third of what is lost, or nothing that stands out.
        let isCalm = excess < 0.33 * held.excess / Double(held.hours) || excess < 1.5 * spread
        if isCalm {
            held.calm += 1
            held.calmExcess += excess
            alarm = held
            guard held.calm >= Self.calm else { return nil }
            held.lastHour = hour - Int64(held.calm)
            past = [held.startHour, held.lastHour]
            alarm = nil
            (sums, counts, excesses) = ([0, 0], [0, 0], [0, 0])
            (gathered, gatheredExcess, gatheredVariance) = (0, 0, 0)
            return .ends(grounds(held), at: Timestamp(hourIndex: hour - Int64(held.calm) + 1))
        }
        // Calm hours in between belong to it.
        held.excess += excess + held.calmExcess
        held.hours = min(held.hours + 1 + held.calm, 1 << 20)
        (held.calm, held.calmExcess) = (0, 0)
        defer { alarm = held }
        guard held.hours - held.toldHours >= 24 else { return nil }
        held.toldHours = held.hours
        return .persists(grounds(held))
    }

    /// First hour of the loss that is told, and its size in litres an hour.
    var told: (since: Int64, rate: Double)? {
        alarm.map { ($0.startHour, max(0, $0.excess / Double(max($0.hours, 1)))) }
    }

    /// Whether a meter that stands still since then may be what was told: a loss that began at another time is none of
    /// its water, nor is one that was there before it.
    func mayBeStandstill(since hour: Int64) -> Bool {
        if let alarm, abs(alarm.startHour - hour) > 12 { return false }
        guard let first = past.first, let last = past.last else { return true }
        return first >= hour - 12 || last < hour
    }

    /// A meter explains what was told: there is no loss.
    mutating func settle(at now: Timestamp) -> Verdict? {
        guard let held = alarm else { return nil }
        alarm = nil
        (sums, counts, excesses) = ([0, 0], [0, 0], [0, 0])
        (gathered, gatheredExcess, gatheredVariance) = (0, 0, 0)
        return .ends(grounds(held), at: now)
    }

    private func grounds(_ alarm: Alarm) -> Grounds {
        let rate = max(0, alarm.excess / Double(max(alarm.hours, 1)))
        let doubt = 2 * alarm.spread / Double(max(alarm.hours, 1)).squareRoot()
        return Grounds(
            startedAt: Timestamp(hourIndex: alarm.startHour), severity: Severity(loss: LitresPerHour(rate)),
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, rate - doubt)), rateHigh: LitresPerHour(rate + doubt),
                litres: Litres(max(0, alarm.excess)), low: Litres(max(0, rate - 1.5 * doubt) * Double(alarm.hours)),
                high: Litres((rate + 1.5 * doubt) * Double(alarm.hours))),
            evidence: Evidence(
                from: Timestamp(hourIndex: alarm.startHour), to: Timestamp(hourIndex: alarm.lastHour + 1),
                measures: [
                    Measure("window", Double(Self.scales[alarm.scale].hours), .hour),
                    Measure("residual", rate + alarm.usual, .litrePerHour),
                    Measure("expected", alarm.usual, .litrePerHour),
                    Measure("spread", alarm.spread, .litrePerHour), Measure("hours", Double(alarm.hours), .hour),
                    Measure("sum", alarm.sum), Measure("required_sum", Self.scales[alarm.scale].limit),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = -1...1_200_000
        return hours.contains(hour) && quiet.count <= Self.memory && quiet.allSatisfy(\.isFinite) && sums.count == 2
            && starts.count == 2 && excesses.count == 2
            && counts.count == 2 && sums.allSatisfy(\.isFinite) && excesses.allSatisfy(\.isFinite)
            && starts.allSatisfy { (-10...1_200_000).contains($0) } && counts.allSatisfy { (0...1 << 20).contains($0) }
            && (0..<3).contains(gathered) && (past.isEmpty || past.count == 2)
            && (reference.map { $0.residual.isFinite && $0.spread.isFinite && $0.spread >= 0 } ?? true)
            && (alarm.map {
                (-10...1_200_000).contains($0.startHour) && hours.contains($0.lastHour)
                    && (1...1 << 20).contains($0.hours)
                    && Self.scales.indices.contains($0.scale) && (0...100).contains($0.calm)
                    && (0...1 << 20).contains($0.toldHours) && $0.excess.isFinite
            } ?? true)
    }
}
