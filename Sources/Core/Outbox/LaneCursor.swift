// SPDX-License-Identifier: Apache-2.0

import DequeModule
public import Model

/// A lane's place in the store: one page of rows in memory, and the number up to which the store was read.
///
/// Numbers only rise, so a row is read once until ``restart(after:)``.
public struct LaneCursor<Row: Sendable>: Sendable {
    private struct Numbered: Sendable {
        var number: SequenceNumber
        var row: Row
    }

    private var page: Deque<Numbered> = []
    /// Number of the last row read from the store.
    public private(set) var fetched: SequenceNumber
    /// Number of the last row that left the page, or the place where the cursor began.
    public private(set) var passed: SequenceNumber
    /// Whether the store may hold rows behind ``fetched``.
    public private(set) var mayHaveMore = true

    public init(after start: SequenceNumber) { (fetched, passed) = (start, start) }

    /// The next row.
    public var first: Row? { page.first?.row }
    public var firstNumber: SequenceNumber? { page.first?.number }
    /// At most `limit` rows from the front of the page.
    public func firstRows(_ limit: Int) -> [(number: SequenceNumber, row: Row)] {
        page.prefix(limit).map { ($0.number, $0.row) }
    }
    public var needsPage: Bool { page.isEmpty && mayHaveMore }

    /// To be called before the store is asked, so that a row committed while it answers is not overlooked.
    public mutating func willFetch() { mayHaveMore = false }

    /// Takes a page.
    ///
    /// - Parameters:
    ///   - rows: Rising numbers above ``fetched``.
    ///   - isFull: The store may have more behind it.
    ///   - isWanted: Whether a row is to be kept; the others are passed over.
    public mutating func take(
        _ rows: [(number: SequenceNumber, row: Row)], isFull: Bool, where isWanted: (SequenceNumber) -> Bool
    ) {
        for (number, row) in rows where number > fetched {
            fetched = number
            if isWanted(number) { page.append(Numbered(number: number, row: row)) }
        }
        if page.isEmpty { passed = max(passed, fetched) }
        if isFull { mayHaveMore = true }
    }

    /// Takes rows that were just stored, without reading them back.
    ///
    /// - Parameters:
    ///   - last: The last row stored before them; `nil` when there was none since the cursor began.
    ///   - limit: Most rows of a page.
    /// - Returns: `false`, and nothing is taken, when the store may hold rows between ``fetched`` and these, or the
    ///   page would grow beyond its limit.
    public mutating func append(
        _ rows: [(number: SequenceNumber, row: Row)], behind last: SequenceNumber?, limit: Int
    ) -> Bool {
        guard last.map({ fetched >= $0 && !mayHaveMore }) ?? true, page.count + rows.count <= limit else {
            return false
        }
        take(rows, isFull: false) { _ in true }
        mayHaveMore = false
        return true
    }

    public mutating func removeFirst(_ count: Int = 1) {
        for _ in 0..<count {
            guard let gone = page.popFirst() else { return }
            passed = gone.number
        }
        if page.isEmpty { passed = max(passed, fetched) }
    }

    /// New rows may have been stored.
    public mutating func wake() { mayHaveMore = true }

    /// Forgets the page and begins again behind `start`.
    public mutating func restart(after start: SequenceNumber) { self = LaneCursor(after: start) }
}

/// Remembers which rows were committed lately, so that after an outage the live lane begins at the young ones
/// without reading the old.
///
/// At most about 130 marks, however long the run.
public struct CommitMarks: Sendable {
    private var marks: Deque<(first: SequenceNumber, at: MonotonicInstant)> = []
    private let reach: Duration
    private let spacing: Duration
    private var last: SequenceNumber?

    /// - Parameter span: Age at which a row is of no interest any more.
    public init(span: Duration) {
        spacing = span / 128
        // A mark stands for all rows up to the next one, hence the last of them is that much younger.
        reach = span + spacing
    }

    /// Notes rows `first ... last`, just committed.
    public mutating func note(_ first: SequenceNumber, through last: SequenceNumber, at now: MonotonicInstant) {
        self.last = max(self.last ?? last, last)
        while let head = marks.first, now - head.at > reach { marks.removeFirst() }
        if let tail = marks.last, now - tail.at < spacing { return }
        marks.append((first, now))
    }

    /// The number behind which every row that may still be live lies; `nil` when nothing was committed in this run.
    public func start(at now: MonotonicInstant) -> SequenceNumber? {
        if let young = marks.first(where: { now - $0.at <= reach }) { return SequenceNumber(young.first.value &- 1) }
        return last
    }
}
