// SPDX-License-Identifier: Apache-2.0

/// A date of the Gregorian calendar without a time of day.
public struct CivilDate: Hashable, Comparable, Codable, Sendable {
    public var year: Int
    /// 1 ... 12.
    public var month: Int
    /// 1 ... 31.
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The date `days` after 1970-01-01 (before it when negative).
    public init(daysSince1970 days: Int) {
        // Days are counted in eras of 400 years that start on 1 March, so that the leap day comes last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days from 1970-01-01 to this date; negative before it.
    public var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// 1 for Monday ... 7 for Sunday (ISO 8601).
    public var weekday: Int {
        let index = (daysSince1970 + 3) % 7
        return (index < 0 ? index + 7 : index) + 1
    }

    /// `20261122`, as table names and ticket numbers write it.
    public var compact: String { padded(year, 4) + padded(month, 2) + padded(day, 2) }

    public static func < (a: CivilDate, b: CivilDate) -> Bool {
        (a.year, a.month, a.day) < (b.year, b.month, b.day)
    }
}

/// A date and time of day on some clock on a wall, such as the site's.
public struct CivilTime: Hashable, Codable, Sendable {
    public var date: CivilDate
    /// 0 ... 23.
    public var hour: Int
    /// 0 ... 59.
    public var minute: Int
    /// 0 ... 59.
    public var second: Int
    /// 0 ... 999.
    public var millisecond: Int

    /// Minutes since local midnight, 0 ... 1439.
    public var minuteOfDay: Int { hour * 60 + minute }

    public init(date: CivilDate, hour: Int, minute: Int, second: Int = 0, millisecond: Int = 0) {
        (self.date, self.hour, self.minute) = (date, hour, minute)
        (self.second, self.millisecond) = (second, millisecond)
    }

    /// `2026-11-22 16:00:03`.
    public var secondText: String { "\(minuteText):\(padded(second, 2))" }

    /// `2026-11-22 16:00`.
    public var minuteText: String {
        "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2)) \(padded(hour, 2)):\(padded(minute, 2))"
    }
}

extension Timestamp {
    /// This moment on a clock `offsetSeconds` ahead of UTC.
    public func civil(offsetSeconds: Int = 0) -> CivilTime {
        let (shifted, overflow) = milliseconds.addingReportingOverflow(Int64(offsetSeconds) * 1000)
        let total = overflow ? milliseconds : shifted
        let dayLength: Int64 = 86_400_000
        var days = total / dayLength
        var rest = total % dayLength
        if rest < 0 { (days, rest) = (days - 1, rest + dayLength) }
        return CivilTime(
            date: CivilDate(daysSince1970: Int(days)), hour: Int(rest / 3_600_000), minute: Int(rest / 60_000 % 60),
            second: Int(rest / 1000 % 60), millisecond: Int(rest % 1000))
    }

    /// The moment a clock `offsetSeconds` ahead of UTC shows `civil`.
    public init(_ civil: CivilTime, offsetSeconds: Int = 0) {
        let seconds = civil.date.daysSince1970 * 86_400 + civil.hour * 3600 + civil.minute * 60 + civil.second
        self.init(milliseconds: Int64(seconds - offsetSeconds) * 1000 + Int64(civil.millisecond))
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T08:00:00.000Z`.
    public var rfc3339: String {
        let c = civil()
        let date = "\(padded(c.date.year, 4))-\(padded(c.date.month, 2))-\(padded(c.date.day, 2))"
        return "\(date)T\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2)).\(padded(c.millisecond, 3))Z"
    }

    /// Reads RFC 3339, with a fraction of any length and `Z` or a numeric offset.
    ///
    /// - Returns: `nil` unless the whole text is such a moment between the years 0000 and 9999.
    public init?(rfc3339 text: some StringProtocol) {
        let b = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= b.count else { return nil }
            var value = 0
            for byte in b[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard b.count >= 20, b[4] == UInt8(ascii: "-"), b[7] == UInt8(ascii: "-"),
            b[10] | 0x20 == UInt8(ascii: "t") || b[10] == UInt8(ascii: " "),
            b[13] == UInt8(ascii: ":"), b[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        var millisecond = 0
        if b[position] == UInt8(ascii: ".") {
            position += 1
            let start = position
            while position < b.count, b[position] >= 0x30, b[position] <= 0x39 { position += 1 }
            guard position > start else { return nil }
            for place in 0..<3 {
                let digit = start + place < position ? Int(b[start + place] - 0x30) : 0
                millisecond = millisecond * 10 + digit
            }
        }
        guard position < b.count else { return nil }
        var offset = 0
        if b[position] | 0x20 == UInt8(ascii: "z") {
            guard position + 1 == b.count else { return nil }
        } else {
            guard b[position] == UInt8(ascii: "+") || b[position] == UInt8(ascii: "-"), b.count == position + 6,
                b[position + 3] == UInt8(ascii: ":"), let hours = number(position + 1..<position + 3),
                let minutes = number(position + 4..<position + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (b[position] == UInt8(ascii: "-") ? -1 : 1)
        }
        let date = CivilDate(year: year, month: month, day: day)
        guard CivilDate(daysSince1970: date.daysSince1970) == date else { return nil }
        self.init(
            CivilTime(date: date, hour: hour, minute: minute, second: second, millisecond: millisecond),
            offsetSeconds: offset)
    }
}

/// The offsets from UTC of one time zone over the years, as data.
///
/// It is read from the system's tz database by a shell and handed to the cores, which count hours on it.
public struct ZoneOffsets: Hashable, Codable, Sendable {
    /// One change of the offset.
    public struct Transition: Hashable, Codable, Sendable {
        public var at: Timestamp
        /// Seconds ahead of UTC from then on.
        public var offsetSeconds: Int
        public init(at: Timestamp, offsetSeconds: Int) { (self.at, self.offsetSeconds) = (at, offsetSeconds) }
    }

    /// Name in the tz database, such as `Asia/Shanghai`.
    public var name: String
    /// Seconds ahead of UTC before the first transition.
    public var initialOffsetSeconds: Int
    /// Rising in time.
    public var transitions: [Transition]

    public static let utc = ZoneOffsets(name: "UTC", initialOffsetSeconds: 0, transitions: [])

    public init(name: String, initialOffsetSeconds: Int, transitions: [Transition]) {
        self.name = name
        self.initialOffsetSeconds = initialOffsetSeconds
        self.transitions = transitions.sorted { $0.at < $1.at }
    }

    /// Seconds ahead of UTC at `moment`.
    public func offsetSeconds(at moment: Timestamp) -> Int {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? initialOffsetSeconds : transitions[low - 1].offsetSeconds
    }

    /// What a clock on the site's wall shows at `moment`.
    public func local(_ moment: Timestamp) -> CivilTime { moment.civil(offsetSeconds: offsetSeconds(at: moment)) }
}

/// `value` in decimal, filled with zeros on the left to `width`; a minus sign goes before them.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    let filled = String(repeating: "0", count: max(0, width - digits.count)) + digits
    return value < 0 ? "-" + filled : filled
}
