// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
public import Model
public import Notices

/// What a transaction of the courier notes beside the effects of its queue.
public struct FinishedAttempt: Hashable, Sendable {
    /// As ``SluiceStore/carryOut(_:finished:at:)`` gave it.
    public var identifier: Int64
    public var outcome: DeliveryOutcome
    public init(identifier: Int64, outcome: DeliveryOutcome) { (self.identifier, self.outcome) = (identifier, outcome) }
}

extension SluiceStore {
    /// How long what became of notices is kept, and attempts too.
    static let noticesKept = Duration.seconds(30 * 86_400)

    static func append(_ notices: [Judgement.NoticeRecord], in db: Database) throws {
        guard !notices.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let first = try takeNumbers(notices.count, in: db)
        for (place, record) in notices.enumerated() {
            try db.cachedStatement(
                sql: """
                    INSERT INTO notice(seq, key, channel, state, wall, instant, boot, synchronised, body)
                    VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                first + Int64(place), record.notice.key, record.channel.text, record.at.wall.milliseconds,
                record.at.instant.nanoseconds, record.at.boot.text, record.at.isSynchronised,
                try encoder.encode(record.notice),
            ])
        }
    }

    /// Rows that wait to be sent, with a number above `after`, in their order.
    ///
    /// One that cannot be read is given up and logged.
    public func waitingNotices(after: Int64, limit: Int) async throws -> [NoticeRow] {
        let found = try await read { db in
            try Self.noticeRows(
                "state = 'waiting' AND seq > ? ORDER BY seq LIMIT ?", [after, limit], in: db)
        }
        let unreadable = found.filter { $0.row == nil }.map(\.number)
        if !unreadable.isEmpty {
            logger.error("Stored notices cannot be read and are given up.", metadata: ["rows": "\(unreadable)"])
            let wall = latestWall
            try await write { db in
                for number in unreadable { try Self.settle(number, .dead, at: wall, in: db) }
            }
        }
        return found.compactMap(\.row)
    }

    /// The newest attempts of each channel, in the order in which they began: what limits and failures are worked out
    /// from after a start.
    public func noticeAttempts(ofEach limit: Int = 400) async throws -> [AttemptRecord] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT channel, wall, instant, boot, synchronised, ended_wall, ended_instant, ended_boot,
                        ended_synchronised, outcome, reason, pause_ms
                    FROM (SELECT *, row_number() OVER (PARTITION BY channel ORDER BY id DESC) AS place
                        FROM notice_attempt)
                    WHERE place <= ? ORDER BY id
                    """, arguments: [limit])
            var attempts: [AttemptRecord] = []
            while let row = try rows.next() {
                guard let channel: String = row[0], let began = Self.mark(row, from: 1) else { continue }
                attempts.append(
                    AttemptRecord(
                        channel: ChannelIdentifier(channel), began: began, ended: Self.mark(row, from: 5),
                        outcome: DeliveryOutcome(word: row[9], reason: row[10], pause: row[11])))
            }
            return attempts
        }
    }

    /// Stores what the queue says of its rows, and the beginning of each attempt, in one transaction.
    ///
    /// - Parameters:
    ///   - finished: An attempt whose outcome led to the effects.
    ///   - mark: The clocks now; attempts begin at it, or end.
    /// - Returns: The name of each attempt that begins, in the order of the effects.
    public func carryOut(
        _ effects: [DeliveryEffect], finished: FinishedAttempt?, at mark: ClockMark
    ) async throws -> [Int64] {
        guard !effects.isEmpty || finished != nil else { return [] }
        return try await write { db in
            if let finished { try Self.finish(finished, at: mark, in: db) }
            var begun: [Int64] = []
            for effect in effects {
                switch effect {
                case .settled(let rows, let end):
                    for row in rows { try Self.settle(row.number, end, at: mark.wall, in: db) }
                case .moved(let rows, let channel):
                    for row in rows {
                        try db.cachedStatement(sql: "UPDATE notice SET channel = ?, tried_as = NULL WHERE seq = ?")
                            .execute(arguments: [channel.text, row.number])
                    }
                case .send(let dispatch): begun.append(try Self.begin(dispatch, at: mark, in: db))
                }
            }
            return begun
        }
    }

    /// Drops what became of notices long ago.
    public func dropOldNotices(now: Timestamp) async throws {
        let limit = (now - Self.noticesKept).milliseconds
        try await write { db in
            try db.cachedStatement(sql: "DELETE FROM notice WHERE ended_at < ?").execute(arguments: [limit])
            try db.cachedStatement(sql: "DELETE FROM notice_attempt WHERE wall < ?").execute(arguments: [limit])
        }
    }

