// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Model

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

    /// What the analyzer was told beside readings, oldest first.
    public func interventions() async throws -> [Judgement.InterventionRecord] {
        try await pool.read { try Self.interventions(in: $0) }
    }

    /// The same from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func interventions(directory: String) throws -> [Judgement.InterventionRecord] {
        try reading(directory) { try interventions(in: $0) }
    }

    private static func interventions(in db: Database) throws -> [Judgement.InterventionRecord] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT at, cursor, data_at, until_at, kind, subject, person, reason, body
                FROM intervention ORDER BY seq
                """)
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
