// SPDX-License-Identifier: Apache-2.0

import GRDB
import Logging
public import Model
import Pipeline
import Synchronization

extension SluiceStore {
    /// Size of the write-ahead log above which it is written back into the database: 4 MB.
    static let logLimit: Int64 = 4 << 20

    /// Drops one whole day of readings when it is older than `days` days; the oldest that may go.
    ///
    /// Beside the age counts how many days there are: a clock that jumped makes one new day, not many old ones. A day
    /// stays while its outbox holds anything, be it waiting or inside the replay window. One call drops one day
    /// at most, so that a clock that jumped cannot empty the store; call it once an hour, with a synchronised clock.
    ///
    /// - Parameters:
    ///   - days: Whole days that are kept besides that of `today`.
    ///   - today: The present moment.
    /// - Returns: The days that were dropped, such as `20261122`.
    public func dropReadings(olderThan days: Int, today: Timestamp) async throws -> [String] {
        let limit = Day(of: today - .seconds(86_400 * Int64(clamping: max(0, min(days, 1_000_000)))))
        let dropped: [String] = try await write { db in
            let candidates = try Int64.fetchAll(
                db, sql: "SELECT day FROM reading_day WHERE day < ? ORDER BY day", arguments: [limit.number])
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM reading_day") ?? 0
            guard count > max(0, days) + 1 else { return [] }
            let outboxes = Set(try OutboxDay.all(in: db))
            for day in candidates.map(Day.init(number:)) {
                if outboxes.contains(day) {
                    guard try OutboxDay.isEmpty(day, in: db) else { continue }
                    try OutboxDay.drop(day, in: db)
                }
                try db.execute(sql: "DROP TABLE reading_\(day)")
                try db.execute(sql: "DELETE FROM reading_day WHERE day = ?", arguments: [day.number])
                return [day.description]
            }
            return []
        }
        // Each day has statements of its own; those of past days would stay prepared for ever.
        if !dropped.isEmpty { pool.releaseMemoryEventually() }
        return dropped
    }

    /// Drops what became of alarms on one whole UTC day when it is older than `days` days; the oldest that may go.
    ///
    /// One call drops one day at most, so that a clock that jumped takes little; call it once an hour, with a
    /// synchronised clock.
    ///
    /// - Parameters:
    ///   - days: Whole days that are kept besides that of `today`.
    ///   - today: The present moment.
    /// - Returns: How many events were dropped.
    public func dropAlarmEvents(olderThan days: Int, today: Timestamp) async throws -> Int {
        let day = Duration.seconds(86_400)
        let limit = today.floored(to: day) - .seconds(86_400 * Int64(clamping: max(0, min(days, 1_000_000))))
        return try await write { db in
            guard
                let oldest = try Int64.fetchOne(
                    db, sql: "SELECT min(at) FROM alarm_event WHERE at < ?", arguments: [limit.milliseconds])
            else { return 0 }
            let end = min(Timestamp(milliseconds: oldest).floored(to: day) + day, limit)
            try db.execute(sql: "DELETE FROM alarm_event WHERE at < ?", arguments: [end.milliseconds])
            return db.changesCount
        }
    }

    /// Size of the log that is an alarm (64 MB): somebody reads for long.
    public static let alarmingLog: Int64 = 64 << 20

    /// Writes the log back into the database when it is longer than 4 MB, as far as no reader needs it, and empties it
    /// when nothing was written for 2 min.
    ///
    /// SQLite does the first at its own commits; this is for a log that a long reader let grow. Above 64 MB our own
    /// readers are cut off, and an alarm tells of those of others.
    ///
    /// - Parameter alarming: Bytes of the log that are an alarm.
    public func checkpointIfNeeded(alarming: Int64 = SluiceStore.alarmingLog) async throws {
        let size = StateDirectory.size(of: databasePath + "-wal")
        let isIdle = state.withLock { Self.instant() - $0.lastWrite > .seconds(120) }
        if size > alarming {
            if note(StorageTrouble(.longLog, measures: [Measure("megabytes", Double(size >> 20))])) {
                logger.warning(
                    "The log of the database does not get shorter: another program reads it for long. Close that one.",
                    metadata: ["megabytes": "\(size >> 20)"])
            }
        } else {
            noteEnd(of: .longLog)
        }
        guard size > Self.logLimit || (isIdle && size > 0) else { return }
        try await withTaskExecutorPreference(thread) { try checkpoint(cutsReaders: size > alarming, empties: isIdle) }
    }

    private func checkpoint(cutsReaders: Bool, empties: Bool) throws {
        // The writer works on this thread alone, so that only readers are interrupted.
        if cutsReaders { pool.interrupt() }
        _ = try pool.writeWithoutTransaction { try $0.checkpoint(empties || cutsReaders ? .truncate : .passive) }
    }
}
