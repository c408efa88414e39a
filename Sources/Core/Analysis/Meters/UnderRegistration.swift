// SPDX-License-Identifier: Apache-2.0

import Model

/// D7, under-registration of a shared meter: it counts less than its children, and less than it did.
///
/// Every six clean hours the water of the last 24 clean hours is laid beside that of the children. Hours with reverse
/// flow, a burst, or water announced from a common tap are not clean.
struct UnderRegistration: Hashable, Codable, Sendable {
    static let hours = 24
    static let step = 6
    /// Evaluations on end.
    static let holds = 6
    /// Windows of a low ratio that tell its size: three days.
    private static let sizing = 12
    /// Past ratios that tell what is usual: a week. Three days of them are enough.
    static let memory = 28
    static let leastMemory = 12
    /// No fall below this is judged: two good meters may differ by their errors, 2 % each (OIML R 49, class 2).
    static let leastFall = 0.04
    /// A parent cannot pass less than its children, but for the errors of the meters.
    static let impossibleRatio = 0.97
    private static let leastSpread = 0.006

    private struct Alarm: Hashable, Codable, Sendable {
        var startHour: Int64
        var usual: Double
        /// Litres of the windows that were wholly low.
        var inflow: Double
        var outflow: Double
        var count: Int
        var recovered = 0
        var toldCount: Int
        var fall: Double
        var limit: Double
        var lastHour: Int64
    }

    /// The last clean hours: litres of the parent and of the children in turn, and when they were.
    private var litres: [Float] = []
    private var stamps: [Int32] = []
    private var sinceStep = 0
    /// Usual ratios, oldest first.
    private var ratios: [Float] = []
    private var low = 0
    private var lowSince: Int64 = 0
    private var lowFall = 0.0
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// What the parent usually counts for each litre of its children.
    var usualRatio: Double? { ratios.count >= Self.leastMemory ? Middle.of(ratios) : nil }
    /// Factor on what the meter counts now that makes it what it would have counted; 1 when it counts as usual.
    var correction: Double {
        guard let alarm, alarm.inflow > 0 else { return 1 }
        return min(max(alarm.usual * alarm.outflow / alarm.inflow, 1), 100)
    }
    private var usual: RobustSpread? { RobustSpread(ratios) }

    /// Takes one clean hour.
    ///
    /// - Parameter usualResidual: What usually enters and no child takes, in litres an hour.
    mutating func take(
        _ hour: ZoneHour, inflow: Double, usualResidual: Double, _ law: RegisterLaw,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        litres.append(Float(inflow))
        litres.append(Float(hour.outflow))
        stamps.append(Int32(truncatingIfNeeded: hour.hour))
        if stamps.count > Self.hours {
            litres.removeFirst(2)
            stamps.removeFirst()
        }
        sinceStep += 1
        guard sinceStep >= Self.step, stamps.count == Self.hours, let first = stamps.first else { return nil }
        sinceStep = 0
        // Clean hours of more than three days are no day.
        guard hour.hour - Int64(first) < 72 else { return nil }
        var inflow = 0.0
        var outflow = 0.0
        for place in 0..<Self.hours {
            inflow += Double(litres[2 * place])
            outflow += Double(litres[2 * place + 1])
        }
        // One count must be less than a per cent.
        guard outflow >= 100 * law.litresPerCount, outflow >= 240, inflow >= 0 else { return nil }
        return judge(inflow, outflow, usualResidual, hour, &statistics)
    }

