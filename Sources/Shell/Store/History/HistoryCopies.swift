// SPDX-License-Identifier: Apache-2.0

import Aggregation
import GRDB
import Glibc
import Model

/// History beside copies of the database: `<copy>.history`.
///
/// It is copied because it reaches further back than the readings do. It is never needed: without it the readings that
/// are kept are summed up again.
enum HistoryCopies {
    static func path(beside copy: String) -> String { copy + ".history" }

    /// Copies the history of a state directory; call it before the database is copied, so that it is not ahead of it.
    ///
    /// - Returns: Whether there is a copy now. A history that cannot be read gives none.
    static func backUp(_ directory: String, beside copy: String) -> Bool {
        let source = HistoryFile.path(in: directory)
        let path = path(beside: copy)
        guard StateDirectory.size(of: source) > 0, FileIdentity(path) == nil else { return false }
        do {
            let file = try HistoryFile(reading: source)
            defer { try? file.queue.close() }
            try file.queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
            guard try defect(of: path) == nil else {
                unlink(path)
                return false
            }
        } catch {
            unlink(path)
            return false
        }
        chmod(path, 0o600)
        StateDirectory.synchronise(path)
        return true
    }

    /// Puts the history beside a copy, where there is one, in the place of that of a state directory, and tells it the
    /// life of the restored database. The history before stays beside it.
    ///
    /// Without one the history that is there stays: the gateway makes again what the restored database holds.
    static func restore(beside copy: String, into directory: String, epoch: Int64, now: Timestamp) throws {
        let source = path(beside: copy)
        guard StateDirectory.size(of: source) > 0, try defect(of: source) == nil else { return }
        let place = HistoryFile.path(in: directory)
        let fresh = place + ".new"
        unlink(fresh)
        let reader = try HistoryFile(reading: source)
        try reader.queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [fresh]) }
        try reader.queue.close()
        let file = try HistoryFile(fresh)
        try file.queue.write { db in
            var progress = try HistoryProgress(in: db)
            progress.epoch = epoch
            try progress.save(in: db)
        }
        try file.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try file.queue.close()
        StateDirectory.synchronise(fresh)
        let aside = "\(place).before-\(Rescue.stamp(now))"
        for suffix in ["-wal", ""] { rename(place + suffix, aside + suffix) }
        unlink(place + "-shm")
        guard rename(fresh, place) == 0 else { throw StateDirectory.failure(errno, at: place, in: directory) }
        StateDirectory.synchronise(place)
    }

    /// What is wrong with a history; `nil` when it is sound. Every row is read.
    static func defect(of path: String) throws -> String? {
        do {
            let file = try HistoryFile(reading: path)
            defer { try? file.queue.close() }
            return try file.queue.read { db in
                if let complaint = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)"), complaint != "ok" {
                    return complaint
                }
                for resolution in HistoryResolution.allCases {
                    let rows = try Row.fetchCursor(
                        db, sql: "SELECT chunk, body FROM \(HistoryFile.table(resolution))")
                    while let row = try rows.next() {
                        let (chunk, bytes) = (row.integer(0) ?? 0, try row.bytes(1))
                        do throws(PackedFault) {
                            _ = try HistoryChunk.buckets(bytes, chunk: chunk, resolution)
                        } catch {
                            return "a row of \(resolution.rawValue) cannot be read (\(error))"
                        }
                    }
                }
                return nil
            }
        } catch let error as DatabaseError where error.isDamage {
            return error.message ?? "it is no database any more"
        } catch StoreError.damaged(_, let detail) {
            return detail
        }
    }
}
