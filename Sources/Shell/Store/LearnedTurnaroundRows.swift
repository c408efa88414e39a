// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import ModbusCodec
public import Pipeline

extension SluiceStore {
    /// Stores how long one device takes to answer, in place of what was stored for its unit on its bus.
    public func save(_ learned: LearnedTurnaround) async throws {
        try await write { db in
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO learned_turnaround(
                        bus, unit, profile, median_nanoseconds, p99_nanoseconds, learned_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                learned.bus.text, Int64(learned.unit.value), learned.fingerprint, learned.median.storedNanoseconds,
                learned.p99.storedNanoseconds, learned.learnedAt.milliseconds,
            ])
        }
    }

    /// What was learned of every device, by bus and unit; a row that makes no sense is left out.
    public func learnedTurnarounds() async throws -> [LearnedTurnaround] {
        try await read { try Self.learnedTurnarounds(in: $0) }
    }

    /// The same from the database of a state directory that another process may be working in; empty when there is
    /// none yet, or one from before anything was learned.
    ///
    /// - Throws: ``StoreError`` for a file that is no database of this program, or what SQLite reports.
    public static func learnedTurnarounds(inDirectory directory: String) throws -> [LearnedTurnaround] {
        try readLearned(inDirectory: directory, table: "learned_turnaround") { try learnedTurnarounds(in: $0) } ?? []
    }

    private static func learnedTurnarounds(in db: Database) throws -> [LearnedTurnaround] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT unit, median_nanoseconds, p99_nanoseconds, learned_at, bus, profile
                FROM learned_turnaround ORDER BY bus, unit
                """)
        return rows.compactMap { row in
            guard let unit = row.integer(0).flatMap({ UInt8(exactly: $0) }), let median = row.integer(1),
                let p99 = row.integer(2), let at = row.integer(3), let bus = String.fromDatabaseValue(row[4]),
                let profile = String.fromDatabaseValue(row[5]), 0 <= median, median <= p99, p99 <= longest
            else { return nil }
            return LearnedTurnaround(
                bus: BusIdentifier(bus), unit: UnitIdentifier(unit), fingerprint: profile, median: .nanoseconds(median),
                p99: .nanoseconds(p99), learnedAt: Timestamp(milliseconds: at))
        }
    }

    /// An hour, in nanoseconds: no device takes longer.
    private static let longest: Int64 = 3_600_000_000_000
}

extension Duration {
    fileprivate var storedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 3600) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
