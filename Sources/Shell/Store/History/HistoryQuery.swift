// SPDX-License-Identifier: Apache-2.0

public import Aggregation
import GRDB
public import Model

/// What somebody wants to know of the history of one point.
public struct HistoryQuestion: Hashable, Sendable {
    /// `<area>/<asset>/<point>`.
    public var path: String
    public var resolution: HistoryResolution
    /// Pieces that begin at `from` or later and before `to`.
    public var from: Timestamp
    public var to: Timestamp
    public init(path: String, resolution: HistoryResolution, from: Timestamp, to: Timestamp) {
        (self.path, self.resolution, self.from, self.to) = (path, resolution, from, to)
    }
}

/// The history of one point, oldest first; pieces without a reading are left out.
public struct HistoryAnswer: Hashable, Sendable {
    /// Whether the point is a lifetime total, so that lines tell a consumption.
    public var isTotal: Bool
    public var rows: [HistoryRow]
    public init(isTotal: Bool, rows: [HistoryRow]) { (self.isTotal, self.rows) = (isTotal, rows) }
}

/// Reads the buckets of one point out of `history.db`, and those that are not stored yet with them.
struct HistoryLookup {
    let question: HistoryQuestion
    let zone: ZoneOffsets

    /// Rows that are looked at for the last value before the first piece: 40 hours of minutes, 10 days of quarters, 40
    /// days of hours, three and a half years of days.
    private static let chunksBefore: Int64 = 40

    /// - Parameters:
    ///   - key: `nil` where the file does not know the point.
    ///   - held: Pieces that are not stored yet, in any order.
    func answer(
        key: HistoryFile.PointKey?, isTotal: Bool, held: [HistoryPiece], in db: Database?
    ) throws -> HistoryAnswer {
        var calendar = HistoryCalendar(zone: zone)
        let resolution = question.resolution
        var first = calendar.slot(of: question.from, resolution)
        if calendar.start(of: first, resolution) < question.from { first += 1 }
        var end = calendar.slot(of: question.to, resolution)
        if calendar.start(of: end, resolution) < question.to { end += 1 }
        guard first < end else { return HistoryAnswer(isTotal: isTotal, rows: []) }
        let fresh = held.filter { $0.resolution == resolution }.map(\.bucket).sorted { $0.slot < $1.slot }
        var buckets: [HistoryBucket] = []
        if let key, let db {
            for chunk in try chunks(first..<end, in: db) {
                buckets += try HistoryFile.buckets(resolution, chunk: chunk, point: key.key, in: db)
            }
        }
        buckets = mergedBuckets(buckets, fresh)
        let before = isTotal ? try lastValue(before: first, buckets, key: key, in: db) : nil
        let asked = buckets.filter { $0.slot >= first && $0.slot < end }
        let rows = historyRows(
            // What is not stored yet looks as what is.
            asked.map { isTotal && $0.valued > 0 ? $0 : $0.withoutEnds }, resolution, isTotal: isTotal, before: before,
            in: calendar)
        return HistoryAnswer(isTotal: isTotal, rows: rows)
    }

    /// Numbers of the rows that hold `slots`, no more than there are in the file.
    private func chunks(_ slots: Range<Int64>, in db: Database) throws -> ClosedRange<Int64> {
        let resolution = question.resolution
        let bounds = try Row.fetchOne(
            db, sql: "SELECT min(chunk), max(chunk) FROM \(HistoryFile.table(resolution))")
        let (least, greatest) = (bounds?.integer(0) ?? 0, bounds?.integer(1) ?? -1)
        let first = max(HistoryChunk.number(of: slots.lowerBound, resolution), least)
        let last = min(HistoryChunk.number(of: slots.upperBound - 1, resolution), greatest)
        // An empty table has nothing in its row 0.
        return first <= last ? first...last : 0...0
    }

    private func lastValue(
        before first: Int64, _ near: [HistoryBucket], key: HistoryFile.PointKey?, in db: Database?
    ) throws -> Double? {
        if let found = near.last(where: { $0.slot < first && $0.valued > 0 }) { return found.last.value }
        guard let key, let db else { return nil }
        let start = HistoryChunk.number(of: first, question.resolution)
        for back in 0...Self.chunksBefore {
            let buckets = try HistoryFile.buckets(
                question.resolution, chunk: start - back, point: key.key, in: db)
            if let found = buckets.last(where: { $0.slot < first && $0.valued > 0 }) { return found.last.value }
        }
        return nil
    }
}

extension HistoryKeeper {
    /// The history of a point; of one that has none it is empty.
    public func answer(_ question: HistoryQuestion) throws -> HistoryAnswer {
        guard !isClosed else { return HistoryAnswer(isTotal: false, rows: []) }
        let key = keys[question.path]
        let held = key.map { folder.held(of: Int($0.key)) } ?? []
        let isTotal = key?.isTotal ?? false
        do {
            return try file.queue.inDatabase { db in
                try HistoryLookup(question: question, zone: zone)
                    .answer(key: key, isTotal: isTotal, held: held, in: db)
            }
        } catch {
            try recover(from: error)
            throw error
        }
    }
}
