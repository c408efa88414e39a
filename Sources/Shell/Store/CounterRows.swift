// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
import Model
public import Pipeline

extension SluiceStore {
    /// The stored counters of the points that the running configuration has. One that cannot be read is left out and
    /// starts anew with its next reading.
    public func counters() async throws -> [CounterRecord] {
        let binding = try boundCatalogue()
        let rows = try await read { db in
            try Row.fetchAll(db, sql: "SELECT point, state FROM counter ORDER BY point")
                .map { (key: $0.integer(0) ?? 0, state: Data(try $0.bytes(1))) }
        }
        return rows.compactMap { row in
            guard let point = binding.point(row.key) else { return nil }
            do {
                return CounterRecord(point: point, state: try JSONDecoder().decode(CounterState.self, from: row.state))
            } catch {
                logger.error(
                    "A stored counter cannot be read; its total starts anew from the meter's.",
                    metadata: ["point": "\(row.key)", "reason": "\(error)"])
                return nil
            }
        }
    }

    /// Stores what a person did to counters together with the counters it changed, in one transaction.
    public func save(_ audit: AuditRecord, counters: [CounterRecord]) async throws {
        let states = try Self.rows(of: counters, boundCatalogue())
        try await writeUrgently { db in
            try Self.write(states, in: db)
            try Self.append(audit, in: db)
        }
    }

    static func append(_ audit: AuditRecord, in db: Database) throws {
        let number = try takeNumbers(1, in: db)
        let previous = try AuditChain.last(in: db)
        try db.execute(
            sql: """
                INSERT INTO audit(seq, at, actor, action, subject, result, previous_hash, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                number, audit.at.milliseconds, audit.actor, audit.action, audit.subject, audit.result, Data(previous),
                Data(AuditChain.hash(after: previous, audit)),
            ])
    }

    /// Keys and texts of counters that `binding` has.
    static func rows(of counters: [CounterRecord], _ binding: CatalogueBinding) throws -> [(key: Int64, state: Data)] {
        guard counters.allSatisfy({ binding.pointKeys.indices.contains(Int($0.point.value)) }) else {
            throw StoreError.notBound
        }
        let encoder = JSONEncoder()
        return try counters.map { (binding.pointKeys[Int($0.point.value)], try encoder.encode($0.state)) }
    }

    /// Stores counters in the transaction of `db`.
    static func write(_ counters: [(key: Int64, state: Data)], in db: Database) throws {
        guard !counters.isEmpty else { return }
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO counter(point, state) VALUES (?, ?) ON CONFLICT(point) DO UPDATE SET state = excluded.state
                """)
        for counter in counters { try insert.execute(arguments: [counter.key, counter.state]) }
    }
}
