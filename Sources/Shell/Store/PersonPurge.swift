// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Model
import Outbox
import People
import Pipeline

/// What taking a person out of a database changes.
public struct PersonPurge: Hashable, Sendable {
    /// A chain of hashes that was begun anew at its first line with a word of the person.
    public struct Anchor: Hashable, Sendable {
        /// `tickets` or `audit`.
        public var chain: String
        /// Number of that line.
        public var line: Int64
        /// Hash of the last line before and after, as hexadecimal digits.
        public var before: String
        public var after: String
    }

    /// Tables with rows that name the person, by name.
    public var rows: [String: Int] = [:]
    /// Accounts that are the person's, which go.
    public var accounts = 0
    /// Tickets that name the person and have photos, on which nothing was changed.
    public var ticketsWithPhotos: [String] = []
    /// Empty where nothing was changed.
    public var anchors: [Anchor] = []
    /// Why the file could not be written anew, so that free pages of it may still hold the words; `nil` when it was.
    public var notRewritten: String?

    public var isEmpty: Bool { rows.isEmpty && accounts == 0 }
}

extension SluiceStore {
    /// Counts what ``purge(inDirectory:by:at:_:)`` would change; a gateway may be running.
    ///
    /// - Parameter replaced: A text without the words of the person.
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func tracesOfPerson(
        inDirectory directory: String, _ replaced: (String) -> String
    ) throws -> PersonPurge {
        try reading(directory) { db in
            var purge = PersonPurge()
            for table in try PersonTable.all(in: db) {
                try table.forEachTrace(in: db, replaced) { _, _ in purge.count(table) }
            }
            purge.ticketsWithPhotos = try ticketsWithPhotos(in: db, replaced)
            return purge
        }
    }

