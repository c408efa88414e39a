// SPDX-License-Identifier: Apache-2.0

public import Model

/// Part of a day on the site's wall, such as 08:30 to 17:30.
public struct OpenHours: Hashable, Sendable, Codable {
    /// Minutes since local midnight, 0 ..< 1440.
    public let from: Int
    /// Minutes since local midnight, the first one after it: `from` + 1 ... 1440.
    public let to: Int

    /// `nil` unless it begins in the day and ends after it began, at midnight at the latest.
    public init?(from: Int, to: Int) {
        guard (0..<1440).contains(from), from < to, to <= 1440 else { return nil }
        (self.from, self.to) = (from, to)
    }

    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let (from, to) = (try container.decode(Int.self), try container.decode(Int.self))
        guard let hours = OpenHours(from: from, to: to) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(from) to \(to) is no part of a day")
        }
        self = hours
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(from)
        try container.encode(to)
    }
}

/// Dates in a row, both ends included, and who says so.
public struct CalendarDates: Hashable, Sendable, Codable {
    public var first: CivilDate
    public var last: CivilDate
    /// Where the list comes from, such as the number of a notice; empty for the site's own.
    public var source: String

    public init(first: CivilDate, last: CivilDate, source: String = "") {
        (self.first, self.last, self.source) = (first, last, source)
    }

    public func contains(_ date: CivilDate) -> Bool { first <= date && date <= last }
}

/// The hours in which a promise counts.
///
/// Of one date a make-up day counts before a closed one, a closed one before the weekly hours. All times are those on
/// the site's wall, so the hours of a day on which the clock is changed are as long as they really are.
public struct WorkingCalendar: Hashable, Sendable, Codable {
    /// As service levels refer to it.
    public var name: String
    /// Hours of Monday to Sunday, seven lists, each in order and without overlap.
    public var weekly: [[OpenHours]]
    public var closed: [CalendarDates]
    /// Dates that work although they are closed or free by the week (调休).
    public var makeUp: [CalendarDates]
    /// Years for which a list of closed and make-up dates was given; others have only their weeks.
    public var listedYears: Set<Int>

    public init(
        name: String, weekly: [[OpenHours]], closed: [CalendarDates] = [], makeUp: [CalendarDates] = [],
        listedYears: Set<Int> = []
    ) {
        self.name = name
        self.weekly = (0..<7).map { day in
            weekly.indices.contains(day) ? Self.tidied(weekly[day]) : []
        }
        self.closed = closed
        self.makeUp = makeUp
        self.listedYears = listedYears
    }

    private static func tidied(_ hours: [OpenHours]) -> [OpenHours] {
        hours.sorted { $0.from < $1.from }.reduce(into: []) { list, next in
            if let last = list.last, next.from <= last.to {
                list[list.count - 1] = OpenHours(from: last.from, to: max(last.to, next.to)) ?? last
            } else {
                list.append(next)
            }
        }
    }

    /// The hours of an ordinary working day: of the first day of the week that has any.
    public var ordinaryHours: [OpenHours] { weekly.first { !$0.isEmpty } ?? [] }

    /// How long an ordinary working day is; a promise of n working days is n times as long.
    public var ordinaryDay: Duration { .seconds(60 * ordinaryHours.reduce(0) { $0 + $1.to - $1.from }) }

    /// In the order of the day; empty on a free one.
    public func hours(on date: CivilDate) -> [OpenHours] {
        let ofTheWeek = weekly[date.weekday - 1]
        if makeUp.contains(where: { $0.contains(date) }) { return ofTheWeek.isEmpty ? ordinaryHours : ofTheWeek }
        if closed.contains(where: { $0.contains(date) }) { return [] }
        return ofTheWeek
    }

    /// The first year from now on that has no list and begins within 60 days, or is the present one; `nil` while none
    /// is missing or the calendar follows its weeks only.
    public func missingYear(on date: CivilDate) -> Int? {
        guard !listedYears.isEmpty else { return nil }
        let ahead = CivilDate(daysSince1970: date.daysSince1970 + 60).year
        return (date.year...max(date.year, ahead)).first { !listedYears.contains($0) }
    }

    /// A calendar of the same hours from Monday to Friday.
    public static func weekdays(_ name: String, _ hours: [OpenHours]) -> WorkingCalendar {
        WorkingCalendar(name: name, weekly: Array(repeating: hours, count: 5) + [[], []])
    }

    /// A calendar of the same hours every day.
    public static func daily(_ name: String, _ hours: [OpenHours]) -> WorkingCalendar {
        WorkingCalendar(name: name, weekly: Array(repeating: hours, count: 7))
    }
}

/// A calendar on a site's wall: what of a span counts, and when a count is full.
public struct CountedHours: Hashable, Sendable, Codable {
    public var calendar: WorkingCalendar
    public var zone: ZoneOffsets

    public init(calendar: WorkingCalendar, zone: ZoneOffsets) { (self.calendar, self.zone) = (calendar, zone) }

    /// Ten years: nobody waits longer, and an absurd stamp of a damaged log must not be walked to.
    private static let farthestDays: Int64 = 3660

    /// What counts between two moments; zero when they are the other way round. After ten years nothing counts.
    public func elapsed(from start: Timestamp, to end: Timestamp) -> Duration {
        var sum: Int64 = 0
        forEachOpening(after: start) { opening in
            guard opening.start < end else { return false }
            sum += min(opening.end, end).milliseconds - opening.start.milliseconds
            return true
        }
        return .milliseconds(sum)
    }

    /// The first moment at which `span` has counted since `start`; `nil` when that is not in the next ten years.
    public func moment(after start: Timestamp, counting span: Duration) -> Timestamp? {
        var rest = span.wholeMilliseconds
        guard rest > 0 else { return start }
        var found: Timestamp?
        forEachOpening(after: start) { opening in
            let length = opening.end.milliseconds - opening.start.milliseconds
            if length >= rest {
                found = Timestamp(milliseconds: opening.start.milliseconds + rest)
                return false
            }
            rest -= length
            return true
        }
        return found
    }

    /// Gives the open spans after `start` in order until `body` has enough or ten years are over.
    private func forEachOpening(after start: Timestamp, _ body: ((start: Timestamp, end: Timestamp)) -> Bool) {
        // Stamps beyond the year 9999 come from damaged lines; their days are not counted.
        guard abs(start.milliseconds / 86_400_000) < 2_932_896 else { return }
        let end = Timestamp(milliseconds: start.milliseconds + Self.farthestDays * 86_400_000)
        // The offset is the same between two changes of the clock, so each piece has plain days.
        let changes = zone.transitions.map(\.at).filter { start < $0 && $0 < end }
        var piece = start
        for next in changes + [end] {
            let offset = zone.offsetSeconds(at: piece)
            var day = piece.civil(offsetSeconds: offset).date
            let last = next.civil(offsetSeconds: offset).date
            while day <= last {
                let midnight = Timestamp(CivilTime(date: day, hour: 0, minute: 0), offsetSeconds: offset)
                for hours in calendar.hours(on: day) {
                    let opens = max(piece, midnight + .seconds(60 * hours.from))
                    let closes = min(next, midnight + .seconds(60 * hours.to))
                    if opens < closes, !body((opens, closes)) { return }
                }
                day = CivilDate(daysSince1970: day.daysSince1970 + 1)
            }
            piece = next
        }
    }
}
