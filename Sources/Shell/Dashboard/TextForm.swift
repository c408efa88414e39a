// SPDX-License-Identifier: Apache-2.0

import Model

/// Texts of a fixed form.
enum TextForm: String, Sendable {
    case day, month, quarter, year
    /// RFC 3339 or milliseconds since 1970.
    case momentOrMilliseconds
    /// A day, for its end, or as ``momentOrMilliseconds``.
    case dayOrMoment

    var example: String {
        switch self {
        case .day: "2026-11-22"
        case .month: "2026-11"
        case .quarter: "2026-Q4"
        case .year: "2026"
        case .momentOrMilliseconds: "2026-11-27T09:00:00+08:00"
        case .dayOrMoment: "2026-12-01, 2026-11-27T09:00:00+08:00"
        }
    }

    /// What a schema says of it; whether the calendar has such a day, ``fits(_:)`` says.
    var pattern: String {
        let (year, month) = ("[1-9][0-9]{3}", "(0[1-9]|1[0-2])")
        let day = "\(year)-\(month)-(0[1-9]|1[0-9]|2[0-8])"
        let moment = "\(day)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
        return switch self {
        case .day: "^\(day)$"
        case .month: "^\(year)-\(month)$"
        case .quarter: "^\(year)-Q[1-4]$"
        case .year: "^\(year)$"
        case .momentOrMilliseconds: "^(\(moment)|[0-9]{1,15})$"
        case .dayOrMoment: "^(\(day)|\(moment)|[0-9]{1,15})$"
        }
    }

    func fits(_ text: String) -> Bool {
        let digits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        switch self {
        case .day: return text.utf8.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil
        case .month: return text.utf8.count == 7 && Timestamp(rfc3339: text + "-01T00:00:00Z") != nil
        case .year: return text.utf8.count == 4 && digits
        case .quarter:
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            return parts.count == 2 && TextForm.year.fits(String(parts[0]))
                && ["Q1", "Q2", "Q3", "Q4"].contains(parts[1])
        case .momentOrMilliseconds: return Int64(text) != nil || Timestamp(rfc3339: text) != nil
        case .dayOrMoment: return TextForm.day.fits(text) || TextForm.momentOrMilliseconds.fits(text)
        }
    }
}
