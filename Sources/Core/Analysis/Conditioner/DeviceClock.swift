// SPDX-License-Identifier: Apache-2.0

import Model

/// What is known of the clock of a meter that does not move data time: whole hours that it is ahead, and how long after
/// its stamps its readings come.
///
/// A quarter-hour balance needs the minutes: a clock that is three minutes off moves a fifth of a bath into the next
/// quarter. The hours are corrected for everything; the minutes only for the fast path, for the slot path must not depend
/// on the order of arrival.
struct DeviceClock: Hashable, Codable, Sendable {
    /// Readings whose lags are kept: 16 hours of a meter read each quarter.
    static let readings = 64
    /// Fewer say nothing.
    private static let fewest = 8
    /// A stamp further ahead of data time is not of this hour, for delivery only makes stamps older.
    private static let longestLead: Int64 = 600_000
    /// A median lag of this or more is a clock that is wrong, not one to put right by minutes, in seconds.
    private static let largestCorrection = 300
    /// Readings in a row that show the same fault, or none, before it is told.
    private static let agreeing = 2

    /// Seconds between stamp and arrival of the newest readings; places not yet used hold 0. Empty before the first one:
    /// a meter that moves data time has none.
    @Packed private var lags: [Int16] = []
    @Narrow<UInt8, Int> private var count = 0
    @Narrow<UInt8, Int> private var next = 0
    /// Median lag in seconds, 0 while it is not known.
    @Narrow<Int16, Int> private(set) var medianLag = 0
    /// Whether the lags agree within two minutes, so that their median is the clock's and not the network's.
    private var isSteady = false
    /// Whole hours that the stamps are ahead.
    @Narrow<Int16, Int64> private(set) var hoursAhead: Int64 = 0
    /// Readings in a row for which the clock was wrong, or right while it is told to be wrong.
    @Narrow<Int8, Int> private var streak = 0
    private var isTold = false
    /// The newest stamp as the device gave it, and its lead before data time then, in milliseconds.
    @NarrowOptional<Int64, Int64> private var newestRaw: Int64?
    private var newestLead: Int64 = 0
    @MomentOrNone private var wrongSince: Timestamp?

    init() {}

    /// The stamp with whole hours of lead taken off.
    mutating func place(_ stamp: Timestamp, at dataTime: Timestamp) -> Timestamp {
        let raw = stamp.milliseconds
        let lead = raw - dataTime.milliseconds
        if let newestRaw, raw <= newestRaw {
            // An old reading, or the clock was set back. An older stamp of the time ahead is still ahead of data time.
            let isAhead = hoursAhead > 0 && lead - hoursAhead * 3_600_000 > -3_600_000 && lead > Self.longestLead
            guard hoursAhead > 0, !isAhead else {
                return Timestamp(milliseconds: raw - (isAhead ? hoursAhead : 0) * 3_600_000)
            }
            hoursAhead = 0
        } else if lead - hoursAhead * 3_600_000 > Self.longestLead {
            // Data time may have stood still while stamps went on; only a leap of the clock itself is taken off.
            if newestRaw == nil || lead - newestLead > 2_700_000 {
                hoursAhead = (lead - Self.longestLead + 3_599_999) / 3_600_000
            }
        }
        newestRaw = raw
        newestLead = lead
        return Timestamp(milliseconds: raw - hoursAhead * 3_600_000)
    }

    /// Learns from one reading in order; `placed` is its stamp without the hours.
    mutating func learn(_ placed: Timestamp, at dataTime: Timestamp) {
        let lag = (dataTime.milliseconds - placed.milliseconds) / 1000
        // An outage delivered at once says nothing of the clock.
        guard abs(lag) < 5400 else { return }
        if lags.isEmpty { lags = Array(repeating: 0, count: Self.readings) }
        lags[next] = Int16(lag)
        next = (next + 1) % Self.readings
        count = min(count + 1, Self.readings)
        if count >= Self.fewest, next % Self.fewest == 0 { findMedian() }
    }

    /// What is added to a stamp for the fast path, in milliseconds.
    var correction: Int64 { abs(medianLag) < Self.largestCorrection ? Int64(medianLag) * 1000 : 0 }

    private mutating func findMedian() {
        (medianLag, isSteady) = Middle.copied(lags[0..<count]) { space in
            let middle = Int(Middle.select(count / 2, in: space))
            let upper = Int(Middle.select(count * 3 / 4, in: space))
            return (middle, upper - Int(Middle.select(count / 4, in: space)) < 120)
        }
    }

    // MARK: Finding

    /// Whether the clock is wrong by more than may be put right unseen.
    private var isWrong: Bool {
        hoursAhead != 0 || (isSteady && count == Self.readings && abs(medianLag) >= Self.largestCorrection)
    }

    /// Whether there is enough to judge the clock by.
    var isKnown: Bool { count >= Self.fewest }

    /// Judges the clock after each reading in order.
    mutating func judge(_ reading: RegisterSample) -> Verdict? {
        guard isWrong != isTold else {
            (streak, wrongSince) = (0, isTold ? wrongSince : nil)
            return nil
        }
        if !isTold, wrongSince == nil { wrongSince = reading.at }
        streak += 1
        guard streak >= Self.agreeing else { return nil }
        streak = 0
        isTold.toggle()
        let since = wrongSince ?? reading.at
        let seconds = hoursAhead != 0 ? Double(hoursAhead * 3600) : -Double(medianLag)
        let grounds = Grounds(
            startedAt: since, severity: .p4, loss: nil, size: Measure("clock_ahead", seconds / 60, .minute),
            evidence: Evidence(
                from: since, to: max(since, reading.at),
                measures: [
                    Measure("clock_ahead", seconds / 60, .minute),
                    Measure("median_lag", Double(medianLag) / 60, .minute),
                ],
                firstSequence: nil, lastSequence: reading.sequence.map { SequenceNumber($0) }))
        if isTold { return .arises(grounds) }
        wrongSince = nil
        return .ends(grounds, at: reading.at)
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        (lags.count == Self.readings || lags.isEmpty && count == 0)
            && (0...Self.readings).contains(count) && (0..<Self.readings).contains(next)
            && (-40_000...40_000).contains(medianLag) && (0...48).contains(hoursAhead)
            && (0...Self.agreeing).contains(streak)
            && (newestRaw.map { DataClock.believable.contains(Timestamp(milliseconds: $0)) } ?? true)
            && (-1_000_000_000...1_000_000_000).contains(newestLead)
            && (wrongSince.map { DataClock.believable.contains($0) } ?? true)
    }
}
