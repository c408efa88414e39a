// SPDX-License-Identifier: Apache-2.0

public import Model

/// What readings of one point showed in one piece of time.
///
/// Two of the same piece can be merged, in any order, into exactly what all their readings together give: every part
/// is a count, an extreme or a sum of whole numbers.
public struct HistoryBucket: Hashable, Sendable {
    /// A value with the moment it was read.
    public struct End: Hashable, Sendable {
        /// Milliseconds since 1970, UTC.
        public var at: Int64
        public var value: Double
        public init(at: Int64, value: Double) { (self.at, self.value) = (at, value) }
    }

    /// Number of the piece of time, see ``HistoryCalendar``.
    public var slot: Int64
    /// Readings, bad ones among them.
    public var count: Int64
    public var good: Int64
    /// Readings with a value: all but the bad ones. When it is 0 there is no extreme, sum or end.
    public var valued: Int64
    public var least: Double
    public var greatest: Double
    /// Sum of the values in thousand-millionths of the unit, each rounded to a whole one: exact in any order.
    public var sum: Int128
    /// The values read first and last; of values read at the same moment the lesser is first and the greater last.
    public var first: End
    public var last: End

    /// What one reading is.
    ///
    /// - Parameter value: Finite; `nil` of a bad reading.
    public init(slot: Int64, at moment: Timestamp, value: Double?, isGood: Bool) {
        self.slot = slot
        (count, good, valued) = (1, isGood ? 1 : 0, value == nil ? 0 : 1)
        (least, greatest) = (value ?? 0, value ?? 0)
        sum = value.map(Self.whole) ?? 0
        first = End(at: moment.milliseconds, value: value ?? 0)
        last = first
    }

    /// All parts, as they were stored.
    public init(
        slot: Int64, count: Int64, good: Int64, valued: Int64, least: Double, greatest: Double, sum: Int128, first: End,
        last: End
    ) {
        (self.slot, self.count, self.good, self.valued) = (slot, count, good, valued)
        (self.least, self.greatest, self.sum, self.first, self.last) = (least, greatest, sum, first, last)
    }

    /// Takes in what other readings of the same piece showed, or of a part of it; the slot stays.
    public mutating func merge(_ other: HistoryBucket) {
        count &+= other.count
        good &+= other.good
        guard other.valued > 0 else { return }
        guard valued > 0 else {
            (valued, least, greatest, sum) = (other.valued, other.least, other.greatest, other.sum)
            (first, last) = (other.first, other.last)
            return
        }
        valued &+= other.valued
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
        sum &+= other.sum
        if (other.first.at, other.first.value) < (first.at, first.value) { first = other.first }
        if (other.last.at, other.last.value) > (last.at, last.value) { last = other.last }
    }

    /// The same where first and last values are not kept, or there is none: the extremes stand in their place, at no time.
    public var withoutEnds: HistoryBucket {
        var bucket = self
        if valued == 0 { (bucket.least, bucket.greatest) = (0, 0) }
        (bucket.first, bucket.last) = (End(at: 0, value: bucket.least), End(at: 0, value: bucket.greatest))
        return bucket
    }

    /// Mean of the values; `nil` when there are none. It lies between the extremes.
    public var mean: Double? {
        guard valued > 0 else { return nil }
        return min(max(Double(sum) / Double(valued) / Self.wholesPerUnit, least), greatest)
    }

    /// Share of the readings that are good, 0 ... 1.
    public var goodShare: Double { count > 0 ? Double(good) / Double(count) : 0 }

    /// Steps of ``sum`` in one unit.
    public static let wholesPerUnit = 1e9

    /// A value in steps of ``sum``. One beyond 10^18 counts as 10^18: no device measures so much.
    public static func whole(_ value: Double) -> Int128 {
        let bounded = min(max(value, -1e18), 1e18)
        return Int128((bounded * wholesPerUnit).rounded())
    }
}
