// SPDX-License-Identifier: Apache-2.0

import Failpoints
import GRDB
import Logging
public import Model
public import Pipeline

extension SluiceStore: OutboxStore {
    public func waitingMessages(after: SequenceNumber, limit: Int) async throws -> [OutboxRow] {
        guard limit > 0 else { return [] }
        return try await read { db in
            let days = try OutboxDay.waiting(after: after.value, in: db).map { DaySpan(day: $0.day, first: $0.first) }
            let page = try pageOverDays(days, after: after.value, limit: limit) { day, after, through, limit in
                // The index holds nothing but messages that wait, however many sweeps do.
                let select = try db.cachedStatement(
                    sql: """
                        SELECT seq, topic, payload, retained FROM outbox_\(day) INDEXED BY outbox_\(day)_message
                        WHERE lane = 0 AND state = 0 AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                        """)
                let rows = try Row.fetchCursor(select, arguments: [after, through, limit])
                var found: [(sequence: Int64, content: OutboundMessage)] = []
                while let row = try rows.next() {
                    let message = OutboundMessage(
                        topic: String.fromDatabaseValue(row[1]) ?? "", payload: try row.bytes(2),
                        isRetained: row.integer(3) == 1)
                    found.append((row.integer(0) ?? 0, message))
                }
                return found
            }
            return page.map { OutboxRow(sequence: SequenceNumber($0.sequence), content: .message($0.content)) }
        }
    }

    /// Waiting sweeps above `after`, oldest first.
    ///
    /// A row that cannot be published, because its asset is no longer in the configuration or its bytes cannot be
    /// read, is taken out of the outbox here; the table `gap` keeps how many readings that were, of what and when.
    public func waitingSweeps(after: SequenceNumber, limit: Int) async throws -> [OutboxRow] {
        guard limit > 0 else { return [] }
        let binding = try boundCatalogue()
        var ready: [OutboxRow] = []
        var position = after.value
        while ready.count < limit {
            let (from, wanted) = (position, limit - ready.count)
            let page = try await read { db in
                try Self.sweepPage(after: from, limit: wanted, binding: binding, in: db)
            }
            guard let last = page.last else { break }
            position = last.row.sequence
            var lost: [LostRow] = []
            for entry in page {
                switch entry.row.wholeSweep() {
                case .success(let sweep):
                    ready.append(OutboxRow(sequence: sweep.firstSequence, content: .sweep(sweep)))
                case .failure(let defect):
                    lost.append(LostRow(day: entry.day, row: entry.row, defect: defect))
                }
            }
            if !lost.isEmpty { try await giveUp(lost, binding: binding) }
        }
        return ready
    }

    private struct WaitingSweep {
        var day: Day
        var row: SweepRow
    }

    private static func sweepPage(
        after: Int64, limit: Int, binding: CatalogueBinding, in db: Database
    ) throws -> [WaitingSweep] {
        // A day without a table of readings has messages only.
        let days = try OutboxDay.waiting(after: after, in: db).filter(\.hasReadings)
        let spans = days.map { DaySpan(day: $0.day, first: $0.first) }
        return try pageOverDays(spans, after: after, limit: limit) { day, after, through, limit in
            let select = try db.cachedStatement(
                sql: """
                    SELECT o.seq, \(SweepRow.columns(of: "r"))
                    FROM outbox_\(day) o LEFT JOIN reading_\(day) r ON r.seq = o.seq
                    WHERE o.seq > ? AND o.seq <= ? AND o.state = 0 AND o.lane <> 0 ORDER BY o.seq LIMIT ?
                    """)
            let rows = try Row.fetchCursor(select, arguments: [after, through, limit])
            var found: [(sequence: Int64, content: WaitingSweep)] = []
            while let row = try rows.next() {
                let sweep = try SweepRow(row, binding: binding)
                found.append((sweep.sequence, WaitingSweep(day: day, row: sweep)))
            }
            return found
        }.map(\.content)
    }

    private struct LostRow {
        var day: Day
        var row: SweepRow
        var defect: SweepRow.Defect
    }

    private func giveUp(_ lost: [LostRow], binding: CatalogueBinding) async throws {
        try await write { db in
            var gaps: [Gap.Key: Gap.Extent] = [:]
            for row in lost {
                try db.cachedStatement(sql: "DELETE FROM outbox_\(row.day) WHERE seq = ? AND state = 0")
                    .execute(arguments: [row.row.sequence])
                guard db.changesCount > 0 else { continue }
                try OutboxDay.noteSettled(1, on: row.day, in: db)
                let path = try String.fetchOne(
                    db, sql: "SELECT path FROM asset WHERE id = ?", arguments: [row.row.assetKey])
                let cause = row.defect == .unknown ? "removed_from_configuration" : "unreadable"
                gaps[Gap.Key(path: path ?? "", cause: cause), default: Gap.Extent()].add(row.row)
            }
            for (key, extent) in gaps {
                try Gap.insert(
                    StoredGap(
                        path: key.path, from: extent.from, to: extent.to, cause: key.cause, readings: extent.readings),
                    in: db)
            }
        }
        for row in lost {
            logger.error(
                "A stored sweep cannot be published; its readings are counted as a gap.",
                metadata: ["sequence": "\(row.row.sequence)", "cause": "\(row.defect)"])
        }
    }

