// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model
public import Notices

/// How the channels of a site stand, read from its database.
public struct ChannelReport: Hashable, Sendable {
    public var channel: ChannelIdentifier
    /// Rows by what became of them; `waiting` for those that wait.
    public var rows: [String: Int] = [:]
    /// Attempts of the last hour before the newest one, and how many of them were taken.
    public var recentAttempts = 0
    public var recentDelivered = 0
    public var lastDelivered: Timestamp?
    /// The newest attempt: when, and why it failed; empty for one that was taken.
    public var lastAttempt: Timestamp?
    public var lastReason = ""

    public init(channel: ChannelIdentifier) { self.channel = channel }
}

extension SluiceStore {
    /// The channels that the database has rows or attempts of, from a gateway that may be running.
    ///
    /// - Throws: ``StoreError``.
    public static func channelReports(inDirectory directory: String) throws -> [ChannelReport] {
        try reading(directory) { db in
            var reports: [String: ChannelReport] = [:]
            func note(_ name: String, _ change: (inout ChannelReport) -> Void) {
                change(&reports[name, default: ChannelReport(channel: ChannelIdentifier(name))])
            }
            for row in try Row.fetchAll(db, sql: "SELECT channel, state, count(*) FROM notice GROUP BY channel, state")
            {
                guard let name: String = row[0], let state: String = row[1], let count: Int = row[2] else { continue }
                note(name) { $0.rows[state] = count }
            }
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT channel, count(*), sum(outcome IS 'delivered') FROM notice_attempt AS a
                    WHERE wall > (SELECT max(wall) FROM notice_attempt WHERE channel = a.channel) - 3600000
                    GROUP BY channel
                    """)
            {
                guard let name: String = row[0] else { continue }
                note(name) { ($0.recentAttempts, $0.recentDelivered) = (row[1] ?? 0, row[2] ?? 0) }
            }
            for row in try Row.fetchAll(
                db,
                sql: """
                    SELECT a.channel, a.wall, a.reason,
                        (SELECT max(ended_wall) FROM notice_attempt WHERE channel = a.channel AND outcome = 'delivered')
                    FROM notice_attempt AS a
                    WHERE id = (SELECT max(id) FROM notice_attempt WHERE channel = a.channel)
                    """)
            {
                guard let name: String = row[0] else { continue }
                let (wall, delivered): (Int64?, Int64?) = (row[1], row[3])
                note(name) {
                    $0.lastAttempt = wall.map { Timestamp(milliseconds: $0) }
                    $0.lastDelivered = delivered.map { Timestamp(milliseconds: $0) }
                    $0.lastReason = row[2] ?? ""
                }
            }
            return reports.values.sorted { $0.channel < $1.channel }
        }
    }

    /// Rows that were given up, the newest first.
    public static func deadNotices(limit: Int, inDirectory directory: String) throws -> [NoticeRow] {
        try reading(directory) { db in
            try noticeRows("state = 'dead' ORDER BY seq DESC LIMIT ?", [limit], in: db).compactMap(\.row)
        }
    }

    /// Lets rows of this key that were given up wait again, in the database of a gateway that may be running: it takes
    /// them up when it next looks.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func replayNotices(key: String, at mark: ClockMark, inDirectory directory: String) throws -> Int {
        // It says what is wrong with the file, if anything is.
        guard try reading(directory, { try Int.fetchOne($0, sql: "SELECT count(*) FROM notice") }) != nil else {
            return 0
        }
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let queue = try DatabaseQueue(path: "\(directory)/sluice.db", configuration: configuration)
        defer { try? queue.close() }
        return try queue.write { try replay(key, at: mark, in: $0) }
    }
}
