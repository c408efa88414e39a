// SPDX-License-Identifier: Apache-2.0

import Model

/// D12, efficiency drift: a pump, or a set, needs ever more power for the same duty.
///
/// What is compared is the logarithm of power, or of energy by volume, with the first days: so all of it is a share, and
/// whether the pump is large does not matter. A day counts as a whole, by its median.
struct PumpWear: Hashable, Codable, Sendable {
    /// Days that make the reference without a question, and in all; the later ones only if they look like the first.
    static let firstDays = 4
    static let referenceDays = 10
    static let alikeShare = 0.03
    /// Minutes of a duty before it is compared, and minutes of a day before it counts.
    static let minutesOfDuty: UInt16 = 10
    static let minutesOfDay = 20
    /// The rise that is worth a finding: a pump out of order loses that in a year, a meter never errs by so much in a
    /// day; and how it stands out of what days differ by.
    static let leastRise = 0.06
    static let deviations = 4.0
    /// What the power of each pump must have risen by, and as a share of the rise of the energy of a volume, for a whole
    /// set to be worn: power is measured to a per cent, and no meter's error changes it.
    static let leastOwnRise = 0.01
    static let ownShare = 0.1
    static let over = 0.04
    /// Three days that bend by less than this tell how much days differ.
    private static let innocent = 0.2
    /// Days without a value of the other pumps of a set after which it is judged as if there were none.
    private static let patience = 14
    private static let usualDeviation = 0.015
    /// More than this from one day to the next is no wear. It is what a meter does that begins to count too little.
    static let step = 0.15
    /// Days after which a value is too old to be compared with.
    static let freshDays = 7
    /// Different duties: steps of flow or of pressure.
    static let duties = 64
    /// Cells of the day's histogram, a hundredth wide, from -0.32.
    private static let cells = 128
    private static let lowestCell = -32

    private struct Day: Hashable, Codable, Sendable {
        var day: Int
        var rise: Double
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var since: Timestamp
        var minutes: Int
    }

    // By minutes of like duty.
    private var referenceSums = Array(repeating: Float(0), count: duties)
    private var referenceCounts = Array(repeating: UInt16(0), count: duties)
    private var sums = Array(repeating: Float(0), count: duties)
    private var counts = Array(repeating: UInt16(0), count: duties)
    private var histogram = Array(repeating: UInt16(0), count: cells)
    // By the energy of whole days.
    private var referenceValues: [Float] = []
    private var newestValues: [Float] = []
    // Of either kind.
    private var learnedDays = 0
    private var latest: Day?
    private var previous: Day?
    private var older: Day?
    /// What steps that are no wear have added.
    private var shift = 0.0
    private var squares = 0.0
    private var squaredDays = 0
    private var risesSince: Timestamp?
    private var alarm: Alarm?

    init() {
        referenceValues.reserveCapacity(Self.referenceDays)
        newestValues.reserveCapacity(3)
    }

    var isInAlarm: Bool { alarm != nil }

    /// What another pump of the set, whose water the same meters count, says about a rise of this day.
    enum Witness { case none, silent, rise(Double) }

    /// - Parameter day: On which another pump of the set shows a rise.
    func testify(on day: Int) -> Witness {
        guard let latest, day - latest.day <= Self.patience else { return .none }
        return day - latest.day <= 3 ? .rise(latest.rise) : .silent
    }

    // MARK: A day

    /// Adds a full minute in which the pump ran alone.
    ///
    /// - Parameters:
    ///   - level: Logarithm of the power, or of the power by pressure.
    ///   - duty: 0 ..< ``duties``.
    mutating func note(_ level: Double, duty: Int) {
        sums[duty] += Float(level)
        counts[duty] += counts[duty] < .max ? 1 : 0
        guard learnedDays >= Self.firstDays, referenceCounts[duty] >= Self.minutesOfDuty else { return }
        let rise = level - Double(referenceSums[duty]) / Double(referenceCounts[duty])
        let cell = Int((min(max(rise, -1), 2) * 100).rounded(.down)) - Self.lowestCell
        let place = min(max(cell, 0), Self.cells - 1)
        histogram[place] += histogram[place] < .max ? 1 : 0
    }

    /// Ends a day of minutes; `counts` is false when something made it unlike others.
    ///
    /// - Returns: Whether the day gave a new value.
    mutating func finish(day: Int, counts isLikeOthers: Bool, holdsSteps: Bool, endedAt: Timestamp) -> Bool {
        defer {
            for duty in sums.indices { (sums[duty], counts[duty]) = (0, 0) }
            for cell in histogram.indices { histogram[cell] = 0 }
        }
        let total = counts.reduce(0) { $0 + Int($1) }
        guard isLikeOthers, total >= Self.minutesOfDay else { return false }
        guard learnedDays >= Self.firstDays else {
            fold()
            return false
        }
        guard let rise = median() else { return false }
        if learnedDays < Self.referenceDays, abs(rise) < Self.alikeShare { fold() }
        push(rise, day: day, holdsSteps: holdsSteps, endedAt: endedAt)
        return true
    }