    public func markSent(_ rows: [SequenceNumber], at wall: Timestamp) async throws {
        try Failpoint.reach(.outboxAcknowledged)
        guard let first = rows.min(), let last = rows.max() else { return }
        let numbers = Self.jsonList(rows)
        try await write { db in
            let days = try Int64.fetchAll(
                db, sql: "SELECT day FROM outbox_day WHERE waiting > 0 AND first <= ? AND last >= ?",
                arguments: [last.value, first.value])
            for day in days.map(Day.init(number:)) {
                try db.cachedStatement(
                    sql: """
                        UPDATE outbox_\(day) SET state = 2, sent_at = ?
                        WHERE state = 0 AND seq IN (SELECT value FROM json_each(?))
                        """
                ).execute(arguments: [wall.milliseconds, numbers])
                try OutboxDay.noteSettled(db.changesCount, on: day, in: db)
            }
        }
    }

    public func latestSent() async throws -> Timestamp? {
        try await read { db in
            let newest = try OutboxDay.all(in: db).compactMap { day in
                try Int64.fetchOne(
                    db, sql: "SELECT max(sent_at) FROM outbox_\(day) INDEXED BY outbox_\(day)_sent WHERE state = 2")
            }
            return newest.max().map { Timestamp(milliseconds: $0) }
        }
    }

    /// Sweeps come back in the lane of late ones.
    public func returnToWaiting(sentSince since: Timestamp) async throws -> Int {
        try await write { db in
            var returned = 0
            for day in try OutboxDay.all(in: db) {
                let sent = "outbox_\(day) INDEXED BY outbox_\(day)_sent"
                let first = try Int64.fetchOne(
                    db, sql: "SELECT min(seq) FROM \(sent) WHERE state = 2 AND sent_at >= ?",
                    arguments: [since.milliseconds])
                guard let first else { continue }
                try db.execute(
                    sql: """
                        UPDATE \(sent) SET state = 0, sent_at = NULL, lane = iif(lane = 1, 2, lane)
                        WHERE state = 2 AND sent_at >= ?
                        """, arguments: [since.milliseconds])
                let count = db.changesCount
                try OutboxDay.noteReturned(count, from: first, on: day, in: db)
                returned += count
            }
            return returned
        }
    }

    /// Days that are over and have no rows left are dropped as well.
    public func removeConfirmed(sentBefore before: Timestamp) async throws -> Int {
        try await write { db in
            var removed = 0
            let days = try OutboxDay.all(in: db)
            for day in days {
                try db.cachedStatement(
                    sql: """
                        DELETE FROM outbox_\(day) INDEXED BY outbox_\(day)_sent WHERE state = 2 AND sent_at < ?
                        """
                ).execute(arguments: [before.milliseconds])
                removed += db.changesCount
                if day != days.last, try OutboxDay.isEmpty(day, in: db) { try OutboxDay.drop(day, in: db) }
            }
            return removed
        }
    }

    public func backlog() async throws -> (rows: Int, oldest: Timestamp?) {
        try await read { db in
            let days = try OutboxDay.waiting(after: 0, in: db)
            let rows = days.reduce(0) { $0 + $1.rows }
            guard let day = days.first else { return (0, nil) }
            let join = day.hasReadings ? "LEFT JOIN reading_\(day.day) r ON r.seq = o.seq" : ""
            let wall = day.hasReadings ? "coalesce(o.stored_at, r.wall)" : "o.stored_at"
            let oldest = try Int64.fetchOne(
                db, sql: "SELECT \(wall) FROM outbox_\(day.day) o \(join) WHERE o.seq = ?", arguments: [day.first])
            return (Int(rows), oldest.map { Timestamp(milliseconds: $0) })
        }
    }

    /// Readings that were given up since the store was made, by cause, such as `quota_dropped`.
    public func givenUpReadings() async throws -> [(cause: String, readings: Int64)] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT cause, sum(readings) FROM gap GROUP BY cause ORDER BY cause").compactMap {
                guard let cause = String.fromDatabaseValue($0[0]) else { return nil }
                return (cause, $0.integer(1) ?? 0)
            }
        }
    }

    /// `[1,2,3]`, so that one bound value carries any number of rows.
    private static func jsonList(_ rows: [SequenceNumber]) -> String {
        "[" + rows.map { String($0.value) }.joined(separator: ",") + "]"
    }
}

/// Readings that will never reach the far end.
enum Gap {
    struct Key: Hashable {
        var path: String
        var cause: String
    }

    struct Extent {
        var from = Timestamp(milliseconds: .max)
        var to = Timestamp(milliseconds: .min)
        var readings: Int64 = 0

        mutating func add(_ row: SweepRow) {
            from = min(from, row.receivedWall)
            to = max(to, row.receivedWall)
            readings += max(row.count, 0)
        }
    }

    static func insert(_ gap: StoredGap, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO gap(path, from_at, to_at, cause, readings) VALUES (?, ?, ?, ?, ?)",
            arguments: [gap.path, gap.from?.milliseconds, gap.to?.milliseconds, gap.cause, gap.readings])
    }
}
