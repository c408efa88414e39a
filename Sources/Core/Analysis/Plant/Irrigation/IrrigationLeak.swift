// SPDX-License-Identifier: Apache-2.0

import Model

/// D15, irrigation stuck open: water passes an irrigation meter when nothing may.
struct IrrigationLeak: Hashable, Codable, Sendable {
    /// Counts of the register in half an hour, and litres: less than that is drift of the meter.
    static let counts = 2.0
    static let litres = 2.5
    static let window: Int64 = 30
    /// Over when nothing has passed for a quarter of an hour, or for as long as three counts of the leak take.
    static let quiet: Int64 = 15
    static let longestQuiet: Int64 = 100
    /// Minutes before the end of a run in which it must have flowed for the leak to be the run that does not end.
    private static let link: Int64 = 15

    private struct Alarm: Hashable, Codable, Sendable {
        var start: Int64
        var through: Int64
        var litres: Double
        var count: Double
        var toldAt: Int64
        var isRun: Bool
        /// Minutes before the start in which it may have run unseen: those of the run itself.
        var minutesOfRun: Int64 = 0
        var firstSequence: Int64?
    }

    /// Since when nothing may flow.
    private var outsideSince: Int64?
    /// When the last run should have begun and been over.
    private var slotStart: Int64?
    private var slotEnd: Int64?
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }

    /// Forgets where it stood after a hole in the register.
    mutating func interrupt() { outsideSince = nil }

    /// Judges one minute.
    ///
    /// - Parameters:
    ///   - slot: The run that may take place in it.
    ///   - isAllowed: Whether water may flow, by the schedule or because somebody announced it.
    mutating func judge(
        _ minute: Int64, slot: WateringTimes.Slot?, isAllowed: Bool, _ meter: MeterState, _ law: RegisterLaw,
        _ milestones: Int64?, statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        if let slot { (slotStart, slotEnd) = (slot.start, slot.end) }
        if alarm != nil { return follow(minute, meter, milestones) }
        guard !isAllowed else {
            outsideSince = nil
            return nil
        }
        let outside = outsideSince ?? minute - 1
        outsideSince = outside
        // A meter that is read seldom spreads the water of a run over the time until its next reading.
        let grain = meter.grainMinutes > 1.5 ? Int64(min(meter.grainMinutes, 60).rounded(.up)) : 0
        let from = max(outside + grain, minute - Self.window, meter.minutes.knownFrom)
        guard from < minute, let volume = meter.minutes.volume(from: from, to: minute) else { return nil }
        statistics.evaluations.irrigationStuckOpen += 1
        guard volume > max(Self.counts * law.litresPerCount, Self.litres) else { return nil }
        return raise(minute, from: from, outside: outside, volume, meter, law, milestones)
    }

    private mutating func raise(
        _ minute: Int64, from: Int64, outside: Int64, _ volume: Double, _ meter: MeterState, _ law: RegisterLaw,
        _ milestones: Int64?
    ) -> Verdict? {
        let known = meter.minutes.knownFrom
        let isRun =
            slotEnd.map { outside - $0 <= 2 * Self.link } ?? false
            && (meter.minutes.volume(from: max(known, outside - Self.link), to: outside) ?? 0) > 0
        var new = Alarm(
            start: from, through: minute, litres: volume, count: law.litresPerCount, toldAt: minute, isRun: isRun,
            firstSequence: milestones)
        if isRun, let end = slotEnd {
            // The valve did not close: its flow is that of the run, and that is known better than the last minutes.
            new.start = min(end, outside)
            new.minutesOfRun = slotStart.map { min(max(new.start - $0, 0), 24 * 60) } ?? 0
            let first = max(known, minute - Self.window)
            if let recent = meter.minutes.volume(from: first, to: minute), minute > first {
                new.litres = recent * Double(minute - new.start) / Double(minute - first)
            }
        } else if let first = (from..<minute).first(where: {
            (meter.minutes.volume(from: $0, to: $0 + 1) ?? 0) > 0
        }) {
            new.start = first
        }
        alarm = new
        return .arises(grounds(new))
    }

    private mutating func follow(_ minute: Int64, _ meter: MeterState, _ milestones: Int64?) -> Verdict? {
        guard var held = alarm else { return nil }
        if minute > held.through, let volume = meter.minutes.volume(from: minute - 1, to: minute), volume > 0 {
            held.litres += volume
        }
        held.through = minute
        defer { if alarm != nil { alarm = held } }
        let rate = held.litres / Double(max(1, minute - held.start))
        let forThreeCounts = rate > 0 ? min(3 * held.count / rate, 1000).rounded(.up) : 1000
        let quiet = min(
            max(Self.quiet, Int64(forThreeCounts), Int64(min(2 * meter.grainMinutes, 60).rounded(.up))),
            Self.longestQuiet)
        if minute - held.start > quiet, let volume = meter.minutes.volume(from: minute - quiet, to: minute),
            volume <= max(held.count / 2, Self.litres * 0.4)
        {
            held.through = minute - quiet
            let grounds = grounds(held)
            alarm = nil
            // The half hour before still holds the water of this leak.
            outsideSince = held.through
            return .ends(grounds, at: Timestamp(minuteIndex: held.through))
        }
        guard minute - held.toldAt >= 360 else { return nil }
        held.toldAt = minute
        return .persists(grounds(held))
    }

    private func grounds(_ held: Alarm) -> Grounds {
        let hours = Double(max(1, held.through - held.start)) / 60
        let rate = held.litres / hours
        let start = Timestamp(minuteIndex: held.start)
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(rate)),
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, rate - held.count / hours)),
                rateHigh: LitresPerHour(rate + held.count / hours), litres: Litres(held.litres),
                low: Litres(max(0, MeterError.least(held.litres) - 2 * held.count)),
                // A valve that did not close may have been stuck since its run began.
                high: Litres(
                    MeterError.most(held.litres) + 2 * held.count + rate * Double(held.minutesOfRun) / 60)),
            evidence: Evidence(
                from: start, to: Timestamp(minuteIndex: held.through),
                measures: [
                    Measure("flow", rate, .litrePerHour),
                    Measure("volume", held.litres, .litre),
                    Measure("after_a_run", held.isRun ? 1 : 0),
                    Measure("required_counts", Self.counts),
                    Measure("slack_minutes", Double(WateringTimes.slack), .minute),
                ],
                firstSequence: held.firstSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return [outsideSince, slotStart, slotEnd].allSatisfy { $0.map { minutes.contains($0) } ?? true }
            && (alarm.map {
                minutes.contains($0.start) && minutes.contains($0.through) && minutes.contains($0.toldAt)
                    && (0...1440).contains($0.minutesOfRun) && $0.litres.isFinite && (1e-6...1e6).contains($0.count)
            } ?? true)
    }
}
