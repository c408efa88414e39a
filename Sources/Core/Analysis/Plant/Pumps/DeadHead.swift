// SPDX-License-Identifier: Apache-2.0

import Model

/// D10 and D14, dead head: a set runs against closed taps or a closed valve, above every pressure it ever held.
///
/// It makes heat instead of pressure that somebody needs. At night it is the usual shape of a contactor that sticks or
/// of a switch left on "hand", hence the finding of a night run.
struct DeadHead: Hashable, Codable, Sendable {
    /// Above the highest of a hundred usual minutes, and above the set pressure.
    static let aboveHigh = 1.02
    static let aboveTarget = 1.05
    static let minutes: Int64 = 20
    /// So far above the usual, no set point was ever meant: then less time is enough.
    static let farAboveHigh = 1.2
    static let farMinutes: Int64 = 8
    /// Part of its pressure that it may lose meanwhile.
    static let fallShare = 0.02
    /// Share of the mean flow below which nothing is delivered. A set point that was raised delivers.
    static let flowShare = 0.5
    /// Over when it has not been seen for a day: the next night was a normal one.
    static let memory: Duration = .seconds(86_400)

    private struct Streak: Hashable, Codable, Sendable {
        var since: Timestamp
        var minutes: Int64 = 0
        /// Of these, minutes far above the usual.
        var farMinutes: Int64 = 0
        var lowLooks = 0
        /// The pressure with which it began.
        var pressure: Double
        /// The lowest since it began to fall.
        var fallsTo: Double?
        var litres = 0.0
        var flowMinutes = 0
        var sequence: Int64?
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var since: Timestamp
        var minutes: Int64
        /// When it was seen last.
        var last: Timestamp
        var pressure: Double
        var high: Double
        var target: Double
        var flow: Double
        var pump: Int
        var sequence: Int64?
        var lastSequence: Int64?
        var toldAt: Timestamp
    }

    private var streak: Streak?
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// Whether minutes like the newest may not teach what is usual.
    var isSuspected: Bool { (streak?.minutes ?? 0) >= 5 }
    /// Place of the pump that the alarm is about.
    var pump: Int? { alarm?.pump }

    /// Whether a pressure is so far above the usual and the target that no set point was ever raised to it: it must
    /// not teach what is usual, whatever flows.
    static func isBeyondSetPoints(_ pressure: Double, high: Double?, target: Double?) -> Bool {
        guard let high, let target else { return false }
        return pressure > high * aboveHigh && pressure > target * farAboveHigh
    }

    /// Notes what the boosted meters passed in one minute.
    mutating func note(litres: Double, minute: Int64) {
        guard let held = streak, Timestamp(minuteIndex: minute) > held.since else { return }
        streak?.litres += litres
        streak?.flowMinutes += 1
    }

    /// Judges one look at the set.
    ///
    /// - Parameters:
    ///   - pump: Place of a pump of the set that is on; `nil` when none is.
    ///   - meanFlow: Usual flow of the boosted meters in litres a minute; `nil` when it is not known.
    mutating func judge(
        _ look: PumpMinute, pump: Int?, high: Double?, meanFlow: Double?, statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        if !look.isContinuous { streak = nil }
        guard let high, let pressure = look.pressure, let pump else {
            if pump == nil { streak = nil }
            return nil
        }
        statistics.evaluations.nightRun += 1
        let target = look.target ?? high
        guard pressure > high * Self.aboveHigh, pressure > target * Self.aboveTarget else {
            // One look may fall into the moment in which somebody opened a tap.
            streak?.lowLooks += 1
            if (streak?.lowLooks ?? 0) >= 2 { streak = nil }
            return nil
        }
        // A pump against a closed valve holds its pressure. One that only watches it fall moves no water at all.
        if let lowest = streak?.fallsTo {
            if pressure <= lowest * (1 + Self.fallShare / 2) {
                streak?.fallsTo = min(lowest, pressure)
                return nil
            }
            streak = nil
        } else if pressure < (streak?.pressure ?? 0) * (1 - Self.fallShare) {
            streak?.fallsTo = pressure
            streak?.minutes = 0
            return nil
        }
        var held = streak ?? Streak(since: look.start, pressure: pressure, sequence: look.sequence)
        held.minutes = min(held.minutes + look.length, 1_000_000)
        if pressure > high * Self.farAboveHigh { held.farMinutes = min(held.farMinutes + look.length, 1_000_000) }
        held.lowLooks = 0
        streak = held
        guard held.minutes >= Self.minutes || held.farMinutes >= Self.farMinutes else { return nil }
        let flow = held.flowMinutes > 0 ? held.litres / Double(held.flowMinutes) : 0
        if let meanFlow, held.flowMinutes >= 5, flow > meanFlow * Self.flowShare {
            // Water was wanted: such minutes teach what is usual, as they do after a set point was raised.
            streak = nil
            return nil
        }
        return raise(look, pump, held, pressure, high, target, flow)
    }

    /// Ends what has not been seen for a day.
    mutating func expire(at now: Timestamp) -> Verdict? {
        guard let held = alarm, now - held.last > Self.memory else { return nil }
        alarm = nil
        return .ends(grounds(held), at: held.last)
    }

    private mutating func raise(
        _ look: PumpMinute, _ pump: Int, _ held: Streak, _ pressure: Double, _ high: Double, _ target: Double,
        _ flow: Double
    ) -> Verdict? {
        if var known = alarm {
            if look.start - known.last > .seconds(1800) { known.minutes = held.minutes } else {
                known.minutes = min(known.minutes + look.length, 1_000_000)
            }
            (known.last, known.pressure, known.lastSequence) = (look.end, pressure, look.sequence)
            defer { alarm = known }
            guard look.now - known.toldAt >= .seconds(3600) else { return nil }
            known.toldAt = look.now
            return .persists(grounds(known))
        }
        let new = Alarm(
            since: held.since, minutes: held.minutes, last: look.end, pressure: pressure, high: high, target: target,
            flow: flow, pump: pump, sequence: held.sequence, lastSequence: look.sequence, toldAt: look.now)
        alarm = new
        return .arises(grounds(new))
    }

    private func grounds(_ held: Alarm) -> Grounds {
        let hours = Double(held.minutes) / 60
        return Grounds(
            startedAt: held.since, severity: .p3, loss: nil, size: Measure("needless", hours, .hour),
            evidence: Evidence(
                from: held.since, to: held.last,
                measures: [
                    Measure("needless_hours", hours, .hour),
                    Measure("pressure", held.pressure, .bar),
                    Measure("usual_high", held.high, .bar),
                    Measure("target_pressure", held.target, .bar),
                    Measure("flow", held.flow * 60, .litrePerHour),
                    Measure("required_minutes", Double(Self.minutes), .minute),
                ],
                firstSequence: held.sequence.map { SequenceNumber($0) },
                lastSequence: held.lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(pumps: Int) -> Bool {
        (streak.map {
            DataClock.believable.contains($0.since) && (0...10_000_000).contains($0.minutes)
                && $0.pressure.isFinite && ($0.fallsTo?.isFinite ?? true) && (0...10_000_000).contains($0.farMinutes) && (0...2).contains($0.lowLooks)
                && (0...10_000_000).contains($0.flowMinutes)
        } ?? true)
            && (alarm.map {
                DataClock.believable.contains($0.since) && DataClock.believable.contains($0.last)
                    && (0..<pumps).contains($0.pump) && (0...10_000_000).contains($0.minutes)
            } ?? true)
    }
}
