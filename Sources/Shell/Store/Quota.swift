// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Logging
public import Model
public import Pipeline
import Synchronization

/// How much room the database may take.
public struct StorageQuota: Hashable, Sendable {
    /// Bytes, without the reserve.
    public var maximum: Int64
    /// Bytes for tickets, alarms and audit alone.
    public var reserve: Int64
    public var policy: StoragePolicy

    public init(maximum: Int64, reserve: Int64, policy: StoragePolicy) {
        (self.maximum, self.reserve, self.policy) = (maximum, reserve, policy)
    }

    /// The quota of a site; where it says nothing the lesser of 4 GB and half of the file system of `directory`.
    public init(_ settings: StorageSettings) {
        let half = StateDirectory.totalBytes(at: settings.directory).map { $0 / 2 } ?? .max
        self.init(
            maximum: settings.maximum ?? min(4 << 30, half), reserve: min(settings.reserve, half / 4),
            policy: settings.policy)
    }
}

/// A reading cannot be stored because its room is used up; see ``StoragePolicy``.
struct RoomUsedUp: Error, CustomStringConvertible {
    var description: String { "the room for readings is used up" }
}

extension SluiceStore {
    private var reservePath: String { databasePath + ".reserve" }

    /// Bytes that the store uses: pages of the database without the free ones, its log, the photos, and the history.
    public func usedBytes() async throws -> Int64 {
        let pages = try await read { try Self.usedPages(in: $0) }
        return pages + StateDirectory.size(of: databasePath + "-wal") + photoBytes + historyBytes
    }

    /// Share of its room that the database fills; `nil` while it has no quota.
    public func quotaShare() async throws -> Double? {
        guard let quota = state.withLock({ $0.quota }) else { return nil }
        return Double(try await read { try Self.usedPages(in: $0) }) / Double(max(1, pageRoom(of: quota)))
    }

    private static func usedPages(in db: Database) throws -> Int64 {
        let count = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        return (count - free) * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
    }

    /// Keeps to a quota from now on, and sets the reserve aside when there is room for it.
    public func apply(_ quota: StorageQuota) async throws {
        state.withLock { $0.quota = quota }
        try await withTaskExecutorPreference(thread) { try limitPages(to: pageRoom(of: quota)) }
        refillReserve()
    }

    /// SQLite itself holds the limit: beyond it a write is refused as on a full disk.
    private func limitPages(to bytes: Int64) throws { try Self.limitPages(of: pool, to: bytes) }

    /// Bytes that `history.db` takes of the room; the limit of the database goes with it.
    func noteHistory(bytes: Int64) {
        let (before, quota, isGivenUp) = state.withLock { state in
            defer { state.historyBytes = bytes }
            return (state.historyBytes, state.quota, state.isReserveGivenUp)
        }
        guard let quota, (bytes - before).magnitude >= 1 << 20 else { return }
        try? limitPages(to: pageRoom(of: quota) + (isGivenUp ? quota.reserve : 0))
    }

    /// Bytes that `history.db` takes of the room.
    public var historyBytes: Int64 { state.withLock { $0.historyBytes } }

    static func limitPages(of pool: DatabasePool, to bytes: Int64) throws {
        try pool.writeWithoutTransaction { db in
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
            try db.execute(sql: "PRAGMA max_page_count = \(max(64, bytes / size))")
        }
    }

    // MARK: the reserve

