// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Outbox

/// A table whose texts may name a person.
struct PersonTable {
    struct Change {
        /// Values of the primary key.
        var key: [DatabaseValue]
        /// New values by column.
        var values: [(column: String, value: DatabaseValue)]
    }

    let name: String
    private let key: [String]
    private let texts: [String]

    /// An account of a person is no text about him: it goes as a whole.
    var isOfAccounts: Bool { name == "account" }

    /// All tables but those of readings, which hold none but packed figures.
    static func all(in db: Database) throws -> [PersonTable] {
        let names = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return try names.filter { !$0.hasPrefix("reading_") && !$0.hasPrefix("sqlite_") }.compactMap { name in
            let columns = try Row.fetchAll(
                db, sql: "SELECT name, type, pk FROM pragma_table_info(?)", arguments: [name])
            let texts = columns.filter { ["TEXT", "BLOB"].contains($0[1] as String) }.map { $0[0] as String }
            let key = columns.filter { ($0[2] as Int) > 0 }.sorted { ($0[2] as Int) < ($1[2] as Int) }
            guard !texts.isEmpty, !key.isEmpty else { return nil }
            return PersonTable(name: name, key: key.map { $0[0] as String }, texts: texts)
        }
    }

    /// Calls `body` with the key and the new values of each row that names the person.
    func forEachTrace(
        in db: Database, _ replaced: (String) -> String,
        _ body: ([DatabaseValue], [(column: String, value: DatabaseValue)]) -> Void
    ) throws {
        let columns = (key + texts).map { "\"\($0)\"" }.joined(separator: ", ")
        let any = texts.map { "\"\($0)\" IS NOT NULL" }.joined(separator: " OR ")
        let rows = try Row.fetchCursor(db, sql: "SELECT \(columns) FROM \"\(name)\" WHERE \(any)")
        while let row = try rows.next() {
            var values: [(column: String, value: DatabaseValue)] = []
            for (place, column) in texts.enumerated() {
                if let value = try Self.changed(row[key.count + place], replaced) { values.append((column, value)) }
            }
            if !values.isEmpty { body(key.indices.map { row[$0] }, values) }
        }
    }

    func carryOut(_ change: Change, in db: Database) throws {
        let row = key.map { "\"\($0)\" = ?" }.joined(separator: " AND ")
        if isOfAccounts {
            try db.execute(sql: "DELETE FROM account WHERE \(row)", arguments: StatementArguments(change.key))
        } else {
            let values = change.values.map { "\"\($0.column)\" = ?" }.joined(separator: ", ")
            try db.execute(
                sql: "UPDATE \"\(name)\" SET \(values) WHERE \(row)",
                arguments: StatementArguments(change.values.map(\.value) + change.key))
        }
    }

    /// A text, or the bytes of one, without the person's words; `nil` when it has none. Packed bytes are no text.
    ///
    /// - Throws: When a word is no person's: it names a member of a JSON text, or its place is taken by none.
    private static func changed(_ value: DatabaseValue, _ replaced: (String) -> String) throws -> DatabaseValue? {
        switch value.storage {
        case .string(let text):
            let other = replaced(text)
            return other == text ? nil : other.databaseValue
        case .blob(let data):
            guard let text = String(validating: data, as: UTF8.self) else { return nil }
            let other = replaced(text)
            guard other != text else { return nil }
            if let before = try? JSONTree(Array(data)) {
                guard let after = try? JSONTree(Array(other.utf8)), after.names == before.names else {
                    throw NoPersonsWord()
                }
            }
            return Data(other.utf8).databaseValue
        default: return nil
        }
    }

    /// A word that is to be taken out is part of how things are written down.
    struct NoPersonsWord: Error, CustomStringConvertible {
        let description =
            "a word that is to be taken out names a field or is a figure in what is kept; "
            + "give the name in full, or the identifier"
    }
}

extension JSONTree {
    /// Names of all members, in their order.
    fileprivate var names: [String] {
        switch self {
        case .array(let parts): parts.flatMap(\.names)
        case .object(let members): members.flatMap { [$0.name] + $0.value.names }
        case .null, .boolean, .number, .text: []
        }
    }

    /// Calls `body` with each text and the name of its member.
    func forEachText(of name: String = "", _ body: (String, String) -> Void) {
        switch self {
        case .text(let text): body(name, text)
        case .array(let parts): for part in parts { part.forEachText(of: name, body) }
        case .object(let members): for member in members { member.value.forEachText(of: member.name, body) }
        case .null, .boolean, .number: break
        }
    }
}
