// SPDX-License-Identifier: Apache-2.0

import Counters
import Model
import Pipeline
import Synchronization

/// The store of a simulated site: what a transaction has taken stays, whatever happens to the program.
///
/// Its rules are those of the real store; the real one is put to the same faults in its own tests and in the fault suite.
final class SimulatedDisk: Sendable {
    struct Row {
        var row: OutboxRow
        var sentAt: Timestamp?
    }

    struct State {
        var nextSequence: Int64 = 1
        /// The outbox, rising.
        var rows: [Row] = []
        /// Sweeps that the judge has not seen.
        var unseen: [StoredSweep] = []
        var counters: [PointIndex: CounterRecord] = [:]
        var judge: Judge?
        var retained: Set<String> = []
        var forbidden: Timestamp?
        var replies: [String: [UInt8]] = [:]
        /// Transactions fail: the disk is full or answers with an error.
        var isFailing = false
        var failed = 0
        // What the invariants are held against.
        var acceptedRows: Set<Int64> = []
        var acceptedMessages = 0
        var violations: [String] = []
        fileprivate var totals: [PointIndex: Double] = [:]
    }

    struct Failure: Error, CustomStringConvertible { let description = "the disk is full" }

    let state: Mutex<State>

    init() { state = Mutex(State()) }

    func read<T>(_ body: (borrowing State) -> T) -> T { state.withLock { body($0) } }

    private func write<T>(_ body: (inout State) throws -> T) throws -> T {
        try state.withLock { state in
            if state.isFailing {
                state.failed += 1
                throw Failure()
            }
            return try body(&state)
        }
    }

    /// Stores sweeps with their outbox rows and counters.
    func append(_ sweeps: [(sweep: Sweep, isPublished: Bool)], counters: [CounterRecord]) throws -> [StoredSweep] {
        try write { state in
            var stored: [StoredSweep] = []
            for (sweep, isPublished) in sweeps where !sweep.readings.isEmpty {
                let one = StoredSweep(firstSequence: SequenceNumber(state.nextSequence), sweep: sweep)
                state.nextSequence += Int64(sweep.readings.count)
                stored.append(one)
                state.unseen.append(one)
                if isPublished {
                    state.rows.append(Row(row: OutboxRow(sequence: one.firstSequence, content: .sweep(one))))
                    state.acceptedRows.insert(one.firstSequence.value)
                }
            }
            for record in counters { state.counters[record.point] = record }
            return stored
        }
    }

    /// Stores what was concluded from the sweeps up to the last one seen.
    func save(_ judge: Judge, messages: [OutboundMessage]) throws {
        try write { state in
            state.judge = judge
            state.unseen = []
            for message in messages {
                let number = SequenceNumber(state.nextSequence)
                state.nextSequence += 1
                state.rows.append(Row(row: OutboxRow(sequence: number, content: .message(message))))
                state.acceptedMessages += 1
            }
        }
    }

    func noteViolation(_ text: String) { state.withLock { $0.violations.append(text) } }

    /// Whether a total goes on as totals do.
    func noteTotal(_ value: Double, of point: PointIndex) {
        state.withLock { state in
            if let before = state.totals[point], value < before - 1e-6 {
                state.violations.append("the total of point \(point.value) fell from \(before) to \(value)")
            }
            state.totals[point] = value
        }
    }
}

/// The disk as one life of the program sees it: after its end every call is refused.
final class SimulatedStore: OutboxStore {
    private let disk: SimulatedDisk
    private let isDead = Mutex(false)

    init(_ disk: SimulatedDisk) { self.disk = disk }

    struct Killed: Error {}

    func kill() { isDead.withLock { $0 = true } }

    private func write<T>(_ body: (inout SimulatedDisk.State) -> T) throws -> T {
        if isDead.withLock({ $0 }) { throw Killed() }
        return try disk.state.withLock { state in
            if state.isFailing {
                state.failed += 1
                throw SimulatedDisk.Failure()
            }
            return body(&state)
        }
    }

