// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model

/// The outbox of a site whose consumer confirms what it has stored.
extension SluiceStore {
    public func lastSequence() async throws -> SequenceNumber {
        try await read { SequenceNumber(try Self.nextNumber(in: $0) - 1) }
    }

    public func sentRows(after: SequenceNumber, limit: Int) async throws -> [SequenceNumber] {
        try await read { db in
            let waiting = try Int64.fetchOne(db, sql: "SELECT min(first_waiting) FROM outbox_day WHERE waiting > 0")
            let days = try Int64.fetchAll(
                db, sql: "SELECT day FROM outbox_day WHERE last > ? ORDER BY day", arguments: [after.value])
            var found: [SequenceNumber] = []
            for day in days.map(Day.init(number:)) where found.count < limit {
                // A message without a text removes a retained one; there is nothing in it that could be acknowledged.
                let select = try db.cachedStatement(
                    sql: """
                        SELECT seq FROM outbox_\(day)
                        WHERE seq > ? AND seq < ? AND state = 2 AND NOT (lane = 0 AND length(payload) = 0)
                        ORDER BY seq LIMIT ?
                        """)
                let rows = try Int64.fetchAll(
                    select, arguments: [after.value, waiting ?? .max, limit - found.count])
                found += rows.map { SequenceNumber($0) }
            }
            return found
        }
    }

    public func removeConfirmed(through: SequenceNumber) async throws -> Int {
        try await write { db in
            var removed = 0
            let days = try OutboxDay.all(in: db)
            for day in days {
                try db.cachedStatement(sql: "DELETE FROM outbox_\(day) WHERE seq <= ? AND state = 2")
                    .execute(arguments: [through.value])
                removed += db.changesCount
                if day != days.last, try OutboxDay.isEmpty(day, in: db) { try OutboxDay.drop(day, in: db) }
            }
            return removed
        }
    }

    public func returnToWaiting(sentAbove above: SequenceNumber) async throws -> Int {
        try await write { db in
            var returned = 0
            for day in try OutboxDay.all(in: db) {
                let first = try Int64.fetchOne(
                    db, sql: "SELECT min(seq) FROM outbox_\(day) WHERE state = 2 AND seq > ?",
                    arguments: [above.value])
                guard let first else { continue }
                try db.execute(
                    sql: """
                        UPDATE outbox_\(day) SET state = 0, sent_at = NULL, lane = iif(lane = 1, 2, lane)
                        WHERE state = 2 AND seq > ?
                        """, arguments: [above.value])
                let count = db.changesCount
                try OutboxDay.noteReturned(count, from: first, on: day, in: db)
                returned += count
            }
            return returned
        }
    }
}