    /// Lets rows of this key that were given up wait again, as new ones behind all others.
    ///
    /// - Returns: How many there were.
    public func replayNotices(key: String, at mark: ClockMark) async throws -> Int {
        try await write { db in try Self.replay(key, at: mark, in: db) }
    }

    // MARK: Rows

    static func replay(_ key: String, at mark: ClockMark, in db: Database) throws -> Int {
        let dead = try Int64.fetchAll(
            db, sql: "SELECT seq FROM notice WHERE key = ? AND state = 'dead' ORDER BY seq", arguments: [key])
        guard !dead.isEmpty else { return 0 }
        let first = try takeNumbers(dead.count, in: db)
        for (place, number) in dead.enumerated() {
            try db.execute(
                sql: """
                    UPDATE notice SET seq = ?, state = 'waiting', tried_as = NULL, ended_at = NULL, wall = ?,
                        instant = ?, boot = ?, synchronised = ?
                    WHERE seq = ?
                    """,
                arguments: [
                    first + Int64(place), mark.wall.milliseconds, mark.instant.nanoseconds, mark.boot.text,
                    mark.isSynchronised, number,
                ])
        }
        return dead.count
    }

    private static func begin(_ dispatch: Dispatch, at mark: ClockMark, in db: Database) throws -> Int64 {
        for row in dispatch.rows {
            try db.cachedStatement(sql: "UPDATE notice SET tried_as = ? WHERE seq = ?")
                .execute(arguments: [row.triedAs, row.number])
        }
        try db.cachedStatement(
            sql: """
                INSERT INTO notice_attempt(channel, key, notices, wall, instant, boot, synchronised)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            dispatch.channel.text, dispatch.key, dispatch.rows.count, mark.wall.milliseconds, mark.instant.nanoseconds,
            mark.boot.text, mark.isSynchronised,
        ])
        return db.lastInsertedRowID
    }

    private static func finish(_ finished: FinishedAttempt, at mark: ClockMark, in db: Database) throws {
        var pause: Int64?
        if case .limited(let span, _) = finished.outcome { pause = span.wholeMilliseconds }
        try db.cachedStatement(
            sql: """
                UPDATE notice_attempt SET ended_wall = ?, ended_instant = ?, ended_boot = ?, ended_synchronised = ?,
                    outcome = ?, reason = ?, pause_ms = ?
                WHERE id = ?
                """
        ).execute(arguments: [
            mark.wall.milliseconds, mark.instant.nanoseconds, mark.boot.text, mark.isSynchronised,
            finished.outcome.word, finished.outcome.reason, pause, finished.identifier,
        ])
    }

    private static func settle(_ number: Int64, _ end: NoticeEnd, at wall: Timestamp, in db: Database) throws {
        try db.cachedStatement(sql: "UPDATE notice SET state = ?, ended_at = ? WHERE seq = ?")
            .execute(arguments: [end.rawValue, wall.milliseconds, number])
    }

    /// Rows of the table `notice`; `nil` for one that cannot be read.
    static func noticeRows(
        _ condition: String, _ arguments: StatementArguments, in db: Database
    ) throws -> [(number: Int64, row: NoticeRow?)] {
        let decoder = JSONDecoder()
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT seq, channel, wall, instant, boot, synchronised, tried_as, body FROM notice WHERE \(condition)
                """, arguments: arguments)
        var found: [(Int64, NoticeRow?)] = []
        while let row = try rows.next() {
            guard let number: Int64 = row[0] else { continue }
            guard let channel: String = row[1], let stored = mark(row, from: 2), let body: Data = row[7],
                let notice = try? decoder.decode(Notice.self, from: body)
            else {
                found.append((number, nil))
                continue
            }
            found.append(
                (
                    number,
                    NoticeRow(
                        number: number, channel: ChannelIdentifier(channel), notice: notice, stored: stored,
                        triedAs: row[6])
                ))
        }
        return found
    }

    private static func mark(_ row: Row, from place: Int) -> ClockMark? {
        guard let wall: Int64 = row[place], let instant: Int64 = row[place + 1], let boot: String = row[place + 2],
            let isSynchronised: Bool = row[place + 3]
        else { return nil }
        return ClockMark(
            wall: Timestamp(milliseconds: wall), instant: MonotonicInstant(nanoseconds: instant),
            boot: BootIdentifier(boot), isSynchronised: isSynchronised)
    }
}

extension DeliveryOutcome {
    /// - Parameter pause: In milliseconds.
    fileprivate init?(word: String?, reason: String?, pause: Int64?) {
        let reason = reason ?? ""
        switch word {
        case "delivered": self = .delivered
        case "refused": self = .refused(reason)
        case "unreachable": self = .unreachable(reason)
        case "limited": self = .limited(.milliseconds(pause ?? 0), reason)
        default: return nil
        }
    }
}
