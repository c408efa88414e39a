// SPDX-License-Identifier: Apache-2.0

public import Model

/// How long the pieces of time are over which readings are summed up.
public enum HistoryResolution: String, CaseIterable, Codable, Sendable {
    case minute = "1m"
    case quarter = "15m"
    case hour = "1h"
    /// A day of the site's clock: 23 to 25 hours where it changes.
    case day = "1d"

    /// The length of a piece in milliseconds; of a day the usual one.
    public var milliseconds: Int64 {
        switch self {
        case .minute: 60_000
        case .quarter: 900_000
        case .hour: 3_600_000
        case .day: 86_400_000
        }
    }

    /// Whole days for which such pieces are kept (90 days, 2 years, 5 years); `nil` is for ever.
    public var keptDays: Int? {
        switch self {
        case .minute: 90
        case .quarter: 731
        case .hour: 1827
        case .day: nil
        }
    }

    /// The finest one that cuts `span` into at most `limit` pieces; days when none does.
    ///
    /// - Parameter span: Longer than zero.
    public static func finest(for span: Duration, limit: Int) -> HistoryResolution {
        let length = max(1, span.wholeMilliseconds)
        return allCases.first { (length - 1) / $0.milliseconds < Int64(limit) } ?? .day
    }
}

/// Numbers of the pieces of time: their slots.
///
/// A slot of minutes, quarters and hours is counted from 1970 in UTC, that of a day is the date of the site's clock in
/// days since 1970-01-01. So a day is a day of the calendar, whatever the clock does in it.
public struct HistoryCalendar: Sendable {
    public let zone: ZoneOffsets
    /// The day found last, since the next moment mostly lies in it.
    private var recent: (slot: Int64, start: Int64, end: Int64) = (0, 0, 0)

    public init(zone: ZoneOffsets) { self.zone = zone }

    /// The slot that `moment` lies in.
    public mutating func slot(of moment: Timestamp, _ resolution: HistoryResolution) -> Int64 {
        guard resolution == .day else { return moment.milliseconds.floored(by: resolution.milliseconds) }
        if moment.milliseconds >= recent.start, moment.milliseconds < recent.end { return recent.slot }
        // No year of more than four digits is a date; a wire may say one all the same.
        let bounded = min(max(moment, Self.first), Self.last)
        let slot = Int64(zone.local(bounded).date.daysSince1970)
        recent = (slot, start(of: slot, .day).milliseconds, start(of: slot + 1, .day).milliseconds)
        return slot
    }

    /// The first moment of a slot.
    public func start(of slot: Int64, _ resolution: HistoryResolution) -> Timestamp {
        let (start, overflow) = slot.multipliedReportingOverflow(by: resolution.milliseconds)
        guard !overflow else { return Timestamp(milliseconds: slot < 0 ? .min : .max) }
        guard resolution == .day else { return Timestamp(milliseconds: start) }
        // Midnight by the clock before a change in the night and by the clock after it: the first that is of the day.
        let midnight = Timestamp(milliseconds: start)
        let offsets = [
            zone.offsetSeconds(at: midnight - .seconds(86_400)), zone.offsetSeconds(at: midnight + .seconds(86_400)),
        ]
        let candidates = offsets.map { midnight - .seconds($0) }.sorted()
        return candidates.first { zone.local($0).date.daysSince1970 >= slot } ?? candidates[1]
    }

    private static let first = Timestamp(milliseconds: 0)
    private static let last = Timestamp(CivilTime(date: CivilDate(year: 9999, month: 12, day: 30), hour: 0, minute: 0))
}

extension Int64 {
    /// How many whole `width` fit before this number, rounded down.
    func floored(by width: Int64) -> Int64 {
        let (whole, rest) = quotientAndRemainder(dividingBy: width)
        return rest < 0 ? whole - 1 : whole
    }
}
