// SPDX-License-Identifier: Apache-2.0

import Model

/// Counts the tickets of each day: `<site>-YYYYMMDD-NNN` with the site's local date, three digits or more.
struct TicketNumbers: Sendable {
    /// The last count given, by what stands before it: `<site>-YYYYMMDD-`.
    private var counts: [String: Int] = [:]

    /// The number after the last one of `date` on the site's wall. It is taken only when it is noted.
    func next(at site: SiteIdentifier, on date: CivilDate) -> String {
        let prefix = "\(site)-\(date.compact)-"
        let digits = String((counts[prefix] ?? 0) + 1)
        return prefix + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    /// Takes a number, such as one of the stored log. One that no site ever counts up to is passed over.
    mutating func note(_ number: String) {
        guard let dash = number.lastIndex(of: "-"), let count = Int(number[number.index(after: dash)...]),
            count < 1_000_000_000
        else { return }
        let prefix = String(number[...dash])
        counts[prefix] = max(counts[prefix] ?? 0, count)
    }
}
