// SPDX-License-Identifier: Apache-2.0

public import Model

/// A month of the site's calendar.
public struct ReportMonth: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let year: Int
    /// 1 ... 12.
    public let month: Int

    /// `nil` unless the month is 1 ... 12 and the year 1970 ... 9999.
    public init?(year: Int, month: Int) {
        guard (1970...9999).contains(year), (1...12).contains(month) else { return nil }
        (self.year, self.month) = (year, month)
    }

    /// The month that a moment lies in on the site's wall; the first or last known one beyond those.
    public init(of moment: Timestamp, zone: ZoneOffsets) {
        let date = zone.local(moment).date
        (year, month) = date.year < 1970 ? (1970, 1) : date.year > 9999 ? (9999, 12) : (date.year, date.month)
    }

    public var next: ReportMonth? { ReportMonth(year: month == 12 ? year + 1 : year, month: month % 12 + 1) }

    public var previous: ReportMonth? { ReportMonth(year: month == 1 ? year - 1 : year, month: (month + 10) % 12 + 1) }

    /// `2026-11`.
    public var description: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }

    public static func < (a: Self, b: Self) -> Bool { (a.year, a.month) < (b.year, b.month) }
}

/// The time that a report is about.
public struct ReportPeriod: Hashable, Codable, Sendable {
    public let from: Timestamp
    /// The first moment after it.
    public let to: Timestamp

    /// `nil` unless it is longer than zero and both ends lie between the years 1970 and 9999.
    public init?(from: Timestamp, to: Timestamp) {
        guard from < to, from.milliseconds >= 0, to.milliseconds <= 253_402_300_800_000 else { return nil }
        (self.from, self.to) = (from, to)
    }

    public func contains(_ moment: Timestamp) -> Bool { from <= moment && moment < to }

    /// Whole days on the site's wall, both included; `nil` when the last is before the first.
    public init?(first: CivilDate, last: CivilDate, zone: ZoneOffsets) {
        let after = CivilDate(daysSince1970: last.daysSince1970 + 1)
        self.init(from: zone.midnight(of: first), to: zone.midnight(of: after))
    }

    /// `count` whole months from `first` on: 1 for a month, 3 for a quarter, 12 for a year.
    public init?(first: ReportMonth, months count: Int, zone: ZoneOffsets) {
        guard count > 0, count <= 1200 else { return nil }
        let index = first.year * 12 + first.month - 1 + count
        self.init(
            from: zone.midnight(of: CivilDate(year: first.year, month: first.month, day: 1)),
            to: zone.midnight(of: CivilDate(year: index / 12, month: index % 12 + 1, day: 1)))
    }

    /// The week that ended last at or before `now`: from Friday 15:00 to Friday 15:00 on the site's wall.
    public init?(weekBefore now: Timestamp, zone: ZoneOffsets) {
        let local = zone.local(now)
        var day = local.date.daysSince1970 - (local.date.weekday + 2) % 7
        if local.date.weekday == 5, local.minuteOfDay < 15 * 60 { day -= 7 }
        func friday(_ day: Int) -> Timestamp {
            zone.moment(of: CivilTime(date: CivilDate(daysSince1970: day), hour: 15, minute: 0))
        }
        self.init(from: friday(day - 7), to: friday(day))
    }

    /// The months of the site's calendar that it touches, in order.
    func months(in zone: ZoneOffsets) -> [ReportMonth] {
        var months: [ReportMonth] = []
        var month: ReportMonth? = ReportMonth(of: from, zone: zone)
        while let next = month, zone.start(of: next) < to {
            months.append(next)
            month = next.next
        }
        return months
    }
}

extension ZoneOffsets {
    /// The moment at which a clock on the site's wall shows `civil`; where it is set, the one by the later offset.
    func moment(of civil: CivilTime) -> Timestamp {
        let plain = Timestamp(civil)
        let first = plain - .seconds(offsetSeconds(at: plain))
        return plain - .seconds(offsetSeconds(at: first))
    }

    func midnight(of date: CivilDate) -> Timestamp { moment(of: CivilTime(date: date, hour: 0, minute: 0)) }

    /// When a month of the site's calendar begins.
    public func start(of month: ReportMonth) -> Timestamp {
        midnight(of: CivilDate(year: month.year, month: month.month, day: 1))
    }
}
