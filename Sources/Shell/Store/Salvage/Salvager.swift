// SPDX-License-Identifier: Apache-2.0

import Failpoints
import GRDB
import Glibc
import Model

/// What a salvage brought back, so far.
public struct SalvageReport: Hashable, Sendable {
    /// Where the damaged file lies now.
    public var setAside: String
    public var rows = 0
    /// Pages that could not be read as what they should be.
    public var damagedPages = 0
    /// Rows on readable pages that could not be read.
    public var damagedRows = 0
    /// The numbers given out before are not known any more.
    public var isNewEpoch = false
    /// Nothing is left to be copied.
    public var isComplete = false
}

/// Copies every row that can be read out of a damaged database into a new one.
///
/// Small tables come first, with them a gateway can start; days of readings follow, the newest first, a few pages at a
/// time. The damaged file is only read. Copying the same again changes nothing, so a salvage that was cut off begins
/// anew. One thread uses it at a time.
final class Salvager: @unchecked Sendable {
    /// Pages with rows of one day table.
    private struct DayWork {
        var table: SalvagePlan.Table
        var day: Day
        var leaves: [Int]
        var next = 0
        /// Behind the last row before a damage that is not closed yet: its number and its time.
        var openGap: (number: Int64, at: Int64?)?
        var lastRow: (number: Int64, at: Int64?)?

        var isReadings: Bool { table.name.hasPrefix("reading_") }
    }

    private(set) var report: SalvageReport
    private let pages: DatabasePages
    private var tree: DatabaseTree
    private let plan: SalvagePlan
    private var work: [DayWork] = []
    /// Numbers from this one on were given out after the damage.
    private(set) var nextNumber: Int64 = 1
    private let limit: Int64 = 1 << 53

    /// - Parameter setAside: The damaged file, with its log beside it.
    init?(_ setAside: String) {
        guard let pages = DatabasePages(setAside, known: Schema.known) else { return nil }
        self.pages = pages
        tree = DatabaseTree(pages)
        var plan = SalvagePlan(&tree)
        if tree.damagedPages + tree.damagedRows > 0 || plan.tables.isEmpty {
            for number in stride(from: 2, through: pages.count, by: 1) {
                for entry in tree.strayRows(of: number) ?? [] { plan.take(entry) }
            }
            try? plan.takeFirstTables(pages)
        }
        self.plan = plan
        report = SalvageReport(setAside: setAside)
    }

    /// Whether it is a database of this program, whatever its header says.
    var isOwn: Bool {
        plan.tables["meta"] != nil || plan.tables["reading_day"] != nil || plan.tables["ticket_event"] != nil
    }

