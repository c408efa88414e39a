// SPDX-License-Identifier: Apache-2.0

import Model

/// D3 on a dwelling: a large flow for longer than a household draws it, and for longer than this one ever did.
///
/// Judged on the fast path at each reading. For each of ten flows it is known since when the mean of the newest span has
/// stayed above, and for how long it did so before without a burst: a pool that took six hours at 600 L/h says nothing
/// of an hour at 1,500 L/h, nor of a night.
struct UnitBurst: Hashable, Codable, Sendable {
    /// Of a meter that is read seldom each span has a reading of its own, as far as the registers reach back.
    private static func span(_ grainMinutes: Double) -> Int64 { Int64(min(max(grainMinutes, 20), 52)) }
    /// Minutes of the parts of a closed hour.
    private static let quarter: Int64 = 15
    /// Litres an hour, from what two showers and a washing machine take together to what a dwelling's pipe can bring.
    static let flows: [Double] = [300, 400, 550, 750, 1000, 1350, 1800, 2500, 3500, 5000]
    /// Days before it may accuse.
    private static let learningDays = 7
    /// Times the longest run at that flow in its own past.
    private static let factor = 1.5
    /// Litres an hour: a garden hose gives less.
    private static let hose = 1000.0
    /// A bath, a shower and a machine end within two spans.
    private static let householdMinutes: Int64 = 40
    /// Filling a pool by hose takes four to nine hours; whoever does it ends it before the night.
    private static let poolMinutes: Int64 = 10 * 60
    /// By night a bath and a shower are over.
    private static let bathMinutes: Int64 = 2 * 60
    /// The night: minutes of the local day in which nobody waters or fills anything.
    private static let night = (begins: 22 * 60, ends: 7 * 60)

    /// One of the flows: its running run, and what was usual.
    fileprivate struct Run: Hashable, Codable, Sendable {
        /// ``start`` as it is kept.
        private var begun: Int32 = -1
        /// Litres since then, and the least flow.
        var litres: Float = 0
        var least: Float = 0
        /// Minutes of the longest run that was no burst; a sixty-fourth of it is forgotten each day.
        var longest: UInt16 = 0

        /// Minutes since 1970; -1 when the flow is below.
        var start: Int64 {
            get { Int64(begun) }
            set { begun = Int32(clamping: newValue) }
        }
    }

    /// One for each of ``flows`` up to the highest that was ever passed.
    private var runs: [Run] = []
    @NarrowOptional<Int32, Int> private var day: Int?
    @Narrow<Int32, Int64> private var minute: Int64 = -1
    @NarrowOptional<Int32, Int64> private var calmSince: Int64?
    @Narrow<Int16, Int64> private var wait: Int64 = 0
    private var days: UInt8 = 0
    /// Place of the flow at which a burst was found.
    private var raised: UInt8?

    init() {}

    var isInAlarm: Bool { raised != nil }

    /// Whether a reading has come since the last judgement.
    func isDue(_ minutes: MinuteRegister) -> Bool { minutes.knownThrough > minute }

    /// Judges what is known up to a newer reading.
    ///
    /// - Parameter grainMinutes: Time between readings as they really come.
    mutating func judge(
        _ minutes: MinuteRegister, grainMinutes: Double, sequence: Int64?, at zone: ZoneOffsets
    ) -> Verdict? {
        let now = minutes.knownThrough
        let span = Self.span(grainMinutes)
        guard now > minute, let volume = minutes.volume(from: now - span, to: now) else { return nil }
        let flow = volume * 60 / Double(span)
        return judge(flow, span: span, to: now, sequence, at: zone)
    }

    /// Judges a closed hour by its quarters, which do not depend on the order in which the readings came.
    ///
    /// - Returns: Whether a burst stood in any of them.
    mutating func stands(in hour: HourVolume, at zone: ZoneOffsets) -> Bool {
        var stood = isInAlarm
        guard hour.isKnown else { return stood }
        for quarter in 0..<4 {
            let end = hour.hour * 60 + Int64(quarter + 1) * Self.quarter
            guard end > minute else { continue }
            _ = judge(4 * Double(hour.quarters[quarter]), span: Self.quarter, to: end, nil, at: zone)
            stood = stood || isInAlarm
        }
        return stood
    }

    /// - Parameters:
    ///   - flow: Mean of the `span` minutes that end at minute `now`, in litres an hour.
    private mutating func judge(
        _ flow: Double, span: Int64, to now: Int64, _ sequence: Int64?, at zone: ZoneOffsets
    ) -> Verdict? {
        // Across a hole no run is known to have gone on.
        if minute >= 0, now - minute > 4 * span, raised == nil { forgetRuns() }
        let elapsed = minute < 0 ? 0 : min(now - minute, 4 * span)
        minute = now
        let local = LocalMoment(Timestamp(minuteIndex: now), in: zone)
        if day != local.day { begin(local.day) }
        follow(flow, elapsed, span, now)
        if let raised { return end(raised, flow, elapsed, now, sequence) }
        return arise(span, local.minuteOfDay, now, sequence)
    }

