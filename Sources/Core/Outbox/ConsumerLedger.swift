// SPDX-License-Identifier: Apache-2.0

/// What a consumer has stored: each row once, whatever is repeated.
///
/// Of each epoch it keeps the number up to which everything is there, and the rows above it one by one.
public struct ConsumerLedger: Hashable, Codable, Sendable {
    public enum Verdict: Hashable, Sendable {
        case new
        /// Stored before, in this revision or a later one.
        case duplicate
        /// Stored before with an earlier revision: this one counts.
        case correction
    }

    /// What was counted since the ledger was begun.
    public struct Figures: Hashable, Codable, Sendable {
        public var rows = 0
        public var duplicates = 0
        public var corrections = 0
        /// Stretches of numbers that the gateway had let go before this ledger heard of them.
        public var gaps = 0
        /// Rows that the last mark names and that have not come.
        public var missing = 0
    }

    private struct Epoch: Hashable, Codable {
        /// Everything up to here is stored, or was let go by the gateway.
        var through: Int64 = 0
        /// Rows above it.
        var above: Set<Int64> = []
        /// Highest revision of rows that were corrected.
        var revisions: [Int64: Int64] = [:]
    }

    /// Rows above ``Epoch/through`` that are kept; with more, nobody marks, and the lower half is taken for complete.
    public static let limit = 100_000

    private var epochs: [Int64: Epoch] = [:]
    private var marks: [Int64: Mark] = [:]
    public private(set) var figures = Figures()

    private struct Mark: Hashable, Codable { var through: Int64; var rows: [Int64] }

    public init() {}

    /// Whether the row is to be stored.
    public mutating func take(row: Int64, epoch: Int64, revision: Int64 = 0) -> Verdict {
        var book = epochs[epoch] ?? Epoch()
        defer { epochs[epoch] = book }
        let isKnown = row <= book.through || book.above.contains(row)
        guard isKnown else {
            book.above.insert(row)
            if revision > 0 { book.revisions[row] = revision }
            figures.rows += 1
            if book.above.count > Self.limit { Self.fold(&book) }
            return .new
        }
        guard revision > book.revisions[row] ?? 0 else {
            figures.duplicates += 1
            return .duplicate
        }
        book.revisions[row] = revision
        figures.corrections += 1
        return .correction
    }

    /// Takes the gateway's word for which rows there are.
    public mutating func take(_ mark: DeliveryMark) {
        var book = epochs[mark.epoch] ?? Epoch()
        if mark.after > book.through {
            figures.gaps += 1
            Self.advance(&book, to: mark.after)
        }
        epochs[mark.epoch] = book
        marks[mark.epoch] = Mark(through: mark.through, rows: mark.rows)
    }

    /// Numbers that can be acknowledged now: every row of the mark is there. To be asked when all that was taken is
    /// stored for good.
    public mutating func acknowledgements() -> [(epoch: Int64, through: Int64)] {
        var found: [(epoch: Int64, through: Int64)] = []
        figures.missing = 0
        for (epoch, mark) in marks.sorted(by: { $0.key < $1.key }) {
            var book = epochs[epoch] ?? Epoch()
            let missing = mark.rows.count { $0 > book.through && !book.above.contains($0) }
            figures.missing += missing
            guard missing == 0 else { continue }
            if mark.through > book.through { Self.advance(&book, to: mark.through) }
            epochs[epoch] = book
            marks[epoch] = nil
            found.append((epoch, book.through))
        }
        return found
    }

    private static func advance(_ book: inout Epoch, to number: Int64) {
        book.through = number
        book.above = book.above.filter { $0 > number }
    }

    private static func fold(_ book: inout Epoch) {
        let middle = book.above.sorted()[book.above.count / 2]
        advance(&book, to: middle)
    }
}
