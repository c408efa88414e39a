// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
import Model
public import Prevention

extension SluiceStore {
    static func append(_ record: WorkRecord, in db: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try db.cachedStatement(
            sql: """
                INSERT INTO work_record(id, work, asset, done_on, at, keep_until_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """
        ).execute(arguments: [
            record.identifier, record.work.text, record.asset.text, record.doneOn.compact,
            record.writtenAt.milliseconds, record.keepUntil.milliseconds, try encoder.encode(record),
        ])
    }

    /// Planned works that were done, in the order in which they were written. One that cannot be read is logged and left
    /// out: its work is asked for again, which is better than a gateway that does not start.
    public func workRecords() async throws -> [WorkRecord] {
        let logger = logger
        return try await read {
            try Self.workRecords(in: $0) { logger.error("A record of planned work cannot be read.") }
        }
    }

    /// The same from the database of a gateway that may be running.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func workRecords(inDirectory directory: String) throws -> [WorkRecord] {
        try reading(directory) { try workRecords(in: $0) {} }
    }

    private static func workRecords(in db: Database, unreadable: () -> Void) throws -> [WorkRecord] {
        let decoder = JSONDecoder()
        let rows = try Row.fetchCursor(db, sql: "SELECT body FROM work_record ORDER BY rowid")
        var records: [WorkRecord] = []
        while let row = try rows.next() {
            if let record = try? decoder.decode(WorkRecord.self, from: Data(try row.bytes(0))) {
                records.append(record)
            } else {
                unreadable()
            }
        }
        return records
    }
}