    private mutating func follow(_ flow: Double, _ elapsed: Int64, _ span: Int64, _ now: Int64) {
        if let highest = Self.flows.lastIndex(where: { flow > $0 }), highest >= runs.count {
            var grown: [Run] = []
            grown.reserveCapacity(highest + 1)
            grown += runs
            while grown.count <= highest { grown.append(Run()) }
            runs = grown
        }
        for place in runs.indices {
            guard flow > Self.flows[place] else {
                // What a burst has shown is not how people live.
                if runs[place].start >= 0, raised == nil {
                    let length = min(runs[place].length(to: now - elapsed), Int64(UInt16.max))
                    runs[place].longest = max(runs[place].longest, UInt16(max(length, 0)))
                }
                // The run of a burst goes on until the burst is over.
                if raised.map({ Int($0) }) != place { runs[place].stop() }
                continue
            }
            if runs[place].start < 0 {
                runs[place].start = now - span
                runs[place].litres = Float(flow * Double(span) / 60)
                runs[place].least = Float(flow)
            } else {
                runs[place].litres += Float(flow * Double(elapsed) / 60)
                runs[place].least = min(runs[place].least, Float(flow))
            }
        }
    }

    private mutating func arise(_ span: Int64, _ minuteOfDay: Int, _ now: Int64, _ sequence: Int64?) -> Verdict? {
        guard days >= Self.learningDays else { return nil }
        let place = runs.indices.last { place in
            guard runs[place].start >= 0 else { return false }
            let length = runs[place].length(to: now)
            return length >= required(place, span, minuteOfDay, length)
                && Double(length) > Self.factor * Double(runs[place].longest)
        }
        guard let place else { return nil }
        (raised, calmSince) = (UInt8(place), nil)
        wait = required(place, span, minuteOfDay, runs[place].length(to: now))
        return .arises(grounds(place, to: now, sequence))
    }

    /// Minutes for which the flow must have lasted, whatever was usual.
    private func required(_ place: Int, _ span: Int64, _ minuteOfDay: Int, _ length: Int64) -> Int64 {
        if Self.flows[place] >= Self.hose { return max(Self.householdMinutes, 2 * span) }
        let sinceDusk = (minuteOfDay - Self.night.begins + 1440) % 1440
        let isNight = sinceDusk < (Self.night.ends - Self.night.begins + 1440) % 1440
        return isNight && min(length, Int64(sinceDusk)) >= Self.bathMinutes ? Self.bathMinutes : Self.poolMinutes
    }

    private mutating func end(
        _ place: UInt8, _ flow: Double, _ elapsed: Int64, _ now: Int64, _ sequence: Int64?
    ) -> Verdict? {
        guard flow < Self.flows[Int(place)] / 2 else {
            calmSince = nil
            return nil
        }
        let since = calmSince ?? now
        calmSince = since
        guard now - since >= 5 || elapsed >= 5 else { return nil }
        let verdict = Verdict.ends(grounds(Int(place), to: now, sequence), at: Timestamp(minuteIndex: since))
        (raised, calmSince, wait) = (nil, nil, 0)
        forgetRuns()
        return verdict
    }

    private mutating func forgetRuns() { for place in runs.indices { runs[place].stop() } }

    private mutating func begin(_ new: Int) {
        if day != nil, raised == nil {
            days = min(days + 1, 250)
            for place in runs.indices { runs[place].longest -= runs[place].longest / 64 }
        }
        day = new
    }

    private func grounds(_ place: Int, to now: Int64, _ sequence: Int64?) -> Grounds {
        let run = runs[place]
        let from = Timestamp(minuteIndex: run.start)
        let least = Double(run.least)
        let hours = max(Double(run.length(to: now)) / 60, 1.0 / 60)
        let mean = max(Double(run.litres) / hours, least)
        return Grounds(
            startedAt: from, severity: Severity(loss: LitresPerHour(least)),
            loss: LossEstimate(
                rateLow: LitresPerHour(least), rateHigh: LitresPerHour(mean), litres: Litres(Double(run.litres)),
                // What people drew beside it is in the sum, and its edges lie within one reading.
                low: Litres(least * max(hours - 0.5, 0)), high: Litres(mean * (hours + 0.5))),
            evidence: Evidence(
                from: from, to: Timestamp(minuteIndex: now),
                measures: [
                    Measure("least_flow", least, .litrePerHour), Measure("trigger", Self.flows[place], .litrePerHour),
                    Measure("hours", hours, .hour), Measure("required_hours", Double(wait) / 60, .hour),
                    Measure("longest_innocent", Double(run.longest) / 60, .hour),
                    Measure("learned_days", Double(days)),
                ],
                lastSequence: sequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return runs.count <= Self.flows.count && minutes.contains(minute)
            && (0...10_000).contains(wait)
            && runs.allSatisfy { minutes.contains($0.start) && $0.litres.isFinite && $0.least.isFinite }
            && (calmSince.map { minutes.contains($0) } ?? true)
            && (raised.map { Int($0) < runs.count && runs[Int($0)].start >= 0 } ?? true)
    }
}

extension UnitBurst.Run {
    func length(to now: Int64) -> Int64 { now - start }

    mutating func stop() { (start, litres, least) = (-1, 0, 0) }
}
