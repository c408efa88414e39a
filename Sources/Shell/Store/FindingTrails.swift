// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Model

/// A stored trail of a finding.
public struct StoredTrail: Hashable, Sendable {
    /// The analyzer's state before the readings, in the form of `version`.
    public var snapshot: Judgement.Snapshot
    public var readings: [UInt8]
    /// What the analyzer was told between them; `nil` for nothing.
    public var told: [UInt8]?
    public var raised: [UInt8]
}

extension SluiceStore {
    /// Snapshots that no finding needs go when they are older than this: as long as ordinary readings are kept.
    static let snapshotLife: Duration = .seconds(35 * 86_400)
    /// Trails that are kept, the newest ones: a tenth of a megabyte each is usual.
    static let keptTrails = 1000

    static func write(_ snapshot: Judgement.Snapshot, in db: Database) throws {
        let state = Deflated(snapshot.state)
        try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO analyzer_snapshot(cursor, told, retired, version, data_at, length, state)
                VALUES (?1, \(lastTold("?1")), 0, ?2, ?3, ?4, ?5)
                """
        ).execute(arguments: [
            snapshot.cursor.value, snapshot.version, snapshot.dataTime.milliseconds, state.length, Data(state.bytes),
        ])
        try db.cachedStatement(
            sql: """
                DELETE FROM analyzer_snapshot WHERE data_at < ? AND cursor < ?
                AND NOT EXISTS (SELECT 1 FROM finding_trail WHERE snapshot = analyzer_snapshot.id)
                """
        ).execute(arguments: [(snapshot.dataTime - snapshotLife).milliseconds, snapshot.cursor.value])
    }

    static func write(_ trail: Judgement.TrailRecord, in db: Database) throws {
        let readings = Deflated(trail.readings)
        try db.cachedStatement(
            sql: """
                INSERT INTO finding_trail(finding, snapshot, length, readings, told, raised)
                SELECT ?, id, ?, ?, ?, ? FROM analyzer_snapshot WHERE cursor = ? AND retired = 0
                ON CONFLICT (finding) DO UPDATE SET snapshot = excluded.snapshot, length = excluded.length,
                readings = excluded.readings, told = excluded.told, raised = excluded.raised
                """
        ).execute(arguments: [
            trail.finding.text, readings.length, Data(readings.bytes), trail.told.map { Data($0) }, Data(trail.raised),
            trail.snapshot.value,
        ])
        try db.cachedStatement(
            sql: "DELETE FROM finding_trail WHERE id <= (SELECT max(id) FROM finding_trail) - \(keptTrails)"
        ).execute()
    }

    /// Cursors and data times of the snapshots that are not retired, oldest first.
    public func snapshotTimes() async throws -> [(cursor: SequenceNumber, dataTime: Timestamp)] {
        try await read { db in
            let sql = "SELECT cursor, data_at FROM analyzer_snapshot WHERE retired = 0 ORDER BY cursor"
            return try Row.fetchAll(db, sql: sql).map {
                (SequenceNumber($0.integer(0) ?? 0), Timestamp(milliseconds: $0.integer(1) ?? 0))
            }
        }
    }

    /// Retires every snapshot, for an analyzer that learns anew: only findings that were found from one keep it.
    public func retireSnapshots() async throws {
        try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM analyzer_snapshot
                    WHERE NOT EXISTS (SELECT 1 FROM finding_trail WHERE snapshot = analyzer_snapshot.id);
                    UPDATE analyzer_snapshot SET retired = 1 WHERE retired = 0
                    """)
        }
    }

    /// What a finding was found with; `nil` when nothing is kept of it.
    ///
    /// - Throws: ``StoreError/damaged(path:detail:)`` when it cannot be unpacked.
    public func trail(of finding: FindingIdentifier) async throws -> StoredTrail? {
        let path = databasePath
        return try await read { try Self.trail(of: finding, in: $0, path: path) }
    }

    /// The same from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func trail(of finding: FindingIdentifier, directory: String) throws -> StoredTrail? {
        let path = "\(directory)/sluice.db"
        return try reading(directory) { try trail(of: finding, in: $0, path: path) }
    }

    private static func trail(of finding: FindingIdentifier, in db: Database, path: String) throws -> StoredTrail? {
        guard
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT s.version, s.cursor, s.data_at, s.length, s.state, t.length, t.readings, t.raised, t.told
                    FROM finding_trail t JOIN analyzer_snapshot s ON s.id = t.snapshot WHERE t.finding = ?
                    """, arguments: [finding.text])
        else { return nil }
        let state = Deflated(length: Int(row.integer(3) ?? -1), bytes: try row.bytes(4)).plain
        let readings = Deflated(length: Int(row.integer(5) ?? -1), bytes: try row.bytes(6)).plain
        guard let state, let readings else {
            throw StoreError.damaged(path: path, detail: "the trail of finding \(finding) cannot be unpacked")
        }
        return StoredTrail(
            snapshot: .init(
                version: Int(row.integer(0) ?? 0), cursor: SequenceNumber(row.integer(1) ?? 0),
                dataTime: Timestamp(milliseconds: row.integer(2) ?? 0), state: state),
            readings: readings, told: row.hasNull(atIndex: 8) ? nil : try row.bytes(8), raised: try row.bytes(7))
    }
}