    /// Writes the reserve when it is not there and the disk has twice its room.
    func refillReserve() {
        guard let quota = state.withLock({ $0.quota }) else { return }
        if StateDirectory.size(of: reservePath) < quota.reserve {
            guard let free = StateDirectory.freeBytes(at: directoryPath), free > quota.reserve * 2 else { return }
            let file = Glibc.open(reservePath, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { return }
            let code = posix_fallocate(file, 0, off_t(quota.reserve))
            fsync(file)
            Glibc.close(file)
            guard code == 0 else {
                unlink(reservePath)
                return
            }
        }
        guard state.withLock({ $0.isReserveGivenUp }) else { return }
        guard (try? limitPages(to: pageRoom(of: quota))) != nil else { return }
        state.withLock { $0.isReserveGivenUp = false }
        logger.notice("The reserve of the store is set aside again.")
    }

    /// Whether a write that was refused for want of room may be tried once more, in the reserve.
    func giveUpReserve() -> Bool {
        guard let quota = state.withLock({ $0.quota }) else { return false }
        let isFirst = state.withLock { state in
            defer { state.isReserveGivenUp = true }
            return !state.isReserveGivenUp
        }
        guard isFirst else { return false }
        unlink(reservePath)
        guard (try? limitPages(to: pageRoom(of: quota) + quota.reserve)) != nil else { return false }
        logger.error("There is no room left: tickets, alarms and audit go into the reserve.")
        return true
    }

    /// One transaction of what must always be kept.
    func writeUrgently<Value>(_ updates: (Database) throws -> Value) async throws -> Value {
        do {
            return try await write(updates)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            guard await withTaskExecutorPreference(thread, operation: { giveUpReserve() }) else { throw error }
            return try await write(updates)
        }
    }

    /// Refuses readings that would take the reserve.
    func demandRoom(in db: Database) throws {
        let (isGivenUp, quota) = state.withLock { ($0.isReserveGivenUp, $0.quota) }
        guard let quota else { return }
        if isGivenUp {
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            guard free >= 256 else { throw RoomUsedUp() }
        }
        guard try Self.usedPages(in: db) <= pageRoom(of: quota) else { throw RoomUsedUp() }
    }

    // MARK: making room

    /// Tells how full the store is, and makes room when it is full: one step of the order of sacrifice a call.
    ///
    /// Days go by the order in which they were stored; no clock is asked.
    ///
    /// - Parameter giveUpHistory: Gives up the oldest minutes of history, which go before any reading, and says from when to
    ///   when they were; `nil` when there are none.
    /// - Returns: What was given up; `nil` when nothing had to be or nothing may.
    public func keepRoom(
        giveUpHistory: () async throws -> (from: Timestamp, to: Timestamp)? = { nil }
    ) async throws -> StoredGap? {
        guard let quota = state.withLock({ $0.quota }) else { return nil }
        refillReserve()
        // The log is bounded by itself.
        let used = try await read { try Self.usedPages(in: $0) }
        let free = StateDirectory.freeBytes(at: directoryPath) ?? .max
        let isGivenUp = state.withLock { $0.isReserveGivenUp }
        let isDiskFull = isGivenUp || free < 2 << 20
        let room = pageRoom(of: quota)
        let share = isDiskFull ? 100 : Double(used) * 100 / Double(room)
        if share >= 80 {
            note(StorageTrouble(.filling, severity: share >= 95 ? .p2 : .p3, measures: [Measure("percent", share)]))
        } else {
            noteEnd(of: .filling)
        }
        // Some room must be left for what comes until the next look.
        guard used >= room - room / 20 || isDiskFull else { return nil }
        // On a disk that others have filled the file's own free pages are all the room there is; more than some would
        // give readings up for nothing.
        let freePages = try await read { try Int64.fetchOne($0, sql: "PRAGMA freelist_count") ?? 0 }
        if used < room - room / 20, freePages >= 512 { return nil }
        // What is summed up can be spared before what was read. Readings tell it again for as long as they are kept.
        if let given = try? await giveUpHistory() {
            logger.warning(
                "History by the minute was given up to make room.",
                metadata: ["from": "\(given.from.rfc3339)", "to": "\(given.to.rfc3339)"])
            return StoredGap(path: "", from: given.from, to: given.to, cause: "quota_history", readings: 0)
        }
        let gap = try await writeUrgently { try Sacrifice.step(quota.policy, in: $0) }
        if let gap {
            pool.releaseMemoryEventually()
            logger.error(
                "Readings were given up to make room.",
                metadata: ["what": "\(gap.cause)", "readings": "\(gap.readings)", "from": "\(gap.from?.rfc3339 ?? "")"])
        }
        return gap
    }

    /// Counts readings that were refused because the past matters more than the present.
    public func noteRejected(_ sweeps: [Sweep]) async throws {
        guard let first = sweeps.first, let last = sweeps.last else { return }
        let readings = sweeps.reduce(0) { $0 + Int64($1.readings.count) }
        try await writeUrgently { db in
            // One row goes on growing while the same lasts.
            try db.execute(
                sql: """
                    UPDATE gap SET to_at = ?1, readings = readings + ?2
                    WHERE id = (SELECT max(id) FROM gap) AND cause = 'quota_rejected' AND to_at >= ?3
                    """,
                arguments: [
                    last.receivedWall.milliseconds, readings, (first.receivedWall - .seconds(600)).milliseconds,
                ])
            guard db.changesCount == 0 else { return }
            try Gap.insert(
                StoredGap(
                    path: "", from: first.receivedWall, to: last.receivedWall, cause: "quota_rejected",
                    readings: readings), in: db)
        }
    }

    /// Whether `error` of ``append(_:counters:notes:messages:)`` says that readings are to be given up, not kept waiting.
    public func isRejection(_ error: any Error) -> Bool {
        guard state.withLock({ $0.quota?.policy }) == .rejectNew else { return false }
        return error is RoomUsedUp || (error as? DatabaseError)?.resultCode == .SQLITE_FULL
    }

    /// Queues a message for each gap that nobody was told of, in the transaction that notes it as told.
    ///
    /// - Returns: Whether there was one.
    public func tellGaps(at now: Timestamp, _ message: (StoredGap) -> OutboundMessage) async throws -> Bool {
        let waiting = try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, path, from_at, to_at, cause, readings FROM gap
                    WHERE id > coalesce((SELECT value FROM meta WHERE key = 'told_gap'), 0) ORDER BY id LIMIT 500
                    """
            ).map { row in
                let gap = StoredGap(
                    path: String.fromDatabaseValue(row[1]) ?? "",
                    from: row.integer(2).map { Timestamp(milliseconds: $0) },
                    to: row.integer(3).map { Timestamp(milliseconds: $0) },
                    cause: String.fromDatabaseValue(row[4]) ?? "", readings: row.integer(5) ?? 0)
                return (number: row.integer(0) ?? 0, gap: gap)
            }
        }
        guard let last = waiting.last?.number else { return false }
        let messages = waiting.map { message($0.gap) }
        try await writeUrgently { db in
            try Self.queue(messages, at: now, in: db)
            try db.execute(
                sql: "INSERT OR REPLACE INTO meta(key, value) VALUES ('told_gap', ?)", arguments: [last])
        }
        return true
    }

    private var directoryPath: String {
        databasePath.lastIndex(of: "/").map { String(databasePath[..<$0]) } ?? "."
    }
}

/// What is given up, and in which order: days that the broker has; then of the oldest that it has not all but one sweep a
/// minute and asset; then that day; of the last day its oldest part.
enum Sacrifice {
    static func step(_ policy: StoragePolicy, in db: Database) throws -> StoredGap? {
        let days = try Int64.fetchAll(db, sql: "SELECT day FROM reading_day ORDER BY first").map(Day.init(number:))
        guard let newest = days.last else { return nil }
        let outboxes = Set(try OutboxDay.all(in: db))
        func waits(_ day: Day) throws -> Bool {
            guard outboxes.contains(day) else { return false }
            return try !OutboxDay.isEmpty(day, in: db)
        }
        for day in days where day != newest {
            if try !waits(day) { return try drop(day, hasOutbox: outboxes.contains(day), "quota_dropped_sent", in: db) }
        }
        guard policy == .overwriteOldest else { return nil }
        for day in days where day != newest {
            if let gap = try thin(day, in: db) { return gap }
            return try drop(day, hasOutbox: outboxes.contains(day), "quota_dropped", in: db)
        }
        return try thin(newest, in: db) ?? cut(newest, hasOutbox: outboxes.contains(newest), in: db)
    }

    /// What the rows under `condition` hold, noted as lost for `cause`.
    private static func note(
        _ day: Day, where condition: String, _ cause: String, in db: Database
    ) throws -> StoredGap? {
        let row = try Row.fetchOne(
            db, sql: "SELECT min(wall), max(wall), sum(count) FROM reading_\(day) WHERE \(condition)")
        guard let row, let readings = row.integer(2) else { return nil }
        let gap = StoredGap(
            path: "", from: row.integer(0).map { Timestamp(milliseconds: $0) },
            to: row.integer(1).map { Timestamp(milliseconds: $0) }, cause: cause, readings: readings)
        try Gap.insert(gap, in: db)
        return gap
    }

    private static func drop(_ day: Day, hasOutbox: Bool, _ cause: String, in db: Database) throws -> StoredGap? {
        let gap = try note(day, where: "true", cause, in: db)
        // Messages of that day, such as of tickets, are no readings and stay.
        if hasOutbox {
            try db.execute(sql: "DELETE FROM outbox_\(day) WHERE lane <> 0")
            if try OutboxDay.isEmpty(day, in: db) {
                try OutboxDay.drop(day, in: db)
            } else {
                try OutboxDay.countRows(of: day, in: db)
            }
        }
        try db.execute(sql: "DROP TABLE reading_\(day)")
        try db.execute(sql: "DELETE FROM reading_day WHERE day = ?", arguments: [day.number])
        return gap ?? StoredGap(path: "", from: nil, to: nil, cause: cause, readings: 0)
    }

    /// Leaves one sweep of each asset and minute; `nil` when that would free less than a fifth.
    private static func thin(_ day: Day, in db: Database) throws -> StoredGap? {
        try db.execute(sql: "DROP TABLE IF EXISTS temp.kept")
        try db.execute(
            sql: """
                CREATE TEMP TABLE kept AS SELECT max(seq) AS seq FROM reading_\(day) GROUP BY asset, wall / 60000;
                """)
        defer { try? db.execute(sql: "DROP TABLE IF EXISTS temp.kept") }
        let all = try Int.fetchOne(db, sql: "SELECT count(*) FROM reading_\(day)") ?? 0
        let kept = try Int.fetchOne(db, sql: "SELECT count(*) FROM temp.kept") ?? 0
        guard all - kept > all / 5 else { return nil }
        return try remove(day, where: "seq NOT IN (SELECT seq FROM temp.kept)", "quota_thinned", in: db)
    }

    /// Gives up the oldest tenth of a day.
    private static func cut(_ day: Day, hasOutbox: Bool, in db: Database) throws -> StoredGap? {
        let all = try Int.fetchOne(db, sql: "SELECT count(*) FROM reading_\(day)") ?? 0
        let end = try Int64.fetchOne(
            db, sql: "SELECT seq FROM reading_\(day) ORDER BY seq LIMIT 1 OFFSET ?", arguments: [max(1, all / 10)])
        guard let end else { return nil }
        return try remove(day, where: "seq < \(end)", "quota_dropped", in: db)
    }

    private static func remove(
        _ day: Day, where condition: String, _ cause: String, in db: Database
    ) throws -> StoredGap? {
        let gap = try note(day, where: condition, cause, in: db)
        if try db.tableExists("outbox_\(day)") {
            try db.execute(sql: "DELETE FROM outbox_\(day) WHERE lane <> 0 AND \(condition)")
            try OutboxDay.countRows(of: day, in: db)
        }
        try db.execute(sql: "DELETE FROM reading_\(day) WHERE \(condition)")
        return gap
    }
}
