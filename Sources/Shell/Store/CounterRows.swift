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
        let (rows, newest) = try await read { db in
            (
                try Row.fetchAll(db, sql: "SELECT point, state FROM counter ORDER BY point")
                    .map { (key: $0.integer(0) ?? 0, state: Data(try $0.bytes(1))) },
                try CounterLog.newest(in: db)
            )
        }
        let logged = newest.compactMap { key, state in
            binding.point(key).map { CounterRecord(point: $0, state: state) }
        }
        let folded = rows.compactMap { row -> CounterRecord? in
            guard newest[row.key] == nil, let point = binding.point(row.key) else { return nil }
            do {
                return CounterRecord(point: point, state: try JSONDecoder().decode(CounterState.self, from: row.state))
            } catch {
                logger.error(
                    "A stored counter cannot be read; its total starts anew from the meter's.",
                    metadata: ["point": "\(row.key)", "reason": "\(error)"])
                return nil
            }
        }
        return (folded + logged).sorted { $0.point.value < $1.point.value }
    }

    /// Stores what a person did to counters together with the counters it changed, in one transaction.
    public func save(_ audit: AuditRecord, counters: [CounterRecord]) async throws {
        let states = try Self.rows(of: counters, boundCatalogue())
        try await writeUrgently { db in
            try CounterLog.append(states, in: db)
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

    /// Keys and states of counters that `binding` has.
    static func rows(of counters: [CounterRecord], _ binding: CatalogueBinding) throws -> [CounterLog.State] {
        guard counters.allSatisfy({ binding.pointKeys.indices.contains(Int($0.point.value)) }) else {
            throw StoreError.notBound
        }
        return counters.map { (binding.pointKeys[Int($0.point.value)], $0.state) }
    }
}