    var epoch: Int64 { 1 }

    private func page(
        _ after: SequenceNumber, _ limit: Int, _ isWanted: (OutboxRow) -> Bool
    ) throws -> [OutboxRow] {
        if isDead.withLock({ $0 }) { throw Killed() }
        return disk.state.withLock { state in
            var page: [OutboxRow] = []
            var (low, high) = (0, state.rows.count)
            while low < high {
                let middle = (low + high) / 2
                if state.rows[middle].row.sequence > after { high = middle } else { low = middle + 1 }
            }
            for entry in state.rows[low...] where entry.sentAt == nil && isWanted(entry.row) {
                if page.count == limit { break }
                page.append(entry.row)
            }
            return page
        }
    }

    func waitingMessages(after: SequenceNumber, limit: Int) async throws -> [OutboxRow] {
        try page(after, limit) { if case .message = $0.content { true } else { false } }
    }

    func waitingSweeps(after: SequenceNumber, limit: Int) async throws -> [OutboxRow] {
        try page(after, limit) { if case .sweep = $0.content { true } else { false } }
    }

    func markSent(_ rows: [SequenceNumber], at wall: Timestamp) async throws {
        let sent = Set(rows)
        try write { state in
            for place in state.rows.indices where sent.contains(state.rows[place].row.sequence) {
                state.rows[place].sentAt = state.rows[place].sentAt ?? wall
            }
        }
    }

    private func returned(_ isMeant: @Sendable (SimulatedDisk.Row) -> Bool) throws -> Int {
        try write { state in
            var count = 0
            for place in state.rows.indices where state.rows[place].sentAt != nil && isMeant(state.rows[place]) {
                state.rows[place].sentAt = nil
                count += 1
            }
            return count
        }
    }

    func returnToWaiting(sentSince since: Timestamp) async throws -> Int {
        try returned { $0.sentAt.map { $0 >= since } ?? false }
    }

    func returnToWaiting(sentAbove above: SequenceNumber) async throws -> Int {
        try returned { $0.row.sequence > above }
    }

    private func removed(_ isMeant: (SimulatedDisk.Row) -> Bool) throws -> Int {
        try write { state in
            let count = state.rows.count
            state.rows.removeAll { $0.sentAt != nil && isMeant($0) }
            return count - state.rows.count
        }
    }

    func removeConfirmed(sentBefore before: Timestamp) async throws -> Int {
        try removed { $0.sentAt.map { $0 < before } ?? false }
    }

    func removeConfirmed(through: SequenceNumber) async throws -> Int { try removed { $0.row.sequence <= through } }

    func lastSequence() async throws -> SequenceNumber { try write { SequenceNumber($0.nextSequence - 1) } }

    func sentRows(after: SequenceNumber, limit: Int) async throws -> [SequenceNumber] {
        try write { state in
            Array(
                state.rows.prefix { $0.sentAt != nil || $0.row.sequence <= after }.map(\.row.sequence)
                    .filter { $0 > after }.prefix(limit))
        }
    }

    func backlog() async throws -> (rows: Int, oldest: Timestamp?) {
        try write { state in (state.rows.count { $0.sentAt == nil }, nil) }
    }

    func noteRetained(_ topics: [String]) async throws -> [String] {
        try write { state in
            let former = state.retained.subtracting(topics).sorted()
            state.retained.formUnion(topics)
            return former
        }
    }

    func forgetRetained(_ topics: [String]) async throws { try write { $0.retained.subtract(topics) } }
    func forbiddenSince() async throws -> Timestamp? { try write { $0.forbidden } }
    func noteForbidden(since: Timestamp?) async throws { try write { $0.forbidden = since } }
    func reply(toCommand identifier: String, now: Timestamp) async throws -> [UInt8]? {
        try write { $0.replies[identifier] }
    }
    func keep(reply: [UInt8], toCommand identifier: String, at now: Timestamp) async throws {
        try write { $0.replies[identifier] = reply }
    }
}
