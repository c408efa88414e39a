// SPDX-License-Identifier: Apache-2.0

public import Model

extension WorkingCalendar {
    /// Days in a row without working hours, both ends included, that end on `start` or later and begin before `end`,
    /// each with the working days before it, the nearest first, at most `reach` of them.
    public func closedSpans(
        from start: CivilDate, to end: CivilDate, reach: Int = 30
    ) -> [(first: CivilDate, last: CivilDate, workingDaysBefore: [CivilDate])] {
        guard weekly.contains(where: { !$0.isEmpty }), start < end else { return [] }
        // Two months before, so that a span that has begun is whole and has its working days.
        var day = start.daysSince1970 - 60
        var worked: [CivilDate] = []
        var first: CivilDate?
        var spans: [(first: CivilDate, last: CivilDate, workingDaysBefore: [CivilDate])] = []
        // A span that begins before the end is told whole, a month at most.
        while day < end.daysSince1970 + 30 {
            let date = CivilDate(daysSince1970: day)
            if hours(on: date).isEmpty {
                first = first ?? (date < end ? date : nil)
            } else {
                let last = CivilDate(daysSince1970: day - 1)
                if let begun = first, start <= last {
                    spans.append((begun, last, Array(worked.suffix(reach).reversed())))
                }
                first = nil
                worked.append(date)
            }
            day += 1
        }
        return spans
    }
}
