// SPDX-License-Identifier: Apache-2.0

import Failpoints
import FoundationEssentials
import GRDB
public import Model
public import Pipeline
import Synchronization

extension SluiceStore {
    /// Stores sweeps and, when they are to be published, their outbox rows in one transaction.
    ///
    /// Each reading takes one number of its own, in the order given. A sweep without readings is left out.
    ///
    /// - Parameter publishes: Whether the sweeps go out over MQTT as well.
    /// - Returns: The sweeps with their numbers; they are durable now.
    /// - Throws: ``StoreError/notBound``, or what SQLite reports; then nothing was stored and no number was used.
    public func append(_ sweeps: [Sweep], publishes: Bool) async throws -> [StoredSweep] {
        let filled = sweeps.contains { $0.readings.isEmpty } ? sweeps.filter { !$0.readings.isEmpty } : sweeps
        return try await append(filled.map { ($0, publishes) })
    }

    /// The same with a decision for each sweep.
    ///
    /// - Parameters:
    ///   - filled: Sweeps with readings, and whether each goes out over MQTT as well.
    ///   - counters: The counters that these sweeps have changed.
    ///   - notes: What these counters showed beside their counts.
    ///   - messages: What goes out over MQTT because of them.
    /// - Returns: All sweeps with their numbers, in the order given; they are durable now.
    public func append(
        _ filled: [(sweep: Sweep, isPublished: Bool)], counters: [CounterRecord] = [], notes: [CounterNote] = [],
        messages: [OutboundMessage] = []
    ) async throws -> [StoredSweep] {
        let binding = try boundCatalogue()
        guard filled.allSatisfy({ binding.covers($0.sweep) }),
            (counters.map(\.point) + notes.map(\.point)).allSatisfy({
                binding.pointKeys.indices.contains(Int($0.value))
            })
        else { throw StoreError.notBound }
        guard let last = filled.last?.sweep else { return [] }
        let bootKey = bootKey
        let states = try Self.rows(of: counters, binding)
        let isUnknown = filled.contains { $0.sweep.timeQuality == .unsynced }
        // Proofs of the fault suite, in debug builds.
        let filled = Failpoint.breaks(.outboxForget) ? filled.map { ($0.sweep, false) } : filled
        let forgets = Failpoint.breaks(.storeForget)
        let notesClock = isUnknown && !state.withLock { $0.isUnknownClockNoted }
        let first = try await write { db in
            try demandRoom(in: db)
            var appender = try ReadingAppender(db: db, binding: binding, bootKey: bootKey)
            try CounterLog.append(states, in: db)
            let first = try appender.append(filled)
            if notesClock { try UnknownClock.note(first, of: bootKey, in: db) }
            try Self.write(notes, binding, in: db)
            try Self.queue(messages, at: last.receivedWall, in: db)
            if forgets {
                try db.execute(sql: "DELETE FROM reading_\(Day(of: last.receivedWall)) WHERE seq >= \(first)")
            }
            return first
        }
        if notesClock { state.withLock { $0.isUnknownClockNoted = true } }
        latestWall = last.receivedWall
        var next = first
        return filled.map { sweep, _ in
            defer { next += Int64(sweep.readings.count) }
            return StoredSweep(firstSequence: SequenceNumber(next), sweep: sweep)
        }
    }
}

/// Writes the rows of one transaction.
private struct ReadingAppender {
    /// What this transaction brings to one day.
    private struct DayRows {
        var day: Day
        var insert: Statement
        var first: Int64
        var last: Int64
        /// Sweeps of it.
        var count: Int64
        /// Numbers of those that go out over MQTT, rising.
        var published: [Int64] = []
    }

    let db: Database
    let binding: CatalogueBinding
    let bootKey: Int64
    private var days: [DayRows] = []
    private var body = PackedWriter()

    init(db: Database, binding: CatalogueBinding, bootKey: Int64) throws {
        self.db = db
        self.binding = binding
        self.bootKey = bootKey
    }

    /// - Returns: The number of the first reading.
    mutating func append(_ sweeps: [(sweep: Sweep, isPublished: Bool)]) throws -> Int64 {
        let start = try SluiceStore.takeNumbers(sweeps.reduce(0) { $0 + $1.sweep.readings.count }, in: db)
        var sequence = start
        // Sweeps come in bursts of the same day, so the day of the one before is tried first.
        var current = -1
        for (sweep, isPublished) in sweeps {
            let day = Day(of: sweep.receivedWall)
            if current < 0 || days[current].day != day { current = try place(of: day, from: sequence) }
            try insert(sweep, sequence, days[current].insert)
            days[current].last = sequence
            days[current].count += 1
            if isPublished { days[current].published.append(sequence) }
            sequence += Int64(sweep.readings.count)
        }
        for rows in days {
            try db.cachedStatement(sql: "UPDATE reading_day SET last = max(last, ?) WHERE day = ?")
                .execute(arguments: [rows.last, rows.day.number])
            try publish(rows)
        }
        return start
    }

    private mutating func insert(_ sweep: Sweep, _ sequence: Int64, _ statement: Statement) throws {
        let pointKeys = binding.pointKeys
        body.removeAll()
        ReadingBody.write(sweep.readings, receivedWall: sweep.receivedWall, to: &body) { pointKeys[Int($0.value)] }
        try statement.execute(arguments: [
            sequence, binding.assetKeys[Int(sweep.asset.value)], bootKey, sweep.receivedAt.nanoseconds,
            sweep.receivedWall.milliseconds, Int64(sweep.timeQuality.rawValue), Int64(sweep.readings.count),
            Data(body.bytes),
        ])
    }

    private mutating func place(of day: Day, from sequence: Int64) throws -> Int {
        if let place = days.firstIndex(where: { $0.day == day }) { return place }
        let known = try db.cachedStatement(sql: "SELECT 1 FROM reading_day WHERE day = ?")
        if try Int.fetchOne(known, arguments: [day.number]) == nil {
            try Schema.createReadings(day, in: db)
            try db.execute(
                sql: "INSERT INTO reading_day(day, first, last) VALUES (?, ?, ?)",
                arguments: [day.number, sequence, sequence])
        }
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO reading_\(day)(seq, asset, boot, instant, wall, time_quality, count, body)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        days.append(DayRows(day: day, insert: insert, first: sequence, last: sequence, count: 0))
        return days.count - 1
    }

    private func publish(_ rows: DayRows) throws {
        guard let first = rows.published.first, let last = rows.published.last else { return }
        try OutboxDay.prepare(rows.day, from: first, in: db)
        let count = Int64(rows.published.count)
        if count == rows.count {
            // One statement for all rows of the transaction is cheaper than one for each.
            try db.cachedStatement(
                sql: """
                    INSERT INTO outbox_\(rows.day)(seq, lane, state)
                    SELECT seq, 1, 0 FROM reading_\(rows.day) WHERE seq >= ?
                    """
            ).execute(arguments: [first])
        } else {
            let insert = try db.cachedStatement(
                sql: "INSERT INTO outbox_\(rows.day)(seq, lane, state) VALUES (?, 1, 0)")
            for number in rows.published { try insert.execute(arguments: [number]) }
        }
        try OutboxDay.noteWaiting(count, from: first, to: last, on: rows.day, in: db)
    }
}
