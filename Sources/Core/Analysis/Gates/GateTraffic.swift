// SPDX-License-Identifier: Apache-2.0

import Model

/// D23, gate chatter: a gate that cycles far more often than it does at that hour, or whose counter runs away.
///
/// The rate is judged by a CUSUM of the counter's steps: the log likelihood of three times the usual openings against
/// the usual ones.
struct GateTraffic: Hashable, Codable, Sendable {
    /// The sum of a quarter of an hour's rush stays below this; a gate that opens every other minute reaches it in less
    /// than an hour.
    static let limit = 16.0
    private static let aboveRecord = 1.3
    private static let recordKept = 0.998
    /// ln 3, and 3 - 1.
    private static let eachOpening = 1.098_612_288_668_11
    private static let eachExpected = 2.0
    private static let mostSum = 100.0
    /// Days of the hour that must be known.
    private static let leastDays = 3
    /// Openings an hour that are never too many, whatever the hour: two cars in one night are no trend.
    private static let leastRate = 1.0
    /// No gate opens and closes in less.
    private static let shortestCycle: Duration = .seconds(10)
    /// So many at once and without any command are the contact's, not the gate's.
    private static let chatter = 3.0
    /// A step over a longer time may hide a command.
    private static let longestStep: Duration = .seconds(300)
    /// It is over after an hour of usual traffic.
    private static let clearAfter: Duration = .seconds(3600)

    private struct Count: Hashable, Codable {
        var at: Timestamp
        var value: Double
    }

    private var newest: Count?
    private var rates = HourlyRates()
    private var sum = 0.0
    private var peak = 0.0
    private var record = 0.0
    private var since: Timestamp?
    private var isInAlarm = false
    private(set) var isChattering = false
    /// Since the sum left zero: openings and those that were expected.
    private var openings = 0.0
    private var expected = 0.0
    /// Of the window that may end the alarm.
    private var windowStart: Timestamp?
    private var windowOpenings = 0.0
    private var windowExpected = 0.0
    private var told = ToldSize()

    init() {}

    /// Takes the newest count of openings.
    ///
    /// - Parameter isUnasked: Whether, between two moments, commands were read and none asked the gate to open.
    /// - Returns: Openings since the reading before; `nil` when that is not known.
    mutating func take(
        _ value: Double, at: Timestamp, longestGap: Duration, _ gate: AssetIdentifier, _ zone: ZoneOffsets,
        isUnasked: (Timestamp, Timestamp) -> Bool, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) -> Double? {
        defer { newest = Count(at: at, value: value) }
        guard value >= 0, let newest else { return nil }
        let (step, elapsed) = (value - newest.value, at - newest.at)
        // Beyond a hundred a minute no contact could follow: the counter was exchanged or restarted.
        guard step >= 0, step <= 100 + elapsed.inSeconds * 2 else { return nil }
        let (from, to) = (LocalMoment(newest.at, in: zone).hourOfDay, LocalMoment(at, in: zone).hourOfDay)
        let isKnown = min(rates.daysKnown(from), rates.daysKnown(to)) >= Self.leastDays
        if elapsed <= longestGap {
            if isInAlarm {
                follow(step, rate(from, to) * elapsed.inHours, at: at, gate, into: &rulings)
            } else {
                statistics.evaluations.gateChatter += 1
                let isUnexplained =
                    isImpossible(step, elapsed) || elapsed <= Self.longestStep && isUnasked(newest.at, at)
                if step >= Self.chatter, isUnexplained {
                    begin(step, from: newest.at, rate(from, to) * elapsed.inHours)
                    isChattering = true
                    arise(at: at, gate, into: &rulings)
                } else if isKnown {
                    weigh(step, rate(from, to) * elapsed.inHours, from: newest.at, at: at, gate, into: &rulings)
                }
            }
        }
        let isSpoilt = elapsed > longestGap || isInAlarm || sum > Self.limit / 2
        if rates.take(step, to: at, over: elapsed, hourOfDay: from, isSpoilt: isSpoilt), from == 0 {
            record *= Self.recordKept
        }
        return elapsed <= longestGap ? step : nil
    }

