// SPDX-License-Identifier: Apache-2.0

public import Model

/// Days in a row on which nobody works by the calendar, such as a holiday with its weekend.
public struct ClosedSpan: Hashable, Sendable {
    public var first: CivilDate
    public var last: CivilDate
    /// The working days before it, the nearest first; empty when there is none within sight.
    public var workingDaysBefore: [CivilDate]

    public init(first: CivilDate, last: CivilDate, workingDaysBefore: [CivilDate]) {
        (self.first, self.last, self.workingDaysBefore) = (first, last, workingDaysBefore)
    }

    /// At least 1.
    public var days: Int { max(1, last.daysSince1970 - first.daysSince1970 + 1) }

    /// The last working day before it: by then its inspection is done.
    public var inspectionDue: CivilDate? { workingDaysBefore.first }

    /// The day `count` working days before it; the farthest one that is known when there are fewer.
    func workingDay(before count: Int) -> CivilDate? {
        guard !workingDaysBefore.isEmpty else { return nil }
        return workingDaysBefore[min(max(1, count), workingDaysBefore.count) - 1]
    }
}

extension PreventiveBook {
    /// The span before which `work` is to be done next; `nil` when none of its length is in sight.
    func nextSpan(of work: PlannedWork) -> ClosedSpan? {
        guard case .beforeHolidays(let days) = work.interval else { return nil }
        let last = standing(of: work.identifier).last
        // Done early, it is done for the span that it was due for.
        let done = last.map { max($0.due ?? $0.doneOn, $0.doneOn) }
        return closedSpans.first { span in
            guard span.days >= days, let due = span.inspectionDue, due >= work.firstDue else { return false }
            return done.map { $0 < due } ?? true
        }
    }
}
