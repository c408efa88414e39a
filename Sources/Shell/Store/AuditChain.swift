// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import GRDB
import Model
import Pipeline

/// Each line of the audit is hashed together with the hash of the line before it; lines from before the chain have none.
enum AuditChain {
    /// SHA-256 over the hash before, then time, actor, action, subject and result, each with its length before it.
    static func hash(after previous: [UInt8], _ audit: AuditRecord) -> [UInt8] {
        var sha = SHA256()
        sha.update(data: previous)
        for part in ["\(audit.at.milliseconds)", audit.actor, audit.action, audit.subject, audit.result] {
            sha.update(data: Array("\(part.utf8.count):".utf8))
            sha.update(data: Array(part.utf8))
        }
        return Array(sha.finalize())
    }

    /// Hash of the last line; zeroes before the first.
    static func last(in db: Database) throws -> [UInt8] {
        let last = try Data.fetchOne(db, sql: "SELECT hash FROM audit WHERE hash IS NOT NULL ORDER BY seq DESC LIMIT 1")
        return last.map { Array($0) } ?? LineChain.beginning
    }

    /// Number of the first line that is not as it was written; `nil` when all are.
    static func firstBreak(in db: Database) throws -> Int64? {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT seq, at, actor, action, subject, result, previous_hash, hash FROM audit ORDER BY seq")
        var (hash, hasBegun) = (LineChain.beginning, false)
        while let row = try rows.next() {
            let sequence = row.integer(0) ?? 0
            let stored = try row.bytes(7)
            if stored.isEmpty, !hasBegun { continue }
            hasBegun = true
            let text = (2...5).map { String.fromDatabaseValue(row[$0]) ?? "" }
            let line = AuditRecord(
                at: Timestamp(milliseconds: row.integer(1) ?? 0), actor: text[0], action: text[1], subject: text[2],
                result: text[3])
            guard try row.bytes(6) == hash else { return sequence }
            hash = Self.hash(after: hash, line)
            guard stored == hash else { return sequence }
        }
        return nil
    }
}
