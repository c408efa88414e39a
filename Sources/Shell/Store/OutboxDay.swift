// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model

/// The row of `outbox_day` that says what waits in `outbox_<day>`, kept in the transaction that changes the table.
///
/// It makes the size of the backlog known without counting, and lets a page begin where something waits.
enum OutboxDay {
    /// A day with rows that wait.
    struct Waiting {
        var day: Day
        var rows: Int64
        /// Nothing waits below this number.
        var first: Int64
        var hasReadings: Bool
    }

    /// Creates the table of `day` when it is missing; `first` is the smallest number it will hold.
    static func prepare(_ day: Day, from first: Int64, in db: Database) throws {
        let known = try db.cachedStatement(sql: "SELECT 1 FROM outbox_day WHERE day = ?")
        guard try Int.fetchOne(known, arguments: [day.number]) == nil else { return }
        try Schema.createOutbox(day, in: db)
        try db.execute(
            sql: "INSERT INTO outbox_day(day, first, last, waiting) VALUES (?, ?, ?, 0)",
            arguments: [day.number, first, first])
    }

    /// Notes new rows. Their numbers are above all before, so they come behind whatever waits already.
    static func noteWaiting(_ count: Int64, from first: Int64, to last: Int64, on day: Day, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE outbox_day SET waiting = waiting + ?, last = max(last, ?),
                    first_waiting = coalesce(first_waiting, ?) WHERE day = ?
                """
        ).execute(arguments: [count, last, first, day.number])
    }

    /// Notes that `count` rows of `day` wait no longer.
    static func noteSettled(_ count: Int, on day: Day, in db: Database) throws {
        guard count > 0 else { return }
        try db.cachedStatement(
            sql: """
                UPDATE outbox_day SET waiting = waiting - ?, first_waiting = (
                    SELECT seq FROM outbox_\(day) WHERE state = 0 AND seq >= first_waiting ORDER BY seq LIMIT 1)
                WHERE day = ?
                """
        ).execute(arguments: [count, day.number])
    }

    /// Notes that `count` sent rows of `day`, the first of them `first`, wait again.
    static func noteReturned(_ count: Int, from first: Int64, on day: Day, in db: Database) throws {
        guard count > 0 else { return }
        try db.cachedStatement(
            sql: """
                UPDATE outbox_day SET waiting = waiting + ?, first_waiting = min(coalesce(first_waiting, ?), ?)
                WHERE day = ?
                """
        ).execute(arguments: [count, first, first, day.number])
    }

    /// Days with rows that wait and have a number above `after`, rising in their first waiting number.
    static func waiting(after: Int64, in db: Database) throws -> [Waiting] {
        let select = try db.cachedStatement(
            sql: """
                SELECT o.day, o.waiting, o.first_waiting, r.day IS NOT NULL
                FROM outbox_day o LEFT JOIN reading_day r USING (day)
                WHERE o.waiting > 0 AND o.last > ? ORDER BY o.first_waiting
                """)
        let rows = try Row.fetchCursor(select, arguments: [after])
        var days: [Waiting] = []
        while let row = try rows.next() {
            guard let day = row.integer(0) else { continue }
            days.append(
                Waiting(
                    day: Day(number: day), rows: row.integer(1) ?? 0, first: row.integer(2) ?? 0,
                    hasReadings: row.integer(3) == 1))
        }
        return days
    }

    /// All days that have an outbox table, the oldest first.
    static func all(in db: Database) throws -> [Day] {
        try Int64.fetchAll(db, sql: "SELECT day FROM outbox_day ORDER BY day").map { Day(number: $0) }
    }

    /// Tells `outbox_day` what the table of `day` holds, when it was filled by other means.
    static func countRows(of day: Day, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO outbox_day(day, first, last, waiting, first_waiting)
                SELECT ?, coalesce(min(seq), 1), coalesce(max(seq), 1), count(*) FILTER (WHERE state = 0),
                    min(seq) FILTER (WHERE state = 0)
                FROM outbox_\(day) WHERE true
                ON CONFLICT (day) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last),
                    waiting = excluded.waiting, first_waiting = excluded.first_waiting
                """, arguments: [day.number])
    }

    /// Tells `reading_day` the same of the readings.
    static func countReadings(of day: Day, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO reading_day(day, first, last)
                SELECT ?, coalesce(min(seq), 1), coalesce(max(seq), 1) FROM reading_\(day) WHERE true
                ON CONFLICT (day) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
                """, arguments: [day.number])
    }

    static func isEmpty(_ day: Day, in db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM outbox_\(day) LIMIT 1") == nil
    }

    static func drop(_ day: Day, in db: Database) throws {
        try db.execute(sql: "DROP TABLE outbox_\(day)")
        try db.execute(sql: "DELETE FROM outbox_day WHERE day = ?", arguments: [day.number])
    }
}
