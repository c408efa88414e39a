// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Logging
import Model
import Pipeline

/// What becomes of a `history.db` that cannot be used.
enum HistorySetAside {
    /// Up to this size a file is looked through at every start (32 MB).
    private static let checkedSize: Int64 = 32 << 20

    /// Opens the file; one that is damaged or of another version is set aside and made anew.
    static func open(_ path: String, store: SluiceStore, logger: Logger, now: Timestamp) throws -> HistoryFile {
        do {
            let file = try HistoryFile(path)
            do {
                try check(file)
                return file
            } catch {
                try? file.queue.close()
                throw error
            }
        } catch {
            guard let reason = reason(error) else {
                throw SluiceStore.explain(error, path: path, directory: String(path.dropLast("/history.db".count)))
            }
            return try replace(path, reason: reason, store: store, logger: logger, now: now)
        }
    }

    /// Gives the file the name `history.db.damaged-<date>` and makes a new one; what the store still holds is summed up
    /// again.
    static func replace(
        _ path: String, reason: String, store: SluiceStore, logger: Logger, now: Timestamp
    ) throws -> HistoryFile {
        let aside = "\(path).damaged-\(Rescue.stamp(now))"
        logger.error(
            "History cannot be read. It is set aside and made anew from the readings that are kept.",
            metadata: ["path": "\(path)", "reason": "\(reason)", "setAside": "\(aside)"])
        for suffix in ["-wal", ""] { rename(path + suffix, aside + suffix) }
        unlink(path + "-shm")
        store.note(StorageTrouble(.historyRemade))
        store.noteEnd(of: .historyRemade)
        return try HistoryFile(path)
    }

    /// Whether it is this file that cannot be read, and not the store's that was read with it, or the disk.
    static func isDamaged(_ file: HistoryFile) -> Bool {
        guard StateDirectory.failureToRead(file.path) == nil else { return false }
        let verdict = try? file.queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        return verdict != "ok"
    }

    private static func check(_ file: HistoryFile) throws {
        guard StateDirectory.size(of: file.path) + StateDirectory.size(of: file.path + "-wal") <= checkedSize else {
            return
        }
        let verdict = try file.queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") } ?? "ok"
        if verdict != "ok" { throw StoreError.damaged(path: file.path, detail: verdict) }
    }

    /// Why the file cannot be used; `nil` for what another file would not mend.
    private static func reason(_ error: any Error) -> String? {
        switch error {
        case let error as DatabaseError where error.isDamage: error.message ?? "it is no database any more"
        case let error as DatabaseError where error.resultCode == .SQLITE_ERROR:
            error.message ?? "its tables are not known"
        case StoreError.damaged(_, let detail): detail
        case StoreError.newerSchema(let found, let known, _):
            "it is of version \(found) and this program knows \(known)"
        default: nil
        }
    }
}

/// The place of the history's thread behind all others.
enum HistoryPriority {
    /// Niceness of the calling thread becomes 10; a system that refuses leaves it as it is.
    static func lower() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
}
