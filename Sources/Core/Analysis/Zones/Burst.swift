// SPDX-License-Identifier: Apache-2.0

import Model

/// D3, burst: water that enters a shared meter and that none of its metered children takes.
///
/// Trailing windows of 10, 20, 30 and 60 minutes end at the latest minute for which everything has been read. One of
/// them must show at least 300 L/h more than the children took, and eight times the spread more than is usual, at every
/// minute of ten minutes on end; five where the children are read seldom.
struct Burst: Hashable, Codable, Sendable {
    /// Least residual in L/h.
    static let leastResidual = 300.0
    /// Spreads above what is usual.
    static let leastDeviation = 8.0
    /// How long it must hold by the minutes at which the windows end. Where dwellings are read each quarter of an hour the
    /// windows have waited for them already.
    static func holds(_ zone: Zone) -> Duration { zone.isFast ? .seconds(600) : .seconds(300) }
    /// How long it must have been over.
    static let quiet: Duration = .seconds(300)

    /// Whether one window alone has the size of a burst.
    static func speaks(_ window: ZoneWindow) -> Bool {
        window.residual - window.excuse >= leastResidual && window.deviation > leastDeviation
    }

    /// The residual in L/h from which a window speaks.
    static func threshold(_ window: ZoneWindow) -> Double {
        max(leastResidual, window.expected + leastDeviation * window.spread) + window.excuse
    }

    private struct Onset: Hashable, Codable, Sendable {
        var since: Timestamp
        var last: Timestamp
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var grounds: ZoneWindow
        var startMinute: Int64
        /// Excess since the start in litres, up to `countedThrough`.
        var litres: Double
        var countedThrough: Int64
        /// The first minute that is counted: later than the start when that was counted with an earlier burst.
        var countedFrom: Int64
        var quietSince: Timestamp?
        /// How long it had to hold, in minutes.
        var holdMinutes: Double
        var toldAt: Timestamp
    }

    private var onset: Onset?
    private var alarm: Alarm?
    /// Windows that begin before this minute still hold the last burst.
    private(set) var freshFrom: Int64 = 0
    /// What passed before this minute is counted with an earlier burst.
    private var countedBefore: Int64 = 0

    init() {}

    /// Whether nothing is wrong or suspected, so that what is seen may be learned as usual.
    var isQuiet: Bool { onset == nil && alarm == nil }

    /// Whether a window that begins at `minute` holds nothing of the last burst.
    func isFresh(_ minute: Int64) -> Bool { minute >= freshFrom }

    /// Judges the windows of a zone that end at `end`, shortest first; each minute once, in rising order.
    mutating func judge(
        _ windows: [ZoneWindow], end: Int64, view: ZoneView, expected: Double, milestones: SequenceMilestones
    ) -> Verdict? {
        let now = Timestamp(minuteIndex: end)
        count(through: end, view: view, expected: expected)
        var speaking: ZoneWindow?
        for window in windows where Self.speaks(window) && window.deviation > speaking?.deviation ?? 0 {
            speaking = window
        }
        if alarm != nil { return follow(windows, speaking, end: end, now: now, milestones) }
        guard let speaking else {
            onset = nil
            return nil
        }
        // A pause without evaluations proves nothing about the time between.
        let patience = Duration.seconds(60 * 2.5 * view.meters[view.zone.parent].grainMinutes)
        if let held = onset, now - held.last <= patience {
            onset?.last = now
            if now - held.since >= Self.holds(view.zone) {
                return raise(speaking, end: end, view: view, expected, milestones)
            }
        } else {
            onset = Onset(since: now, last: now)
        }
        return nil
    }

    /// Nothing can be said: evidence neither grows nor resets, unless the pause is long.
    mutating func freeze(at now: Timestamp) {
        if let held = onset, now - held.last > .seconds(3600) { onset = nil }
        alarm?.quietSince = nil
    }

    // MARK: Raising

    private mutating func raise(
        _ speaking: ZoneWindow, end: Int64, view: ZoneView, _ expected: Double, _ milestones: SequenceMilestones
    ) -> Verdict? {
        let start = Self.start(before: end, view: view, expected: expected, window: speaking.minutes)
        var litres = 0.0
        let counted = min(max(start, countedBefore), end)
        if let balance = view.balance(from: counted, to: end) {
            litres = max(0, (balance.residual - expected) * Double(end - counted) / 60)
        }
        onset = nil
        let new = Alarm(
            grounds: speaking, startMinute: start, litres: litres, countedThrough: end, countedFrom: counted,
            holdMinutes: Self.holds(view.zone).inSeconds / 60,
            toldAt: view.dataTime)
        alarm = new
        return .arises(grounds(new, end: end, milestones))
    }

