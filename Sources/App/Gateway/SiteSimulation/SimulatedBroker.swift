// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Synchronization

/// A broker and the consumer behind it, in virtual time.
///
/// It acknowledges late and out of order, throws its clients out, is away for minutes or a day, and forgets on a power
/// cut what it acknowledged and had not written down.
final class SimulatedBroker: Sendable {
    private struct Held {
        var due: MonotonicInstant
        var rows: [Int64]
        var isTicket: Bool
    }

    private struct State {
        var random: SplitMix64
        var isAway = false
        var isCalm = false
        var session: Session?
        /// Acknowledged and not yet with the consumer.
        var held: [Held] = []
        // The consumer's book.
        var received: Set<Int64> = []
        var duplicates = 0
        var tickets = 0
        var lostAfterAcknowledgement = 0
        var powerCuts = 0
    }

    private let state: Mutex<State>
    let time: VirtualTime

    init(seed: UInt64, _ time: VirtualTime) {
        self.time = time
        state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    struct Book {
        var received: Set<Int64>
        var duplicates: Int
        var tickets: Int
        var lostAfterAcknowledgement: Int
        var powerCuts: Int
    }

    var book: Book {
        deliver()
        return state.withLock {
            Book(
                received: $0.received, duplicates: $0.duplicates, tickets: $0.tickets,
                lostAfterAcknowledgement: $0.lostAfterAcknowledgement, powerCuts: $0.powerCuts)
        }
    }

    // MARK: faults

    /// Nobody can connect until it is back.
    func leave(losesMemory: Bool) {
        deliver()
        state.withLock { state in
            state.isAway = true
            drop(&state)
            guard losesMemory else { return }
            state.powerCuts += 1
            state.lostAfterAcknowledgement += state.held.reduce(0) { $0 + $1.rows.count }
            state.held = []
        }
    }

    func comeBack() { state.withLock { $0.isAway = false } }
    func throwOut() { state.withLock { drop(&$0) } }
    /// From now on it does nothing odd.
    func calm() { state.withLock { ($0.isAway, $0.isCalm) = (false, true) } }

    private func drop(_ state: inout State) {
        state.session?.end("thrown out")
        state.session = nil
    }

    /// What has been written down reaches the consumer.
    private func deliver() {
        let now = time.now
        state.withLock { state in
            for message in state.held where message.due <= now {
                if message.isTicket { state.tickets += 1 }
                for row in message.rows where !state.received.insert(row).inserted { state.duplicates += 1 }
            }
            state.held.removeAll { $0.due <= now }
        }
    }

    // MARK: a client

    fileprivate func accept(_ session: Session) -> Bool {
        state.withLock { state in
            guard !state.isAway, state.isCalm || state.random.below(10) > 0 else { return false }
            state.session?.end("another client with its identifier")
            state.session = session
            return true
        }
    }

    /// Takes a message; the time after which it is acknowledged, `nil` where the connection breaks.
    fileprivate func take(_ message: OutboundMessage, from session: Session) -> Duration? {
        deliver()
        let rows = message.sequenceNumbers
        let isTicket = message.topic.hasSuffix("/ticket/event")
        return state.withLock { state in
            guard state.session === session else { return nil }
            if !state.isCalm, state.random.below(2000) == 0 {
                drop(&state)
                return nil
            }
            let delay = Duration.milliseconds(state.isCalm ? 5 : 5 + Int64(state.random.below(800)))
            if !rows.isEmpty || isTicket {
                // Its autosave writes down once in forty seconds at the latest.
                let written = Duration.seconds(Int64(state.random.below(40)))
                state.held.append(Held(due: time.now + delay + written, rows: rows, isTicket: isTicket))
            }
            return delay
        }
    }

    fileprivate func isStanding(_ session: Session) -> Bool { state.withLock { $0.session === session } }

    /// The client has closed its connection.
    fileprivate func farewell(_ session: Session) {
        state.withLock { if $0.session === session { $0.session = nil } }
    }

    /// One connection's side of the broker.
    final class Session: Sendable {
        private let told: @Sendable (Session, String) -> Void
        /// - Parameter told: Hears which connection the broker has ended, and why.
        init(told: @escaping @Sendable (Session, String) -> Void) { self.told = told }
        func end(_ reason: String) { told(self, reason) }
    }
}

/// The connection of one life of the gateway.
final class SimulatedConnection: BrokerPort {
    private struct State {
        var session: SimulatedBroker.Session?
        var next: Int32 = 0
        var waiting: [InboundMessage] = []
        var isDead = false
        var filters: Set<String> = []
        /// Messages without a PUBACK, and the largest number of them.
        var open = 0
        var mostOpen = 0
    }

