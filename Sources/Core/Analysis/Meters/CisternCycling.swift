// SPDX-License-Identifier: Apache-2.0

import Model

/// D3t: a cistern that leaks into its bowl and is filled up again and again, the same few litres at the same distance.
///
/// Judged on the fast path at each reading, in the night only, when people draw little. It tells in a night what the
/// evidence banks of whole hours need a day for, and names it. Where refills follow each other within two readings the
/// flow has no pauses, and the banks see it.
struct CisternCycling: Hashable, Codable, Sendable {
    /// Refills that are enough, of volumes and distances whose coefficients of variation are below these.
    static let requiredRefills = 6
    static let volumeSpread = 0.25
    static let spacingSpread = 0.35
    /// Minutes that they must span: a washing machine or a dishwasher draws equal fillings too, and is done before.
    static let requiredSpan: Int64 = 120
    /// A smaller draw may be a steady flow that moves the last digit of the register.
    private static let requiredCounts = 3.0
    /// Minutes: a cistern fills in three, between two readings or across one.
    private static let longestRefill = 10.0
    /// Minutes between readings: read more seldom, any six draws may look alike (two homes in 6,000 months did,
    /// read each quarter of an hour).
    private static let coarsestGrain = 6.0
    /// Minutes without a refill after which it is over.
    static let longestPause: Int64 = 180
    /// Minutes of the local day in which a series may begin and grow.
    private static let night = 0..<360
    /// Times the rate that a person called innocent.
    private static let clearlyMore = 1.5

    /// Mean and spread of what came one by one.
    private struct Spread: Hashable, Codable, Sendable {
        var count: Int32 = 0
        var mean: Float = 0
        var squares: Float = 0

        mutating func add(_ value: Double) {
            count += 1
            let distance = Float(value) - mean
            mean += distance / Float(count)
            squares += distance * (Float(value) - mean)
        }

        /// Coefficient of variation; infinite before there are two.
        var variation: Double {
            guard count > 1, mean > 0 else { return .infinity }
            return (Double(max(squares, 0)) / Double(count - 1)).squareRoot() / Double(mean)
        }

        func isLike(_ value: Double, within share: Double) -> Bool {
            count == 0 || abs(value - Double(mean)) <= share * Double(mean)
        }

        var isWellFormed: Bool { count >= 0 && mean.isFinite && squares.isFinite }
    }

    // The reading before.
    private var litres = 0.0
    @Narrow<Int32, Int64> private var minute: Int64 = -1
    // The running draw: its first minute (-1 for none), and its litres.
    @Narrow<Int32, Int64> private var drawStart: Int64 = -1
    private var drawn: Float = 0
    // The series of refills.
    @Narrow<Int32, Int64> private var first: Int64 = -1
    @Narrow<Int32, Int64> private var last: Int64 = -1
    private var volumes = Spread()
    private var spacings = Spread()
    /// Draws of another size or at another distance since it began.
    private var strangers: Int32 = 0
    // The alarm.
    private(set) var isInAlarm = false
    /// Litres of all refills since the start, and of those in nights.
    private var total: Float = 0
    private var nightly: Float = 0
    @Narrow<Int32, Int64> private var toldAt: Int64 = 0
    /// Litres an hour that a person called usual or no leak.
    private var innocent: Float = 0

    init() {}

    /// Takes what the register shows at minute `now`.
    ///
    /// - Parameters:
    ///   - register: Litres since some moment; a fall restarts the draw.
    ///   - grainMinutes: Time between readings as they really come.
    mutating func judge(
        register: Double, at now: Int64, grainMinutes: Double, litresPerCount: Double, sequence: Int64?,
        in zone: ZoneOffsets
    ) -> Verdict? {
        guard now > minute, grainMinutes <= Self.coarsestGrain || isInAlarm else { return nil }
        defer { (minute, litres) = (now, register) }
        let isFollowing = minute >= 0 && Double(now - minute) <= 3 * grainMinutes && register >= litres
        guard isFollowing else {
            drawStart = -1
            if !isInAlarm { forgetSeries() }
            return end(at: now, sequence)
        }
        let volume = register - litres
        if volume >= litresPerCount / 2 {
            if drawStart < 0 { (drawStart, drawn) = (minute, 0) }
            drawn += Float(volume)
            return nil
        }
        guard drawStart >= 0 else { return end(at: now, sequence) }
        let (start, size) = (drawStart, Double(drawn))
        // The draw ended with the reading before.
        let isShort = Double(minute - start) <= Self.longestRefill + 2 * grainMinutes
        drawStart = -1
        guard size >= Self.requiredCounts * litresPerCount else { return end(at: now, sequence) }
        let isNight = Self.night.contains(LocalMoment(Timestamp(minuteIndex: start), in: zone).minuteOfDay)
        if isInAlarm { return follow(size, isShort, isNight, from: start, at: now, sequence) }
        guard isNight else {
            forgetSeries()
            return nil
        }
        return note(size, isShort, from: start, at: now, sequence)
    }