    private func isImpossible(_ step: Double, _ elapsed: Duration) -> Bool {
        step - 1 > elapsed.inSeconds / Self.shortestCycle.inSeconds
    }

    /// Openings an hour that are usual, with room for an hour that begins early or late.
    private func rate(_ from: Int, _ to: Int) -> Double {
        max(rates.rate(from), rates.rate(to), Self.leastRate, rates.mean / 4)
    }

    private mutating func begin(_ step: Double, from: Timestamp, _ usual: Double) {
        if sum == 0 || since == nil { (since, openings, expected, peak) = (from, 0, 0, 0) }
        (openings, expected) = (openings + step, expected + usual)
    }

    private mutating func weigh(
        _ step: Double, _ usual: Double, from: Timestamp, at: Timestamp, _ gate: AssetIdentifier,
        into rulings: inout [Ruling]
    ) {
        begin(step, from: from, usual)
        sum = min(max(0, sum + step * Self.eachOpening - usual * Self.eachExpected), Self.mostSum)
        peak = max(peak, sum)
        if sum == 0 {
            record = max(record, peak)
            since = nil
        } else if sum > max(Self.limit, Self.aboveRecord * record) {
            arise(at: at, gate, into: &rulings)
        }
    }

    private mutating func arise(at: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]) {
        isInAlarm = true
        (windowStart, windowOpenings, windowExpected) = (at, 0, 0)
        told.tell(openings)
        rulings.append(Ruling(rule: .gateChatter, asset: gate, verdict: .arises(grounds(to: at))))
    }

    private mutating func follow(
        _ step: Double, _ usual: Double, at: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]
    ) {
        (windowOpenings, windowExpected) = (windowOpenings + step, windowExpected + usual)
        guard let start = windowStart, at - start >= Self.clearAfter else {
            (openings, expected) = (openings + step, expected + usual)
            if told.grows(to: openings) {
                rulings.append(Ruling(rule: .gateChatter, asset: gate, verdict: .persists(grounds(to: at))))
            }
            return
        }
        let isQuiet = windowOpenings < 2 * windowExpected + Self.chatter
        (windowStart, windowOpenings, windowExpected) = (at, 0, 0)
        guard isQuiet else {
            (openings, expected) = (openings + step, expected + usual)
            return
        }
        let last = grounds(to: start)
        (isInAlarm, isChattering, sum, peak, since) = (false, false, 0, 0, nil)
        rulings.append(Ruling(rule: .gateChatter, asset: gate, verdict: .persists(last)))
        rulings.append(Ruling(rule: .gateChatter, asset: gate, verdict: .ends(last, at: start)))
    }

    /// The rush was innocent: one as large may come again.
    mutating func acquit() {
        record = max(record, peak)
        (isInAlarm, isChattering, sum, peak, since) = (false, false, 0, 0, nil)
    }

    private func grounds(to: Timestamp) -> Grounds {
        let since = since ?? to
        let count = Measure("openings", openings)
        return Grounds(
            startedAt: since, severity: .p3, size: count,
            evidence: Evidence(
                from: since, to: max(since, to),
                measures: [
                    count, Measure("expected_openings", expected), Measure("sum", sum),
                    Measure("limit", max(Self.limit, Self.aboveRecord * record)),
                    Measure("contact_chatter", isChattering ? 1 : 0),
                ]))
    }

    var isWellFormed: Bool {
        rates.isWellFormed
            && [sum, peak, record, openings, expected, windowOpenings, windowExpected].allSatisfy {
                $0.isFinite && $0 >= 0
            } && (newest.map { $0.value.isFinite && DataClock.believable.contains($0.at) } ?? true)
            && [since, windowStart].allSatisfy { $0.map { DataClock.believable.contains($0) } ?? true }
    }
}
