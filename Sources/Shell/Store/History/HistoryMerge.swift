// SPDX-License-Identifier: Apache-2.0

import Aggregation
import FoundationEssentials
import GRDB
import Logging

/// Merges pieces into the rows of `history.db`, each row once, in the order of their keys.
struct HistoryMerge {
    /// Keys of points whose first and last values are kept.
    let totals: Set<Int64>
    let logger: Logger

    func write(_ pieces: [HistoryPiece], in db: Database) throws {
        for resolution in HistoryResolution.allCases {
            let mine = pieces.filter { $0.resolution == resolution }.map {
                (
                    chunk: HistoryChunk.number(of: $0.bucket.slot, resolution), point: Int64($0.point),
                    bucket: $0.bucket
                )
            }.sorted { ($0.chunk, $0.point, $0.bucket.slot) < ($1.chunk, $1.point, $1.bucket.slot) }
            let put = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO \(HistoryFile.table(resolution))(chunk, point, body) VALUES (?, ?, ?)")
            var start = 0
            while start < mine.count {
                let (chunk, point) = (mine[start].chunk, mine[start].point)
                var end = start
                while end < mine.count, mine[end].chunk == chunk, mine[end].point == point { end += 1 }
                let stored = try HistoryFile.buckets(resolution, chunk: chunk, point: point, in: db) { fault in
                    logger.error(
                        "A row of history cannot be read and is begun anew.",
                        metadata: ["resolution": "\(resolution.rawValue)", "reason": "\(fault)"])
                }
                let merged = mergedBuckets(stored, mine[start..<end].map(\.bucket))
                let bytes = HistoryChunk.bytes(
                    of: merged, chunk: chunk, resolution, keepsEnds: totals.contains(point))
                try put.execute(arguments: [chunk, point, Data(bytes)])
                start = end
            }
        }
    }
}

/// Buckets of two lists that rise in their slots, those of the same slot merged; slots of `fresh` may repeat.
func mergedBuckets(_ stored: [HistoryBucket], _ fresh: [HistoryBucket]) -> [HistoryBucket] {
    var merged: [HistoryBucket] = []
    merged.reserveCapacity(stored.count + fresh.count)
    var place = 0
    func add(_ bucket: HistoryBucket) {
        if merged.last?.slot == bucket.slot {
            merged[merged.count - 1].merge(bucket)
        } else {
            merged.append(bucket)
        }
    }
    for bucket in fresh {
        while place < stored.count, stored[place].slot <= bucket.slot {
            add(stored[place])
            place += 1
        }
        add(bucket)
    }
    for bucket in stored[place...] { add(bucket) }
    return merged
}
