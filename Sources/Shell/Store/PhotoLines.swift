// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Model
import Pipeline
import Synchronization

/// What the log of tickets says of photos, for copies and for a look through a database.
enum PhotoLines {
    /// The part of a ticket's line that speaks of a photo.
    private struct Line: Decodable {
        struct Kind: Decodable {
            struct Photo: Decodable { var sha256: String }
            struct Values: Decodable { var _0: Photo }
            var photographed: Values?
        }
        var kind: Kind
    }

    /// Hashes that the log names, each once, oldest first.
    static func all(in db: Database) throws -> [String] {
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT body FROM ticket_event WHERE instr(body, CAST('\"photographed\"' AS BLOB)) > 0 ORDER BY seq")
        let decoder = JSONDecoder()
        var hashes: [String] = []
        var seen: Set<String> = []
        while let row = try rows.next() {
            // A text may hold the word as well.
            let line = try? decoder.decode(Line.self, from: Data(try row.bytes(0)))
            guard let hash = line?.kind.photographed?._0.sha256, seen.insert(hash).inserted else { continue }
            hashes.append(hash)
        }
        return hashes
    }

    static let deletion = "photo-deleted"

    /// Hashes that were deleted when their time was over.
    static func deleted(in db: Database) throws -> Set<String> {
        Set(try String.fetchAll(db, sql: "SELECT subject FROM audit WHERE action = ?", arguments: [deletion]))
    }

    /// Those that must be beside the database.
    static func kept(in db: Database) throws -> [String] {
        let gone = try deleted(in: db)
        return try all(in: db).filter { !gone.contains($0) }
    }
}

extension SluiceStore {
    /// The photos of the tickets.
    public var photos: PhotoFolder { PhotoFolder(beside: Self.folder(of: databasePath)) }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Writes a photo where there is room for it: photos take a quarter of the store at most, and never the reserve.
    ///
    /// - Returns: Its hash; `nil` when there is no room.
    /// - Throws: ``StoreError``.
    public func keep(photo bytes: [UInt8]) async throws -> String? {
        try await withTaskExecutorPreference(thread) {
            let limit = state.withLock { $0.quota.map { $0.maximum / 4 } } ?? .max
            guard photoBytes + Int64(bytes.count) <= limit else { return nil }
            // What is left after it is for tickets and readings.
            let free = StateDirectory.freeBytes(at: Self.folder(of: databasePath)) ?? .max
            guard free - Int64(bytes.count) > 8 << 20 else { return nil }
            let hash = try photos.write(bytes)
            recountPhotos()
            return hash
        }
    }

    /// Bytes of the photos; counted when they have changed.
    var photoBytes: Int64 {
        if let known = state.withLock({ $0.photoBytes }) { return known }
        let counted = photos.usedBytes
        state.withLock { $0.photoBytes = counted }
        return counted
    }

    /// Photos came or went: the database has the room that they leave.
    func recountPhotos() {
        state.withLock { $0.photoBytes = nil }
        let (quota, isGivenUp) = state.withLock { ($0.quota, $0.isReserveGivenUp) }
        guard let quota else { return }
        try? Self.limitPages(of: pool, to: pageRoom(of: quota) + (isGivenUp ? quota.reserve : 0))
    }

    /// Bytes that the pages of the database may take beside the photos and the history.
    func pageRoom(of quota: StorageQuota) -> Int64 {
        max(quota.maximum - photoBytes - historyBytes, quota.maximum / 2)
    }

    /// Deletes files that no line of a ticket speaks of.
    ///
    /// - Returns: How many.
    public func sweepPhotos() async throws -> Int {
        let kept = try await read { Set(try PhotoLines.kept(in: $0)) }
        let deleted = photos.sweep(keeping: kept)
        if deleted > 0 { await withTaskExecutorPreference(thread) { recountPhotos() } }
        return deleted
    }

    /// Deletes photos whose time is over, and says so in the audit first.
    public func delete(photos hashes: [String], at now: Timestamp) async throws {
        guard !hashes.isEmpty else { return }
        try await writeUrgently { db in
            let gone = try PhotoLines.deleted(in: db)
            for hash in hashes where !gone.contains(hash) {
                try Self.append(
                    AuditRecord(
                        at: now, actor: "sluice", action: PhotoLines.deletion, subject: hash, result: "its time is over"
                    ),
                    in: db)
            }
        }
        for hash in hashes { photos.remove(hash) }
        await withTaskExecutorPreference(thread) { recountPhotos() }
    }
}
