// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
public import Model

/// What a look through a whole database found.
public struct VerificationReport: Hashable, Sendable {
    /// Sentences for people, the worst first; empty when all is well.
    public var defects: [String] = []
    public var schema = 0
    public var epoch: Int64 = 0
    /// Rows of readings; each is a sweep.
    public var sweeps: Int64 = 0
    public var readings: Int64 = 0
    public var ticketLines = 0
    /// Photos of tickets that are beside it and what they were.
    public var photos = 0
    /// Sentences of those that are not; the database is as good without them.
    public var lostPhotos: [String] = []
    public var lastReading: Timestamp?
    /// Whether history lies beside it; then it was looked through as well.
    public var hasHistory = false
}

extension SluiceStore {
    /// Looks through the database of a state directory, or of a copy; a gateway may be running with it.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func verify(_ path: String) throws -> VerificationReport {
        let file = FileIdentity(path + "/sluice.db") == nil ? path : path + "/sluice.db"
        guard StateDirectory.size(of: file) > 0 else {
            throw StoreError.unusable(path: file, detail: "there is no such file")
        }
        do {
            try Schema.examine(file)
            let queue = try DatabaseQueue(path: file, configuration: readOnly())
            defer { try? queue.close() }
            return try queue.read { db in
                var report = try verify(in: db)
                if report.schema == Schema.known, report.defects.isEmpty {
                    try verifyPhotos(of: db, in: PhotoFolder(beside: folder(of: file)), &report)
                }
                try verifyHistory(
                    file == path ? HistoryCopies.path(beside: path) : HistoryFile.path(in: path), &report)
                return report
            }
        } catch {
            throw explain(error, path: file, directory: file)
        }
    }

    private static func verifyHistory(_ history: String, _ report: inout VerificationReport) throws {
        guard StateDirectory.size(of: history) > 0 else { return }
        report.hasHistory = true
        if let defect = try HistoryCopies.defect(of: history) {
            report.defects.append("history is damaged and will be made anew from the readings: \(defect)")
        }
    }

    static func readOnly() -> Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return configuration
    }

    static func verify(in db: Database) throws -> VerificationReport {
        var report = VerificationReport()
        report.schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let complaints = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
        report.defects += complaints.map { "the file is damaged: \($0)" }
        // What stands in a damaged file is not worth another look.
        guard complaints.isEmpty else { return report }
        guard report.schema == Schema.known else {
            report.defects.append(
                "its tables are of version \(report.schema) and this program knows \(Schema.known); "
                    + "start the gateway once to bring them up")
            return report
        }
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").prefix(20) {
            report.defects.append("a row of \(String.fromDatabaseValue(row[0]) ?? "") belongs to nothing")
        }
        let chain = try ticketChain(in: db)
        report.ticketLines = chain.lines + chain.older
        if let broken = chain.firstBreak {
            report.defects.append("line \(broken.sequence) of the tickets is not as it was written")
        }
        if let number = try AuditChain.firstBreak(in: db) {
            report.defects.append("line \(number) of the audit is not as it was written")
        }
        report.epoch = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'epoch'") ?? 0
        try verifyNumbers(in: db, &report)
        return report
    }

    /// Every photo that the log names and nobody deleted lies beside the database and is what it was.
    private static func verifyPhotos(
        of db: Database, in folder: PhotoFolder, _ report: inout VerificationReport
    ) throws {
        for hash in try PhotoLines.kept(in: db) {
            if folder.read(hash) != nil {
                report.photos += 1
            } else {
                let state = folder.has(hash) ? "is not as it was written" : "is missing"
                report.lostPhotos.append("the photo \(folder.path)/\(hash) \(state)")
            }
        }
    }

    /// Numbers rise, none is given twice, and each sweep that waits for the broker is there.
    private static func verifyNumbers(in db: Database, _ report: inout VerificationReport) throws {
        let next = try nextNumber(in: db)
        var taken: [ClosedRange<Int64>] = []
        for day in try Int64.fetchAll(db, sql: "SELECT day FROM reading_day ORDER BY first").map(Day.init(number:)) {
            var unreadable = 0
            let rows = try Row.fetchCursor(db, sql: "SELECT seq, count, wall, body FROM reading_\(day) ORDER BY seq")
            while let row = try rows.next() {
                let (first, count) = (row.integer(0) ?? 0, max(1, row.integer(1) ?? 1))
                let wall = Timestamp(milliseconds: row.integer(2) ?? 0)
                report.sweeps += 1
                report.readings += count
                report.lastReading = max(report.lastReading ?? wall, wall)
                let data = Data(try row.bytes(3))
                do { try data.readings(count: Int(count), receivedWall: wall) { _ in } } catch { unreadable += 1 }
                if let last = taken.last, last.upperBound + 1 == first {
                    taken[taken.count - 1] = last.lowerBound...first + count - 1
                } else {
                    taken.append(first...first + count - 1)
                }
            }
            if unreadable > 0 { report.defects.append("\(unreadable) sweeps of \(day) cannot be read") }
        }
        taken.sort { $0.lowerBound < $1.lowerBound }
        for (one, other) in zip(taken, taken.dropFirst()) where other.lowerBound <= one.upperBound {
            report.defects.append("the number \(other.lowerBound) was given twice")
        }
        if let last = taken.map(\.upperBound).max(), last >= next {
            report.defects.append("the number \(last) is in use and would be given again (next is \(next))")
        }
        for day in try OutboxDay.all(in: db) {
            let name = "outbox_\(day)"
            let known = try db.tableExists("reading_\(day)")
            let orphans =
                try known
                ? Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM \(name) o LEFT JOIN reading_\(day) r ON r.seq = o.seq
                        WHERE o.lane <> 0 AND r.seq IS NULL
                        """) : Int.fetchOne(db, sql: "SELECT count(*) FROM \(name) WHERE lane <> 0")
            if let orphans, orphans > 0 {
                report.defects.append("\(orphans) rows of \(name) wait to be published without their readings")
            }
            let counted = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name) WHERE state = 0") ?? 0
            let noted =
                try Int.fetchOne(db, sql: "SELECT waiting FROM outbox_day WHERE day = ?", arguments: [day.number]) ?? 0
            if counted != noted { report.defects.append("\(name) has \(counted) waiting rows and says \(noted)") }
        }
    }
}
