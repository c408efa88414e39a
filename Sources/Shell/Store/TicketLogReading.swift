// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model

/// A line of the tickets as it is stored.
public struct TicketLogLine: Hashable, Sendable {
    public var sequence: Int64
    public var event: Judgement.TicketEventRecord
    /// SHA-256 over the line and the hash before it; `nil` for a line from before the chain was kept.
    public var hash: [UInt8]?

    public init(sequence: Int64, event: Judgement.TicketEventRecord, hash: [UInt8]?) {
        (self.sequence, self.event, self.hash) = (sequence, event, hash)
    }
}

/// A line of the history of alarms as it is stored.
public struct AlarmLogLine: Hashable, Sendable {
    public var sequence: Int64
    public var at: Timestamp
    /// `asset/rule`.
    public var alarm: String
    public var event: String
    public var state: String
}

extension SluiceStore {
    /// All lines of the tickets in the order in which they were stored, from the database of a gateway that may be
    /// running.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func ticketLog(inDirectory directory: String) throws -> [TicketLogLine] {
        try reading(directory) { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT e.seq, e.id, e.ticket, e.idx, e.at, e.body, c.hash
                    FROM ticket_event AS e LEFT JOIN ticket_chain AS c ON c.seq = e.seq ORDER BY e.seq
                    """)
            var lines: [TicketLogLine] = []
            while let row = try rows.next() {
                let hash: [UInt8]? = try row.hasNull(atIndex: 6) ? nil : row.bytes(6)
                lines.append(
                    TicketLogLine(
                        sequence: row.integer(0) ?? 0,
                        event: .init(
                            identifier: String.fromDatabaseValue(row[1]) ?? "",
                            ticket: String.fromDatabaseValue(row[2]) ?? "", index: Int(row.integer(3) ?? 0),
                            at: Timestamp(milliseconds: row.integer(4) ?? 0), body: try row.bytes(5)),
                        hash: hash))
            }
            return lines
        }
    }

    /// Identifiers of the alarms that were raised from `from` on and before `to`, with the moments, in their order.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func alarmRaises(
        from: Timestamp, to: Timestamp, inDirectory directory: String
    ) throws -> [(alarm: String, at: Timestamp)] {
        try reading(directory) { try alarmRaises(from: from, to: to, in: $0) }
    }

    /// All lines of the history of alarms that were written before `end`, in their order.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func alarmLog(until end: Timestamp, inDirectory directory: String) throws -> [AlarmLogLine] {
        try reading(directory) { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, at, alarm, event, state FROM alarm_event WHERE at < ? ORDER BY at, seq",
                arguments: [end.milliseconds])
            var lines: [AlarmLogLine] = []
            while let row = try rows.next() {
                lines.append(
                    AlarmLogLine(
                        sequence: row.integer(0) ?? 0, at: Timestamp(milliseconds: row.integer(1) ?? 0),
                        alarm: String.fromDatabaseValue(row[2]) ?? "", event: String.fromDatabaseValue(row[3]) ?? "",
                        state: String.fromDatabaseValue(row[4]) ?? ""))
            }
            return lines
        }
    }

    /// Bodies of all alarms, from the database of a gateway that may be running.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func alarmBodies(inDirectory directory: String) throws -> [[UInt8]] {
        try reading(directory) { db in
            let rows = try Row.fetchCursor(db, sql: "SELECT body FROM alarm ORDER BY id")
            var bodies: [[UInt8]] = []
            while let row = try rows.next() { bodies.append(try row.bytes(0)) }
            return bodies
        }
    }
}