    /// Takes in what a person said about water running here.
    mutating func accept(_ judgement: OperatorVerdict.Judgement) {
        switch judgement {
        case .expected, .notALeak:
            innocent = max(innocent, Float(isInAlarm ? rate : 0))
            isInAlarm = false
            forgetSeries()
        case .confirmed: break
        case .meterExchanged:
            minute = -1
            forgetSeries()
        }
    }

    private var rate: Double { spacings.mean > 0 ? Double(volumes.mean) * 60 / Double(spacings.mean) : 0 }

    private mutating func note(
        _ size: Double, _ isShort: Bool, from start: Int64, at now: Int64, _ sequence: Int64?
    ) -> Verdict? {
        guard isShort, volumes.isLike(size, within: 0.5) else {
            turnAway(size, isShort, start)
            return nil
        }
        if last < 0 {
            (first, last) = (start, start)
            volumes.add(size)
            return nil
        }
        let spacing = Double(start - last)
        last = start
        guard spacings.isLike(spacing, within: 0.6) else {
            turnAway(size, isShort, start)
            return nil
        }
        volumes.add(size)
        spacings.add(spacing)
        guard volumes.count >= Self.requiredRefills, last - first >= Self.requiredSpan,
            volumes.variation < Self.volumeSpread, spacings.variation < Self.spacingSpread,
            rate > Self.clearlyMore * Double(innocent)
        else { return nil }
        isInAlarm = true
        total = volumes.mean * Float(volumes.count)
        nightly = total
        toldAt = now
        return .arises(grounds(to: now, sequence))
    }

    /// One draw in four may be somebody's; more, and it is no series.
    private mutating func turnAway(_ size: Double, _ isShort: Bool, _ start: Int64) {
        strangers += 1
        guard 4 * strangers > volumes.count else { return }
        forgetSeries()
        guard isShort else { return }
        (first, last) = (start, start)
        volumes.add(size)
    }

    private mutating func follow(
        _ size: Double, _ isShort: Bool, _ isNight: Bool, from start: Int64, at now: Int64, _ sequence: Int64?
    ) -> Verdict? {
        // What comes sooner after a refill than the cistern needs is somebody's.
        guard isShort, volumes.isLike(size, within: 0.5), Double(start - last) > 0.4 * Double(spacings.mean) else {
            return end(at: now, sequence)
        }
        last = start
        total += Float(size)
        if isNight { nightly += Float(size) }
        guard now - toldAt >= 24 * 60 else { return nil }
        toldAt = now
        return .persists(grounds(to: now, sequence))
    }

    private mutating func end(at now: Int64, _ sequence: Int64?) -> Verdict? {
        guard isInAlarm, now - last >= Self.longestPause else { return nil }
        let verdict = Verdict.ends(grounds(to: last, sequence), at: Timestamp(minuteIndex: last))
        isInAlarm = false
        forgetSeries()
        return verdict
    }

    private mutating func forgetSeries() {
        (first, last, volumes, spacings, strangers) = (-1, -1, Spread(), Spread(), 0)
    }

    private func grounds(to now: Int64, _ sequence: Int64?) -> Grounds {
        let start = Timestamp(minuteIndex: max(first, 0))
        let hours = Double(now - first) / 60
        let likely = Double(total)
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(rate)),
            loss: LossEstimate(
                rateLow: LitresPerHour(rate * (1 - volumes.variation)),
                rateHigh: LitresPerHour(rate * (1 + volumes.variation)), litres: Litres(likely),
                // By day some of them may be flushes; each refill is known to a count, which the spread holds.
                low: Litres(Double(nightly) * 0.95), high: Litres(max(likely, 1.25 * rate * hours))),
            evidence: Evidence(
                from: start, to: Timestamp(minuteIndex: now),
                measures: [
                    Measure("refills", Double(volumes.count)), Measure("refill_volume", Double(volumes.mean), .litre),
                    Measure("refill_minutes", Double(spacings.mean), .minute),
                    Measure("volume_variation", volumes.variation), Measure("spacing_variation", spacings.variation),
                    Measure("required_refills", Double(Self.requiredRefills)),
                    Measure("required_hours", Double(Self.requiredSpan) / 60, .hour),
                ],
                lastSequence: sequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return [minute, drawStart, first, last].allSatisfy { minutes.contains($0) } && litres.isFinite
            && (0...100_000_000).contains(toldAt) && volumes.isWellFormed && spacings.isWellFormed
            && [drawn, total, nightly, innocent].allSatisfy(\.isFinite) && (0...1_000_000).contains(strangers)
            && (volumes.count < 1_000_000) && (!isInAlarm || first >= 0 && last >= 0)
    }
}
