// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Logging
public import Model
import Outbox
import Pipeline

extension SluiceStore {
    /// Stores everything in `judgement` in one transaction; an empty one costs nothing.
    ///
    /// - Parameter moment: When it came about; `nil` for the time of the newest sweep.
    /// - Throws: ``StoreError/duplicateTicketEvent(identifier:ticket:index:)``, or what SQLite reports; then nothing
    ///   of it was stored.
    public func save(_ judgement: Judgement, at moment: Timestamp? = nil) async throws {
        guard !judgement.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let findings = try judgement.findings.map { (finding: $0, body: try encoder.encode($0)) }
        let wall = moment ?? latestWall
        let counters = try judgement.exchange.map { try Self.rows(of: $0.counters, boundCatalogue()) } ?? []
        try await writeUrgently { db in
            try Self.append(judgement.interventions, in: db)
            try Self.write(judgement.announcements, in: db)
            if let exchange = judgement.exchange {
                try CounterLog.append(counters, in: db)
                try Self.append(exchange.audit, in: db)
            }
            if let analyzer = judgement.analyzer { try Self.write(analyzer, at: wall, in: db) }
            // A new snapshot lets old ones go, but none that a trail needs.
            for trail in judgement.trails { try Self.write(trail, in: db) }
            if let snapshot = judgement.snapshot { try Self.write(snapshot, in: db) }
            for (finding, body) in findings { try Self.write(finding, body, in: db) }
            for alarm in judgement.alarms {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO alarm(id, state, body) VALUES (?, ?, ?)
                        ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body
                        """
                ).execute(arguments: [alarm.identifier, alarm.state, Data(alarm.body)])
            }
            try Self.append(judgement.alarmEvents, at: wall, in: db)
            if let incidents = judgement.incidents {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO incident(id, body) VALUES (1, ?)")
                    .execute(arguments: [Data(incidents)])
            }
            try Self.append(judgement.ticketEvents, in: db)
            for ticket in judgement.tickets {
                try db.cachedStatement(
                    sql: """
                        INSERT INTO ticket(number, state, body) VALUES (?, ?, ?)
                        ON CONFLICT (number) DO UPDATE SET state = excluded.state, body = excluded.body
                        """
                ).execute(arguments: [ticket.number, ticket.state, Data(ticket.body)])
            }
            try Self.append(judgement.notices, in: db)
            for work in judgement.works { try Self.append(work, in: db) }
            for answer in judgement.answers { try Self.write(answer, in: db) }
            try Self.queue(judgement.messages, at: wall, in: db)
        }
    }

    private static func write(_ analyzer: Judgement.AnalyzerState, at wall: Timestamp, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO analyzer(id, version, cursor, told, state, saved_at)
                VALUES (1, ?1, ?2, \(lastTold("?2")), ?3, ?4)
                """
        ).execute(arguments: [analyzer.version, analyzer.cursor.value, Data(analyzer.state), wall.milliseconds])
    }

    private static func write(_ finding: Finding, _ body: Data, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO finding(id, asset, rule, raised_at, cleared_at, body) VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            finding.identifier.text, finding.asset.text, finding.rule.text, finding.raisedAt.milliseconds,
            finding.clearedAt?.milliseconds, body,
        ])
    }

    private static func append(
        _ events: [Judgement.AlarmEventRecord], at wall: Timestamp, in db: Database
    ) throws {
        guard !events.isEmpty else { return }
        let first = try takeNumbers(events.count, in: db)
        for (place, event) in events.enumerated() {
            try db.cachedStatement(
                sql: """
                    INSERT INTO alarm_event(seq, at, alarm, event, state, person, reason) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                first + Int64(place), wall.milliseconds, event.alarm, event.event, event.state, event.person,
                event.reason,
            ])
        }
    }

    private static func append(_ events: [Judgement.TicketEventRecord], in db: Database) throws {
        guard !events.isEmpty else { return }
        let first = try takeNumbers(events.count, in: db)
        var hash = try lastHash(in: db)
        for (place, event) in events.enumerated() {
            do {
                try db.cachedStatement(
                    sql: "INSERT INTO ticket_event(seq, id, ticket, idx, at, body) VALUES (?, ?, ?, ?, ?, ?)"
                ).execute(arguments: [
                    first + Int64(place), event.identifier, event.ticket, event.index, event.at.milliseconds,
                    Data(event.body),
                ])
                hash = LineChain.hash(after: hash, event)
                try db.cachedStatement(sql: "INSERT INTO ticket_chain(seq, hash) VALUES (?, ?)")
                    .execute(arguments: [first + Int64(place), Data(hash)])
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw StoreError.duplicateTicketEvent(
                    identifier: event.identifier, ticket: event.ticket, index: event.index)
            }
        }
    }

    static func queue(_ messages: [OutboundMessage], at wall: Timestamp, in db: Database) throws {
        guard !messages.isEmpty else { return }
        let first = try takeNumbers(messages.count, in: db)
        let day = Day(of: wall)
        try OutboxDay.prepare(day, from: first, in: db)
        for (place, message) in messages.enumerated() {
            try db.cachedStatement(
                sql: """
                    INSERT INTO outbox_\(day)(seq, lane, state, stored_at, topic, payload, retained)
                    VALUES (?, ?, 0, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                first + Int64(place), Int64(DeliveryLane.alarm.rawValue), wall.milliseconds, message.topic,
                Data(message.payload), message.isRetained,
            ])
        }
        let count = Int64(messages.count)
        try OutboxDay.noteWaiting(count, from: first, to: first + count - 1, on: day, in: db)
    }

    /// The analyzer's state as it was saved last; `nil` in a new store.
    public func analyzerState() async throws -> Judgement.AnalyzerState? {
        try await read { try Self.analyzerState(in: $0) }
    }

    /// The same from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func analyzerState(directory: String) throws -> Judgement.AnalyzerState? {
        try reading(directory) { try analyzerState(in: $0) }
    }

    private static func analyzerState(in db: Database) throws -> Judgement.AnalyzerState? {
        guard let row = try Row.fetchOne(db, sql: "SELECT version, cursor, state FROM analyzer") else { return nil }
        return Judgement.AnalyzerState(
            version: Int(row.integer(0) ?? 0), cursor: SequenceNumber(row.integer(1) ?? 0), state: try row.bytes(2))
    }

    /// Findings, the one raised last first; one that cannot be read is logged and left out.
    ///
    /// - Parameter openOnly: Leaves out those that were cleared.
    public func findings(openOnly: Bool = false, limit: Int) async throws -> [Finding] {
        let bodies = try await read { try Self.findingBodies(openOnly: openOnly, limit: limit, in: $0) }
        return Self.findings(bodies, logger)
    }

    /// The same from the database of a gateway that may be running, without a lock on its state directory.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func findings(
        openOnly: Bool, limit: Int, directory: String, logger: Logger
    ) throws -> [Finding] {
        let bodies = try reading(directory) { try findingBodies(openOnly: openOnly, limit: limit, in: $0) }
        return findings(bodies, logger)
    }

    private static func findingBodies(openOnly: Bool, limit: Int, in db: Database) throws -> [(String, Data)] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, body FROM finding \(openOnly ? "WHERE cleared_at IS NULL" : "")
                ORDER BY raised_at DESC, id LIMIT ?
                """, arguments: [limit])
        var bodies: [(String, Data)] = []
        while let row = try rows.next() {
            bodies.append((String.fromDatabaseValue(row[0]) ?? "", Data(try row.bytes(1))))
        }
        return bodies
    }

    private static func findings(_ bodies: [(String, Data)], _ logger: Logger) -> [Finding] {
        let decoder = JSONDecoder()
        return bodies.compactMap { identifier, body in
            do {
                return try decoder.decode(Finding.self, from: body)
            } catch {
                logger.error(
                    "A stored finding cannot be read and is left out.",
                    metadata: ["finding": "\(identifier)", "reason": "\(error)"])
                return nil
            }
        }
    }

    /// Bodies of all alarms, in the order of their identifiers.
    public func alarmBodies() async throws -> [[UInt8]] {
        try await bodies("SELECT body FROM alarm ORDER BY id")
    }

    /// The incidents as they were saved last; `nil` before there were any.
    public func incidentBody() async throws -> [UInt8]? { try await bodies("SELECT body FROM incident").first }

    /// Bodies of all ticket events, in the order in which they were stored.
    public func ticketEventBodies() async throws -> [[UInt8]] {
        try await bodies("SELECT body FROM ticket_event ORDER BY seq")
    }

    private func bodies(_ sql: String) async throws -> [[UInt8]] {
        try await read { db in
            let rows = try Row.fetchCursor(db, sql: sql)
            var bodies: [[UInt8]] = []
            while let row = try rows.next() { bodies.append(try row.bytes(0)) }
            return bodies
        }
    }
}
