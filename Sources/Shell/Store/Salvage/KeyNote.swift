// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc

/// What the keys of assets and points stand for, in a file of its own beside the database: `sluice.db.keys`.
///
/// Every row of readings names its asset by a key whose path stands on two neighbouring pages of the database. Without
/// them not one row that can be read says what it is of.
struct KeyNote: Equatable {
    /// Tables of keys.
    static let tables = ["asset", "point"]

    struct Entry: Equatable {
        var table: String
        var key: Int64
        var path: String
    }

    var entries: [Entry] = []

    /// All keys that were given out, in their order.
    init(_ db: Database) throws {
        for table in Self.tables {
            for row in try Row.fetchAll(db, sql: "SELECT id, path FROM \(table) ORDER BY id") {
                guard let key = row.integer(0), let path = String.fromDatabaseValue(row[1]) else { continue }
                entries.append(Entry(table: table, key: key, path: path))
            }
        }
    }

    /// What stands beside the database `path`; lines that are none are passed over. `nil` when there is no such file.
    init?(beside path: String) {
        guard let file = FileBytes(path + ".keys"), let bytes = file.read(at: 0, count: min(file.size, 64 << 20)) else {
            return nil
        }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard parts.count == 3, Self.tables.contains(String(parts[0])), let key = Int64(parts[1]), key > 0,
                key < 1 << 24, !parts[2].isEmpty
            else { continue }
            entries.append(Entry(table: String(parts[0]), key: key, path: String(parts[2])))
        }
    }

    /// A courtesy: a full disk must not keep a store from opening, and the file that was there stays.
    func write(beside path: String) {
        guard KeyNote(beside: path) != self else { return }
        let (target, fresh) = (path + ".keys", path + ".keys.new")
        let file = Glibc.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let text = Array(entries.map { "\($0.table)\t\($0.key)\t\($0.path)\n" }.joined().utf8)
        var written = 0
        while written < text.count {
            let count = text[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let isWhole = written == text.count && fsync(file) == 0
        close(file)
        guard isWhole, rename(fresh, target) == 0 else {
            unlink(fresh)
            return
        }
        StateDirectory.synchronise(target)
    }

    /// Gives the keys back to a database that has lost them, in the transaction of `db`.
    func restore(in db: Database) throws {
        for entry in entries {
            try db.execute(
                sql: "INSERT OR IGNORE INTO \(entry.table)(id, path) VALUES (?, ?)", arguments: [entry.key, entry.path])
        }
    }
}
