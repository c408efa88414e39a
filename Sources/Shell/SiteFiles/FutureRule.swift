// SPDX-License-Identifier: Apache-2.0

import Model

/// The rule for the time after a zone's last transition, in the notation of POSIX for the variable TZ, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3` (IEEE Std 1003.1-2017, section 8.3, with the wider hours of RFC 9636).
struct FutureRule: Hashable {
    /// A day of a year and a time of that day.
    struct Change: Hashable {
        enum Day: Hashable {
            /// Day of the year 1 ... 365, 29 February never counted.
            case withoutLeapDay(Int)
            /// Day of the year 0 ... 365, 29 February counted.
            case withLeapDay(Int)
            /// Week 1 ... 5 of a month, 5 the last; weekday 0 for Sunday ... 6.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        var day: Day
        /// Seconds after local midnight; may be negative or beyond a day.
        var time: Int
    }

    /// Seconds ahead of UTC.
    var standardOffset: Int
    /// `nil` when no daylight saving time is kept.
    var daylight: Daylight?

    struct Daylight: Hashable {
        /// Seconds ahead of UTC.
        var offset: Int
        var start: Change
        var end: Change
    }

    /// `nil` when `text` is not such a rule.
    init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        guard Self.takeName(&rest), let west = Self.takeTime(&rest, hours: 24) else { return nil }
        standardOffset = -west
        guard !rest.isEmpty else { return }
        guard Self.takeName(&rest) else { return nil }
        var offset = standardOffset + 3600
        if rest.first != UInt8(ascii: ",") {
            guard let west = Self.takeTime(&rest, hours: 24) else { return nil }
            offset = -west
        }
        guard let start = Self.takeChange(&rest), let end = Self.takeChange(&rest), rest.isEmpty else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    /// The changes later than `time`, in seconds since 1970, to the end of `lastYear`, rising in time.
    func transitions(after time: Int64, through lastYear: Int) -> [(time: Int64, offset: Int)] {
        guard let daylight else { return [] }
        let firstYear =
            time < 0 ? 1970 : CivilDate(daysSince1970: Int(min(time, 10_000_000_000) / 86_400)).year
        guard firstYear <= lastYear else { return [] }
        var found: [(time: Int64, offset: Int)] = []
        for year in firstYear...lastYear {
            let start = Self.seconds(daylight.start, in: year) - standardOffset
            let end = Self.seconds(daylight.end, in: year) - daylight.offset
            found.append((Int64(start), daylight.offset))
            found.append((Int64(end), standardOffset))
        }
        return found.filter { $0.time > time }.sorted { $0.time < $1.time }
    }

    /// Seconds since 1970 that a clock on the wall counts at `change`.
    private static func seconds(_ change: Change, in year: Int) -> Int {
        let newYear = CivilDate(year: year, month: 1, day: 1).daysSince1970
        let day: Int
        switch change.day {
        case .withoutLeapDay(let number):
            let isLeap = CivilDate(year: year + 1, month: 1, day: 1).daysSince1970 - newYear == 366
            day = newYear + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .withLeapDay(let number):
            day = newYear + number
        case .weekday(let month, let week, let weekday):
            let first = CivilDate(year: year, month: month, day: 1)
            let ahead = (weekday - first.weekday % 7 + 7) % 7
            let next = month == 12 ? (year + 1, 1) : (year, month + 1)
            let end = CivilDate(year: next.0, month: next.1, day: 1).daysSince1970
            var found = first.daysSince1970 + ahead + (week - 1) * 7
            if found >= end { found -= 7 }
            day = found
        }
        return day * 86_400 + change.time
    }

    /// Three letters or more, or anything in angle brackets.
    private static func takeName(_ rest: inout ArraySlice<UInt8>) -> Bool {
        if rest.first == UInt8(ascii: "<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let name = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    private static func takeNumber(_ rest: inout ArraySlice<UInt8>, _ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard (1...4).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return range.contains(value) ? value : nil
    }

    /// `[+|-]hh[:mm[:ss]]` in seconds.
    private static func takeTime(_ rest: inout ArraySlice<UInt8>, hours: Int) -> Int? {
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard var value = takeNumber(&rest, 0...hours).map({ $0 * 3600 }) else { return nil }
        for unit in [60, 1] where rest.first == UInt8(ascii: ":") {
            rest = rest.dropFirst()
            guard let part = takeNumber(&rest, 0...59) else { return nil }
            value += part * unit
        }
        return isNegative ? -value : value
    }

    /// `,day[/time]`; two o'clock when there is no time.
    private static func takeChange(_ rest: inout ArraySlice<UInt8>) -> Change? {
        guard rest.first == UInt8(ascii: ",") else { return nil }
        rest = rest.dropFirst()
        let day: Change.Day
        switch rest.first {
        case UInt8(ascii: "M"):
            rest = rest.dropFirst()
            guard let month = takeNumber(&rest, 1...12), takeDot(&rest), let week = takeNumber(&rest, 1...5),
                takeDot(&rest), let weekday = takeNumber(&rest, 0...6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        case UInt8(ascii: "J"):
            rest = rest.dropFirst()
            guard let number = takeNumber(&rest, 1...365) else { return nil }
            day = .withoutLeapDay(number)
        default:
            guard let number = takeNumber(&rest, 0...365) else { return nil }
            day = .withLeapDay(number)
        }
        var time = 7200
        if rest.first == UInt8(ascii: "/") {
            rest = rest.dropFirst()
            guard let given = takeTime(&rest, hours: 167) else { return nil }
            time = given
        }
        return Change(day: day, time: time)
    }

    private static func takeDot(_ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: ".") else { return false }
        rest = rest.dropFirst()
        return true
    }
}
