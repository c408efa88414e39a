// SPDX-License-Identifier: Apache-2.0

public import Model
public import Tickets

/// Which report somebody wants.
public enum ReportKind: String, Hashable, Codable, Sendable, CaseIterable {
    case kpi, weekly, monthly
}

/// A report and its time, as a command or a query names them.
public struct ReportRequest: Hashable, Sendable {
    /// The words of a request; `nil` for those that were not given.
    public struct Words: Hashable, Sendable {
        /// First and last day, such as `2026-11-01`.
        public var from: String?
        public var to: String?
        /// Such as `2026-11`.
        public var month: String?
        /// Such as `2026-Q4`.
        public var quarter: String?
        /// Such as `2026`.
        public var year: String?

        public init(
            from: String? = nil, to: String? = nil, month: String? = nil, quarter: String? = nil, year: String? = nil
        ) {
            (self.from, self.to, self.month, self.quarter, self.year) = (from, to, month, quarter, year)
        }
    }

    public var kind: ReportKind
    public var period: ReportPeriod

    /// Reads the words.
    ///
    /// Without any of them `kpi` is about the present month so far, `weekly` about the week that ended on the last
    /// Friday at 15:00, `monthly` about the last month that is over.
    ///
    /// - Throws: ``ReportRequestProblem``.
    public init(
        _ kind: ReportKind, _ words: Words = Words(), now: Timestamp, zone: ZoneOffsets
    ) throws(ReportRequestProblem) {
        self.kind = kind
        let named = [words.month, words.quarter, words.year].compactMap { $0 }
        guard named.count + (words.from == nil && words.to == nil ? 0 : 1) <= 1 else { throw .severalPeriods }
        if let text = words.month {
            period = try Self.months(Self.month(text), 1, zone, "month", text)
        } else if let text = words.quarter {
            period = try Self.months(Self.quarter(text), 3, zone, "quarter", text)
        } else if let text = words.year {
            let january = Self.number(text, digits: 4).flatMap { ReportMonth(year: $0, month: 1) }
            period = try Self.months(january, 12, zone, "year", text)
        } else if words.from != nil || words.to != nil {
            period = try Self.days(words, now: now, zone: zone)
        } else {
            period = try Self.usual(kind, now: now, zone: zone)
        }
        guard period.from < now else { throw .notBegun }
    }

    private static func usual(
        _ kind: ReportKind, now: Timestamp, zone: ZoneOffsets
    ) throws(ReportRequestProblem) -> ReportPeriod {
        let present = ReportMonth(of: now, zone: zone)
        let period: ReportPeriod? =
            switch kind {
            case .kpi: ReportPeriod(first: present, months: 1, zone: zone)
            case .weekly: ReportPeriod(weekBefore: now, zone: zone)
            case .monthly: present.previous.flatMap { ReportPeriod(first: $0, months: 1, zone: zone) }
            }
        guard let period else { throw .clockNotUsable }
        return period
    }

    private static func days(
        _ words: Words, now: Timestamp, zone: ZoneOffsets
    ) throws(ReportRequestProblem) -> ReportPeriod {
        let last: CivilDate
        if let text = words.to {
            guard let date = date(text) else { throw .notReadable("to", text) }
            last = date
        } else {
            last = zone.local(now).date
        }
        var first = CivilDate(year: last.year, month: last.month, day: 1)
        if let text = words.from {
            guard let date = date(text) else { throw .notReadable("from", text) }
            first = date
        }
        guard let period = ReportPeriod(first: first, last: last, zone: zone) else { throw .wrongOrder }
        return period
    }

    private static func months(
        _ first: ReportMonth?, _ count: Int, _ zone: ZoneOffsets, _ name: String, _ text: String
    ) throws(ReportRequestProblem) -> ReportPeriod {
        guard let first, let period = ReportPeriod(first: first, months: count, zone: zone) else {
            throw .notReadable(name, text)
        }
        return period
    }

    private static func month(_ text: String) -> ReportMonth? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let year = number(parts[0], digits: 4), let month = number(parts[1], digits: 2) else {
            return nil
        }
        return ReportMonth(year: year, month: month)
    }

    private static func quarter(_ text: String) -> ReportMonth? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let year = number(parts[0], digits: 4), parts[1].first == "Q",
            let quarter = number(parts[1].dropFirst(), digits: 1), (1...4).contains(quarter)
        else { return nil }
        return ReportMonth(year: year, month: 3 * quarter - 2)
    }

    private static func date(_ text: String) -> CivilDate? {
        guard text.utf8.count == 10 else { return nil }
        return Timestamp(rfc3339: text + "T00:00:00Z").map { $0.civil().date }
    }

    private static func number(_ text: some StringProtocol, digits: Int) -> Int? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

/// Why there is no such report. The words are those of the command; a query has the same without dashes.
public enum ReportRequestProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case severalPeriods
    /// The name of the word and what it said.
    case notReadable(String, String)
    case wrongOrder
    case notBegun
    case clockNotUsable

    /// The word that is wrong; `period` where it is more than one.
    public var word: String {
        switch self {
        case .notReadable(let name, _): name
        case .severalPeriods, .wrongOrder, .notBegun, .clockNotUsable: "period"
        }
    }

    public var description: String {
        switch self {
        case .severalPeriods: "more than one period is named; give one of month, quarter and year, or from and to"
        case .notReadable("month", let text): "month '\(text)' is no month such as 2026-11"
        case .notReadable("quarter", let text): "quarter '\(text)' is no quarter such as 2026-Q4"
        case .notReadable("year", let text): "year '\(text)' is no year such as 2026"
        case .notReadable(let name, let text): "\(name) '\(text)' is no day such as 2026-11-01"
        case .wrongOrder: "from is after to; exchange them"
        case .notBegun: "the period has not begun; name an earlier one"
        case .clockNotUsable: "the machine's clock shows no year between 1970 and 9999; set it"
        }
    }
}
