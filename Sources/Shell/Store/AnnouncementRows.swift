// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
import Model
public import Pipeline

extension SluiceStore {
    /// An announcement that has ended goes so long after its end; the one of the largest number stays, so that no number
    /// is given twice.
    static let announcementLife: Duration = .seconds(400 * 86_400)

    static func write(_ lines: [AnnouncementLine], in db: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        for line in lines {
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO announcement(number, kind, asset, start_at, end_at, withdrawn_at, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                line.number, line.kind.rawValue, line.asset?.text, line.start.milliseconds, line.end.milliseconds,
                line.withdrawal?.at.milliseconds, Data(try encoder.encode(line)),
            ])
            try db.cachedStatement(
                sql: """
                    DELETE FROM announcement WHERE end_at < ?
                    AND number < (SELECT max(number) FROM announcement)
                    """
            ).execute(arguments: [(line.announcedAt - announcementLife).milliseconds])
        }
    }

    /// What was announced while the gateway ran, in the order of its numbers; a line that cannot be read is logged and
    /// left out.
    public func announcements() async throws -> [AnnouncementLine] {
        let bodies = try await read { db in
            try Row.fetchAll(db, sql: "SELECT body FROM announcement ORDER BY number").map { try $0.bytes(0) }
        }
        return bodies.compactMap { body in
            let line = try? JSONDecoder().decode(AnnouncementLine.self, from: Data(body))
            if line == nil { logger.error("A stored announcement cannot be read and is left out.") }
            return line
        }
    }
}
