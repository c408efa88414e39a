// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Which tables a damaged database has, and where each of them begins.
struct SalvagePlan {
    /// A table of the new database, and what its rows look like.
    struct Table {
        struct Column {
            enum Kind { case integer, real, text, bytes }
            var name: String
            var kind: Kind
            var mayBeNull: Bool

            func fits(_ value: DatabaseValue) -> Bool {
                switch (value.storage, kind) {
                case (.null, _): mayBeNull
                case (.int64, .integer), (.int64, .real), (.double, .real), (.string, .text), (.blob, .bytes): true
                default: false
                }
            }
        }

        var name: String
        var columns: [Column]
        /// The column that is the number of the row itself and stands as NULL in the record.
        var numberColumn: Int?

        /// The values of a row for this table; `nil` when they cannot be its.
        func row(_ entry: DatabaseTree.Entry) -> [DatabaseValue]? {
            guard entry.values.count <= columns.count, !entry.values.isEmpty else { return nil }
            var values = entry.values
            if let numberColumn {
                guard numberColumn < values.count, values[numberColumn].isNull else { return nil }
                values[numberColumn] = entry.number.databaseValue
            }
            for (value, column) in zip(values, columns) where !column.fits(value) { return nil }
            return values
        }
    }

    /// Roots of the tables by their names.
    var tables: [String: Int] = [:]
    /// Roots of the indexes by their names.
    var indexes: [String: Int] = [:]

    init(_ tree: inout DatabaseTree) {
        var entries: [DatabaseTree.Entry] = []
        tree.walk(1) { entries.append($0) }
        for entry in entries { take(entry) }
    }

    /// Takes a row of the list of tables, also one that stands on a page of its own; others are passed over.
    mutating func take(_ entry: DatabaseTree.Entry) {
        guard entry.values.count == 5, let type = String.fromDatabaseValue(entry.values[0]),
            let name = String.fromDatabaseValue(entry.values[1]), let root = Int.fromDatabaseValue(entry.values[3]),
            root > 1
        else { return }
        if type == "table", tables[name] == nil { tables[name] = root }
        if type == "index", indexes[name] == nil { indexes[name] = root }
    }

    /// Puts the tables that every database begins with where a new one has them, when the list of tables has lost them.
    ///
    /// They are made first, so their places never differ; what keys stand for, and which numbers were given out, is in
    /// them alone. A place that another table has, or a page that is none of a tree of that kind, is passed over.
    mutating func takeFirstTables(_ pages: DatabasePages) throws {
        let taken = Set(tables.values).union(indexes.values)
        let first = try DatabaseQueue().inDatabase { db in
            try db.execute(sql: "PRAGMA page_size = \(pages.pageSize)")
            try db.inTransaction {
                try Schema.migrate(db, to: 1)
                return .commit
            }
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT type, name, rootpage, name = 'meta' OR type = 'index' FROM sqlite_master
                    WHERE name IN ('meta', 'asset', 'point', 'sqlite_autoindex_asset_1', 'sqlite_autoindex_point_1')
                    """)
        }
        for row in first {
            guard let name = String.fromDatabaseValue(row[1]), let root = row.integer(2).map({ Int($0) }),
                !taken.contains(root), let kind = pages.page(root)?.first,
                (row.integer(3) == 1 ? [2, 10] : [5, 13]).contains(kind)
            else { continue }
            if String.fromDatabaseValue(row[0]) == "table" {
                if tables[name] == nil { tables[name] = root }
            } else if indexes[name] == nil {
                indexes[name] = root
            }
        }
    }

    /// Days of the tables whose name begins with `word`, the newest first.
    func days(_ word: String) -> [Day] {
        tables.keys.compactMap { name in
            guard name.hasPrefix(word), let number = Int64(name.dropFirst(word.count)), name.count == word.count + 8
            else { return nil }
            return Day(number: number)
        }.sorted(by: >)
    }

    /// The tables of a new database, by their names.
    static func tables(of db: Database) throws -> [Table] {
        let names = try Row.fetchAll(
            db, sql: "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name")
        return try names.compactMap { row in
            guard let name = String.fromDatabaseValue(row[0]), !name.hasPrefix("sqlite_") else { return nil }
            let isWithoutNumber = row.integer(1) == 1
            let columns = try Row.fetchAll(
                db, sql: "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", arguments: [name])
            let keys = columns.indices.filter { (columns[$0].integer(3) ?? 0) > 0 }
            var table = Table(name: name, columns: [], numberColumn: nil)
            for column in columns {
                let kind: Table.Column.Kind =
                    switch String.fromDatabaseValue(column[1]) ?? "" {
                    case "INTEGER": .integer
                    case "REAL": .real
                    case "TEXT": .text
                    default: .bytes
                    }
                table.columns.append(
                    .init(
                        name: String.fromDatabaseValue(column[0]) ?? "", kind: kind, mayBeNull: column.integer(2) == 0))
            }
            if !isWithoutNumber, keys.count == 1, table.columns[keys[0]].kind == .integer {
                table.numberColumn = keys[0]
            }
            return table
        }
    }
}