    struct Refused: Error {}

    private let broker: SimulatedBroker
    private let state = Mutex(State())
    private let executor: VirtualTime
    let events: AsyncStream<BrokerEvent>
    private let continuation: AsyncStream<BrokerEvent>.Continuation

    init(_ broker: SimulatedBroker) {
        self.broker = broker
        executor = broker.time
        (events, continuation) = AsyncStream.makeStream()
    }

    var mostOpen: Int { state.withLock { $0.mostOpen } }

    /// The program is gone.
    func kill() {
        state.withLock { $0.isDead = true }
        continuation.finish()
    }

    private func after(_ span: Duration, _ body: @escaping @Sendable () -> Void) {
        Task(executorPreference: executor) { [executor] in
            try? await executor.sleep(for: span)
            body()
        }
    }

    func connect() throws {
        guard !state.withLock({ $0.isDead }) else { throw Refused() }
        let session = SimulatedBroker.Session { [weak self] in self?.lost($0, $1) }
        state.withLock { ($0.session, $0.open, $0.filters) = (session, 0, []) }
        after(.milliseconds(20)) { [self] in
            if broker.accept(session) {
                continuation.yield(.connected(isSessionPresent: false))
            } else {
                lost(session, "refused")
            }
        }
    }

    /// The word of a connection that has been given up concerns nobody.
    private func lost(_ session: SimulatedBroker.Session, _ reason: String) {
        let isCurrent = state.withLock { state in
            guard state.session === session else { return false }
            state.session = nil
            return true
        }
        if isCurrent { continuation.yield(.disconnected(isClean: false, reason: reason)) }
    }

    func publish(_ message: OutboundMessage) throws -> Int32 {
        let (session, identifier) = state.withLock { state -> (SimulatedBroker.Session?, Int32) in
            // Identifiers come round as they do after 65,535 messages, only sooner.
            state.next = state.next % 4096 + 1
            return (state.isDead ? nil : state.session, state.next)
        }
        guard let session, let delay = broker.take(message, from: session) else { throw Refused() }
        state.withLock { state in
            state.open += 1
            state.mostOpen = max(state.mostOpen, state.open)
        }
        after(delay) { [self] in
            guard broker.isStanding(session), state.withLock({ $0.session === session }) else { return }
            state.withLock { $0.open -= 1 }
            continuation.yield(.acknowledged([identifier]))
            let isHeard = state.withLock { state in
                guard state.filters.contains(message.topic) else { return false }
                state.waiting.append(
                    InboundMessage(topic: message.topic, payload: message.payload, isRetained: false))
                return true
            }
            if isHeard { continuation.yield(.received) }
        }
        return identifier
    }

    func subscribe(to filters: [String]) throws { state.withLock { $0.filters.formUnion(filters) } }

    func takeReceived() -> InboundBatch {
        var batch = InboundBatch()
        batch.messages = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        return batch
    }

    func disconnect() async {
        let session = state.withLock { state in
            defer { state.session = nil }
            return state.session
        }
        guard let session else { return }
        broker.farewell(session)
        continuation.yield(.disconnected(isClean: true, reason: "closed"))
    }
}

extension OutboundMessage {
    /// Numbers of the outbox rows in it: the first `"seq":` of a live message, each row's of a batch.
    fileprivate var sequenceNumbers: [Int64] {
        let isBatch = topic.hasSuffix("/_backfill")
        // Births, states and alarms carry no row of readings.
        guard isBatch || topic.split(separator: "/").count == 4, !topic.contains("/_") || isBatch else { return [] }
        let key = Array(#","seq":"#.utf8)
        var (numbers, place, depth) = ([Int64](), 0, 0)
        while place < payload.count {
            switch payload[place] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == (isBatch ? 3 : 1) && payload[place...].starts(with: key):
                place += key.count
                var number: Int64 = 0
                while place < payload.count, (0x30...0x39).contains(payload[place]) {
                    number = number * 10 + Int64(payload[place] - 0x30)
                    place += 1
                }
                numbers.append(number)
                continue
            default: break
            }
            place += 1
        }
        return numbers
    }
}
