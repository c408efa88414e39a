// SPDX-License-Identifier: Apache-2.0

import Aggregation
import GRDB
import Glibc
import Model

/// `history.db`: what readings summed up to, in rows of many buckets.
///
/// | table | holds |
/// |---|---|
/// | `meta` | how far it has followed the store, see ``Progress`` |
/// | `point` | a key for each path; `total` 1 where first and last values are kept |
/// | `history_1m`, `_15m`, `_1h`, `_1d` | rows of ``HistoryChunk``, by their number and the point |
///
/// The number stands first in the key: what is written together lies together, and age is one run of rows. A commit does
/// not wait for the disk (`synchronous=NORMAL`); what a power cut takes is made again from the store.
struct HistoryFile {
    /// "SLUH".
    static let applicationIdentifier = 0x534C_5548
    static let version = 1

    let path: String
    let queue: DatabaseQueue

    static func path(in directory: String) -> String { "\(directory)/history.db" }

    static func table(_ resolution: HistoryResolution) -> String { "history_\(resolution.rawValue)" }

    /// Opens the file, or makes it when it is not there.
    ///
    /// - Throws: What SQLite reports, or ``StoreError`` for a file of another program or of a later version.
    init(_ path: String) throws {
        self.path = path
        let isNew = StateDirectory.size(of: path) == 0
        queue = try DatabaseQueue(path: path, configuration: Self.configuration(isReader: false))
        do {
            if isNew { try queue.inDatabase(Self.create) }
            try queue.inDatabase { db in
                try Self.examine(db, path: path)
                try db.execute(
                    sql: """
                        PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                        PRAGMA journal_size_limit = \(SluiceStore.logLimit)
                        """)
            }
        } catch {
            try? queue.close()
            throw error
        }
        chmod(path, 0o600)
    }

    /// Opens the file to read; a gateway may be running with it.
    init(reading path: String) throws {
        self.path = path
        queue = try DatabaseQueue(path: path, configuration: Self.configuration(isReader: true))
        do {
            try queue.read { try Self.examine($0, path: path) }
        } catch {
            try? queue.close()
            throw error
        }
    }

    private static func configuration(isReader: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "history.db"
        configuration.readonly = isReader
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    private static func create(in db: Database) throws {
        // Given-up pages go back to the disk; that can only be said while there is no table.
        try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        try db.inTransaction {
            try db.execute(
                sql: """
                    CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                    CREATE TABLE point(
                        id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, total INTEGER NOT NULL
                    ) STRICT;
                    """)
            for resolution in HistoryResolution.allCases {
                try db.execute(
                    sql: """
                        CREATE TABLE \(table(resolution))(
                            chunk INTEGER NOT NULL, point INTEGER NOT NULL, body BLOB NOT NULL,
                            PRIMARY KEY (chunk, point)
                        ) STRICT, WITHOUT ROWID;
                        """)
            }
            try db.execute(
                sql: "PRAGMA user_version = \(version); PRAGMA application_id = \(applicationIdentifier)")
            return .commit
        }
    }

    private static func examine(_ db: Database, path: String) throws {
        let identifier = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard identifier == applicationIdentifier else {
            throw StoreError.damaged(path: path, detail: "its header is not that of a history")
        }
        guard found == version else { throw StoreError.newerSchema(found: found, known: version, path: path) }
    }

    /// Bytes of its pages in use; its log is bounded by itself.
    func usedBytes() throws -> Int64 {
        try queue.inDatabase { db in
            let count = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return (count - free) * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
        }
    }

    // MARK: points

    struct PointKey: Hashable {
        var key: Int64
        var isTotal: Bool
    }

    static func points(in db: Database) throws -> [String: PointKey] {
        try Row.fetchAll(db, sql: "SELECT path, id, total FROM point").reduce(into: [:]) { known, row in
            known[String.fromDatabaseValue(row[0]) ?? ""] = PointKey(
                key: row.integer(1) ?? 0, isTotal: row.integer(2) == 1)
        }
    }

    // MARK: rows

    /// The buckets of a row; empty when there is none. One that cannot be read is told to `unreadable` and is none.
    static func buckets(
        _ resolution: HistoryResolution, chunk: Int64, point: Int64, in db: Database,
        unreadable: (PackedFault) -> Void = { _ in }
    ) throws -> [HistoryBucket] {
        let select = try db.cachedStatement(
            sql: "SELECT body FROM \(table(resolution)) WHERE chunk = ? AND point = ?")
        guard let row = try Row.fetchOne(select, arguments: [chunk, point]) else { return [] }
        do throws(PackedFault) {
            return try HistoryChunk.buckets((try? row.bytes(0)) ?? [], chunk: chunk, resolution)
        } catch {
            unreadable(error)
            return []
        }
    }
}

/// How far a history has followed the store.
struct HistoryProgress: Hashable {
    /// Life of the database that it follows; 0 before the first.
    var epoch: Int64 = 0
    /// Number up to which readings are summed up.
    var cursor: Int64 = 0
    /// Pieces that begin before it are not made again, for what is stored of them is whole; up to the number `floorUntil`.
    var floor: Int64?
    var floorUntil: Int64 = 0
    /// Everything from this time on is being deleted, to be made again.
    var clearing: Int64?
    /// How often the store had given rows their right time.
    var restamps: Int64 = 0
    /// The boot whose clock was not known, and the earliest time that rows of it were summed up under.
    var unsyncedBoot: Int64 = 0
    var unsyncedFrom: Int64?

    init() {}

    init(in db: Database) throws {
        let values = try Row.fetchAll(db, sql: "SELECT key, value FROM meta")
            .reduce(into: [String: Int64]()) { $0[String.fromDatabaseValue($1[0]) ?? ""] = $1.integer(1) }
        (epoch, cursor) = (values["epoch"] ?? 0, values["cursor"] ?? 0)
        (floor, floorUntil, clearing) = (values["floor"], values["floor_until"] ?? 0, values["clearing"])
        restamps = values["restamps"] ?? 0
        (unsyncedBoot, unsyncedFrom) = (values["unsynced_boot"] ?? 0, values["unsynced_from"])
    }

    func save(in db: Database) throws {
        let values: [(String, Int64?)] = [
            ("epoch", epoch), ("cursor", cursor), ("floor", floor), ("floor_until", floorUntil), ("clearing", clearing),
            ("restamps", restamps), ("unsynced_boot", unsyncedBoot), ("unsynced_from", unsyncedFrom),
        ]
        try db.execute(sql: "DELETE FROM meta")
        let put = try db.cachedStatement(sql: "INSERT INTO meta(key, value) VALUES (?, ?)")
        for (name, value) in values {
            if let value { try put.execute(arguments: [name, value]) }
        }
    }
}
