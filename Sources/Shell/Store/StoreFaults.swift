// SPDX-License-Identifier: Apache-2.0

import Failpoints
import GRDB
import Glibc
import Logging
public import Model
public import Pipeline
import Synchronization

/// What a path leads to.
struct FileIdentity: Hashable {
    var device: UInt64
    var inode: UInt64

    /// `nil` when there is nothing.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}

/// What becomes of the store when the disk fails it.
extension SluiceStore {
    /// Whether a page was met that cannot be read; only opening it again mends that.
    public var isDamaged: Bool { state.withLock { $0.isDamaged } }

    /// Ends when the database turned out to be damaged: whoever runs the store closes it and opens it again, which sets
    /// the damaged file aside. Each call gives a stream of its own.
    public func damage() -> AsyncStream<Void> {
        let (stream, end) = AsyncStream<Void>.makeStream()
        let isDamaged = state.withLock { state in
            if !state.isDamaged { state.damageWatchers.append(end) }
            return state.isDamaged
        }
        if isDamaged { end.finish() }
        return stream
    }

    /// What is wrong with the disk, for alarms; it stands for some minutes at least, so that it is told however short
    /// it was.
    public func troubles() -> [StorageTrouble] { state.withLock { $0.troubles.standing(at: Self.instant()) } }

    /// An alarm of these is stored.
    public func noteTold(_ kinds: [StorageTrouble.Kind]) { state.withLock { $0.troubles.told(kinds) } }

    /// - Returns: Whether it was all right before.
    @discardableResult
    func note(_ trouble: StorageTrouble) -> Bool {
        state.withLock { $0.troubles.begin(trouble, at: Self.instant()) }
    }

    func noteEnd(of kind: StorageTrouble.Kind) { state.withLock { $0.troubles.end(kind) } }

    static func instant() -> MonotonicInstant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    func noteSuccess() {
        let now = Self.instant()
        state.withLock { state in
            state.lastWrite = now
            state.troubles.end(.refuses)
        }
    }

    func note(failureOfReading error: any Error) {
        guard let error = error as? DatabaseError, error.isDamage else { return }
        noteDamage(error)
    }

    func note(failureOfWriting error: any Error) {
        guard let error = error as? DatabaseError else { return }
        if error.isDamage { return noteDamage(error) }
        if [.SQLITE_CONSTRAINT, .SQLITE_INTERRUPT, .SQLITE_ABORT].contains(error.resultCode) { return }
        // After a failed fsync the kernel forgets what it could not write: neither the log's last frames nor SQLite's
        // memory of them are to be believed.
        if [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC].contains(error.extendedResultCode) {
            state.withLock { $0.needsReopening = true }
        }
        note(StorageTrouble(.refuses, measures: [Measure("code", Double(error.extendedResultCode.rawValue))]))
    }

    private func noteDamage(_ error: DatabaseError) {
        // SQLite takes a disk that does not give a page for a page that makes no sense. Setting the file aside would not
        // help then: no other one could be written either.
        if let code = StateDirectory.failureToRead(databasePath) {
            note(StorageTrouble(.refuses, measures: [Measure("code", Double(code))]))
            return
        }
        let (isFirst, watchers) = state.withLock { state in
            defer { (state.isDamaged, state.damageWatchers) = (true, []) }
            return (!state.isDamaged, state.damageWatchers)
        }
        guard isFirst else { return }
        logger.error(
            "The database is damaged. It is set aside, and every row that can be read goes into a new one.",
            metadata: ["path": "\(databasePath)", "error": "\(error)"])
        for watcher in watchers { watcher.finish() }
    }

    /// Closes the file and opens it again after a write that failed on its way to the disk.
    ///
    /// What the failed commit left in the log is cut off, so that a commit that was reported as failed does not come
    /// back as stored.
    func reopenIfNeeded() throws {
        guard state.withLock({ $0.needsReopening }) else { return }
        guard access(databasePath, W_OK) == 0 else {
            throw DatabaseError(
                resultCode: .SQLITE_READONLY,
                message: "\(databasePath) cannot be written: \(String(cString: strerror(errno)))")
        }
        let end = Self.endOfLog(databasePath)
        try pool.close()
        if let end, StateDirectory.size(of: databasePath + "-wal") > end {
            truncate(databasePath + "-wal", off_t(end))
        }
        let opened = try Self.openPool(databasePath)
        let quota = state.withLock { $0.isReserveGivenUp ? nil : $0.quota }
        if let quota { try Self.limitPages(of: opened, to: pageRoom(of: quota)) }
        state.withLock { state in
            (state.pool, state.needsReopening) = (opened, false)
            state.file = FileIdentity(databasePath)
        }
        logger.warning("The database was opened again after a failed write.", metadata: ["path": "\(databasePath)"])
    }

