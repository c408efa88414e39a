// SPDX-License-Identifier: Apache-2.0

import Failpoints
import GRDB
public import Logging
public import Model
public import Pipeline
import Synchronization
public import WorkThread

/// Readings, outbox, findings, alarms and tickets of one site in one SQLite database, `<state directory>/sluice.db`.
///
/// What a call has stored when it returns survives the end of the process and the loss of power. One thread writes,
/// a few readers have queues of their own, and nobody on the shared pool waits for the disk. A call of a task that was
/// cancelled throws `CancellationError` and has stored nothing.
public final class SluiceStore: Sendable {
    /// Number of this life of the database; a restored backup begins a new one.
    public let epoch: Int64

    /// The thread that writes. A task that prefers it writes without changing threads.
    public let thread = WorkThread(name: "sluice-store")

    let pool: DatabasePool
    let logger: Logger
    /// Key of this boot in the table `boot`.
    let bootKey: Int64
    private let directory: StateDirectory
    private let state: Mutex<State>

    private struct State {
        var binding: CatalogueBinding?
        /// Wall time of what was stored last, or of the start: the time of records that bring none of their own.
        var latestWall: Timestamp
    }

    private init(
        directory: StateDirectory, pool: DatabasePool, epoch: Int64, bootKey: Int64, now: ClockReading, logger: Logger
    ) {
        self.directory = directory
        self.pool = pool
        self.epoch = epoch
        self.bootKey = bootKey
        self.logger = logger
        state = Mutex(State(binding: nil, latestWall: now.wall))
    }

    /// Opens the database of a state directory; both are created when they are missing.
    ///
    /// - Parameters:
    ///   - boot: This start of the machine, noted with every sweep.
    ///   - now: The clocks at the start.
    /// - Throws: ``StoreError``.
    public static func open(
        directory: String, boot: BootIdentifier, now: ClockReading, logger: Logger
    ) throws -> SluiceStore {
        let claimed = try StateDirectory.claim(directory)
        let path = claimed.databasePath
        do {
            try Schema.examine(path)
            let pool = try DatabasePool(path: path, configuration: makeConfiguration())
            try pool.writeWithoutTransaction { try demandDurability(of: $0, path: path) }
            let (epoch, bootKey, found) = try pool.write { db in
                let found = try Schema.migrate(db)
                let epoch = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? 1
                return (epoch, try note(boot, at: now, in: db), found)
            }
            logger.info(
                "The store is open.",
                metadata: ["path": "\(path)", "schema": "\(Schema.known)", "found": "\(found)", "epoch": "\(epoch)"])
            return SluiceStore(
                directory: claimed, pool: pool, epoch: epoch, bootKey: bootKey, now: now, logger: logger)
        } catch {
            claimed.release()
            throw explain(error, path: path, directory: directory)
        }
    }

    /// Reads from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``.
    static func reading<T>(_ directory: String, _ body: (Database) throws -> T) throws -> T {
        let path = "\(directory)/sluice.db"
        do {
            guard StateDirectory.size(of: path) > 0 else {
                throw StoreError.unusable(path: path, detail: "there is no such file; no gateway has run with it")
            }
            try Schema.examine(path)
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in
                let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard found == Schema.known else {
                    throw StoreError.unusable(
                        path: path,
                        detail: "its tables are of version \(found) and this program reads \(Schema.known); "
                            + "start the gateway once to bring them up")
                }
                return try body(db)
            }
        } catch {
            throw explain(error, path: path, directory: directory)
        }
    }

    private static func makeConfiguration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "sluice.db"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    /// Makes every commit wait for the disk. GRDB's pool sets NORMAL while it opens, hence only now.
    private static func demandDurability(of db: Database, path: String) throws {
        // A log that a long reader has let grow shrinks again once it is written back.
        try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = \(SluiceStore.logLimit)")
        let level = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        guard level == 2 else {
            throw StoreError.unusable(path: path, detail: "commits cannot be made to wait for the disk")
        }
    }

    private static func note(_ boot: BootIdentifier, at now: ClockReading, in db: Database) throws -> Int64 {
        if let key = try Int64.fetchOne(db, sql: "SELECT id FROM boot WHERE name = ?", arguments: [boot.text]) {
            return key
        }
        try db.execute(
            sql: "INSERT INTO boot(name, first_instant, first_wall, first_time_quality) VALUES (?, ?, ?, ?)",
            arguments: [
                boot.text, now.instant.nanoseconds, now.wall.milliseconds, Int64(now.timeQuality.rawValue),
            ])
        return db.lastInsertedRowID
    }

    /// What SQLite's code means to the one who must mend it.
    private static func explain(_ error: any Error, path: String, directory: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let detail = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        let free = StateDirectory.freeBytes(at: directory) ?? .max
        switch error.resultCode {
        case .SQLITE_NOTADB: return StoreError.notADatabase(path: path)
        case .SQLITE_CORRUPT: return StoreError.damaged(path: path, detail: detail)
        case .SQLITE_FULL: return StoreError.diskFull(path: path, freeBytes: free)
        // SQLite needs room for its log and its index before it can even read, and reports the lack as a failed call.
        case .SQLITE_IOERR where free < 64 * 1024, .SQLITE_CANTOPEN where free < 64 * 1024:
            return StoreError.diskFull(path: path, freeBytes: free)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: return StoreError.noPermission(path: path)
        case .SQLITE_READONLY: return StoreError.noPermission(path: path)
        default: return StoreError.unusable(path: path, detail: detail)
        }
    }

    /// Gives each asset and point of the running configuration its key on disk; call it before anything is read or
    /// written, and again when the configuration changes.
    public func bind(catalogue: Catalogue) throws {
        let binding = try pool.write { try CatalogueBinding(catalogue, in: $0, path: directory.databasePath) }
        state.withLock { $0.binding = binding }
    }

    deinit { thread.stop() }

    /// Waits for running calls, closes the database and lets another instance in. Later calls throw.
    public func close() throws {
        try pool.close()
        directory.release()
    }

    // MARK: What the parts of the store share

    /// Runs one transaction on the thread that writes; when `updates` throws, nothing of it is stored.
    func write<Value>(_ updates: (Database) throws -> Value) async throws -> Value {
        try await withTaskExecutorPreference(thread) {
            try Task.checkCancellation()
            return try transact(updates)
        }
    }

    /// GRDB's own call from a task would change threads twice.
    private func transact<Value>(_ updates: (Database) throws -> Value) throws -> Value {
        try Failpoint.reach(.storeCommit)
        return try pool.write(updates)
    }

    func boundCatalogue() throws(StoreError) -> CatalogueBinding {
        guard let binding = state.withLock({ $0.binding }) else { throw .notBound }
        return binding
    }

    var latestWall: Timestamp {
        get { state.withLock { $0.latestWall } }
        set { state.withLock { $0.latestWall = newValue } }
    }

    var databasePath: String { directory.databasePath }

    /// Takes `count` numbers, in the transaction of `db`: a transaction that fails gives them back unused.
    ///
    /// - Returns: The first of them.
    static func takeNumbers(_ count: Int, in db: Database) throws -> Int64 {
        let first = try nextNumber(in: db)
        let update = try db.cachedStatement(sql: "UPDATE meta SET value = ? WHERE key = 'next_sequence'")
        try update.execute(arguments: [first + Int64(count)])
        return first
    }

    static func nextNumber(in db: Database) throws -> Int64 {
        let select = try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = 'next_sequence'")
        guard let next = try Int64.fetchOne(select), next > 0, next < Int64.max / 2 else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "meta.next_sequence is missing or out of range")
        }
        return next
    }
}
