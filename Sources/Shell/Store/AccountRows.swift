// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
import Model
public import People
public import Pipeline

extension SluiceStore: AccountStore {
    /// All accounts by their names. One that cannot be read is left out and logged: it lets nobody in.
    public func accounts() async throws -> [Account] {
        let logger = logger
        return try await read { try Self.accounts(in: $0, logger) }
    }

    public func save(_ account: Account?, audit: [AuditRecord]) async throws {
        try await writeUrgently { db in
            if let account { try Self.write(account, in: db) }
            for line in audit { try Self.append(line, in: db) }
        }
    }

    public func newestAudit(limit: Int) async throws -> [AuditRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT at, actor, action, subject, result FROM audit ORDER BY seq DESC LIMIT ?",
                arguments: [limit]
            ).map { row in
                func text(_ column: Int) -> String { String.fromDatabaseValue(row[column]) ?? "" }
                return AuditRecord(
                    at: Timestamp(milliseconds: row.integer(0) ?? 0), actor: text(1), action: text(2),
                    subject: text(3), result: text(4))
            }
        }
    }

    private static func accounts(in db: Database, _ logger: Logger) throws -> [Account] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT name, person, roles, hash, must_change, created_at, changed_at, disabled_at, tokens
                FROM account ORDER BY name
                """)
        return rows.compactMap { row in
            func text(_ column: Int) -> String { String.fromDatabaseValue(row[column]) ?? "" }
            guard let name = AccountName(text(0)),
                let tokens = try? JSONDecoder().decode([ProgramToken].self, from: Data(text(8).utf8))
            else {
                logger.error("A stored account cannot be read and lets nobody in.", metadata: ["name": "\(text(0))"])
                return nil
            }
            var account = Account(
                name: name, person: String.fromDatabaseValue(row[1]).map { PersonIdentifier($0) },
                roles: Set<Role>(words: text(2)), hash: text(3), mustChange: row.integer(4) != 0,
                createdAt: Timestamp(milliseconds: row.integer(5) ?? 0),
                changedAt: Timestamp(milliseconds: row.integer(6) ?? 0),
                disabledAt: row.integer(7).map { Timestamp(milliseconds: $0) })
            account.tokens = tokens
            return account
        }
    }

    private static func write(_ account: Account, in db: Database) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let tokens = String(decoding: try encoder.encode(account.tokens), as: UTF8.self)
        try db.execute(
            sql: """
                INSERT INTO account(
                    name, person, roles, hash, must_change, created_at, changed_at, disabled_at, tokens
                ) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                ON CONFLICT(name) DO UPDATE SET person = ?2, roles = ?3, hash = ?4, must_change = ?5, created_at = ?6,
                    changed_at = ?7, disabled_at = ?8, tokens = ?9
                """,
            arguments: [
                account.name.text, account.person?.text, account.roles.text, account.hash, account.mustChange,
                account.createdAt.milliseconds, account.changedAt.milliseconds, account.disabledAt?.milliseconds,
                tokens,
            ])
    }
}
