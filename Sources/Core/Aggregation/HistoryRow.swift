// SPDX-License-Identifier: Apache-2.0

public import Model

/// One line of a point's history as people and programs get it.
public struct HistoryRow: Hashable, Sendable {
    public var start: Timestamp
    /// The first moment after it.
    public var end: Timestamp
    public var bucket: HistoryBucket
    /// What a total rose by, in its unit, since the last value before this piece; `nil` for what is no total, where no
    /// value is, and where the total began anew.
    public var consumption: Double?
    /// The consumption is that of a longer time: pieces before this one have no value.
    public var isOverGap: Bool

    public init(start: Timestamp, end: Timestamp, bucket: HistoryBucket, consumption: Double?, isOverGap: Bool) {
        (self.start, self.end, self.bucket, self.consumption, self.isOverGap) =
            (start, end, bucket, consumption, isOverGap)
    }
}

/// Buckets of one point, rising in their slots, as lines.
///
/// Consumption is what the total rose by from the last value before the piece to the last value in it, so that all
/// pieces together give what the whole time gives, and what flowed between two readings is not lost. A total that stands
/// lower than before has begun anew (its counter was lost): then nothing is known of that piece. An exchange of a meter
/// and a rollover are no such case, for the total is the corrected one.
///
/// - Parameters:
///   - before: The last value of the total before the first bucket; `nil` when there is none.
public func historyRows(
    _ buckets: [HistoryBucket], _ resolution: HistoryResolution, isTotal: Bool, before: Double?,
    in calendar: HistoryCalendar
) -> [HistoryRow] {
    var level = before
    var slotOfLevel: Int64?
    return buckets.map { bucket in
        var row = HistoryRow(
            start: calendar.start(of: bucket.slot, resolution), end: calendar.start(of: bucket.slot + 1, resolution),
            bucket: bucket, consumption: nil, isOverGap: false)
        guard isTotal, bucket.valued > 0 else { return row }
        let start = level ?? bucket.first.value
        let hasFallen = bucket.last.value < start || bucket.least < start
        if !hasFallen { row.consumption = bucket.last.value - start }
        row.isOverGap = slotOfLevel.map { $0 + 1 < bucket.slot } ?? false
        (level, slotOfLevel) = (bucket.last.value, bucket.slot)
        return row
    }
}