    /// Ends a day by its energy: `level` is the logarithm of what a volume cost; `nil` when it does not count.
    mutating func finish(day: Int, level: Double?, holdsSteps: Bool, endedAt: Timestamp) -> Bool {
        guard let level else { return false }
        if newestValues.count >= 3 { newestValues.removeFirst() }
        newestValues.append(Float(level))
        guard referenceValues.count >= Self.firstDays else {
            referenceValues.append(Float(level))
            return false
        }
        let rise = (Middle.of(newestValues) ?? 0) - (Middle.of(referenceValues) ?? 0)
        if referenceValues.count < Self.referenceDays, abs(rise) < Self.alikeShare {
            referenceValues.append(Float(level))
        }
        push(rise, day: day, holdsSteps: holdsSteps, endedAt: endedAt)
        return true
    }

    private mutating func fold() {
        learnedDays += 1
        for duty in sums.indices {
            let sum = UInt32(referenceCounts[duty]) + UInt32(counts[duty])
            guard sum <= UInt32(UInt16.max) else { continue }
            referenceSums[duty] += sums[duty]
            referenceCounts[duty] = UInt16(sum)
        }
    }

    private func median() -> Double? {
        let total = histogram.reduce(0) { $0 + Int($1) }
        guard total >= Self.minutesOfDay else { return nil }
        var rest = Double(total) / 2
        for cell in histogram.indices {
            let here = Double(histogram[cell])
            if here > 0, rest <= here { return (Double(cell + Self.lowestCell) + rest / here) / 100 }
            rest -= here
        }
        return nil
    }

    private mutating func push(_ raw: Double, day: Int, holdsSteps: Bool, endedAt: Timestamp) {
        if holdsSteps, alarm == nil, let latest, day - latest.day <= 1, abs(raw - shift - latest.rise) > Self.step {
            shift += raw - shift - latest.rise
        }
        let rise = raw - shift
        older = previous
        previous = latest
        latest = Day(day: day, rise: rise)
        if rise < Self.alikeShare {
            risesSince = nil
        } else if risesSince == nil {
            risesSince = endedAt - .seconds(86_400)
        }
        // Wear goes on evenly: how three days bend holds none of it, and six times the variance of one.
        if let last = previous, let older, day - older.day <= 4 {
            let bend = rise - 2 * last.rise + older.rise
            guard abs(bend) < Self.innocent else { return }
            squares += bend * bend / 6
            squaredDays += 1
            if squaredDays > 60 { (squares, squaredDays) = (squares / 2, squaredDays / 2) }
        }
    }

    // MARK: Judging

    /// Judges after a day that gave a value.
    ///
    /// - Parameter peers: The largest rise among the other pumps of the set: what they show too is no wear of this one.
    mutating func judge(peers: Double?, now: Timestamp, statistics: inout AnalyzerStatistics) -> Verdict? {
        guard let latest, let previous, latest.day - previous.day <= Self.freshDays else { return nil }
        statistics.evaluations.efficiencyDrift += 1
        let explained = max(0, peers ?? 0)
        let rise = min(latest.rise, previous.rise) - explained
        let deviation = squaredDays >= 4 ? (squares / Double(squaredDays)).squareRoot() : Self.usualDeviation
        let limit = max(Self.leastRise, Self.deviations * deviation)
        if let held = alarm {
            if max(latest.rise, previous.rise) - explained < Self.over {
                alarm = nil
                return .ends(grounds(held, rise, limit, explained, deviation, to: now), at: now)
            }
            return .persists(grounds(held, max(rise, 0), limit, explained, deviation, to: now))
        }
        guard rise > limit else { return nil }
        let new = Alarm(since: risesSince ?? now, minutes: 0)
        alarm = new
        return .arises(grounds(new, rise, limit, explained, deviation, to: now))
    }

    private func grounds(
        _ held: Alarm, _ rise: Double, _ limit: Double, _ peers: Double, _ deviation: Double, to end: Timestamp
    ) -> Grounds {
        // Power that rises by e^x at the same duty is efficiency that has fallen to e^-x.
        let loss = 100 * (1 - PortableLogarithm.exp(-rise))
        return Grounds(
            startedAt: held.since, severity: .p4, loss: nil, size: Measure("efficiency_lost", loss, .percent),
            evidence: Evidence(
                from: held.since, to: end,
                measures: [
                    Measure("efficiency_lost", loss, .percent),
                    Measure("rise", rise),
                    Measure("limit", limit),
                    Measure("peers", peers),
                    Measure("deviation", deviation),
                    Measure("learned_days", Double(max(learnedDays, referenceValues.count))),
                    Measure("required_rise", Self.leastRise),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let floats = referenceSums + sums + referenceValues + newestValues
        let numbers = [shift, squares] + [latest, previous, older].compactMap { $0?.rise }
        return referenceSums.count == Self.duties && referenceCounts.count == Self.duties && sums.count == Self.duties
            && counts.count == Self.duties && histogram.count == Self.cells && floats.allSatisfy(\.isFinite)
            && numbers.allSatisfy { $0.isFinite && abs($0) < 1e6 } && squares >= 0
            && referenceValues.count <= Self.referenceDays && newestValues.count <= 3
            && (0...Self.referenceDays).contains(learnedDays) && (0...60).contains(squaredDays)
            && [latest, previous, older].allSatisfy { $0.map { abs($0.day) < 1_000_000 } ?? true }
            && (risesSince.map { DataClock.believable.contains($0) } ?? true)
            && (alarm.map { DataClock.believable.contains($0.since) } ?? true)
    }
}
