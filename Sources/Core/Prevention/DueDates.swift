// SPDX-License-Identifier: Apache-2.0

public import Model

/// When a planned work is due next.
public enum NextDue: Hashable, Sendable {
    case on(CivilDate)
    /// When the machine has run so many hours; it is `nil` while nobody knows how many it has run.
    case at(runHours: Double?)
    /// Before closed days of which none is known yet.
    case notKnown
}

extension PlannedWork {
    /// The day after `date` on which the grid that begins at ``firstDue`` has a time; `nil` for run hours.
    func gridDate(after date: CivilDate) -> CivilDate? {
        guard date >= firstDue else { return firstDue }
        switch interval {
        case .days(let days):
            let length = max(1, days)
            let passed = (date.daysSince1970 - firstDue.daysSince1970) / length
            return CivilDate(daysSince1970: firstDue.daysSince1970 + (passed + 1) * length)
        case .months(let months):
            let length = max(1, months)
            let apart = (date.year - firstDue.year) * 12 + date.month - firstDue.month
            let place = max(0, apart / length)
            // A month further on is never more than one step away.
            return (place...place + 1).map { firstDue.adding(months: $0 * length) }.first { $0 > date }
        case .runHours, .beforeHolidays: return nil
        }
    }

    /// The next time of a work that was done on `date`.
    func date(after date: CivilDate) -> CivilDate? {
        switch interval {
        case .days(let days): CivilDate(daysSince1970: date.daysSince1970 + max(1, days))
        case .months(let months): date.adding(months: max(1, months))
        case .runHours, .beforeHolidays: nil
        }
    }
}

extension CivilDate {
    /// The same day of a later month, or its last one.
    func adding(months: Int) -> CivilDate {
        let total = year * 12 + (month - 1) + months
        let first = CivilDate(year: total / 12, month: total % 12 + 1, day: 1)
        let next = CivilDate(year: (total + 1) / 12, month: (total + 1) % 12 + 1, day: 1)
        return CivilDate(
            year: first.year, month: first.month, day: min(day, next.daysSince1970 - first.daysSince1970))
    }
}
