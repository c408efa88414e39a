// SPDX-License-Identifier: Apache-2.0

import Model

/// D19, silent lift: a lift that says that it serves and makes no trip, though by its own past it would have made many.
///
/// Evidence is the number of trips that the lift has missed since its last one, by what it does at these hours. Trips
/// that come by chance leave out `n` expected ones with the chance `exp(-n)`.
struct LiftTraffic: Hashable, Codable, Sendable {
    /// Missed trips: one chance in 500 million. The longest pauses of lifts that served were seen near ten.
    static let limit = 20.0
    /// A pause must be so much longer than the longest innocent one, such as a holiday's.
    private static let aboveRecord = 1.3
    /// How much of the record is left after a day: a holiday of a year ago is half forgotten.
    private static let recordKept = 0.998
    /// Days of the hour that must be known: a week, with its Sunday.
    private static let leastDays = 7

    private struct Count: Hashable, Codable {
        var at: Timestamp
        var value: Double
    }

    private var newest: Count?
    private var lastTripAt: Timestamp?
    private var rates = HourlyRates()
    private var missed = 0.0
    private var record = 0.0
    private(set) var isInAlarm = false
    /// Somebody said that this pause is innocent, however long it becomes.
    private var isAcquitted = false
    private var lastSequence: Int64?

    init() {}

    /// Takes the newest trip counter.
    ///
    /// - Parameters:
    ///   - serves: Whether the lift says that it serves and nobody announced that it would not.
    ///   - longestGap: Time over which the counter was not read is held against nobody.
    mutating func take(
        _ observation: Observation, serves: Bool, longestGap: Duration, _ lift: AssetIdentifier, _ view: SiteView,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        guard let value = observation.value, value >= 0 else { return }
        let at = observation.at
        defer {
            newest = Count(at: at, value: value)
            lastSequence = observation.sequence ?? lastSequence
        }
        guard let newest, LiftCounter.goesOn(from: newest.value, at: newest.at, to: value, at: at) else {
            (missed, lastTripAt) = (0, at)
            return
        }
        func rule(_ verdict: Verdict) { rulings.append(Ruling(rule: .liftSilent, asset: lift, verdict: verdict)) }
        let trips = value - newest.value
        let elapsed = at - newest.at
        let isGap = elapsed > longestGap
        let hourOfDay = LocalMoment(at, in: view.site.zone).hourOfDay
        if trips > 0 {
            let grounds = grounds(to: at, severity: .p2)
            if isInAlarm {
                isInAlarm = false
                rule(.persists(grounds))
                rule(.ends(grounds, at: at))
            } else {
                record = max(record, missed)
            }
            (missed, lastTripAt, isAcquitted) = (0, at, false)
        } else if !serves {
            if !isInAlarm { (missed, lastTripAt) = (0, at) }
        } else if !isGap, rates.daysKnown(hourOfDay) >= Self.leastDays {
            statistics.evaluations.liftSilent += 1
            missed += rates.rate(hourOfDay) * elapsed.inHours
            if !isInAlarm, !isAcquitted, missed > max(Self.limit, Self.aboveRecord * record) {
                isInAlarm = true
                rule(.arises(grounds(to: at, severity: .p2)))
            }
        }
        // A pause that may be a fault is not learned as what is usual.
        let isSpoilt = isGap || !serves || isInAlarm || missed > 0.6 * Self.limit
        let earlier = LocalMoment(newest.at, in: view.site.zone).hourOfDay
        if rates.take(trips, to: at, over: elapsed, hourOfDay: earlier, isSpoilt: isSpoilt), earlier == 0 {
            record *= Self.recordKept
        }
    }

    /// The pause is innocent: one as long may come again.
    mutating func acquit() { (isInAlarm, isAcquitted) = (false, true) }

    private func grounds(to: Timestamp, severity: Severity) -> Grounds {
        let since = lastTripAt ?? to
        let idle = Measure("idle_minutes", (to - since).inSeconds / 60, .minute)
        return Grounds(
            startedAt: since, severity: severity, size: idle,
            evidence: Evidence(
                from: since, to: to,
                measures: [
                    Measure("missed_trips", missed), Measure("limit", max(Self.limit, Self.aboveRecord * record)),
                    Measure("longest_innocent", record), idle,
                ], lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    var isWellFormed: Bool {
        rates.isWellFormed && [missed, record].allSatisfy { $0.isFinite && $0 >= 0 }
            && (newest.map { $0.value.isFinite && DataClock.believable.contains($0.at) } ?? true)
            && (lastTripAt.map { DataClock.believable.contains($0) } ?? true)
    }
}
