// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
public import Pipeline
import Synchronization

extension SluiceStore {
    /// Gives the rows of this boot that were stored before the clock was known the time at which they really came.
    ///
    /// Their wall time becomes that of their instant by the clock that is known now, they move to the day it falls on,
    /// and all of them wait in the outbox again as late rows, for what was sent before bore the wrong time. Everything
    /// in one transaction. Rows of earlier boots stay as they are: nothing is known of their clock.
    ///
    /// It looks at nothing that was stored before the first such row, so that it costs nothing where there is none.
    ///
    /// - Parameter now: Both clocks, the wall clock known.
    /// - Returns: How many sweeps were restamped.
    public func restamp(by now: ClockReading) async throws -> Int {
        let bootKey = bootKey
        let restamped = try await write { db in
            guard let first = try UnknownClock.firstRow(of: bootKey, in: db) else { return 0 }
            let count = try Restamper(db: db, bootKey: bootKey, first: first, now: now).run()
            try UnknownClock.forget(in: db)
            if count > 0 { try RestampNote.write(in: db) }
            return count
        }
        state.withLock { $0.isUnknownClockNoted = false }
        if restamped > 0 { pool.releaseMemoryEventually() }
        return restamped
    }
}

/// Where the rows begin that an unknown clock has stamped: two values of the table `meta`.
enum UnknownClock {
    /// Notes the number of a row of this boot, unless an earlier one is known.
    static func note(_ sequence: Int64, of bootKey: Int64, in db: Database) throws {
        guard try firstRow(of: bootKey, in: db) == nil else { return }
        try db.execute(
            sql: "INSERT OR REPLACE INTO meta(key, value) VALUES ('unsynced_boot', ?), ('unsynced_from', ?)",
            arguments: [bootKey, sequence])
    }

    /// `nil` when no row of this boot has such a stamp.
    static func firstRow(of bootKey: Int64, in db: Database) throws -> Int64? {
        let boot = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'unsynced_boot'")
        guard boot == bootKey else { return nil }
        return try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'unsynced_from'")
    }

    static func forget(in db: Database) throws {
        try db.execute(sql: "DELETE FROM meta WHERE key IN ('unsynced_boot', 'unsynced_from')")
    }
}

/// The work of one transaction.
private struct Restamper {
    let db: Database
    let bootKey: Int64
    /// No row below it is one of those.
    let first: Int64
    let now: ClockReading
    private static let dayLength: Int64 = 86_400_000

    /// The condition on a row that it was stamped by an unknown clock of this boot.
    private var unknown: String {
        "seq >= \(first) AND boot = \(bootKey) AND time_quality = \(TimeQuality.unsynced.rawValue)"
    }
    /// Its wall time in milliseconds by the clock that is known.
    private var wall: String { "\(now.wall.milliseconds) + (instant - \(now.instant.nanoseconds)) / 1000000" }

    func run() throws -> Int {
        let days = try Int64.fetchAll(
            db, sql: "SELECT day FROM reading_day WHERE last >= ? ORDER BY day", arguments: [first])
        return try days.reduce(0) { try $0 + restamp(Day(number: $1)) }
    }

    private func restamp(_ day: Day) throws -> Int {
        let bounds = try Row.fetchOne(
            db, sql: "SELECT min(\(wall)), max(\(wall)), count(*) FROM reading_\(day) WHERE \(unknown)")
        guard let bounds, let from = bounds.integer(0), let to = bounds.integer(1), let count = bounds.integer(2),
            count > 0
        else { return 0 }
        // Each row is marked as it moves, so that none is taken twice.
        var start = Timestamp(milliseconds: from).floored(to: .seconds(86_400)).milliseconds
        while start <= to {
            try move(from: day, to: Day(of: Timestamp(milliseconds: start)), span: start..<start + Self.dayLength)
            start += Self.dayLength
        }
        try tidy(day)
        return Int(count)
    }

    private func move(from old: Day, to new: Day, span: Range<Int64>) throws {
        let chosen = "\(unknown) AND \(wall) >= \(span.lowerBound) AND \(wall) < \(span.upperBound)"
        let rows = "SELECT seq FROM reading_\(old) WHERE \(chosen)"
        let quality = TimeQuality.restamped.rawValue
        if try db.tableExists("outbox_\(old)") {
            try db.execute(sql: "DELETE FROM outbox_\(old) WHERE lane <> 0 AND seq IN (\(rows))")
        }
        try Schema.createOutbox(new, in: db)
        try db.execute(sql: "INSERT INTO outbox_\(new)(seq, lane, state) SELECT seq, 2, 0 FROM (\(rows))")
        if old == new {
            try db.execute(
                sql: "UPDATE reading_\(old) SET wall = \(wall), time_quality = \(quality) WHERE \(chosen)")
        } else {
            try Schema.createReadings(new, in: db)
            try db.execute(
                sql: """
                    INSERT INTO reading_\(new)(seq, asset, boot, instant, wall, time_quality, count, body)
                    SELECT seq, asset, boot, instant, \(wall), \(quality), count, body FROM reading_\(old)
                    WHERE \(chosen)
                    """)
            try db.execute(sql: "DELETE FROM reading_\(old) WHERE \(chosen)")
        }
        try OutboxDay.countReadings(of: new, in: db)
        for day in Set([old, new]) where try db.tableExists("outbox_\(day)") {
            try OutboxDay.countRows(of: day, in: db)
        }
    }

    /// A day that nothing is left of goes.
    private func tidy(_ day: Day) throws {
        guard try Int.fetchOne(db, sql: "SELECT 1 FROM reading_\(day) LIMIT 1") == nil else { return }
        if try db.tableExists("outbox_\(day)") {
            // Messages of that day may still wait; a later day of readings drops it with them.
            guard try OutboxDay.isEmpty(day, in: db) else { return }
            try OutboxDay.drop(day, in: db)
        }
        try db.execute(sql: "DROP TABLE reading_\(day)")
        try db.execute(sql: "DELETE FROM reading_day WHERE day = ?", arguments: [day.number])
    }
}
