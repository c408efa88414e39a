// SPDX-License-Identifier: Apache-2.0

import Model

/// D3 on a dwelling: a flow far beyond anything it has taken, for longer than a household draws.
///
/// Judged on the fast path at each reading: the lesser of the last two spans of twenty minutes.
struct UnitBurst: Hashable, Codable, Sendable {
    /// Of a meter that is read seldom each span has a reading of its own, as far as the registers reach back.
    private static func span(_ grainMinutes: Double) -> Int64 { Int64(min(max(grainMinutes, 20), 52)) }
    private static let memory = 14
    private static let learningDays = 7
    /// Litres an hour: two showers and a washing machine together.
    private static let leastTrigger = 300.0
    /// Times the largest of its own past.
    private static let factor = 2.0
    /// A garden hose gives less; what begins by day below it may be a pool that is filled.
    private static let hose = 1000.0
    /// Filling takes four to nine hours.
    private static let poolMinutes: Int64 = 10 * 60
    /// By night a bath and a shower are over.
    private static let bathMinutes: Int64 = 2 * 60

    /// The largest flow of each of the last days, in litres an hour.
    private var largest: [Float] = []
    private var day: Int?
    private var today: Float = 0
    private var minute: Int64 = -1
    private var start: Int64?
    private var trigger = 0.0
    private var beganByDay = false
    private var least = 0.0
    private var litres = 0.0
    private var calmSince: Int64?
    private(set) var isInAlarm = false

    init() { largest.reserveCapacity(Self.memory) }

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
        guard now > minute, let newer = minutes.volume(from: now - span, to: now),
            let older = minutes.volume(from: now - 2 * span, to: now - span)
        else { return nil }
        let elapsed = minute < 0 ? 0 : min(now - minute, 2 * span)
        minute = now
        let flow = min(newer, older) * 60 / Double(span)
        let local = LocalMoment(Timestamp(minuteIndex: now), in: zone)
        if day != local.day { finishDay(local.day) }
        guard start != nil else {
            today = max(today, Float(flow))
            return begin(flow, newer + older, from: now - 2 * span, now, local)
        }
        return follow(flow, newer * 60 / Double(span), elapsed, now, sequence)
    }

    private mutating func begin(
        _ flow: Double, _ volume: Double, from: Int64, _ now: Int64, _ local: LocalMoment
    ) -> Verdict? {
        guard largest.count >= Self.learningDays else { return nil }
        trigger = max(Self.leastTrigger, Self.factor * Double(largest.max() ?? 0))
        guard flow > trigger else { return nil }
        start = from
        (least, litres, calmSince) = (flow, volume, nil)
        let hour = (local.minuteOfDay - Int(now - from) + 1440) % 1440 / 60
        beganByDay = (7..<22).contains(hour)
        return arise(now, nil)
    }

    private mutating func follow(
        _ flow: Double, _ newest: Double, _ elapsed: Int64, _ now: Int64, _ sequence: Int64?
    ) -> Verdict? {
        litres += newest * Double(elapsed) / 60
        let isCalm = newest < trigger / 2
        if !isCalm {
            calmSince = nil
            least = min(least, flow)
            return isInAlarm ? nil : arise(now, sequence)
        }
        let since = calmSince ?? now
        calmSince = since
        guard now - since >= 5 || elapsed >= 5 else { return nil }
        let verdict: Verdict? = isInAlarm ? .ends(grounds(to: now, sequence), at: Timestamp(minuteIndex: since)) : nil
        (start, isInAlarm, calmSince) = (nil, false, nil)
        return verdict
    }

    private mutating func arise(_ now: Int64, _ sequence: Int64?) -> Verdict? {
        guard let start else { return nil }
        let innocent = least >= Self.hose ? 0 : beganByDay ? Self.poolMinutes : Self.bathMinutes
        guard now - start >= innocent else { return nil }
        isInAlarm = true
        return .arises(grounds(to: now, sequence))
    }

    private mutating func finishDay(_ new: Int) {
        if day != nil, start == nil {
            if largest.count == Self.memory { largest.removeFirst() }
            largest.append(today)
        }
        (day, today) = (new, 0)
    }

    private func grounds(to now: Int64, _ sequence: Int64?) -> Grounds {
        let from = Timestamp(minuteIndex: start ?? now)
        let hours = max(Double(now - (start ?? now)) / 60, 1.0 / 60)
        let mean = max(litres / hours, least)
        return Grounds(
            startedAt: from, severity: Severity(loss: LitresPerHour(least)),
            loss: LossEstimate(rateLow: LitresPerHour(least), rateHigh: LitresPerHour(mean), litres: Litres(litres)),
            evidence: Evidence(
                from: from, to: Timestamp(minuteIndex: now),
                measures: [
                    Measure("least_flow", least, .litrePerHour), Measure("trigger", trigger, .litrePerHour),
                    Measure("learned_days", Double(largest.count)), Measure("began_by_day", beganByDay ? 1 : 0),
                ],
                lastSequence: sequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return largest.count <= Self.memory && largest.allSatisfy { $0.isFinite } && today.isFinite
            && minutes.contains(minute) && [start, calmSince].allSatisfy { $0.map { minutes.contains($0) } ?? true }
            && trigger.isFinite && least.isFinite && litres.isFinite
    }
}
