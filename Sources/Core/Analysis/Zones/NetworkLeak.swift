// SPDX-License-Identifier: Apache-2.0

import Model

/// D5, network leak: water that is lost between a meter and its metered children, hour after hour.
///
/// Two sums of what exceeds the usual, over hours and over blocks of three: `S = max(0, S + z - k)`. The hour is soon for
/// a leak that comes at once; the block has less noise, for one that grows over days.
struct NetworkLeak: Hashable, Codable, Sendable {
    /// One of the two sums.
    struct Law: Sendable {
        var hours: Int64
        /// Spreads that each step may lie above the usual without rising.
        var reference: Double
        var limit: Double
        /// One step counts at most so much: a single hour never raises anything.
        var clip: Double
    }

    static let laws = [
        Law(hours: 1, reference: 0.75, limit: 10, clip: 8),
        Law(hours: SlowBalance.hoursInBlock, reference: 0.5, limit: 8, clip: 6),
    ]
    /// Over when both sums have fallen to this share of their limit.
    private static let clearShare = 0.3
    /// A sum rises no further than this many limits, so that it falls again within two days of the repair.
    private static let ceiling = 1.25
    /// Nothing is learned while a sum is above this share of its limit.
    private static let learnShare = 0.5
    /// The rate is that of the last six hours, for leaks grow.
    private static let rateShare = 1.0 / 6
    /// Hours that the usual is the median of, and its spread as a share of theirs.
    private static let usualHours = 336.0
    private static let usualDoubt = 1.25 / usualHours.squareRoot()
    private static let tellsEach: Int64 = 24
    /// A leak is believed to have run on in a hole of so many hours at most.
    private static let longestHole: Int64 = 48

    private struct Sum: Hashable, Codable, Sendable {
        var value = 0.0
        /// The first hour of the rise.
        var since: Int64 = -1
        var steps = 0
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var law: Int
        var startHour: Int64
        var litres: Double
        var sum: Double
        var steps: Int
        var residual: Double
        var expected: Double
        var spread: Double
        var toldHour: Int64
        var told = ToldSize()
    }

    private var sums = [Sum](repeating: Sum(), count: laws.count)
    /// Mean excess of the last hours in L/h, litres since either sum left zero, and hours of it.
    private var rate = 0.0
    private var litres = 0.0
    private var hours = 0
    /// Hours between them of which nothing could be judged, and the last one that was.
    private var holes = 0
    private var lastHour: Int64 = -1
    private var alarm: Alarm?

    init() {}

    /// Whether what is seen may be learned as usual.
    var isQuiet: Bool {
        alarm == nil && zip(sums, Self.laws).allSatisfy { $0.value < Self.learnShare * $1.limit }
    }

    /// How much a leak that has been found explains of any excess, in L/h.
    var known: Double { alarm == nil ? 0 : max(0, rate) }

