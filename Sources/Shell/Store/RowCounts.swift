// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc

extension SluiceStore {
    /// How many rows each table of a file of the state directory has, a line a table, for people who look for a mistake; no
    /// row's content. A gateway may be running.
    ///
    /// Of the tables that begin anew each day only the range of numbers is asked for, which takes no time on a large file.
    ///
    /// - Parameter file: `sluice.db` or `history.db`; its schema may be any.
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func rowCounts(of file: String, in directory: String) throws -> [String] {
        let path = "\(directory)/\(file)"
        guard access(path, R_OK) == 0 || errno == ENOENT else {
            throw StateDirectory.failure(errno, at: path, in: directory)
        }
        guard StateDirectory.size(of: path) > 0 else {
            throw StoreError.unusable(path: path, detail: "there is no such file")
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: readOnly())
            defer { try? queue.close() }
            return try queue.read { db in
                let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                let tables = try String.fetchAll(
                    db,
                    sql: """
                        SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name
                        """)
                return ["\(file): schema \(version)"] + (try tables.map { try "  \($0) \(rows(of: $0, in: db))" })
            }
        } catch {
            throw explain(error, path: path, directory: directory)
        }
    }

    /// Names of the accounts, in their order; a gateway may be running.
    ///
    /// - Throws: ``StoreError``.
    public static func accountNames(in directory: String) throws -> [String] {
        try reading(directory) { try String.fetchAll($0, sql: "SELECT name FROM account ORDER BY name") }
    }

    private static func rows(of table: String, in db: Database) throws -> String {
        let name = "\"\(table.replacing("\"", with: "\"\""))\""
        guard table.wholeMatch(of: /(reading|outbox)_[0-9]{8}/) != nil else {
            return "\(try Int64.fetchOne(db, sql: "SELECT count(*) FROM \(name)") ?? 0)"
        }
        let ends = try Row.fetchOne(db, sql: "SELECT (SELECT min(seq) FROM \(name)), (SELECT max(seq) FROM \(name))")
        guard let first = ends?.integer(0), let last = ends?.integer(1) else { return "0" }
        return "\(last - first + 1) at most, numbers \(first) to \(last)"
    }
}
