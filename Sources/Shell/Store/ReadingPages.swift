// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB
import Logging
public import Model
public import Pipeline

extension SluiceStore {
    /// Number given out last, to a reading or to anything else; 0 in an empty store.
    public func latestSequence() async throws -> SequenceNumber {
        try await read { SequenceNumber(try Self.nextNumber(in: $0) - 1) }
    }

    /// Stored sweeps with a first number above `after`, in the order of their numbers.
    ///
    /// Readings of points that the configuration no longer has are left out. Where one stood between others, its
    /// sweep comes as two, so that every reading keeps its own number; a page may thus hold a few more than `limit`.
    /// A row whose bytes cannot be read is logged and left out.
    ///
    /// - Returns: Fewer than `limit` only when there are no more.
    public func sweeps(after: SequenceNumber, limit: Int) async throws -> [StoredSweep] {
        guard limit > 0 else { return [] }
        let binding = try boundCatalogue()
        var found: [StoredSweep] = []
        var position = after.value
        while found.count < limit {
            let (from, wanted) = (position, limit - found.count)
            let page = try await read { db in
                try Self.rows(after: from, limit: wanted, binding: binding, in: db)
            }
            guard let last = page.last else { break }
            position = last.sequence
            for row in page {
                if case .failure(.unreadable(let fault)) = row.content { noteUnreadable(row.sequence, fault) }
                found += row.sweeps()
            }
        }
        return found
    }

    private static func rows(
        after: Int64, limit: Int, binding: CatalogueBinding, in db: Database
    ) throws -> [SweepRow] {
        let select = try db.cachedStatement(sql: "SELECT day, first FROM reading_day WHERE last > ? ORDER BY first")
        let days = try Row.fetchAll(select, arguments: [after]).compactMap { row in
            row.integer(0).map { DaySpan(day: Day(number: $0), first: row.integer(1) ?? 0) }
        }
        return try pageOverDays(days, after: after, limit: limit) { day, after, through, limit in
            let select = try db.cachedStatement(
                sql: """
                    SELECT seq, \(SweepRow.columns(of: "r")) FROM reading_\(day) r
                    WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?
                    """)
            let rows = try Row.fetchCursor(select, arguments: [after, through, limit])
            var found: [(sequence: Int64, content: SweepRow)] = []
            while let row = try rows.next() {
                let sweep = try SweepRow(row, binding: binding)
                found.append((sweep.sequence, sweep))
            }
            return found
        }.map(\.content)
    }

    /// Values of one point in the sweeps received from `from` to `to`, both included, in the order of that time.
    ///
    /// A sample stands at the reading's source time; it has no value where the reading was bad.
    public func trend(point: PointIndex, from: Timestamp, to: Timestamp) async throws -> [Trend.Sample] {
        let binding = try boundCatalogue()
        guard binding.pointKeys.indices.contains(Int(point.value)) else { throw StoreError.notBound }
        let pointKey = binding.pointKeys[Int(point.value)]
        let assetKey = binding.assetKeys[Int(binding.assetOfPoint[Int(point.value)].value)]
        return try await read { db in
            var samples: [Trend.Sample] = []
            for day in try Self.days(from: from, to: to, in: db) {
                let select = try db.cachedStatement(
                    sql: """
                        SELECT wall, count, body FROM reading_\(day)
                        WHERE asset = ? AND wall >= ? AND wall <= ? ORDER BY wall
                        """)
                let rows = try Row.fetchCursor(
                    select, arguments: [assetKey, from.milliseconds, to.milliseconds])
                while let row = try rows.next() {
                    try Self.scan(row) { entry in
                        guard entry.point == pointKey else { return }
                        let value = entry.quality == .bad ? nil : entry.quantity?.asDouble
                        samples.append(Trend.Sample(at: entry.sourceTime, value: value))
                    }
                }
            }
            return samples
        }
    }

    /// The newest stored reading of each point, of the sweeps received at `since` or later, in the order of points.
    public func latestReadings(since: Timestamp) async throws -> [Reading] {
        let binding = try boundCatalogue()
        return try await read { db in
            let days = try Self.days(from: since, to: Timestamp(milliseconds: .max), in: db)
            var pointsLeft = [Int](repeating: 0, count: binding.assetKeys.count)
            for asset in binding.assetOfPoint { pointsLeft[Int(asset.value)] += 1 }
            var latest = [Reading?](repeating: nil, count: binding.pointKeys.count)
            for (place, key) in binding.assetKeys.enumerated() {
                for day in days.reversed() where pointsLeft[place] > 0 {
                    let select = try db.cachedStatement(
                        sql: """
                            SELECT wall, count, body FROM reading_\(day)
                            WHERE asset = ? AND wall >= ? ORDER BY wall DESC
                            """)
                    let rows = try Row.fetchCursor(select, arguments: [key, since.milliseconds])
                    while pointsLeft[place] > 0, let row = try rows.next() {
                        try Self.scan(row) { entry in
                            guard let point = binding.point(entry.point), latest[Int(point.value)] == nil else {
                                return
                            }
                            latest[Int(point.value)] = entry.reading(of: point)
                            pointsLeft[place] -= 1
                        }
                    }
                }
            }
            return latest.compactMap { $0 }
        }
    }

    /// Hands the readings of a row of `wall`, `count` and `body` to `visit`; a row that cannot be read has none.
    private static func scan(_ row: Row, _ visit: (ReadingBody.Entry) -> Void) throws {
        let (wall, count) = (Timestamp(milliseconds: row.integer(0) ?? 0), Int(clamping: row.integer(1) ?? 0))
        try row.withUnsafeData(atIndex: 2) { data in
            try? data?.readings(count: count, receivedWall: wall, visit)
        }
    }

    private static func days(from: Timestamp, to: Timestamp, in db: Database) throws -> [Day] {
        let select = try db.cachedStatement(sql: "SELECT day FROM reading_day WHERE day BETWEEN ? AND ? ORDER BY day")
        return try Int64.fetchAll(select, arguments: [Day(of: from).number, Day(of: to).number])
            .map { Day(number: $0) }
    }

    private func noteUnreadable(_ sequence: Int64, _ fault: PackedFault) {
        logger.error(
            "A stored sweep cannot be read and is left out.",
            metadata: ["sequence": "\(sequence)", "reason": "\(fault)"])
    }
}