    private mutating func judge(
        _ inflow: Double, _ outflow: Double, _ usualResidual: Double, _ hour: ZoneHour,
        _ statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        let ratio = min(inflow / outflow, 100)
        guard ratios.count >= Self.leastMemory, let usual, usual.median > 0.01 else {
            learn(ratio)
            return nil
        }
        statistics.evaluations.underRegistration += 1
        let logarithms = RobustSpread(ratios) { naturalLogarithm(max(Double($0), 1e-6) / usual.median) }
        let limit = max(5 * max(logarithms?.deviation ?? 0, Self.leastSpread), Self.leastFall)
        let fall = -naturalLogarithm(max(ratio, 1e-6) / usual.median)
        // Where a common tap is not metered the ratio falls when the children take more; the litres do not.
        let expected = outflow + max(0, usualResidual) * Double(Self.hours)
        let isLow =
            fall > limit && ratio < Self.impossibleRatio
            && -naturalLogarithm(max(inflow, 1e-6) / max(expected, 1e-6)) > limit
        if alarm != nil { return follow(isLow: isLow, ratio, inflow, outflow, fall, hour) }
        guard isLow else {
            low = 0
            // On the way down nothing is learned.
            if fall < limit { learn(ratio) }
            return nil
        }
        if low == 0 { (lowSince, lowFall) = (hour.hour, fall) }
        low += 1
        guard low >= Self.holds else { return nil }
        // The first windows reach back before the fall; the last one tells its size, and how much of the first was low.
        let part = min(max(lowFall / fall, 0), 1)
        let new = Alarm(
            startHour: lowSince + 1 - Int64((part * Double(Self.hours)).rounded()), usual: usual.median, inflow: inflow,
            outflow: outflow, count: low, toldCount: low,
            fall: fall, limit: limit, lastHour: hour.hour)
        alarm = new
        low = 0
        return .arises(grounds(new))
    }

    private mutating func follow(
        isLow: Bool, _ ratio: Double, _ inflow: Double, _ outflow: Double, _ fall: Double, _ hour: ZoneHour
    ) -> Verdict? {
        guard var held = alarm else { return nil }
        held.lastHour = hour.hour
        if !isLow, fall < held.limit / 2 || ratio > held.usual * 0.9 {
            held.recovered += 1
            alarm = held
            // A day of the meter's old ratio.
            guard held.recovered >= 4 else { return nil }
            alarm = nil
            return .ends(grounds(held), at: Timestamp(hourIndex: hour.hour - 24))
        }
        held.recovered = 0
        // Then it stands: what changes later is another matter, such as a dwelling whose meter stands still.
        if held.count < Self.holds + Self.sizing {
            held.inflow += inflow
            held.outflow += outflow
        }
        held.count = min(held.count + 1, 1 << 20)
        defer { alarm = held }
        guard held.count - held.toldCount >= 28 else { return nil }
        held.toldCount = held.count
        return .persists(grounds(held))
    }

    private mutating func learn(_ ratio: Double) {
        ratios.append(Float(ratio))
        if ratios.count > Self.memory { ratios.removeFirst() }
    }

    /// Forgets the clean hours of a time in which the meter stood still.
    mutating func forgetHours() {
        litres.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        (sinceStep, low) = (0, 0)
    }

    // MARK: Evidence

    private func grounds(_ alarm: Alarm) -> Grounds {
        let ratio = alarm.inflow / max(alarm.outflow, 1)
        let share = max(0, 1 - ratio / alarm.usual)
        return Grounds(
            startedAt: Timestamp(hourIndex: alarm.startHour), severity: .p3, loss: nil,
            size: Measure("share_not_counted", 100 * share, .percent),
            evidence: Evidence(
                from: Timestamp(hourIndex: alarm.startHour), to: Timestamp(hourIndex: alarm.lastHour + 1),
                measures: [
                    Measure("ratio", ratio), Measure("usual_ratio", alarm.usual), Measure("fall", alarm.fall),
                    Measure("required_fall", alarm.limit), Measure("evaluations", Double(alarm.count)),
                    Measure("required_evaluations", Double(Self.holds)),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = 0...1_200_000
        return litres.count == 2 * stamps.count && stamps.count <= Self.hours && ratios.count <= Self.memory
            && litres.allSatisfy(\.isFinite) && ratios.allSatisfy(\.isFinite) && (0...1000).contains(sinceStep)
            && (0...Self.holds).contains(low) && hours.contains(lowSince) && lowFall.isFinite
            && (alarm.map {
                hours.contains($0.startHour) && hours.contains($0.lastHour) && (0...1 << 20).contains($0.count)
                    && (0...1000).contains($0.recovered) && (0...1 << 20).contains($0.toldCount)
                    && $0.usual > 0.01 && $0.inflow.isFinite && $0.outflow.isFinite
            } ?? true)
    }
}