    /// Judges one hour or one block.
    mutating func judge(_ seen: SlowResidual, _ milestones: SequenceMilestones) -> Verdict? {
        guard let law = Self.laws.firstIndex(where: { $0.hours == seen.hours }) else { return nil }
        let excess = seen.residual - seen.expected
        if law == 0 {
            hours = min(hours + 1, 1 << 30)
            rate += (excess - rate) * max(Self.rateShare, 1 / Double(hours))
            if hours > 1 { holes += Int(min(max(seen.hour - lastHour - 1, 0), Self.longestHole)) }
            lastHour = seen.hour
            litres += excess
        }
        let bounds = Self.laws[law]
        let step = min(max(seen.deviation, -bounds.clip), bounds.clip) - bounds.reference
        let value = min(max(0, sums[law].value + step), Self.ceiling * bounds.limit)
        if value > 0, sums[law].value <= 0 { (sums[law].since, sums[law].steps) = (seen.hour, 0) }
        sums[law].value = value
        sums[law].steps = min(sums[law].steps + 1, 1 << 30)
        if var held = alarm {
            let isOver = zip(sums, Self.laws).allSatisfy { $0.value < Self.clearShare * $1.limit }
            held.litres = total
            if isOver {
                let end = grounds(held, seen, milestones, isOver: true)
                alarm = nil
                forget()
                return .ends(end, at: Timestamp(hourIndex: seen.hour + seen.hours))
            }
            defer { alarm = held }
            guard value > bounds.limit,
                seen.hour - held.toldHour >= Self.tellsEach || held.told.grows(to: held.litres)
            else { return nil }
            (held.toldHour, held.law, held.sum, held.steps) = (seen.hour, law, value, sums[law].steps)
            (held.residual, held.expected, held.spread) = (seen.residual, seen.expected, seen.spread)
            return .persists(grounds(held, seen, milestones))
        }
        if sums.allSatisfy({ $0.value <= 0 }) { forget() }
        // Until an hour has been judged there is no rate to tell.
        guard value > bounds.limit, rate > 0 else { return nil }
        var new = Alarm(
            law: law, startHour: sums[law].since, litres: total, sum: value, steps: sums[law].steps,
            residual: seen.residual, expected: seen.expected, spread: seen.spread, toldHour: seen.hour)
        new.told.tell(total)
        alarm = new
        return .arises(grounds(new, seen, milestones))
    }

    private mutating func forget() { (rate, litres, hours, holes) = (0, 0, 0, 0) }

    /// Litres since either sum left zero; in a hole as much as in the other hours.
    private var total: Double { hours > 0 ? max(0, litres * Double(hours + holes) / Double(hours)) : 0 }

    /// - Parameter isOver: The hours of the end have nothing of it: then the mean of all is told.
    private func grounds(
        _ alarm: Alarm, _ seen: SlowResidual, _ milestones: SequenceMilestones, isOver: Bool = false
    ) -> Grounds {
        let law = Self.laws[alarm.law]
        let start = Timestamp(hourIndex: max(0, alarm.startHour))
        // Two spreads of the mean of six hours.
        let doubt = 2 * alarm.spread * (Self.rateShare * Double(law.hours)).squareRoot()
        let count = Double(max(hours, 1))
        let hourly = alarm.spread * Double(law.hours).squareRoot()
        // Three spreads of the sum, and of what is usual, which is known from two weeks of hours.
        let open = 3 * hourly * (count.squareRoot() + count * Self.usualDoubt)
        // A leak below the reference raises neither sum; it may have run as long before as the usual remembers.
        let unseen = Self.laws[1].reference * hourly / Double(Self.laws[1].hours).squareRoot() * Self.usualHours
        let told = isOver ? max(0, litres / count) : rate
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(rate)),
            loss: LossEstimate(
                rateLow: LitresPerHour(max(0, told - doubt)), rateHigh: LitresPerHour(max(0, told + doubt)),
                litres: Litres(alarm.litres), low: Litres(max(0, litres - open)),
                high: Litres(alarm.litres + open + unseen)),
            evidence: Evidence(
                from: start, to: max(start, Timestamp(hourIndex: seen.hour + seen.hours)),
                measures: [
                    Measure("rate", rate, .litrePerHour),
                    Measure("sum", alarm.sum),
                    Measure("steps", Double(alarm.steps)),
                    Measure("step_length", Double(law.hours), .hour),
                    Measure("residual", alarm.residual, .litrePerHour),
                    Measure("expected", alarm.expected, .litrePerHour),
                    Measure("spread", alarm.spread, .litrePerHour),
                    Measure("required_sum", law.limit),
                    Measure("reference", law.reference),
                    Measure("clip", law.clip),
                ],
                lastSequence: milestones.newest.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = -1...1_200_000
        let counts = 0...1 << 30
        return sums.count == Self.laws.count
            && sums.allSatisfy { hours.contains($0.since) && counts.contains($0.steps) }
            && counts.contains(self.hours) && counts.contains(holes) && hours.contains(lastHour)
            && (alarm.map {
                Self.laws.indices.contains($0.law) && hours.contains($0.startHour) && hours.contains($0.toldHour)
            } ?? true)
    }
}
