// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import TestKit

/// The outbox without a disk: the rules of the port, and figures of how it was used.
actor MemoryOutbox: OutboxStore {
    struct Failure: Error, CustomStringConvertible { let description = "disk full" }

    nonisolated let epoch: Int64 = 3
    private var rows: [(row: OutboxRow, sentAt: Timestamp?)] = []
    private(set) var transactions = 0
    private(set) var largestPage = 0
    private(set) var removed = 0
    private var failures = 0

    func add(_ content: [OutboxRow]) { rows += content.map { ($0, nil) } }

    /// The next calls that write fail.
    func fail(times: Int) { failures = times }

    var waiting: [SequenceNumber] { rows.filter { $0.sentAt == nil }.map(\.row.sequence) }
    var count: Int { rows.count }

    func waitingMessages(after: SequenceNumber, limit: Int) throws -> [OutboxRow] {
        page(after, limit) { if case .message = $0.content { true } else { false } }
    }

    func waitingSweeps(after: SequenceNumber, limit: Int) throws -> [OutboxRow] {
        page(after, limit) { if case .sweep = $0.content { true } else { false } }
    }

    private func page(_ after: SequenceNumber, _ limit: Int, where isWanted: (OutboxRow) -> Bool) -> [OutboxRow] {
        var page: [OutboxRow] = []
        for (row, sentAt) in rows where sentAt == nil && row.sequence > after && isWanted(row) {
            if page.count == limit { break }
            page.append(row)
        }
        largestPage = max(largestPage, page.count)
        return page
    }

    func markSent(_ sent: [SequenceNumber], at wall: Timestamp) throws {
        if failures > 0 {
            failures -= 1
            throw Failure()
        }
        transactions += 1
        let sent = Set(sent)
        for place in rows.indices where sent.contains(rows[place].row.sequence) { rows[place].sentAt = wall }
    }

    func latestSent() -> Timestamp? { rows.compactMap(\.sentAt).max() }

    func returnToWaiting(sentSince since: Timestamp) throws -> Int {
        var count = 0
        for place in rows.indices {
            if let sentAt = rows[place].sentAt, sentAt > since {
                rows[place].sentAt = nil
                count += 1
            }
        }
        return count
    }

    func removeConfirmed(sentBefore before: Timestamp) throws -> Int {
        let count = rows.count
        rows.removeAll { $0.sentAt.map { $0 < before } ?? false }
        removed += count - rows.count
        return count - rows.count
    }

    private(set) var retained: Set<String> = []

    func noteRetained(_ topics: [String]) -> [String] {
        defer { retained.formUnion(topics) }
        return retained.subtracting(topics).sorted()
    }

    func forgetRetained(_ topics: [String]) { retained.subtract(topics) }

    func lastSequence() -> SequenceNumber { SequenceNumber(rows.map { $0.row.sequence.value + 1 }.max() ?? highest) }
    private var highest: Int64 = 0

    func sentRows(after: SequenceNumber, limit: Int) -> [SequenceNumber] {
        let numbers = rows.sorted { $0.row.sequence < $1.row.sequence }
        return Array(
            numbers.prefix { $0.sentAt != nil || $0.row.sequence <= after }.map(\.row.sequence).filter { $0 > after }
                .prefix(limit))
    }

    func removeConfirmed(through: SequenceNumber) -> Int {
        let count = rows.count
        highest = max(highest, lastSequence().value)
        rows.removeAll { $0.sentAt != nil && $0.row.sequence <= through }
        return count - rows.count
    }

    private(set) var replays = 0

    func returnToWaiting(sentAbove above: SequenceNumber) -> Int {
        replays += 1
        var count = 0
        for place in rows.indices where rows[place].sentAt != nil && rows[place].row.sequence > above {
            rows[place].sentAt = nil
            count += 1
        }
        return count
    }

    /// As a run before left it.
    func markSentBefore(_ row: SequenceNumber, at wall: Timestamp) {
        for place in rows.indices where rows[place].row.sequence == row { rows[place].sentAt = wall }
    }

    private var forbidden: Timestamp?
    private var replies: [String: [UInt8]] = [:]

    func forbiddenSince() -> Timestamp? { forbidden }
    func noteForbidden(since: Timestamp?) { forbidden = since }
    func reply(toCommand identifier: String, now: Timestamp) -> [UInt8]? { replies[identifier] }
    func keep(reply: [UInt8], toCommand identifier: String, at now: Timestamp) { replies[identifier] = reply }

    /// A line for each time that was asked what waits.
    nonisolated let log = LineLog()

    func backlog() async throws -> (rows: Int, oldest: Timestamp?) {
        await log.append("asked")
        return (waiting.count, nil)
    }
}

/// Runs the publisher around `body`, then stops it.
func whileRunning<TimerClock>(
    _ publisher: Publisher<TimerClock>, _ body: @Sendable () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await publisher.run() }
        do {
            try await body()
        } catch {
            group.cancelAll()
            throw error
        }
        publisher.stop()
        try await group.waitForAll()
    }
}
