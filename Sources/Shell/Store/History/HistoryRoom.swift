// SPDX-License-Identifier: Apache-2.0

import Aggregation
import FoundationEssentials
import GRDB
public import Model

/// Deleting what history need not keep.
enum HistoryRoom {
    /// Rows that one transaction deletes at most, in runs of whole chunks.
    private static let mostRows = 20_000

    /// Deletes some of the pieces that begin at `start` or later, the newest first.
    ///
    /// - Returns: Whether none is left.
    static func clear(from start: Timestamp, zone: ZoneOffsets, in db: Database) throws -> Bool {
        var calendar = HistoryCalendar(zone: zone)
        for resolution in HistoryResolution.allCases {
            var first = calendar.slot(of: start, resolution)
            if calendar.start(of: first, resolution) < start { first += 1 }
            let chunk = HistoryChunk.number(of: first, resolution)
            let table = HistoryFile.table(resolution)
            if try deleteSome(table, where: "chunk > \(chunk)", newestFirst: true, in: db) { return false }
            let points = try Int64.fetchAll(
                db, sql: "SELECT point FROM \(table) WHERE chunk = ?", arguments: [chunk])
            for point in points {
                let stored = try HistoryFile.buckets(resolution, chunk: chunk, point: point, in: db)
                let kept = stored.filter { $0.slot < first }
                guard kept.count < stored.count else { continue }
                if kept.isEmpty {
                    try db.execute(
                        sql: "DELETE FROM \(table) WHERE chunk = ? AND point = ?", arguments: [chunk, point])
                } else {
                    let keepsEnds =
                        try Int.fetchOne(db, sql: "SELECT total FROM point WHERE id = ?", arguments: [point]) == 1
                    let bytes = HistoryChunk.bytes(of: kept, chunk: chunk, resolution, keepsEnds: keepsEnds)
                    try db.execute(
                        sql: "UPDATE \(table) SET body = ? WHERE chunk = ? AND point = ?",
                        arguments: [Data(bytes), chunk, point])
                }
            }
        }
        return true
    }

    /// Deletes whole chunks, as many as hold some 20,000 rows, at least one.
    ///
    /// - Returns: Whether there was one.
    static func deleteSome(
        _ table: String, where condition: String, newestFirst: Bool, in db: Database
    ) throws -> Bool {
        let order = newestFirst ? "DESC" : "ASC"
        let bound = try Int64.fetchOne(
            db,
            sql: """
                SELECT chunk FROM (SELECT chunk FROM \(table) WHERE \(condition) ORDER BY chunk \(order) LIMIT \(mostRows))
                ORDER BY chunk \(newestFirst ? "ASC" : "DESC") LIMIT 1
                """)
        guard let bound else { return false }
        try db.execute(
            sql: "DELETE FROM \(table) WHERE \(condition) AND chunk \(newestFirst ? ">=" : "<=") ?", arguments: [bound])
        return true
    }

    /// What history has given up of one resolution.
    struct GivenUp {
        var resolution: HistoryResolution
        var from: Timestamp
        var to: Timestamp
    }

    /// Deletes the oldest day of a resolution when it lies wholly before `limit`.
    static func dropOldestDay(
        _ resolution: HistoryResolution, before limit: Timestamp, in db: Database
    ) throws -> GivenUp? {
        let table = HistoryFile.table(resolution)
        guard let oldest = try Int64.fetchOne(db, sql: "SELECT min(chunk) FROM \(table)") else { return nil }
        let length = HistoryChunk.slots(resolution) * resolution.milliseconds
        let (start, overflow) = oldest.multipliedReportingOverflow(by: length)
        let from = Timestamp(milliseconds: overflow ? .min : start)
        let day = from.floored(to: .seconds(86_400)) + .seconds(86_400)
        guard day <= limit else { return nil }
        let end = HistoryChunk.number(of: day.milliseconds / resolution.milliseconds, resolution)
        try db.execute(sql: "DELETE FROM \(table) WHERE chunk < ?", arguments: [max(end, oldest + 1)])
        return GivenUp(resolution: resolution, from: from, to: day)
    }
}

extension HistoryKeeper {
    /// Drops what is older than it is kept: one day of each resolution a call at most, so that a clock that jumped
    /// cannot empty it. Call it once an hour with a synchronised clock.
    ///
    /// - Returns: What was dropped.
    public func dropOld(today: Timestamp) throws -> [String] {
        guard !isClosed else { return [] }
        var dropped: [String] = []
        for resolution in HistoryResolution.allCases {
            guard let days = resolution.keptDays else { continue }
            let limit = today - .seconds(86_400 * Int64(days))
            if try give(resolution, before: limit) != nil { dropped.append(resolution.rawValue) }
        }
        return dropped
    }

    /// Gives up the oldest day of minutes for want of room.
    ///
    /// - Returns: From when to when; `nil` when there are no minutes of a day that is over.
    public func giveUpOldestMinutes() throws -> (from: Timestamp, to: Timestamp)? {
        guard !isClosed, let newest = try newestStored() else { return nil }
        return try give(.minute, before: newest).map { ($0.from, $0.to) }
    }

    private func give(_ resolution: HistoryResolution, before limit: Timestamp) throws -> HistoryRoom.GivenUp? {
        do {
            let given = try file.queue.write { try HistoryRoom.dropOldestDay(resolution, before: limit, in: $0) }
            guard given != nil else { return nil }
            // A thousand pages, so that it is over soon; what is left goes the next time.
            try file.queue.inDatabase { db in
                let pages = try Row.fetchCursor(db, sql: "PRAGMA incremental_vacuum(1000)")
                while try pages.next() != nil {}
            }
            store.noteHistory(bytes: try file.usedBytes())
            return given
        } catch {
            try recover(from: error)
            throw error
        }
    }

    /// The start of the newest row of minutes.
    private func newestStored() throws -> Timestamp? {
        try file.queue.inDatabase { try Int64.fetchOne($0, sql: "SELECT max(chunk) FROM history_1m") }
            .map { Timestamp(milliseconds: $0 &* HistoryChunk.slots(.minute) &* 60_000) }
    }
}