    /// Bytes of the log up to the last commit that was reported as stored; `nil` when the index of the log does not say.
    ///
    /// The index (WAL-index header of "WAL-mode File Format") is moved on only after the log is on the disk.
    private static func endOfLog(_ path: String) -> Int64? {
        guard let bytes = FileBytes(path + "-shm")?.read(at: 0, count: 96), bytes[0..<48] == bytes[48..<96],
            bytes[12] == 1
        else { return nil }
        let (size, frames) = bytes.withUnsafeBytes { raw in
            (
                Int64(raw.loadUnaligned(fromByteOffset: 14, as: UInt16.self)),
                Int64(raw.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
        return 32 + frames * (24 + (size == 1 ? 65_536 : size))
    }

    // MARK: the file under us

    /// Looks whether the open file is still the one in the directory; when it was deleted or replaced, what is open is
    /// written out anew and takes its place. Nothing of it is lost.
    ///
    /// - Parameter wall: The present time, for the name of a file that stands in its place.
    public func watchFile(at wall: Timestamp) async {
        guard state.withLock({ $0.file }) != FileIdentity(databasePath), !Failpoint.breaks(.storeWatch) else { return }
        logger.error(
            "The database was deleted or replaced under the gateway; it is written out again.",
            metadata: ["path": "\(databasePath)"])
        do {
            try await withTaskExecutorPreference(thread) { try putBack(at: wall) }
        } catch {
            logger.error(
                "The database could not be written out again; it goes on in the file that was deleted.",
                metadata: ["error": "\(error)"])
        }
        note(StorageTrouble(.replaced))
        noteEnd(of: .replaced)
    }

    private func putBack(at wall: Timestamp) throws {
        let rescued = databasePath + ".rescued"
        unlink(rescued)
        try pool.writeWithoutTransaction { db in
            // The log of the open file must not be mistaken for that of a new one.
            try db.execute(sql: "VACUUM INTO ?", arguments: [rescued])
        }
        let stamp = Rescue.stamp(wall)
        for suffix in ["-wal", "-shm"] { unlink(databasePath + suffix) }
        if FileIdentity(databasePath) != nil { rename(databasePath, "\(databasePath).replaced-\(stamp)") }
        guard rename(rescued, databasePath) == 0 else {
            throw StateDirectory.failure(errno, at: databasePath, in: databasePath)
        }
        StateDirectory.synchronise(databasePath)
        let old = pool
        let opened = try Self.openPool(databasePath)
        let quota = state.withLock { $0.isReserveGivenUp ? nil : $0.quota }
        if let quota { try Self.limitPages(of: opened, to: pageRoom(of: quota)) }
        state.withLock { state in
            state.pool = opened
            state.file = FileIdentity(databasePath)
        }
        try? old.close()
    }

    // MARK: salvage

    func noteSalvage(_ report: SalvageReport) {
        note(
            StorageTrouble(
                .salvaged,
                measures: [
                    Measure("pages", Double(report.damagedPages)), Measure("rows", Double(report.damagedRows)),
                ]))
        noteEnd(of: .salvaged)
    }

    /// What a salvage has brought back; `nil` when none runs.
    public var salvage: SalvageReport? { state.withLock { $0.salvager?.report } }

    /// Copies some more of a damaged database that was set aside; call it again until it says that nothing is left.
    ///
    /// - Returns: Whether anything is left.
    public func continueSalvage() async throws -> Bool {
        guard let salvager = state.withLock({ $0.salvager }) else { return false }
        let isUnfinished = try await write { try salvager.step(pages: 200, in: $0) }
        if !isUnfinished { try endSalvage() }
        return isUnfinished
    }

    func endSalvage() throws {
        guard let salvager = state.withLock({ $0.salvager.take() }) else { return }
        let kept = Rescue.finish(salvager.report.setAside)
        let report = salvager.report
        noteSalvage(report)
        logger.warning(
            "Every row that could be read of the damaged database is in the new one.",
            metadata: [
                "setAside": "\(kept)", "rows": "\(report.rows)", "damagedPages": "\(report.damagedPages)",
                "damagedRows": "\(report.damagedRows)", "newEpoch": "\(report.isNewEpoch)",
            ])
    }
}

extension DatabaseError {
    /// Whether what is on the disk is not what was written.
    var isDamage: Bool { resultCode == .SQLITE_CORRUPT || resultCode == .SQLITE_NOTADB }
}
