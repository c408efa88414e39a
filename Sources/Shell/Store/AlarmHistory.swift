// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model
public import Pipeline

extension SluiceStore {
    /// What became of an alarm, newest first.
    ///
    /// - Parameter sequence: Only lines before this one; `nil` begins with the newest.
    public func alarmHistory(
        of alarm: String, before sequence: Int64?, limit: Int
    ) async throws -> [AlarmHistoryLine] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT seq, at, event, state, person, reason FROM alarm_event
                    WHERE alarm = ? AND seq < ? ORDER BY seq DESC LIMIT ?
                    """, arguments: [alarm, sequence ?? .max, limit])
            var lines: [AlarmHistoryLine] = []
            while let row = try rows.next() {
                let person = String.fromDatabaseValue(row[4]) ?? ""
                lines.append(
                    AlarmHistoryLine(
                        sequence: row.integer(0) ?? 0, at: Timestamp(milliseconds: row.integer(1) ?? 0),
                        event: String.fromDatabaseValue(row[2]) ?? "", state: String.fromDatabaseValue(row[3]) ?? "",
                        person: person.isEmpty ? nil : PersonIdentifier(person),
                        reason: String.fromDatabaseValue(row[5]) ?? ""))
            }
            return lines
        }
    }

    /// Identifiers of the alarms that were raised from `from` on, with the moments, in their order.
    public func alarmRaises(from: Timestamp) async throws -> [(alarm: String, at: Timestamp)] {
        try await read { try Self.alarmRaises(from: from, to: Timestamp(milliseconds: .max), in: $0) }
    }

    static func alarmRaises(
        from: Timestamp, to: Timestamp, in db: Database
    ) throws -> [(alarm: String, at: Timestamp)] {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT alarm, at FROM alarm_event WHERE event = 'raised' AND at >= ? AND at < ? ORDER BY at, seq",
            arguments: [from.milliseconds, to.milliseconds])
        var raises: [(alarm: String, at: Timestamp)] = []
        while let row = try rows.next() {
            raises.append((String.fromDatabaseValue(row[0]) ?? "", Timestamp(milliseconds: row.integer(1) ?? 0)))
        }
        return raises
    }
}
