// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
public import Model
import Pipeline

extension SluiceStore {
    /// Copies the database of a state directory as it stands at one moment; a gateway may be running with it, and goes
    /// on while it is copied. The copy is looked through before it gets its name. History is copied beside it.
    ///
    /// - Parameters:
    ///   - destination: A file that is not there yet, or a directory, which gets `sluice-<date>.db`.
    ///   - now: For that date.
    /// - Returns: The copy, and what is in it.
    /// - Throws: ``StoreError``; then there is no copy.
    public static func backUp(
        _ directory: String, to destination: String, now: Timestamp
    ) throws -> (path: String, report: VerificationReport) {
        let source = "\(directory)/sluice.db"
        var status = stat()
        let isFolder = stat(destination, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        let path = isFolder ? "\(destination)/sluice-\(Rescue.stamp(now)).db" : destination
        guard FileIdentity(path) == nil else {
            throw StoreError.unusable(path: path, detail: "it is there already; a copy never replaces a file")
        }
        guard StateDirectory.size(of: source) > 0 else {
            throw StoreError.unusable(path: source, detail: "there is no such file; no gateway has run with it")
        }
        let unfinished = path + ".unfinished"
        unlink(unfinished)
        var hasHistory = false
        do {
            try Schema.examine(source)
            hasHistory = HistoryCopies.backUp(directory, beside: path)
            try copy(source, to: unfinished)
            try copyPhotos(of: unfinished, from: source, to: path)
            var report = try verify(unfinished)
            guard report.defects.isEmpty else {
                throw StoreError.damaged(path: source, detail: report.defects.joined(separator: "; "))
            }
            report.hasHistory = hasHistory
            guard rename(unfinished, path) == 0 else { throw StateDirectory.failure(errno, at: path, in: path) }
            StateDirectory.synchronise(path)
            return (path, report)
        } catch {
            unlink(unfinished)
            if hasHistory { unlink(HistoryCopies.path(beside: path)) }
            throw explain(error, path: path, directory: isFolder ? destination : directory)
        }
    }

    /// Puts a copy in the place of the database of a state directory that no gateway works in. What was there before
    /// stays beside it.
    ///
    /// The copy begins a new epoch: numbers that were given out after it was made are given out again, and nobody must
    /// take the new readings for those. Without a higher one known it is the time in seconds, so that a copy that is
    /// restored twice, or on two boxes, begins two different ones. History goes with it where it was copied.
    ///
    /// - Returns: The epoch, and where the database before lies now; `nil` when there was none.
    /// - Throws: ``StoreError/locked(holder:directory:)`` while a gateway runs; else another ``StoreError``, and the
    ///   database before is as it was.
    public static func restore(
        _ source: String, into directory: String, now: Timestamp
    ) throws -> (epoch: Int64, before: String?) {
        let claimed = try StateDirectory.claim(directory)
        defer { claimed.release() }
        let path = claimed.databasePath
        let fresh = path + ".new"
        unlink(fresh)
        do {
            guard StateDirectory.size(of: source) > 0 else {
                throw StoreError.unusable(path: source, detail: "there is no such file")
            }
            try Schema.examine(source)
            try copy(source, to: fresh)
            let known = [EpochNote.read(beside: path), epoch(of: path), epoch(of: source)].compactMap { $0 }.max() ?? 0
            let epoch = max(known + 1, now.milliseconds / 1000)
            try begin(epoch, in: fresh, from: source, at: now)
            try copyPhotos(of: fresh, from: source, to: path)
            let report = try verify(fresh)
            guard report.defects.isEmpty else {
                throw StoreError.damaged(path: source, detail: report.defects.joined(separator: "; "))
            }
            StateDirectory.synchronise(fresh)
            var before: String?
            if FileIdentity(path) != nil {
                let aside = "\(path).before-\(Rescue.stamp(now))"
                // The log first gets into the file, so that the two cannot be parted.
                if let queue = try? DatabaseQueue(path: path) {
                    _ = try? queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
                    try? queue.close()
                }
                for suffix in ["-wal", ""] { rename(path + suffix, aside + suffix) }
                before = aside
            }
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            guard rename(fresh, path) == 0 else { throw StateDirectory.failure(errno, at: path, in: directory) }
            StateDirectory.synchronise(path)
            EpochNote.write(epoch, beside: path)
            try HistoryCopies.restore(beside: source, into: directory, epoch: epoch, now: now)
            return (epoch, before)
        } catch {
            unlink(fresh)
            throw explain(error, path: source, directory: directory)
        }
    }

    private static func copy(_ source: String, to path: String) throws {
        let queue = try DatabaseQueue(path: source, configuration: readOnly())
        defer { try? queue.close() }
        try queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        chmod(path, 0o600)
        StateDirectory.synchronise(path)
    }

    /// Puts the photos that the log of `database` names from beside `source` to beside `path`; those that are there stay.
    ///
    /// What is missing is told by the look through the copy.
    private static func copyPhotos(of database: String, from source: String, to path: String) throws {
        let queue = try DatabaseQueue(path: database, configuration: readOnly())
        defer { try? queue.close() }
        // A copy of tables from before photos names none.
        let hashes = try queue.read {
            try $0.tableExists("ticket_event") && $0.tableExists("audit") ? PhotoLines.kept(in: $0) : []
        }
        let (from, to) = (PhotoFolder(beside: folder(of: source)), PhotoFolder(beside: folder(of: path)))
        guard from.path != to.path else { return }
        _ = try from.copy(hashes, to: to)
    }

    private static func epoch(of path: String) -> Int64? {
        guard StateDirectory.size(of: path) > 0, let queue = try? DatabaseQueue(path: path, configuration: readOnly())
        else { return nil }
        defer { try? queue.close() }
        return try? queue.read { try Int64.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'epoch'") }
    }

    /// The first lines of the new life: since when nothing is known, and who did it.
    private static func begin(_ epoch: Int64, in path: String, from source: String, at now: Timestamp) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.write { db in
            try Schema.migrate(db)
            try db.execute(sql: "UPDATE meta SET value = ? WHERE key = 'epoch'", arguments: [epoch])
            var last: Int64?
            for day in try Int64.fetchAll(db, sql: "SELECT day FROM reading_day").map(Day.init(number:)) {
                last = try [last, Int64.fetchOne(db, sql: "SELECT max(wall) FROM reading_\(day)")].compactMap { $0 }
                    .max()
            }
            if let last {
                let from = Timestamp(milliseconds: last)
                try Gap.insert(
                    StoredGap(path: "", from: from, to: max(from, now), cause: "restored", readings: 0), in: db)
            }
            try append(
                AuditRecord(
                    at: now, actor: "sluice restore", action: "restore", subject: source, result: "epoch \(epoch)"),
                in: db)
        }
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
    }
}
