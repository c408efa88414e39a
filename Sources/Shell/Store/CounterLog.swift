// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Pipeline

/// The states of counters as readings change them, one row a transaction, before they come into the table `counter`.
///
/// Each counter has a place of its own in that table, so a transaction would write a page for nearly every one; here all
/// of them stand at the end of one page. After ``longest`` rows the log is folded into the table, in one transaction.
/// What stands in the log is newer than what stands in the table.
enum CounterLog {
    /// Rows before they are folded: some minutes of a small site.
    static let longest: Int64 = 400

    private struct Entry: Codable {
        /// Key of the point.
        var p: Int64
        var s: CounterState
    }

    typealias State = (key: Int64, state: CounterState)

    /// Appends the counters of one transaction, in the transaction of `db`.
    static func append(_ states: [State], in db: Database) throws {
        guard !states.isEmpty else { return }
        let plain = try JSONEncoder().encode(states.map { Entry(p: $0.key, s: $0.state) })
        let body = Deflated(Array(plain))
        try db.cachedStatement(sql: "INSERT INTO counter_log(length, body) VALUES (?, ?)")
            .execute(arguments: [body.length, Data(body.bytes)])
        // An emptied table begins at 1 again.
        if db.lastInsertedRowID >= longest { try fold(in: db) }
    }

    /// The newest state of each counter of the log. A row that cannot be read is passed over: the one after it holds the
    /// next state of the same meters.
    static func newest(in db: Database) throws -> [Int64: CounterState] {
        var newest: [Int64: CounterState] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT length, body FROM counter_log ORDER BY id")
        while let row = try rows.next() {
            let body = Deflated(length: Int(row.integer(0) ?? 0), bytes: try row.bytes(1))
            guard let plain = body.plain, let entries = try? JSONDecoder().decode([Entry].self, from: Data(plain))
            else {
                continue
            }
            for entry in entries { newest[entry.p] = entry.s }
        }
        return newest
    }

    /// Brings what the log holds into the table `counter` and empties it, in the transaction of `db`.
    static func fold(in db: Database) throws {
        let newest = try newest(in: db)
        let known = Set(try Int64.fetchAll(db, sql: "SELECT id FROM point"))
        let encoder = JSONEncoder()
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO counter(point, state) VALUES (?, ?) ON CONFLICT(point) DO UPDATE SET state = excluded.state
                """)
        for (key, state) in newest.sorted(by: { $0.key < $1.key }) where known.contains(key) {
            try insert.execute(arguments: [key, try encoder.encode(state)])
        }
        try db.execute(sql: "DELETE FROM counter_log")
    }
}
