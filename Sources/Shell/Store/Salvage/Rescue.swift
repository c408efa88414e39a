// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import Logging
import Model

/// The steps from a damaged database to a new one, so ordered that a power cut between any two of them loses nothing.
///
/// `sluice.db.salvaging-<date>` is a damaged file of which not everything is copied yet; its log lies beside it. When
/// everything is, the name becomes `sluice.db.damaged-<date>`. The new database is made as `sluice.db.new`.
struct Rescue {
    /// How long a start copies days of readings before it goes on; the rest is copied while the gateway works.
    static let patience: Duration = .seconds(2)
    /// A database up to this size is looked through at every start (32 MB).
    private static let checkedSize: Int64 = 32 << 20

    let path: String
    let now: Timestamp
    let logger: Logger

    /// Looks a small database through without changing it.
    ///
    /// - Throws: ``StoreError/damaged(path:detail:)``.
    static func check(_ path: String) throws {
        let size = StateDirectory.size(of: path)
        guard size > 0, size + StateDirectory.size(of: path + "-wal") <= checkedSize else { return }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        let verdict = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") } ?? "ok"
        if verdict != "ok" { throw StoreError.damaged(path: path, detail: verdict) }
    }

    /// Why `error` says that the file is damaged; `nil` when it says something else, or the disk does not give the file.
    func damage(_ error: any Error) -> String? {
        // What the disk does not give at all cannot be copied either.
        if StateDirectory.failureToRead(path) != nil { return nil }
        return switch error {
        case let error as DatabaseError where error.isDamage: error.message ?? "it is no database any more"
        case StoreError.damaged(_, let detail): detail
        // An entry of the list of tables that makes no sense.
        case let error as DatabaseError where error.message?.contains("malformed") == true: error.message
        // What the header says of the format; any other error of a statement is a mistake of ours, and no damage.
        case let error as DatabaseError where error.message?.contains("unsupported file format") == true: error.message
        default: nil
        }
    }

    /// Sets the database aside and makes a new one with what can be read of it.
    func begin(_ reason: String) throws -> Salvager {
        let setAside = "\(path).salvaging-\(Self.stamp(now))"
        logger.error(
            "The database is damaged and set aside; every row that can be read goes into a new one.",
            metadata: ["path": "\(path)", "reason": "\(reason)", "setAside": "\(setAside)"])
        guard rename(path, setAside) == 0 else { throw StateDirectory.failure(errno, at: path, in: path) }
        return try copy(setAside)
    }

    /// Goes on with a salvage that a stop cut off; `nil` when there is none.
    func resume() throws -> Salvager? {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let (folder, name) = (String(path[..<slash]), path[path.index(after: slash)...])
        let found = StateDirectory.names(in: folder)
            .filter { $0.hasPrefix("\(name).salvaging-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        guard let setAside = found.max().map({ "\(folder)/\($0)" }) else { return nil }
        guard StateDirectory.size(of: path) > 0 else { return try copy(setAside) }
        guard let salvager = Salvager(setAside) else { return nil }
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try queue.write { try salvager.resume(in: $0) }
        return salvager
    }

    private func copy(_ setAside: String) throws -> Salvager {
        // The log belongs to the damaged file, whether or not a stop came between the two names.
        if FileIdentity(setAside + "-wal") == nil { rename(path + "-wal", setAside + "-wal") }
        unlink(path + "-shm")
        StateDirectory.synchronise(setAside)
        guard let salvager = Salvager(setAside) else { throw StateDirectory.failure(errno, at: setAside, in: setAside) }
        let fresh = path + ".new"
        let known = EpochNote.read(beside: path)
        // Without a note of the last epoch the clock gives one that no earlier life can have had.
        let epoch = known.map { $0 + 1 } ?? max(2, now.milliseconds / 1000)
        try salvager.begin(at: fresh, newEpoch: epoch, keys: KeyNote(beside: path))
        let queue = try DatabaseQueue(path: fresh)
        try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF") }
        let deadline = SluiceStore.instant() + Self.patience
        while try queue.write({ try salvager.step(pages: 200, in: $0) }), SluiceStore.instant() < deadline {}
        try queue.close()
        StateDirectory.synchronise(fresh)
        guard rename(fresh, path) == 0 else { throw StateDirectory.failure(errno, at: path, in: path) }
        StateDirectory.synchronise(path)
        return salvager
    }

    /// Gives a file that was copied its last name.
    static func finish(_ setAside: String) -> String {
        let kept = setAside.replacingLast(".salvaging-", with: ".damaged-")
        rename(setAside + "-wal", kept + "-wal")
        rename(setAside, kept)
        StateDirectory.synchronise(kept)
        return kept
    }

    /// `20261122T080000Z`.
    static func stamp(_ moment: Timestamp) -> String {
        let text = moment.rfc3339.filter { $0 != "-" && $0 != ":" }
        return String(text.prefix { $0 != "." && $0 != "Z" }) + "Z"
    }
}

/// The epoch in a file of its own, so that a database that lost it does not begin at 1 again.
enum EpochNote {
    static func read(beside path: String) -> Int64? {
        FileBytes(path + ".epoch").flatMap { file in file.read(at: 0, count: min(file.size, 20)) }
            .flatMap { Int64(String(decoding: $0.prefix { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)) }
    }

    /// A courtesy: a full disk must not keep a store from opening.
    static func write(_ epoch: Int64, beside path: String) {
        guard read(beside: path) != epoch else { return }
        let file = Glibc.open(path + ".epoch", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let text = Array("\(epoch)\n".utf8)
        _ = Glibc.write(file, text, text.count)
        fsync(file)
        close(file)
    }
}

extension String {
    fileprivate func replacingLast(_ old: String, with new: String) -> String {
        var end = endIndex
        while end > startIndex {
            end = index(before: end)
            if self[end...].hasPrefix(old) { return self[..<end] + new + self[end...].dropFirst(old.count) }
        }
        return self
    }
}
