// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Pipeline
import Synchronization
import TestKit
import Testing

/// A broker that acknowledges early, late and out of order, and throws its clients out at random; from a seed.
private final class FaultyBroker: BrokerPort {
    private struct State {
        var random: SeededGenerator
        var isConnected = false
        var next: Int32 = 0
        var unacknowledged: [(identifier: Int32, rows: [Int64])] = []
        var calmAfter = 400
        /// This message at the latest costs a session, whatever the other draws say.
        var firstLoss: Int
        /// Sessions that the broker ended.
        var losses = 0
        var published = 0
        var arrived: [Int64] = []
        var live: [Int64] = []
        var largestWindow = 0
        var rowsTwiceUnderWay = 0
        var sessions = 0
    }

    let events: AsyncStream<BrokerEvent>
    private let continuation: AsyncStream<BrokerEvent>.Continuation
    private let state: Mutex<State>
    /// Rows of a message.
    private let rows: @Sendable (OutboundMessage) -> (rows: [Int64], isLive: Bool)

    init(seed: UInt64, rows: @escaping @Sendable (OutboundMessage) -> (rows: [Int64], isLive: Bool)) {
        (events, continuation) = AsyncStream.makeStream()
        var random = SeededGenerator(seed: seed)
        let firstLoss = Int.random(in: 2...20, using: &random)
        state = Mutex(State(random: random, firstLoss: firstLoss))
        self.rows = rows
    }

    var arrived: Set<Int64> { state.withLock { Set($0.arrived) } }
    var live: [Int64] { state.withLock { $0.live } }
    var largestWindow: Int { state.withLock { $0.largestWindow } }
    var rowsTwiceUnderWay: Int { state.withLock { $0.rowsTwiceUnderWay } }
    var sessions: Int { state.withLock { $0.sessions } }
    var losses: Int { state.withLock { $0.losses } }

    struct Refusal: Error {}

    func connect() throws {
        try state.withLock { state in
            guard Int.random(in: 0..<10, using: &state.random) > 0 || state.published > state.calmAfter else {
                throw Refusal()
            }
            state.isConnected = true
            state.sessions += 1
            continuation.yield(.connected(isSessionPresent: Bool.random(using: &state.random)))
        }
    }

    func disconnect() async { state.withLock { lose(&$0, isClean: true) } }

    private func lose(_ state: inout State, isClean: Bool) {
        guard state.isConnected else { return }
        if !isClean { state.losses += 1 }
        state.isConnected = false
        state.unacknowledged = []
        continuation.yield(.disconnected(isClean: isClean, reason: "thrown out"))
    }

    func publish(_ message: OutboundMessage) throws -> Int32 {
        let (rows, isLive) = rows(message)
        return try state.withLock { state in
            state.published += 1
            let isCalm = state.published > state.calmAfter
            let isFirstLoss = state.losses == 0 && state.published >= state.firstLoss
            if !isCalm, Int.random(in: 0..<40, using: &state.random) == 0 || isFirstLoss {
                lose(&state, isClean: false)
            }
            guard state.isConnected else { throw Refusal() }
            // Identifiers come round quickly, as they do after 65,535 messages.
            state.next = state.next % 64 + 1
            let underWay = Set(state.unacknowledged.flatMap(\.rows))
            state.rowsTwiceUnderWay += rows.filter { underWay.contains($0) }.count
            if isLive { state.live += rows }
            // What is lost with the connection before its PUBACK may or may not have arrived: here it has not.
            if Int.random(in: 0..<4, using: &state.random) == 0 {
                state.arrived += rows
                continuation.yield(.acknowledged([state.next]))
            } else {
                state.unacknowledged.append((state.next, rows))
                state.largestWindow = max(state.largestWindow, state.unacknowledged.count)
            }
            return state.next
        }
    }

    /// Lets some PUBACKs come.
    func breathe() {
        state.withLock { state in
            guard state.isConnected, !state.unacknowledged.isEmpty else { return }
            let place = Int.random(in: state.unacknowledged.indices, using: &state.random)
            let (identifier, rows) = state.unacknowledged.remove(at: place)
            state.arrived += rows
            continuation.yield(.acknowledged([identifier]))
        }
    }
}

@Suite struct PublisherFaultTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `whatever the broker does, every row arrives and none is under way twice`(seed: UInt64) async throws {
        let broker = FaultyBroker(seed: seed) { message in
            guard let received = Received(message) else { return ([], false) }
            return (received.live + received.backfilled, !received.live.isEmpty)
        }
        let outbox = MemoryOutbox()
        let clocks = SystemClocks()
        var settings = PublisherSettings(catalogue: Site.catalogue, siteName: BilingualText("Lakeside"), version: "0")
        settings.settleDelay = .milliseconds(1)
        settings.backlogRate = 1_000_000
        settings.pageLength = 7
        let publisher = Publisher(
            store: outbox, broker: broker, clocks: clocks, timer: ContinuousClock(), settings: settings, random: { 0 })
        let old = (0..<100).map { Site.sweep(Int64($0) * 2, age: .seconds(3600), clocks) }
        await outbox.add(old.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await publisher.run() }
            let deadline = ContinuousClock.now + .seconds(30)
            var next: Int64 = 1000
            while true {
                if next < 1400 {
                    let batch = (0..<4).map { Site.sweep(next + $0 * 2, clocks) }
                    next += 8
                    await outbox.add(batch.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
                    await publisher.committed(batch)
                } else if await outbox.waiting.isEmpty {
                    break
                }
                broker.breathe()
                await Task.yield()
                guard ContinuousClock.now < deadline else { throw PeerProblem("rows still wait after 30 s") }
            }
            publisher.stop()
            try await withThrowingTaskGroup(of: Void.self) { ending in
                ending.addTask { while !Task.isCancelled { broker.breathe(); await Task.yield() } }
                try await group.waitForAll()
                ending.cancelAll()
            }
        }
        #expect(broker.arrived == Set((0..<100).map { $0 * 2 }).union((500..<700).map { $0 * 2 }))
        #expect(broker.rowsTwiceUnderWay == 0)
        #expect(broker.largestWindow <= 20)
        let steps = zip(broker.live, broker.live.dropFirst())
        #expect(steps.filter { $0 > $1 }.map { "\($1) after \($0)" } == [])
        #expect(broker.losses > 0)
        #expect(broker.sessions > 1)
    }
}
