// SPDX-License-Identifier: Apache-2.0

import Aggregation
import GRDB
public import Logging
public import Model
import Pipeline
public import WorkThread

/// Keeps `history.db`: follows the store by a cursor, sums its readings up and answers for them.
///
/// It works on a thread of its own that yields to every other, never in a transaction of readings. What is summed up and
/// not stored yet, an hour at most and some 32,000 pieces, is in memory; a stop in the middle loses nothing, for the
/// cursor is stored with the pieces and the rest is read again. A file that is missing or damaged is made anew from what
/// the store still holds.
public actor HistoryKeeper {
    /// The thread to call it on.
    public nonisolated let thread = WorkThread(name: "sluice-history")

    let store: SluiceStore
    let zone: ZoneOffsets
    let logger: Logger
    nonisolated let path: String
    private let isTotal: @Sendable (String) -> Bool
    private let makesStamp: @Sendable () -> Timestamp
    var file: HistoryFile
    var progress: HistoryProgress
    /// How far the readings are folded; ``progress`` says how far they are stored.
    private(set) var cursor: Int64
    var folder: HistoryFolder
    /// Keys of this file by path, and by the store's key, 0 where it is not known yet.
    var keys: [String: HistoryFile.PointKey]
    private var keyOfStored: [Int64] = []
    /// Paths of points that got a key and are not stored yet.
    private var unsaved: [String] = []
    /// The hour of the newest reading when pieces were stored last.
    private var storedHour: Int64 = .min
    private var newest: Int64 = .min
    private(set) var isClosed = false

    /// Pieces in memory that make it store them before the hour is over.
    private static let mostPieces = 32_768
    /// Numbers read in one step.
    private static let run: Int64 = 20_000

    /// Opens `history.db` of a state directory.
    ///
    /// - Parameters:
    ///   - zone: That of the site, for days.
    ///   - isTotal: Whether the point of this path is a lifetime total.
    ///   - now: For the name of a damaged file that is set aside.
    /// - Throws: What SQLite reports when no file can be made.
    public init(
        store: SluiceStore, directory: String, zone: ZoneOffsets, logger: Logger,
        isTotal: @escaping @Sendable (String) -> Bool, now: @escaping @Sendable () -> Timestamp
    ) throws {
        (self.store, self.zone, self.logger) = (store, zone, logger)
        (self.isTotal, makesStamp) = (isTotal, now)
        path = HistoryFile.path(in: directory)
        file = try HistorySetAside.open(path, store: store, logger: logger, now: now())
        (progress, keys) = try file.queue.inDatabase {
            (try HistoryProgress(in: $0), try HistoryFile.points(in: $0))
        }
        cursor = progress.cursor
        folder = HistoryFolder(zone: zone)
        folder.floor = progress.floor.map { Timestamp(milliseconds: $0) }
    }

    deinit { thread.stop() }

    /// Gives the processor to everybody else on the calling thread, which is to be ``thread``.
    public func yieldToOthers() { HistoryPriority.lower() }

    /// Takes in some more of what is stored.
    ///
    /// - Parameter awaitsClock: Whether rows whose time may still be put right are left for later.
    /// - Returns: Whether there is more to take in at once.
    public func follow(awaitsClock: Bool) throws -> Bool {
        // A salvage brings rows back in another order than their numbers.
        guard !isClosed, store.salvage == nil else { return false }
        do {
            if progress.clearing != nil { return try clearSome() }
            return try takeSome(awaitsClock: awaitsClock)
        } catch {
            try recover(from: error)
            return false
        }
    }

    private func takeSome(awaitsClock: Bool) throws -> Bool {
        let unknown = HistorySource.UnknownRows(boot: store.bootKey, areAwaited: awaitsClock)
        var earliestMovable: Int64?
        var missing: Set<Int64> = []
        let outcome: (state: HistorySource.State, through: Int64, isHeld: Bool)? = try store.pool.read { db in
            let state = try HistorySource.State(in: db)
            guard try isSameLine(state, in: db) else { return nil }
            try learnPoints(in: db)
            let latest = progress.floor != nil && cursor < progress.floorUntil ? progress.floorUntil : state.latest
            let (through, isHeld) = try HistorySource.read(
                after: cursor, latest: min(latest, state.latest), run: Self.run, unknown: unknown, in: db
            ) { item in
                guard item.point >= 0, item.point < keyOfStored.count, keyOfStored[Int(item.point)] > 0 else {
                    missing.insert(item.point)
                    return
                }
                if item.mayMove { earliestMovable = min(earliestMovable ?? .max, item.at.milliseconds) }
                newest = max(newest, item.at.milliseconds)
                folder.fold(
                    point: Int(keyOfStored[Int(item.point)]), at: item.at, value: item.value, isGood: item.isGood)
            }
            return (state, through, isHeld)
        }
        guard let outcome else { return true }
        if !missing.isEmpty {
            logger.error("Readings of points without a path are left out.", metadata: ["points": "\(missing.sorted())"])
        }
        cursor = max(cursor, outcome.through)
        if let earliestMovable {
            if progress.unsyncedBoot != store.bootKey { progress.unsyncedFrom = nil }
            progress.unsyncedBoot = store.bootKey
            progress.unsyncedFrom = min(progress.unsyncedFrom ?? .max, earliestMovable)
        }
        let hour = newest / 3_600_000
        let isBehind = cursor < outcome.state.latest && !outcome.isHeld
        if storedHour == .min { storedHour = hour }
        let isFloorPassed = progress.floor != nil && cursor >= progress.floorUntil
        if folder.waiting >= Self.mostPieces || isFloorPassed || (!isBehind && hour > storedHour) { try save() }
        return isBehind
    }

    /// Whether the store still is the one that was followed, with the times it had; else what must be made again is
    /// noted.
    private func isSameLine(_ state: HistorySource.State, in db: Database) throws -> Bool {
        if progress.epoch == 0 || (state.epoch == progress.epoch && cursor <= state.latest) {
            progress.epoch = state.epoch
            guard state.restamps != progress.restamps else { return true }
            progress.restamps = state.restamps
            guard let from = progress.unsyncedFrom else { return true }
            let right = try HistorySource.earliestRestamped(of: progress.unsyncedBoot, in: db)
            logger.notice("History is made again from where readings got their right time.")
            // From the start of a day and of an hour: of no piece a part is right and another wrong.
            var calendar = HistoryCalendar(zone: zone)
            let earliest = Timestamp(milliseconds: min(from, right?.milliseconds ?? from))
            let day = calendar.start(of: calendar.slot(of: earliest, .day), .day).floored(to: .seconds(3600))
            try begin(from: day.milliseconds, until: state.latest, in: db)
            return false
        }
        logger.notice(
            "The store is not the one that history has followed; history is made again from what it holds.",
            metadata: ["epoch": "\(state.epoch)"])
        (progress.epoch, progress.restamps) = (state.epoch, state.restamps)
        try begin(from: .min, until: state.latest, in: db)
        return false
    }

    /// Notes that everything from `start` on is made again, as far as the store holds readings of it.
    private func begin(from start: Int64, until latest: Int64, in db: Database) throws {
        (progress.unsyncedFrom, progress.cursor, cursor) = (nil, 0, 0)
        folder = HistoryFolder(zone: zone)
        (progress.floor, progress.floorUntil) = (nil, 0)
        if let held = try HistorySource.earliest(in: db) {
            progress.clearing = max(start, held.milliseconds)
            progress.floorUntil = latest
        }
        try file.queue.inTransaction {
            try progress.save(in: $0)
            return .commit
        }
    }

    /// Deletes a part of what is made again; the end of it begins the cursor anew.
    private func clearSome() throws -> Bool {
        guard let from = progress.clearing else { return false }
        let isOver = try file.queue.inDatabase { db in
            var isOver = false
            try db.inTransaction {
                isOver = try HistoryRoom.clear(from: Timestamp(milliseconds: from), zone: zone, in: db)
                if isOver {
                    (progress.floor, progress.clearing) = (from, nil)
                    try progress.save(in: db)
                }
                return .commit
            }
            return isOver
        }
        if isOver { folder.floor = Timestamp(milliseconds: from) }
        return true
    }

    /// Gives each point of the store its key here.
    private func learnPoints(in db: Database) throws {
        let count = try Int64.fetchOne(db, sql: "SELECT max(id) FROM point") ?? 0
        guard count >= Int64(keyOfStored.count), count < 1 << 24 else { return }
        var next = (keys.values.map(\.key).max() ?? 0) + 1
        keyOfStored = [Int64](repeating: 0, count: Int(count) + 1)
        for (stored, path) in try HistorySource.paths(in: db) where stored > 0 && stored <= count {
            if keys[path] == nil {
                keys[path] = HistoryFile.PointKey(key: next, isTotal: isTotal(path))
                unsaved.append(path)
                next += 1
            }
            keyOfStored[Int(stored)] = keys[path]?.key ?? 0
        }
    }

    /// Stores what is in memory, with how far it reaches.
    public func save() throws {
        guard !isClosed, progress.clearing == nil, cursor > progress.cursor else { return }
        let pieces = folder.take()
        var next = progress
        next.cursor = cursor
        if next.floor != nil, cursor >= next.floorUntil { next.floor = nil }
        do {
            try file.queue.inTransaction { db in
                for path in unsaved {
                    guard let key = keys[path] else { continue }
                    try db.execute(
                        sql: "INSERT OR IGNORE INTO point(id, path, total) VALUES (?, ?, ?)",
                        arguments: [key.key, path, key.isTotal ? 1 : 0])
                }
                try HistoryMerge(totals: totals, logger: logger).write(pieces, in: db)
                try next.save(in: db)
                return .commit
            }
        } catch {
            try recover(from: error)
            throw error
        }
        unsaved = []
        progress = next
        folder.floor = next.floor.map { Timestamp(milliseconds: $0) }
        storedHour = newest / 3_600_000
        noteSize()
    }

    /// Keys of points whose first and last values are kept.
    private var totals: Set<Int64> { Set(keys.values.filter(\.isTotal).map(\.key)) }

    /// Forgets what is not stored, so that it is read again; a damaged file is set aside and made anew.
    func recover(from error: any Error) throws {
        if let error = error as? DatabaseError, error.isDamage, !store.isDamaged, HistorySetAside.isDamaged(file) {
            try? file.queue.close()
            file = try HistorySetAside.replace(
                path, reason: error.message ?? "\(error)", store: store, logger: logger, now: makesStamp())
        }
        (progress, keys) = try file.queue.inDatabase {
            (try HistoryProgress(in: $0), try HistoryFile.points(in: $0))
        }
        cursor = progress.cursor
        (keyOfStored, unsaved) = ([], [])
        folder = HistoryFolder(zone: zone)
        folder.floor = progress.floor.map { Timestamp(milliseconds: $0) }
        logger.warning(
            "History could not be followed; it goes on from what is stored.", metadata: ["error": "\(error)"])
    }

    private func noteSize() { store.noteHistory(bytes: (try? file.usedBytes()) ?? 0) }

    /// Stores what is in memory and closes the file; later calls do nothing.
    public func close() throws {
        guard !isClosed else { return }
        defer { isClosed = true }
        try? save()
        _ = try? file.queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try file.queue.close()
    }
}