    /// The minute from which the excess stands at half its height or more.
    ///
    /// Five minutes at a time are laid against the plateau of the last ten; the middle of the first five that reach
    /// half of it is the step.
    private static func start(before end: Int64, view: ZoneView, expected: Double, window: Int64) -> Int64 {
        let fallback = end - window
        guard let plateau = view.balance(from: end - 10, to: end).map({ $0.residual - expected }), plateau > 0 else {
            return fallback
        }
        for minute in (end - 85)..<(end - 5) {
            guard let piece = view.balance(from: minute, to: minute + 5), piece.residual - expected > plateau / 2,
                let rest = view.balance(from: minute, to: end), rest.residual - expected > plateau / 2
            else { continue }
            return minute + 2
        }
        return fallback
    }

    // MARK: While it lasts

    private mutating func count(through end: Int64, view: ZoneView, expected: Double) {
        guard let from = alarm?.countedThrough, end > from else { return }
        // What passed in a gap is left out: the loss is what was seen.
        if let balance = view.balance(from: from, to: end) {
            // A single minute may be below the usual by a count; cut off there the sum would drift.
            alarm?.litres += (balance.residual - expected) * Double(end - from) / 60
        }
        alarm?.countedThrough = end
    }

    private mutating func follow(
        _ windows: [ZoneWindow], _ speaking: ZoneWindow?, end: Int64, now: Timestamp,
        _ milestones: SequenceMilestones
    ) -> Verdict? {
        guard var held = alarm else { return nil }
        defer { if alarm != nil { alarm = held } }
        // The shortest window that would see this burst says soonest that it is over.
        let size = max(held.grounds.residual, rate(of: held))
        guard let witness = windows.first(where: { Self.threshold($0) <= size }) ?? windows.last else { return nil }
        if witness.residual < Self.threshold(witness) / 2 {
            let since = held.quietSince ?? now
            held.quietSince = since
            guard now - since >= Self.quiet else { return nil }
            freshFrom = end - witness.minutes
            let grounds = grounds(held, end: end, milestones)
            countedBefore = held.countedThrough
            alarm = nil
            return .ends(grounds, at: now)
        }
        held.quietSince = nil
        guard let speaking, now - held.toldAt >= .seconds(3600) else { return nil }
        held.toldAt = now
        held.grounds = speaking
        return .persists(grounds(held, end: end, milestones))
    }

    // MARK: Evidence

    /// Mean excess since the start in litres an hour.
    private func rate(of alarm: Alarm) -> Double {
        max(0, alarm.litres) * 60 / Double(max(1, alarm.countedThrough - alarm.countedFrom))
    }

    private func grounds(_ alarm: Alarm, end: Int64, _ milestones: SequenceMilestones) -> Grounds {
        let seen = alarm.grounds
        let rate = rate(of: alarm)
        // Two spreads, and the start is known to some three minutes.
        let doubt = 2 * seen.spread + 3 * rate / Double(max(3, alarm.countedThrough - alarm.startMinute))
        let start = Timestamp(minuteIndex: alarm.startMinute)
        // The same of the sum: windows on end err each in its own way.
        let hours = Double(max(0, alarm.countedThrough - alarm.startMinute)) / 60
        let open =
            3 * seen.spread * (hours * Double(seen.minutes) / 60).squareRoot() + max(0, rate) / 6
            + MeterError.shareOfSmallFlows * max(0, alarm.litres)
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(seen.residual)),
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, rate - doubt)), rateHigh: LitresPerHour(rate + doubt),
                litres: Litres(max(0, alarm.litres)), low: Litres(max(0, alarm.litres - open)),
                high: Litres(max(0, alarm.litres) + open)),
            evidence: Evidence(
                from: Timestamp(minuteIndex: min(alarm.startMinute, end - seen.minutes)),
                to: Timestamp(minuteIndex: end),
                measures: [
                    Measure("window", Double(seen.minutes), .minute),
                    Measure("residual", seen.residual, .litrePerHour),
                    Measure("expected", seen.expected, .litrePerHour),
                    Measure("spread", seen.spread, .litrePerHour),
                    Measure("deviation", seen.deviation),
                    Measure("threshold", Self.threshold(seen), .litrePerHour),
                    Measure("children", seen.children, .litrePerHour),
                    Measure("excused", seen.excuse, .litrePerHour),
                    Measure("required_residual", Self.leastResidual, .litrePerHour),
                    Measure("required_deviation", Self.leastDeviation),
                    Measure("required_hold", alarm.holdMinutes, .minute),
                ],
                firstSequence: milestones.sequence(by: alarm.startMinute - 1)
                    ?? milestones.sequence(by: alarm.startMinute),
                lastSequence: milestones.newest.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = 0...100_000_000
        return minutes.contains(freshFrom) && minutes.contains(countedBefore)
            && (alarm.map {
                minutes.contains($0.startMinute) && minutes.contains($0.countedThrough)
                    && minutes.contains($0.countedFrom) && $0.grounds.isWellFormed
            } ?? true)
    }
}
