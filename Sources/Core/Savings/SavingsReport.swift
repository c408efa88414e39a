// SPDX-License-Identifier: Apache-2.0

public import Model

/// Water and money of an estate over some days: what was lost, what repairs saved, and who uses how much.
///
/// Every figure is a plain sum or mean of what meters counted; nothing is a forecast.
public struct SavingsReport: Hashable, Sendable {
    /// One finding that accounts for water.
    public struct Loss: Hashable, Sendable {
        public var finding: Finding
        public var litres: LostVolume
        public var cost: MoneyRange?
        /// `nil` while it cannot be measured yet.
        public var saved: SavedPerDay?
    }

    /// A meter with metered children: what went in, and what came out.
    public struct Zone: Hashable, Sendable {
        public var asset: AssetIdentifier
        /// Days on which the meter and all its children were read whole.
        public var days: Int
        /// Litres through the meter on those days.
        public var delivered: Double
        /// Litres through its children on those days.
        public var metered: Double
        /// Litres through the meter on the other days, which nothing can be set against.
        public var unattributed: Double
        /// What the night shows beyond usual night use, in litres an hour; `nil` without five nights or without the
        /// number of people in every dwelling behind it.
        public var excessNightFlow: Double?
        /// Litres through the meter that no child counted.
        public var unmetered: Double { delivered - metered }
    }

    /// A dwelling's use.
    public struct Dwelling: Hashable, Sendable {
        public var asset: AssetIdentifier
        /// Whole days that it is the mean of.
        public var days: Int
        public var litresPerDay: Double
        /// `nil` where the number of people is not known, or zero.
        public var litresPerPersonDay: Double?
        /// Part of the use from 00:00 to 06:00, 0 ... 1.
        public var nightShare: Double
        /// Change of the last seven whole days against the seven before, as a part; `nil` without fourteen.
        public var trend: Double?
    }

    /// First and last day, since 1970-01-01 of the site's calendar.
    public var days: ClosedRange<Int>
    public var losses: [Loss]
    public var zones: [Zone]
    /// Of litres a person and day over the dwellings for which that is known; `nil` with fewer than four.
    public var quartiles: Quartiles?
    public var dwellings: [Dwelling]

    /// - Parameters:
    ///   - findings: All that are known; those that began and ended outside `days` or account for no water are left out.
    ///   - days: Since 1970-01-01 of the site's calendar.
    ///   - costing: `nil` for a site without a tariff.
    ///   - now: Up to which a finding that is not over has run.
    public init(
        findings: [Finding], uses: MeterDays, days: ClosedRange<Int>, zone: ZoneOffsets, costing: Costing?,
        now: Timestamp
    ) {
        self.days = days
        let book = UseBook(uses, days: days)
        dwellings = book.dwellings
        zones = book.zones
        quartiles = Quartiles(dwellings.compactMap(\.litresPerPersonDay))
        let first = { (moment: Timestamp) in zone.local(moment).date.daysSince1970 }
        losses =
            findings
            .filter { first($0.startedAt) <= days.upperBound && first($0.clearedAt ?? now) >= days.lowerBound }
            .sorted { ($0.startedAt, $0.identifier) < ($1.startedAt, $1.identifier) }
            .compactMap { finding in
                LostVolume(finding, at: now).map { litres in
                    Loss(
                        finding: finding, litres: litres,
                        cost: costing?.cost(of: finding, at: now),
                        saved: book.saved(by: finding, zone: zone))
                }
            }
    }
}

/// The water that a repair saves each day, with the interval that the nights before and after leave open.
public struct SavedPerDay: Hashable, Sendable {
    /// Litres a day; negative when the night flow has grown.
    public var litres: Double
    /// 95 of 100 such intervals hold the true figure (normal distribution, 1.96 standard errors).
    public var low: Double
    public var high: Double
    public var nightsBefore: Int
    public var nightsAfter: Int

    /// Nights that a repair is judged by.
    public static let nightsNeeded = 7

    /// Twenty-four times the fall of the least night hour.
    ///
    /// - Parameters:
    ///   - before: Least hours of the nights while it ran, in litres; at least one.
    ///   - after: Least hours of whole days after it; at least ``nightsNeeded``.
    /// - Returns: `nil` with fewer.
    public init?(before: [Double], after: [Double]) {
        guard !before.isEmpty, after.count >= Self.nightsNeeded else { return nil }
        (nightsBefore, nightsAfter) = (before.count, after.count)
        litres = 24 * (before.mean - after.mean)
        // One night alone tells nothing of its own spread: that of the nights after stands for it.
        let spread = before.count > 1 ? before.variance : after.variance
        let error = (spread / Double(before.count) + after.variance / Double(after.count)).squareRoot()
        (low, high) = (litres - 24 * 1.96 * error, litres + 24 * 1.96 * error)
    }
}

/// Quartiles, by linear interpolation between the values in order.
public struct Quartiles: Hashable, Sendable {
    public var lower: Double
    public var median: Double
    public var upper: Double

    /// - Returns: `nil` with fewer than four values.
    public init?(_ values: [Double]) {
        guard values.count >= 4 else { return nil }
        (lower, median, upper) = (values.percentile(0.25), values.percentile(0.5), values.percentile(0.75))
    }
}

extension [Double] {
    /// Of at least one value.
    var mean: Double { reduce(0, +) / Double(count) }

    /// Of the population that these were drawn from; zero for fewer than two.
    var variance: Double {
        guard count > 1 else { return 0 }
        let mean = mean
        return reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
    }

    /// Of at least one value, by linear interpolation.
    ///
    /// - Parameter share: 0 ... 1.
    func percentile(_ share: Double) -> Double {
        let ordered = sorted()
        let place = share * Double(ordered.count - 1)
        let below = Int(place)
        guard below + 1 < ordered.count else { return ordered[ordered.count - 1] }
        return ordered[below] + (place - Double(below)) * (ordered[below + 1] - ordered[below])
    }
}
