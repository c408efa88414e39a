// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model
public import Pipeline

extension SluiceStore {
    /// Gives the rows of this boot that were stored before the clock was known the time at which they really came.
    ///
    /// Their wall time becomes that of their instant by the clock that is known now, they move to the day it falls on,
    /// and all of them wait in the outbox again as late rows, for what was sent before bore the wrong time. Everything
    /// in one transaction. Rows of earlier boots stay as they are: nothing is known of their clock.
    ///
    /// - Parameter now: Both clocks, the wall clock known.
    /// - Returns: How many sweeps were restamped.
    public func restamp(by now: ClockReading) async throws -> Int {
        let bootKey = bootKey
        let restamped = try await write { db in
            var restamper = Restamper(db: db, bootKey: bootKey, now: now)
            return try restamper.run()
        }
        if restamped > 0 { pool.releaseMemoryEventually() }
        return restamped
    }
}

/// The work of one transaction.
private struct Restamper {
    /// Rows of one old day that belong to one new day, by their instants.
    private struct Part {
        var day: Day
        var from: Int64
        var to: Int64
    }

    let db: Database
    let bootKey: Int64
    let now: ClockReading
    private static let dayLength: Int64 = 86_400_000

    /// The condition on a row that it was stamped by an unknown clock of this boot.
    private var unknown: String { "boot = \(bootKey) AND time_quality = \(TimeQuality.unsynced.rawValue)" }
    /// Its wall time in milliseconds by the clock that is known.
    private var wall: String { "\(now.wall.milliseconds) + (instant - \(now.instant.nanoseconds)) / 1000000" }

    mutating func run() throws -> Int {
        var count = 0
        let days = try Int64.fetchAll(db, sql: "SELECT day FROM reading_day ORDER BY day").map(Day.init(number:))
        for day in days { count += try restamp(day) }
        return count
    }

    private func restamp(_ day: Day) throws -> Int {
        let bounds = try Row.fetchOne(
            db, sql: "SELECT min(\(wall)), max(\(wall)), count(*) FROM reading_\(day) WHERE \(unknown)")
        guard let bounds, let first = bounds.integer(0), let last = bounds.integer(1), let count = bounds.integer(2),
            count > 0
        else { return 0 }
        // The rows are marked before they move, so that none is taken twice.
        var start = first - mod(first, Self.dayLength)
        while start <= last {
            try move(from: day, to: Day(of: Timestamp(milliseconds: start)), span: start..<start + Self.dayLength)
            start += Self.dayLength
        }
        try tidy(day)
        return Int(count)
    }

    private func mod(_ value: Int64, _ divisor: Int64) -> Int64 { ((value % divisor) + divisor) % divisor }

    private func move(from old: Day, to new: Day, span: Range<Int64>) throws {
        let chosen = "\(unknown) AND \(wall) >= \(span.lowerBound) AND \(wall) < \(span.upperBound)"
        guard
            let bounds = try Row.fetchOne(db, sql: "SELECT min(seq), max(seq) FROM reading_\(old) WHERE \(chosen)"),
            let first = bounds.integer(0), let last = bounds.integer(1)
        else { return }
        try OutboxDay.prepare(new, from: first, in: db)
        let quality = TimeQuality.restamped.rawValue
        let rows = "SELECT seq FROM reading_\(old) WHERE \(chosen)"
        if try OutboxDay.all(in: db).contains(old) {
            try db.execute(sql: "DELETE FROM outbox_\(old) WHERE lane <> 0 AND seq IN (\(rows))")
        }
        try db.execute(sql: "INSERT INTO outbox_\(new)(seq, lane, state) SELECT seq, 2, 0 FROM (\(rows))")
        if old == new {
            try db.execute(
                sql: "UPDATE reading_\(old) SET wall = \(wall), time_quality = \(quality) WHERE \(chosen)")
        } else {
            try prepareReadings(new, from: first)
            try db.execute(
                sql: """
                    INSERT INTO reading_\(new)(seq, asset, boot, instant, wall, time_quality, count, body)
                    SELECT seq, asset, boot, instant, \(wall), \(quality), count, body FROM reading_\(old)
                    WHERE \(chosen)
                    """)
            try db.execute(sql: "DELETE FROM reading_\(old) WHERE \(chosen)")
        }
        try db.execute(
            sql: "UPDATE reading_day SET first = min(first, ?), last = max(last, ?) WHERE day = ?",
            arguments: [first, last, new.number])
        try recountOutbox(new)
        if old != new, try OutboxDay.all(in: db).contains(old) { try recountOutbox(old) }
    }

    private func prepareReadings(_ day: Day, from first: Int64) throws {
        let known = try Int.fetchOne(db, sql: "SELECT 1 FROM reading_day WHERE day = ?", arguments: [day.number])
        guard known == nil else { return }
        try Schema.createReadings(day, in: db)
        try db.execute(
            sql: "INSERT INTO reading_day(day, first, last) VALUES (?, ?, ?)", arguments: [day.number, first, first])
    }

    private func recountOutbox(_ day: Day) throws {
        try db.execute(
            sql: """
                UPDATE outbox_day SET
                    waiting = (SELECT count(*) FROM outbox_\(day) WHERE state = 0),
                    first_waiting = (SELECT min(seq) FROM outbox_\(day) WHERE state = 0),
                    first = min(first, coalesce((SELECT min(seq) FROM outbox_\(day)), first)),
                    last = max(last, coalesce((SELECT max(seq) FROM outbox_\(day)), last))
                WHERE day = ?
                """, arguments: [day.number])
    }

    /// A day that nothing is left of goes.
    private func tidy(_ day: Day) throws {
        guard try Int.fetchOne(db, sql: "SELECT 1 FROM reading_\(day) LIMIT 1") == nil else { return }
        let hasOutbox = try OutboxDay.all(in: db).contains(day)
        if hasOutbox {
            // Messages of that day may still wait; a later day of readings drops it with them.
            guard try OutboxDay.isEmpty(day, in: db) else { return }
            try OutboxDay.drop(day, in: db)
        }
        try db.execute(sql: "DROP TABLE reading_\(day)")
        try db.execute(sql: "DELETE FROM reading_day WHERE day = ?", arguments: [day.number])
    }
}
