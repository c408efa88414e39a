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

    let logger: Logger
    /// Key of this boot in the table `boot`.
    let bootKey: Int64
    private let directory: StateDirectory
    let state: Mutex<State>

    struct State {
        var pool: DatabasePool
        /// The file that is open, to see that it is still the one in the directory.
        var file: FileIdentity?
        var binding: CatalogueBinding?
        /// Wall time of what was stored last, or of the start: the time of records that bring none of their own.
        var latestWall: Timestamp
        /// A write failed in a way after which SQLite's view of the file is not to be trusted.
        var needsReopening = false
        var isDamaged = false
        /// End when it is; a handful, each of a service of the gateway.
        var damageWatchers: [AsyncStream<Void>.Continuation] = []
        var troubles = TroubleLedger()
        var lastWrite = SluiceStore.instant()
        /// Whether the store knows where the rows of an unknown clock begin.
        var isUnknownClockNoted = false
        var quota: StorageQuota?
        /// Bytes of the photos; `nil` while they are not counted.
        var photoBytes: Int64?
        /// The reserve was given up for tickets, alarms and audit; readings must not take it.
        var isReserveGivenUp = false
        /// Bytes that `history.db` takes of the same room.
        var historyBytes: Int64 = 0
        /// Copies the rest of a damaged file; used by the thread that writes alone.
        var salvager: Salvager?
    }

    private init(
        directory: StateDirectory, opened: Opened, salvager: Salvager?, now: ClockReading, logger: Logger
    ) {
        self.directory = directory
        (epoch, bootKey) = (opened.epoch, opened.bootKey)
        self.logger = logger
        state = Mutex(
            State(
                pool: opened.pool, file: FileIdentity(directory.databasePath), binding: nil, latestWall: now.wall,
                salvager: salvager))
    }

    /// Opens the database of a state directory; both are created when they are missing.
    ///
    /// A damaged database does not stop it: the file is set aside with the date in its name, every row that can be read
    /// goes into a new one, and what is left after ``Rescue/patience`` is copied by ``continueSalvage()``.
    ///
    /// - Parameters:
    ///   - boot: This start of the machine, noted with every sweep.
    ///   - now: The clocks at the start.
    ///   - isDamaged: The database was found damaged before; it is set aside without another look.
    /// - Throws: ``StoreError``.
    public static func open(
        directory: String, boot: BootIdentifier, now: ClockReading, logger: Logger, isDamaged: Bool = false
    ) throws -> SluiceStore {
        let claimed = try StateDirectory.claim(directory)
        let path = claimed.databasePath
        do {
            let rescue = Rescue(path: path, now: now.wall, logger: logger)
            var salvager = try rescue.resume()
            if isDamaged, salvager == nil { salvager = try rescue.begin("a page that was needed cannot be read") }
            let opened: Opened
            do {
                opened = try Opened(path, boot: boot, now: now)
            } catch {
                guard salvager == nil, let reason = rescue.damage(error) else { throw error }
                salvager = try rescue.begin(reason)
                opened = try Opened(path, boot: boot, now: now)
            }
            EpochNote.write(opened.epoch, beside: path)
            logger.info(
                "The store is open.",
                metadata: [
                    "path": "\(path)", "schema": "\(Schema.known)", "found": "\(opened.found)",
                    "epoch": "\(opened.epoch)",
                ])
            let store = SluiceStore(
                directory: claimed, opened: opened, salvager: salvager, now: now, logger: logger)
            if let report = salvager?.report { store.noteSalvage(report) }
            if salvager?.report.isComplete == true { try store.endSalvage() }
            return store
        } catch {
            claimed.release()
            throw explain(error, path: path, directory: directory)
        }
    }

    /// A database that was opened, brought up to date and told of this boot.
    private struct Opened {
        let pool: DatabasePool
        let epoch: Int64
        let bootKey: Int64
        /// The version of its tables before.
        let found: Int

        init(_ path: String, boot: BootIdentifier, now: ClockReading) throws {
            try Schema.examine(path)
            try Rescue.check(path)
            pool = try SluiceStore.openPool(path)
            do {
                (epoch, bootKey, found) = try pool.write { db in
                    let found = try Schema.migrate(db)
                    let epoch = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? 1
                    return (epoch, try SluiceStore.note(boot, at: now, in: db), found)
                }
            } catch {
                try? pool.close()
                throw error
            }
        }
    }

    /// Opens the file for reading and writing, every commit waiting for the disk.
    static func openPool(_ path: String) throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: makeConfiguration())
        do {
            try pool.writeWithoutTransaction { try demandDurability(of: $0, path: path) }
            return pool
        } catch {
            try? pool.close()
            throw error
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

    /// Bytes of a page of a new database. SQLite's own default is 4096, which costs two and a half times the wear.
    static let newPageSize: Int64 = 1024

    private static func makeConfiguration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "sluice.db"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            // For a new file only. A commit writes each page it touches whole, and most of them for a row or two.
            try db.execute(sql: "PRAGMA page_size = \(newPageSize)")
        }
        return configuration
    }

    /// Makes every commit wait for the disk. GRDB's pool sets NORMAL while it opens, hence only now.
    private static func demandDurability(of db: Database, path: String) throws {
        // What a page of a new file is, another file's may differ.
        let page = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? newPageSize
        try db.execute(sql: "PRAGMA wal_autocheckpoint = \(logLimit / page)")
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
    static func explain(_ error: any Error, path: String, directory: String) -> any Error {
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
        case .SQLITE_CANTOPEN where StateDirectory.hasNoInodes(at: directory): return StoreError.noInodes(path: path)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: return StoreError.noPermission(path: path)
        case .SQLITE_READONLY: return StoreError.noPermission(path: path)
        default: return StoreError.unusable(path: path, detail: detail)
        }
    }

    /// Gives each asset and point of the running configuration its key on disk; call it before anything is read or
    /// written, and again when the configuration changes.
    public func bind(catalogue: Catalogue) throws {
        let (binding, keys) = try transact { db in
            (try CatalogueBinding(catalogue, in: db, path: directory.databasePath), try KeyNote(db))
        }
        keys.write(beside: directory.databasePath)
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

    /// Reads what is committed; a damaged page that is met is noted.
    func read<Value: Sendable>(_ body: @Sendable @escaping (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch {
            note(failureOfReading: error)
            throw error
        }
    }

    /// GRDB's own call from a task would change threads twice.
    func transact<Value>(_ updates: (Database) throws -> Value) throws -> Value {
        try reopenIfNeeded()
        do {
            try Failpoint.reach(.storeCommit)
            let value = try pool.write(updates)
            noteSuccess()
            return value
        } catch {
            note(failureOfWriting: error)
            throw error
        }
    }

    var pool: DatabasePool { state.withLock { $0.pool } }

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
