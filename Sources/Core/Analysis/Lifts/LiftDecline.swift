// SPDX-License-Identifier: Apache-2.0

import Model

/// D19, lift decline: a lift that makes far fewer trips a day than it did, day after day, while it says that it serves:
/// people walk, or take the other one, for a reason.
///
/// It is a CUSUM over whole days, in spreads of the lift's own past. What all lifts of the site do together, as in the
/// school holidays, is no fault of one.
struct LiftDecline: Hashable, Codable, Sendable {
    /// A week must be known; four are remembered.
    private static let leastDays = 7
    private static let length = 28
    /// In spreads: the reference value and the decision limit. A day counts for three at most, so four days must agree.
    private static let reference = 1.0
    private static let limit = 10.0
    private static let mostOfDay = 4.0
    /// People do not take a lift a fixed number of times: a day's sum is never surer than this.
    private static let leastSpread = 0.08

    /// Trips of whole days of service, in a ring.
    private var usual = [Float]()
    private var next = 0
    private var day: Int?
    private var dayStart = 0.0
    private var dayStartAt: Timestamp?
    private var isSpoilt = true
    private var newest: Double?
    /// A day that is over and waits for the other lifts: its trips.
    private var pending: Double?
    private var pendingFrom: Timestamp?
    private var sum = 0.0
    private var since: Timestamp?
    private var goodDays = 0
    private var isInAlarm = false
    private var told = ToldSize()

    init() { usual.reserveCapacity(Self.length) }

    /// Takes the newest trip counter.
    mutating func take(trips value: Double, at: Timestamp, serves: Bool, day today: Int) {
        defer { newest = value }
        if let newest, value < newest { isSpoilt = true }
        guard let day, day == today else {
            if let dayStartAt, let day, today == day + 1, !isSpoilt {
                let hours = (at - dayStartAt).inHours
                let passed = value - dayStart
                // Days of a clock change have 23 or 25 hours; with fewer than ten trips a day there is nothing to judge.
                if (22...26).contains(hours), passed >= 10 {
                    (pending, pendingFrom) = (passed, dayStartAt)
                }
            }
            (self.day, dayStart, dayStartAt, isSpoilt) = (today, value, at, !serves)
            return
        }
        if !serves { isSpoilt = true }
    }

    /// Whether a day waits to be judged.
    var isPending: Bool { pending != nil }

    /// The part of the usual trips that the day that waits lacks, negative when it has more; `nil` when no day waits or
    /// too little is known.
    var shortfall: Double? {
        guard let pending, usual.count >= Self.leastDays else { return nil }
        let middle = usual.median
        return middle > 0 ? 1 - pending / middle : nil
    }

    /// Judges the day that waits.
    ///
    /// - Parameter common: Shortfall of the site's other lifts on that day.
    mutating func judge(
        common: Double, _ lift: AssetIdentifier, at now: Timestamp, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        guard let pending, let from = pendingFrom else { return }
        defer { (self.pending, pendingFrom) = (nil, nil) }
        guard let shortfall else {
            learn(pending)
            return
        }
        statistics.evaluations.liftDecline += 1
        let middle = usual.median
        let spread = max(
            Self.leastSpread, 1.4826 * usual.map { abs($0 - Float(middle)) }.median / middle,
            // Trips that come by chance.
            1 / middle.squareRoot())
        let score = min((shortfall - max(0, common)) / spread, Self.mostOfDay)
        if sum == 0 { since = from }
        sum = min(max(0, sum + score - Self.reference), 2 * Self.limit)
        goodDays = score < Self.reference ? min(goodDays + 1, 1000) : 0
        if score < 2 { learn(pending) }
        let size = Measure("decline", 100 * shortfall, .percent)
        let grounds = Grounds(
            startedAt: since ?? from, severity: .p4, size: size,
            evidence: Evidence(
                from: since ?? from, to: now,
                measures: [
                    Measure("trips_a_day", pending), Measure("usual_trips_a_day", middle),
                    Measure("spread", spread), Measure("sum", sum), Measure("limit", Self.limit),
                ]))
        func rule(_ verdict: Verdict) { rulings.append(Ruling(rule: .liftDecline, asset: lift, verdict: verdict)) }
        if !isInAlarm, sum > Self.limit, goodDays == 0 {
            isInAlarm = true
            told.tell(size.value)
            rule(.arises(grounds))
        } else if isInAlarm, goodDays >= 2 {
            (isInAlarm, sum) = (false, 0)
            rule(.ends(grounds, at: now))
        } else if isInAlarm, goodDays == 0, told.grows(to: size.value) {
            rule(.persists(grounds))
        }
    }

    private mutating func learn(_ day: Double) {
        if usual.count < Self.length {
            usual.append(Float(day))
        } else {
            usual[next] = Float(day)
            next = (next + 1) % Self.length
        }
    }

    var isWellFormed: Bool {
        usual.count <= Self.length && (0..<Self.length).contains(next) && usual.allSatisfy { $0.isFinite && $0 > 0 }
            && (day.map { (0...50_000).contains($0) } ?? true) && dayStart.isFinite && sum.isFinite && goodDays >= 0
            && (newest?.isFinite ?? true) && (pending?.isFinite ?? true)
            && [dayStartAt, pendingFrom, since].allSatisfy { stamp in
                stamp.map { DataClock.believable.contains($0) } ?? true
            }
    }
}

extension [Float] {
    /// The middle value, or the mean of the two in the middle; 0 for none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let middle = count / 2
        return count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
    }
}
