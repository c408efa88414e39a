// SPDX-License-Identifier: Apache-2.0

/// A day table and the number below which it holds nothing of interest.
struct DaySpan {
    var day: Day
    var first: Int64
}

/// The `limit` rows with the smallest numbers above `after`, over all `days`.
///
/// Days follow the wall clock and numbers follow the order of storing, so around midnight, and whenever the wall clock
/// was set, the numbers of two days may overlap.
///
/// - Parameters:
///   - days: Rising in `first`.
///   - fetch: Gives the rows of one day with numbers above the first argument and not above the second, rising, at
///     most as many as the third says.
func pageOverDays<Content>(
    _ days: [DaySpan], after: Int64, limit: Int,
    fetch: (Day, Int64, Int64, Int) throws -> [(sequence: Int64, content: Content)]
) rethrows -> [(sequence: Int64, content: Content)] {
    var page: [(sequence: Int64, content: Content)] = []
    for span in days {
        let last = page.count >= limit ? page[page.count - 1].sequence : Int64.max
        if span.first > last { break }
        let rows = try fetch(span.day, max(after, span.first &- 1), last, limit)
        guard let start = rows.first else { continue }
        let overlaps = page.last.map { $0.sequence > start.sequence } ?? false
        page += rows
        if overlaps { page.sort { $0.sequence < $1.sequence } }
        if page.count > limit { page.removeLast(page.count - limit) }
    }
    return page
}
