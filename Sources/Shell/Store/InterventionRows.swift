// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Model

extension SluiceStore {
    static func append(_ records: [Judgement.InterventionRecord], in db: Database) throws {
        guard !records.isEmpty else { return }
        let first = try takeNumbers(records.count, in: db)
        for (place, record) in records.enumerated() {
            try db.cachedStatement(
                sql: """
                    INSERT INTO intervention(
                        seq, at, cursor, data_at, kind, subject, person, reason, until_at, body
                    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                first + Int64(place), record.at.milliseconds, record.cursor.value, record.dataTime.milliseconds,
                record.kind, record.subject, record.person, record.reason, record.until?.milliseconds,
                Data(record.body),
            ])
        }
    }

    /// The last intervention that a state of `cursor` knows of those at its cursor. One that is told later at the same
    /// cursor has a larger number, and one at a smaller cursor was told before.
    static func lastTold(_ cursor: String) -> String {
        "coalesce((SELECT max(seq) FROM intervention WHERE cursor = \(cursor)), 0)"
    }

    /// What the analyzer was told beside readings, oldest first.
    public func interventions() async throws -> [Judgement.InterventionRecord] {
        try await read { try Self.interventions(in: $0) }
    }

    /// What the analyzer was told after the state that is saved: nothing, unless it learns anew.
    public func interventionsSinceState() async throws -> [Judgement.InterventionRecord] {
        try await read { db in
            try Self.interventions(
                in: db,
                """
                JOIN analyzer ON intervention.cursor > analyzer.cursor
                    OR intervention.cursor = analyzer.cursor AND intervention.seq > analyzer.told
                ORDER BY intervention.cursor, seq
                """)
        }
    }

    /// What the analyzer was told after a snapshot, up to the reading `end`, in the order in which it was told.
    ///
    /// - Parameter snapshot: Its cursor.
    public func interventions(
        after snapshot: SequenceNumber, through end: SequenceNumber
    ) async throws -> [Judgement.InterventionRecord] {
        try await read { db in
            try Self.interventions(
                in: db,
                """
                JOIN analyzer_snapshot s ON s.cursor = ? AND s.retired = 0
                    AND (intervention.cursor > s.cursor OR intervention.cursor = s.cursor AND intervention.seq > s.told)
                WHERE intervention.cursor <= ?
                ORDER BY intervention.cursor, seq
                """, [snapshot.value, end.value])
        }
    }

    /// All of it from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func interventions(directory: String) throws -> [Judgement.InterventionRecord] {
        try reading(directory) { try interventions(in: $0) }
    }

    /// - Parameter clause: Which ones, and in which order.
    private static func interventions(
        in db: Database, _ clause: String = "ORDER BY seq", _ arguments: StatementArguments = StatementArguments()
    ) throws -> [Judgement.InterventionRecord] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT intervention.at, intervention.cursor, intervention.data_at, until_at, kind, subject, person,
                reason, body FROM intervention \(clause)
                """, arguments: arguments)
        var records: [Judgement.InterventionRecord] = []
        while let row = try rows.next() {
            func text(_ column: Int) -> String { String.fromDatabaseValue(row[column]) ?? "" }
            records.append(
                .init(
                    at: Timestamp(milliseconds: row.integer(0) ?? 0), cursor: SequenceNumber(row.integer(1) ?? 0),
                    dataTime: Timestamp(milliseconds: row.integer(2) ?? 0), kind: text(4), subject: text(5),
                    person: text(6), reason: text(7), until: row.integer(3).map { Timestamp(milliseconds: $0) },
                    body: try row.bytes(8)))
        }
        return records
    }
}