    /// Makes the new database at `path` with everything but the days of readings and of the outbox.
    ///
    /// - Parameters:
    ///   - newEpoch: Number of the life that begins when that of the old one is not known.
    ///   - keys: What the keys stood for when the database was last in use.
    func begin(at path: String, newEpoch: Int64, keys: KeyNote?) throws {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        // The file counts only once it has its name; until then nothing of it needs to survive.
        try queue.inDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA page_size = \(SluiceStore.newPageSize); PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF
                    """)
        }
        try queue.inTransaction { db in
            try Schema.migrate(db, to: pages.schemaVersion ?? Schema.known)
            try keys?.restore(in: db)
            let tables = try SalvagePlan.tables(of: db)
            for table in tables where !["reading_day", "outbox_day", "meta"].contains(table.name) {
                try copy(table, in: db)
            }
            try copyKeys("asset", in: db)
            try copyKeys("point", in: db)
            let hasMeta = try copyMeta(in: db)
            findDays()
            if !hasMeta {
                report.isNewEpoch = true
                nextNumber = try highestNumber(in: db) + 1_000_000
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta(key, value) VALUES ('epoch', ?), ('next_sequence', ?)",
                    arguments: [newEpoch, nextNumber])
            }
            if tree.damagedPages + tree.damagedRows > 0 { try copyStrays(tables, in: db) }
            try leaveNoLooseEnds(in: db)
            report.damagedPages = tree.damagedPages
            return .commit
        }
        report.isComplete = work.isEmpty
    }

    /// Copies some more pages of days in the transaction of `db`.
    ///
    /// - Returns: Whether anything is left.
    func step(pages limit: Int, in db: Database) throws -> Bool {
        var left = limit
        while left > 0, var day = work.last {
            work.removeLast()
            try prepare(day, in: db)
            while left > 0, day.next < day.leaves.count {
                try copy(leaf: day.leaves[day.next], of: &day, in: db)
                day.next += 1
                left -= 1
            }
            if day.next < day.leaves.count { work.append(day) } else { try finish(day, in: db) }
        }
        (report.damagedPages, report.damagedRows) = (tree.damagedPages, tree.damagedRows)
        report.isComplete = work.isEmpty
        return !work.isEmpty
    }

    /// Finds the days of a file whose small tables were copied in an earlier run.
    func resume(in db: Database) throws {
        nextNumber = try SluiceStore.nextNumber(in: db)
        findDays()
        report.isComplete = work.isEmpty
    }

    // MARK: small tables

    private func copy(_ table: SalvagePlan.Table, in db: Database) throws {
        guard let root = plan.tables[table.name] else {
            // A table that the damage has hidden; its rows may turn up on stray pages.
            if !plan.tables.isEmpty { report.damagedPages += 1 }
            return
        }
        let insert = try Self.insert(into: table, in: db)
        try tree.walk(root) { try put($0, into: table, insert) }
    }

    private func put(_ entry: DatabaseTree.Entry, into table: SalvagePlan.Table, _ insert: [Int: Statement]) throws {
        guard let row = table.row(entry), let statement = insert[row.count] else {
            report.damagedRows += 1
            return
        }
        do {
            try statement.execute(arguments: StatementArguments(row))
            report.rows += 1
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            report.damagedRows += 1
        }
    }

    /// One statement for each number of columns: rows older than a column lack it.
    private static func insert(into table: SalvagePlan.Table, in db: Database) throws -> [Int: Statement] {
        var statements: [Int: Statement] = [:]
        let least = max(1, (table.numberColumn ?? 0) + 1)
        for count in least...table.columns.count {
            let names = table.columns[..<count].map { "\"\($0.name)\"" }.joined(separator: ", ")
            let marks = Array(repeating: "?", count: count).joined(separator: ", ")
            // A column without a default that is missing makes its statement impossible, and such rows with it.
            statements[count] = try? db.cachedStatement(
                sql: "INSERT OR IGNORE INTO \"\(table.name)\"(\(names)) VALUES (\(marks))")
        }
        return statements
    }

    /// The keys of paths stand in the table, in its index and in their note; each of them gives them back.
    private func copyKeys(_ table: String, in db: Database) throws {
        let damage = tree.damagedPages + tree.damagedRows
        if let root = plan.indexes["sqlite_autoindex_\(table)_1"] {
            let insert = try db.makeStatement(sql: "INSERT OR IGNORE INTO \(table)(path, id) VALUES (?, ?)")
            try tree.walk(root) { entry in
                guard entry.values.count == 2, let path = String.fromDatabaseValue(entry.values[0]),
                    let key = Int64.fromDatabaseValue(entry.values[1]), key > 0, key < 1 << 24
                else { return }
                try insert.execute(arguments: [path, key])
            }
        }
        try db.execute(sql: "DELETE FROM \(table) WHERE id < 1 OR id >= ?", arguments: [1 << 24])
        guard damage > 0 || tree.damagedPages + tree.damagedRows > 0 || plan.tables[table] == nil else { return }
        // A key that was lost must not be given to another path: readings still speak of it.
        let highest = try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(table)") ?? 0
        let beyond = max(highest, 65_536) + 1
        if beyond < 1 << 20 {
            try db.execute(
                sql: "INSERT OR IGNORE INTO \(table)(id, path) VALUES (?, ?)", arguments: [beyond, "(salvage)"])
        }
    }

    /// - Returns: Whether the epoch and the numbers given out are known.
    private func copyMeta(in db: Database) throws -> Bool {
        var found: [String: Int64] = [:]
        if let root = plan.tables["meta"] {
            tree.walk(root) { entry in
                guard entry.values.count == 2, let key = String.fromDatabaseValue(entry.values[0]),
                    let value = Int64.fromDatabaseValue(entry.values[1])
                else { return }
                found[key] = value
            }
        }
        for (key, value) in found {
            try db.execute(sql: "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", arguments: [key, value])
        }
        guard let epoch = found["epoch"], let next = found["next_sequence"], epoch > 0, next > 0, next < limit else {
            return false
        }
        nextNumber = next
        return true
    }

    /// The highest number that any table holds.
    private func highestNumber(in db: Database) throws -> Int64 {
        var highest: Int64 = 0
        for table in ["ticket_event", "alarm_event", "intervention", "audit", "ticket_chain"] {
            guard try db.tableExists(table) else { continue }
            highest = max(
                highest,
                try Int64.fetchOne(db, sql: "SELECT max(seq) FROM \(table) WHERE seq < ?", arguments: [limit]) ?? 0)
        }
        for day in work {
            // The last page that can be read has the highest.
            for leaf in day.leaves.reversed() {
                guard let last = tree.strayless(of: leaf).last(where: { $0.number < limit }) else { continue }
                highest = max(highest, last.number)
                break
            }
        }
        return highest
    }

    /// Rows on pages that no root leads to any more go into the one table whose rows look like them.
    private func copyStrays(_ tables: [SalvagePlan.Table], in db: Database) throws {
        let free = pages.freePages()
        let statements = try tables.reduce(into: [:]) { $0[$1.name] = try Self.insert(into: $1, in: db) }
        let small = tables.filter { !["reading_day", "outbox_day", "meta", "asset", "point"].contains($0.name) }
        var days: [String: DayWork] = [:]
        for number in stride(from: 2, through: pages.count, by: 1) where !free.contains(number) {
            guard let rows = tree.strayRows(of: number), let first = rows.first else { continue }
            if let day = Self.day(of: first) {
                let name = "\(day.word)\(day.day)"
                var stray = try days[name] ?? DayWork(table: Self.dayTable(day.word, day.day), day: day.day, leaves: [])
                stray.leaves.append(number)
                days[name] = stray
                continue
            }
            let fitting = small.filter { table in rows.allSatisfy { table.row($0) != nil } }
            guard fitting.count == 1, let table = fitting.first, let insert = statements[table.name] else { continue }
            for row in rows { try put(row, into: table, insert) }
        }
        for (name, stray) in days {
            if let place = work.firstIndex(where: { $0.table.name == name }) {
                work[place].leaves += stray.leaves
            } else {
                work.append(stray)
            }
        }
        work.sort { ($0.day, $0.isReadings ? 1 : 0) < ($1.day, $1.isReadings ? 1 : 0) }
    }

    /// The day table a row looks to be of.
    private static func day(of row: DatabaseTree.Entry) -> (word: String, day: Day)? {
        guard row.values.count == 8, row.values[0].isNull else { return nil }
        if case .blob = row.values[7].storage, let wall = Int64.fromDatabaseValue(row.values[4]) {
            return ("reading_", Day(of: Timestamp(milliseconds: wall)))
        }
        if let lane = Int64.fromDatabaseValue(row.values[1]), (0...2).contains(lane),
            let stored = Int64.fromDatabaseValue(row.values[4])
        {
            return ("outbox_", Day(of: Timestamp(milliseconds: stored)))
        }
        return nil
    }

    private func leaveNoLooseEnds(in db: Database) throws {
        if try db.tableExists("counter") {
            try db.execute(sql: "DELETE FROM counter WHERE point NOT IN (SELECT id FROM point)")
        }
        if try db.tableExists("finding_trail") {
            try db.execute(
                sql: """
                    DELETE FROM finding_trail WHERE snapshot NOT IN (
                        SELECT \(try db.columns(in: "analyzer_snapshot").contains { $0.name == "id" } ? "id" : "cursor")
                        FROM analyzer_snapshot)
                    """)
        }
    }

    // MARK: days

    private func findDays() {
        // The outbox of a day comes behind its readings; work is taken from the end.
        for day in plan.days("reading_").reversed() { add("reading_", day) }
        for day in plan.days("outbox_") { add("outbox_", day) }
        work.sort { ($0.day, $0.isReadings ? 1 : 0) < ($1.day, $1.isReadings ? 1 : 0) }
    }

    private func add(_ word: String, _ day: Day) {
        guard let root = plan.tables["\(word)\(day)"], let table = try? Self.dayTable(word, day) else { return }
        work.append(DayWork(table: table, day: day, leaves: tree.leaves(under: root)))
    }

    private static func dayTable(_ word: String, _ day: Day) throws -> SalvagePlan.Table {
        try DatabaseQueue().write { db in
            if word == "reading_" {
                try Schema.createReadings(day, in: db)
            } else {
                try Schema.createOutbox(day, in: db)
            }
            guard let table = try SalvagePlan.tables(of: db).first else {
                throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "no table \(word)\(day)")
            }
            return table
        }
    }

    private func prepare(_ work: DayWork, in db: Database) throws {
        if work.isReadings {
            try Schema.createReadings(work.day, in: db)
        } else {
            try Schema.createOutbox(work.day, in: db)
        }
    }

    private func copy(leaf: Int, of work: inout DayWork, in db: Database) throws {
        guard !Failpoint.breaks(.storeSalvage) else { return }
        let known = tree.damagedRows
        let rows = tree.rows(of: leaf)
        let insert = try Self.insert(into: work.table, in: db)
        for row in rows ?? [] where row.number > 0 && row.number < nextNumber {
            try put(row, into: work.table, insert)
            guard work.isReadings else { continue }
            let at = row.values.count > 4 ? Int64.fromDatabaseValue(row.values[4]) : nil
            if let gap = work.openGap, row.number > gap.number {
                try note(gap, until: (row.number, at), in: db)
                work.openGap = nil
            }
            let count = row.values.count > 6 ? Int64.fromDatabaseValue(row.values[6]) ?? 1 : 1
            work.lastRow = (row.number + max(1, min(count, 65_536)), at)
        }
        if work.isReadings, rows == nil || tree.damagedRows > known, work.openGap == nil {
            work.openGap = work.lastRow ?? (0, nil)
        }
    }

    /// What lay between two rows is lost: at most so many readings, of that time.
    private func note(_ gap: (number: Int64, at: Int64?), until end: (number: Int64, at: Int64?), in db: Database)
        throws
    {
        let readings = gap.number > 0 ? max(0, end.number - gap.number) : 0
        try db.execute(
            sql: """
                INSERT INTO gap(path, from_at, to_at, cause, readings)
                SELECT ?1, ?2, ?3, 'store_damaged', ?4
                WHERE NOT EXISTS (SELECT 1 FROM gap WHERE cause = 'store_damaged' AND from_at IS ?2 AND to_at IS ?3)
                """, arguments: ["", gap.at ?? end.at, end.at, readings])
    }

    private func finish(_ work: DayWork, in db: Database) throws {
        if work.isReadings {
            if let gap = work.openGap { try note(gap, until: (gap.number, gap.at), in: db) }
            try OutboxDay.countReadings(of: work.day, in: db)
        } else {
            try OutboxDay.countRows(of: work.day, in: db)
        }
    }
}

extension DatabaseTree {
    /// Rows of a page, without counting what cannot be read.
    func strayless(of leaf: Int) -> [Entry] {
        var copy = self
        return copy.rows(of: leaf) ?? []
    }
}
