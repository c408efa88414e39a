// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Model

/// What a history reads from the store: a run of numbers at a time, in no order within it.
enum HistorySource {
    /// Where a store stands, for one who follows it.
    struct State {
        var epoch: Int64
        /// Number given out last.
        var latest: Int64
        var restamps: Int64

        init(in db: Database) throws {
            let values = try Row.fetchAll(db, sql: "SELECT key, value FROM meta")
                .reduce(into: [String: Int64]()) { $0[String.fromDatabaseValue($1[0]) ?? ""] = $1.integer(1) }
            epoch = values["epoch"] ?? 1
            latest = (values["next_sequence"] ?? 1) - 1
            restamps = values[RestampNote.name] ?? 0
        }
    }

    /// The boot whose rows have the time of an unknown clock.
    struct UnknownRows {
        var boot: Int64
        /// Whether to wait for their right time.
        var areAwaited: Bool
    }

    /// One reading on its way.
    struct Item {
        /// The point's key in the store.
        var point: Int64
        var at: Timestamp
        var value: Double?
        var isGood: Bool
        /// Read under an unknown clock of this boot: its time may be put right later.
        var mayMove: Bool
    }

    /// Hands the readings with numbers above `after` to `visit`, some `run` numbers of them.
    ///
    /// States have no mean and are left out. A row that cannot be read is left out; the reader of sweeps tells of it.
    ///
    /// - Parameters:
    ///   - latest: The last number to read.
    ///   - unknown: `nil` where no row is.
    /// - Returns: The number up to which there is nothing more to read, and whether it stands before rows that are
    ///   awaited.
    static func read(
        after: Int64, latest: Int64, run: Int64, unknown: UnknownRows?, in db: Database, _ visit: (Item) -> Void
    ) throws -> (through: Int64, isHeld: Bool) {
        let select = try db.cachedStatement(sql: "SELECT day, first FROM reading_day WHERE last > ? ORDER BY first")
        let days = try Row.fetchAll(select, arguments: [after]).map {
            (day: Day(number: $0.integer(0) ?? 0), first: $0.integer(1) ?? 0)
        }
        guard let first = days.first?.first else { return (latest, false) }
        // Numbers of days that are gone are passed over at once.
        let start = max(after, first - 1)
        var through = min(latest, start + run)
        var isHeld = false
        let read = days.filter { $0.first <= through }.map(\.day)
        if let unknown, unknown.areAwaited {
            for day in read {
                let found = try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT min(seq) FROM reading_\(day)
                        WHERE seq > ? AND seq <= ? AND boot = ? AND time_quality = \(TimeQuality.unsynced.rawValue)
                        """, arguments: [start, through, unknown.boot])
                if let found { (through, isHeld) = (min(through, found - 1), true) }
            }
        }
        for day in read {
            let select = try db.cachedStatement(
                sql: """
                    SELECT wall, count, body, boot, time_quality FROM reading_\(day) WHERE seq > ? AND seq <= ?
                    """)
            let rows = try Row.fetchCursor(select, arguments: [start, through])
            while let row = try rows.next() {
                let (wall, count) = (Timestamp(milliseconds: row.integer(0) ?? 0), Int(clamping: row.integer(1) ?? 0))
                let mayMove =
                    unknown.map {
                        row.integer(3) == $0.boot && row.integer(4) == Int64(TimeQuality.unsynced.rawValue)
                    } ?? false
                try row.withUnsafeData(atIndex: 2) { data in
                    try? data?.readings(count: count, receivedWall: wall) { entry in
                        if case .state? = entry.quantity { return }
                        visit(
                            Item(
                                point: entry.point, at: entry.sourceTime,
                                value: entry.quality == .bad ? nil : entry.quantity?.asDouble,
                                isGood: entry.quality == .good, mayMove: mayMove))
                    }
                }
            }
        }
        return (through, isHeld)
    }

    /// Paths of points by their keys in the store.
    static func paths(in db: Database) throws -> [Int64: String] {
        try Row.fetchAll(db, sql: "SELECT id, path FROM point")
            .reduce(into: [:]) { $0[$1.integer(0) ?? 0] = String.fromDatabaseValue($1[1]) ?? "" }
    }

    /// The earliest right time that rows of a boot were given; `nil` when none was.
    static func earliestRestamped(of boot: Int64, in db: Database) throws -> Timestamp? {
        let days = try Int64.fetchAll(db, sql: "SELECT day FROM reading_day ORDER BY day").map(Day.init(number:))
        for day in days {
            let found = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(wall) FROM reading_\(day)
                    WHERE boot = ? AND time_quality = \(TimeQuality.restamped.rawValue)
                    """, arguments: [boot])
            if let found { return Timestamp(milliseconds: found) }
        }
        return nil
    }

    /// The earliest time that the store holds readings of; `nil` when it holds none.
    static func earliest(in db: Database) throws -> Timestamp? {
        guard let day = try Int64.fetchOne(db, sql: "SELECT min(day) FROM reading_day") else { return nil }
        return try Int64.fetchOne(db, sql: "SELECT min(wall) FROM reading_\(Day(number: day))")
            .map { Timestamp(milliseconds: $0) }
    }
}

/// How often rows were given their right time, for those who follow the store: a value of the table `meta`.
enum RestampNote {
    static let name = "restamps"

    static func write(in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO meta(key, value) VALUES ('\(name)', 1)
                    ON CONFLICT(key) DO UPDATE SET value = value + 1
                """)
    }
}