    /// Takes a person out of everything that is kept: log of tickets, audit, alarms, notices, works, answers, outbox.
    ///
    /// The chains of hashes over tickets and audit are made anew from the first changed line on; that they were, and
    /// what the last hashes were before and are now, is a line of the audit. The file is written anew, so that no page
    /// of it holds the words any more. Accounts of the person are deleted.
    ///
    /// - Throws: ``StoreError`` (a gateway works in the directory, a chain was broken before), or what SQLite reports;
    ///   nothing is changed then.
    public static func purge(
        inDirectory path: String, by actor: String, at now: Timestamp, _ replaced: (String) -> String
    ) throws -> PersonPurge {
        let directory = try StateDirectory.claim(path)
        defer { directory.release() }
        let file = directory.databasePath
        do {
            guard StateDirectory.size(of: file) > 0 else {
                throw StoreError.unusable(path: file, detail: "there is no database")
            }
            try Schema.examine(file)
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: file, configuration: configuration)
            defer { try? queue.close() }
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA secure_delete = ON") }
            var done = try queue.write { db in
                try Schema.migrate(db)
                return try purge(in: db, by: actor, at: now, path: file, replaced)
            }
            guard !done.isEmpty else { return done }
            do {
                try queue.writeWithoutTransaction { db in
                    try db.execute(sql: "VACUUM")
                    try db.checkpoint(.truncate)
                }
            } catch {
                done.notRewritten = "\(error)"
            }
            return done
        } catch {
            throw explain(error, path: file, directory: path)
        }
    }

    private static func purge(
        in db: Database, by actor: String, at now: Timestamp, path: String, _ replaced: (String) -> String
    ) throws -> PersonPurge {
        // A chain that does not hold proves nothing, and must not be made to look as if it did.
        if let broken = try ticketChain(in: db).firstBreak {
            throw StoreError.unusable(
                path: path, detail: "line \(broken.sequence) of the tickets is not as it was written; see sluice verify"
            )
        }
        if let line = try AuditChain.firstBreak(in: db) {
            throw StoreError.unusable(
                path: path, detail: "line \(line) of the audit is not as it was written; see sluice verify")
        }
        var purge = PersonPurge()
        purge.ticketsWithPhotos = try ticketsWithPhotos(in: db, replaced)
        let guards = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            .map { (name: $0[0] as String, sql: $0[1] as String) }
        for one in guards { try db.execute(sql: "DROP TRIGGER \(one.name)") }
        for table in try PersonTable.all(in: db) {
            var changes: [PersonTable.Change] = []
            try table.forEachTrace(in: db, replaced) { key, values in
                changes.append(.init(key: key, values: values))
                purge.count(table)
            }
            for change in changes { try table.carryOut(change, in: db) }
        }
        purge.anchors = try [rechainTickets(in: db), rechainAudit(in: db)].compactMap { $0 }
        for one in guards { try db.execute(sql: one.sql) }
        guard !purge.isEmpty else { return purge }
        let anchors = purge.anchors.map { "\($0.chain) from line \($0.line): \($0.before) became \($0.after)" }
        try append(
            AuditRecord(
                at: now, actor: actor, action: purgeAction,
                subject: "\(purge.rows.values.reduce(0, +)) rows, \(purge.accounts) accounts",
                result: anchors.isEmpty ? "no chain changed" : anchors.joined(separator: "; ")),
            in: db)
        return purge
    }

    /// Of the audit's lines.
    private static let purgeAction = "purge person"

    /// How often persons were taken out before; a gateway may be running.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func purgeCount(inDirectory directory: String) throws -> Int {
        try reading(directory) {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM audit WHERE action = ?", arguments: [purgeAction]) ?? 0
        }
    }

    /// Identifiers and names that persons have in what is kept; a gateway may be running.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func personsKnown(inDirectory directory: String) throws -> Set<String> {
        try reading(directory) { db in
            var known: Set<String> = []
            for (table, columns) in [
                ("account", ["name", "person"]), ("alarm_event", ["person"]), ("intervention", ["person"]),
                ("audit", ["actor"]),
            ] where try db.tableExists(table) {
                for column in columns {
                    known.formUnion(
                        try String.fetchAll(
                            db, sql: "SELECT DISTINCT \(column) FROM \(table) WHERE \(column) IS NOT NULL"))
                }
            }
            let rows = try Row.fetchCursor(db, sql: "SELECT body FROM ticket_event")
            while let row = try rows.next() {
                (try? JSONTree(Array(row[0] as Data)))?.forEachText { name, text in
                    if text.hasPrefix("person:") {
                        known.insert(String(text.dropFirst(7)))
                    } else if ["reporter", "owner", "to", "assignee"].contains(name) {
                        known.insert(text)
                    }
                }
            }
            return known
        }
    }

    private static func ticketsWithPhotos(in db: Database, _ replaced: (String) -> String) throws -> [String] {
        var (named, photographed): (Set<String>, Set<String>) = ([], [])
        let rows = try Row.fetchCursor(db, sql: "SELECT ticket, body FROM ticket_event")
        while let row = try rows.next() {
            let ticket: String = row[0]
            let body = String(decoding: row[1] as Data, as: UTF8.self)
            if body.contains("\"photographed\"") { photographed.insert(ticket) }
            if replaced(body) != body { named.insert(ticket) }
        }
        return named.intersection(photographed).sorted()
    }

    // MARK: chains

    /// Hashes the lines of tickets anew; `nil` when none has changed.
    private static func rechainTickets(in db: Database) throws -> PersonPurge.Anchor? {
        let before = try lastHash(in: db)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT e.seq, e.id, e.ticket, e.idx, e.at, e.body, c.hash
                FROM ticket_event e JOIN ticket_chain c ON c.seq = e.seq ORDER BY e.seq
                """)
        var (hash, first): ([UInt8], Int64?) = (LineChain.beginning, nil)
        for row in rows {
            let event = Judgement.TicketEventRecord(
                identifier: row[1], ticket: row[2], index: row[3], at: Timestamp(milliseconds: row[4]),
                body: Array(row[5] as Data))
            hash = LineChain.hash(after: hash, event)
            guard Array(row[6] as Data) != hash else { continue }
            first = first ?? (row[0] as Int64)
            try db.execute(
                sql: "UPDATE ticket_chain SET hash = ? WHERE seq = ?", arguments: [Data(hash), row[0] as Int64])
        }
        return first.map {
            .init(chain: "tickets", line: $0, before: Secret.hexadecimal(before), after: Secret.hexadecimal(hash))
        }
    }

    /// The same with the lines of the audit.
    private static func rechainAudit(in db: Database) throws -> PersonPurge.Anchor? {
        let before = try AuditChain.last(in: db)
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT seq, at, actor, action, subject, result, hash FROM audit WHERE hash IS NOT NULL ORDER BY seq")
        var (hash, first): ([UInt8], Int64?) = (LineChain.beginning, nil)
        for row in rows {
            let previous = hash
            hash = AuditChain.hash(
                after: previous,
                AuditRecord(
                    at: Timestamp(milliseconds: row[1]), actor: row[2], action: row[3], subject: row[4], result: row[5])
            )
            guard Array(row[6] as Data) != hash else { continue }
            first = first ?? (row[0] as Int64)
            try db.execute(
                sql: "UPDATE audit SET previous_hash = ?, hash = ? WHERE seq = ?",
                arguments: [Data(previous), Data(hash), row[0] as Int64])
        }
        return first.map {
            .init(chain: "audit", line: $0, before: Secret.hexadecimal(before), after: Secret.hexadecimal(hash))
        }
    }
}

extension PersonPurge {
    fileprivate mutating func count(_ table: PersonTable) {
        if table.isOfAccounts { accounts += 1 } else { rows[table.name, default: 0] += 1 }
    }
}
