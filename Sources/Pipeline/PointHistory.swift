// SPDX-License-Identifier: Apache-2.0

public import Aggregation
public import Model
import Profiles

/// What the readings of one point summed up to, as pages and programs get it.
public struct PointHistory: Hashable, Sendable {
    /// `<area>/<asset>/<point>`.
    public var path: String
    public var unit: UnitOfMeasure
    public var resolution: HistoryResolution
    /// Whether the point is a lifetime total, so that lines tell a consumption.
    public var isTotal: Bool
    /// Oldest first; pieces of time without a reading are left out.
    public var rows: [HistoryRow]

    public init(
        path: String, unit: UnitOfMeasure, resolution: HistoryResolution, isTotal: Bool, rows: [HistoryRow]
    ) {
        (self.path, self.unit, self.resolution, self.isTotal, self.rows) = (path, unit, resolution, isTotal, rows)
    }

    /// All lines as one; `nil` without a value.
    public var whole: HistoryBucket? {
        guard var whole = rows.first?.bucket else { return nil }
        for row in rows.dropFirst() { whole.merge(row.bucket) }
        return whole
    }

    /// What the total rose by over all lines; `nil` where no line tells it.
    public var consumption: Double? {
        let told = rows.compactMap(\.consumption)
        return told.isEmpty ? nil : told.reduce(0, +)
    }
}

extension SiteConfiguration {
    /// Paths of the points that are lifetime totals.
    public func totalPaths(of catalogue: Catalogue) -> Set<String> {
        let isTotal = devices.flatMap { $0.device.values.map(\.isLifetimeTotal) }
        return Set(
            catalogue.points.indices.filter { $0 < isTotal.count && isTotal[$0] }
                .map { catalogue.path(of: PointIndex($0)) })
    }
}

/// Lines of a history as text with commas: what `sluice export history` writes.
///
/// `point,unit,start,end,local,count,good,least,mean,greatest,first,last,consumption,over_gap`; the times are UTC, `local` is the
/// start by the site's clock; numbers are in the point's unit, empty where there is none.
public enum HistoryCSV {
    public static let header =
        "point,unit,start,end,local,count,good,least,mean,greatest,first,last,consumption,over_gap"

    public static func line(_ row: HistoryRow, of history: PointHistory, zone: ZoneOffsets) -> String {
        let bucket = row.bucket
        let hasValue = bucket.valued > 0
        func text(_ value: Double?) -> String { value.map { plain($0) } ?? "" }
        let fields = [
            history.path, history.unit.rawValue, row.start.rfc3339, row.end.rfc3339, zone.local(row.start).minuteText,
            "\(bucket.count)", "\(bucket.good)", text(hasValue ? bucket.least : nil), text(bucket.mean),
            text(hasValue ? bucket.greatest : nil), text(hasValue && history.isTotal ? bucket.first.value : nil),
            text(hasValue && history.isTotal ? bucket.last.value : nil), text(row.consumption),
            row.consumption == nil ? "" : row.isOverGap ? "yes" : "no",
        ]
        return fields.joined(separator: ",")
    }

    /// A number without an exponent where it has no more than nine decimals.
    private static func plain(_ value: Double) -> String {
        // Differences of totals carry the dust of binary fractions.
        let rounded = value.magnitude < 1e6 ? (value * 1e9).rounded() / 1e9 : value
        if let whole = Int64(exactly: rounded) { return "\(whole)" }
        return "\(rounded)"
    }
}
