// SPDX-License-Identifier: Apache-2.0

import Counters
import GRDB
import Model
import Pipeline

extension SluiceStore {
    /// Stores what counters showed, and the gaps that follow from it, in the transaction of `db`.
    ///
    /// - Parameter binding: That of the running catalogue, whose points the notes are of.
    static func write(_ notes: [CounterNote], _ binding: CatalogueBinding, in db: Database) throws {
        guard !notes.isEmpty else { return }
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO counter_event(point, from_at, at, kind, from_counts, to_counts, counts)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        for note in notes {
            let key = binding.pointKeys[Int(note.point.value)]
            let numbers = note.event.numbers
            try insert.execute(arguments: [
                key, note.from.milliseconds, note.at.milliseconds, note.event.word, numbers.from, numbers.to,
                numbers.counts,
            ])
            guard let cause = note.gapCause else { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO gap(path, from_at, to_at, cause, readings)
                    SELECT path, ?, ?, ?, 0 FROM point WHERE id = ?
                    """
            ).execute(arguments: [note.from.milliseconds, note.at.milliseconds, cause, key])
        }
    }
}

extension CounterEvent {
    /// Register values before and after, and counts or reads; `nil` for what the event does not have.
    fileprivate var numbers: (from: Int64?, to: Int64?, counts: Int64?) {
        switch self {
        case .rollover: (nil, nil, nil)
        case .glitch(let reads): (nil, nil, Int64(reads))
        case .counterReset(let from, let to), .counterJump(let from, let to):
            (Int64(clamping: from), Int64(clamping: to), nil)
        case .ambiguousGap(let lowest): (nil, nil, Int64(clamping: lowest))
        case .gap(let counts, _): (nil, nil, Int64(clamping: counts))
        case .range(let raw): (nil, Int64(clamping: raw), nil)
        }
    }
}
