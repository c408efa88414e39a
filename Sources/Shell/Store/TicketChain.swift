// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import GRDB
import Model

/// Each line of the tickets is hashed together with the hash of the line before it.
enum LineChain {
    /// What stands before the first line.
    static let beginning = [UInt8](repeating: 0, count: 32)

    /// SHA-256 over the hash before, then identifier, ticket, index, time and body, each with its length before it.
    static func hash(after previous: [UInt8], _ event: Judgement.TicketEventRecord) -> [UInt8] {
        var sha = SHA256()
        sha.update(data: previous)
        for part in [
            Array(event.identifier.utf8), Array(event.ticket.utf8), Array("\(event.index)".utf8),
            Array("\(event.at.milliseconds)".utf8), event.body,
        ] {
            sha.update(data: Array("\(part.count):".utf8))
            sha.update(data: part)
        }
        return Array(sha.finalize())
    }
}

/// What a look at all lines of the tickets found.
public struct TicketChainReport: Hashable, Sendable {
    /// The first line that is not as it was written, or what is left of it.
    public struct Break: Hashable, Sendable {
        public var sequence: Int64
        /// `nil` when the line itself is gone.
        public var ticket: String?
        public var index: Int?
        public var identifier: String?
    }

    /// Lines that fit to the one before.
    public var lines: Int
    /// Lines from before the chain was kept.
    public var older: Int
    /// `nil` when the chain holds.
    public var firstBreak: Break?
}

extension SluiceStore {
    static func lastHash(in db: Database) throws -> [UInt8] {
        let last = try Data.fetchOne(db, sql: "SELECT hash FROM ticket_chain ORDER BY seq DESC LIMIT 1")
        return last.map { Array($0) } ?? LineChain.beginning
    }

    /// Reads every line of the tickets of a database and looks whether it is as it was written.
    ///
    /// A line that was changed, put in or taken out is found; that the last lines were cut off together with their
    /// hashes cannot be.
    public static func ticketChain(inDirectory directory: String) throws -> TicketChainReport {
        try reading(directory) { try ticketChain(in: $0) }
    }

    static func ticketChain(in db: Database) throws -> TicketChainReport {
        var report = TicketChainReport(lines: 0, older: 0, firstBreak: nil)
        guard try db.tableExists("ticket_chain") else {
            report.older = try Int.fetchOne(db, sql: "SELECT count(*) FROM ticket_event") ?? 0
            return report
        }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.seq, e.id, e.ticket, e.idx, e.at, e.body, c.hash
                FROM (SELECT seq FROM ticket_event UNION SELECT seq FROM ticket_chain) AS s
                LEFT JOIN ticket_event AS e ON e.seq = s.seq LEFT JOIN ticket_chain AS c ON c.seq = s.seq
                ORDER BY s.seq
                """)
        var hash = LineChain.beginning
        while let row = try rows.next() {
            let stored: Data? = row[6]
            guard let identifier: String = row[1] else {
                report.firstBreak = .init(sequence: row[0])
                return report
            }
            if stored == nil, report.lines == 0 {
                report.older += 1
                continue
            }
            let event = Judgement.TicketEventRecord(
                identifier: identifier, ticket: row[2], index: row[3], at: Timestamp(milliseconds: row[4]),
                body: Array(row[5] as Data))
            hash = LineChain.hash(after: hash, event)
            guard stored.map({ Array($0) }) == hash else {
                report.firstBreak = .init(
                    sequence: row[0], ticket: event.ticket, index: event.index, identifier: identifier)
                return report
            }
            report.lines += 1
        }
        return report
    }
}
