// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// Moments and spans as people read them, on the site's clock and in the reader's language.
struct TimeText: Sendable {
    let wording: Wording
    let zone: ZoneOffsets

    /// `2026年11月22日 16:00` or `22 Nov 2026 16:00`.
    func moment(_ moment: Timestamp) -> String { wording.text(.moment, parts(moment)) }

    /// The same with seconds.
    func momentWithSeconds(_ moment: Timestamp) -> String { wording.text(.momentWithSeconds, parts(moment)) }

    private func parts(_ moment: Timestamp) -> [String: String] {
        let local = zone.local(moment)
        return [
            "year": "\(local.date.year)", "month": wording.word(.month, "\(local.date.month)"),
            "day": "\(local.date.day)",
            "time": NumberText.twoDigits(local.hour) + ":" + NumberText.twoDigits(local.minute),
            "seconds": NumberText.twoDigits(local.second),
        ]
    }

    /// How long ago a moment was; one that lies ahead counts as now.
    func age(of moment: Timestamp, at now: Timestamp) -> String {
        let seconds = max(0, (now - moment).wholeMilliseconds / 1000)
        switch seconds {
        case ..<60: return wording.text(.ageSeconds, ["n": "\(seconds)"])
        case ..<3600: return wording.text(.ageMinutes, ["n": "\(seconds / 60)"])
        case ..<86_400: return wording.text(.ageHours, ["n": "\(seconds / 3600)"])
        default: return wording.text(.ageDays, ["n": "\(seconds / 86_400)"])
        }
    }

    /// A span in its one or two largest units, rounded down; a negative one counts as zero.
    func span(_ span: Duration) -> String {
        let seconds = max(0, span.wholeMilliseconds / 1000)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        switch seconds {
        case ..<60: return wording.text(.spanSeconds, ["n": "\(seconds)"])
        case ..<3600: return wording.text(.spanMinutes, ["n": "\(minutes)"])
        case ..<86_400:
            let rest = minutes % 60
            return rest == 0
                ? wording.text(.spanHours, ["n": "\(hours)"])
                : wording.text(.spanHoursMinutes, ["hours": "\(hours)", "minutes": "\(rest)"])
        default:
            let rest = hours % 24
            return rest == 0
                ? wording.text(.spanDays, ["n": "\(days)"])
                : wording.text(.spanDaysHours, ["days": "\(days)", "hours": "\(rest)"])
        }
    }

    /// `12 min left` or `overdue by 3 min`.
    func remaining(until deadline: Timestamp, at now: Timestamp) -> String {
        deadline >= now
            ? wording.text(.remainingLeft, ["span": span(deadline - now)])
            : wording.text(.remainingOver, ["span": span(now - deadline)])
    }
}
