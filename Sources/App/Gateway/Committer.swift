// SPDX-License-Identifier: Apache-2.0

import Counters
import Logging
import Model
import Pipeline
import Store
import Synchronization

/// The one writer of readings: gathers what the buses bring into transactions and tells the others.
///
/// Its queue holds at most ``Committer/capacity`` sweeps. While the store refuses (a full disk), sweeps wait here; when
/// the queue is full the oldest are dropped and counted, so that polling and alarms go on.
final class Committer: Sendable {
    static let capacity = 20_000

    private struct Queue {
        var waiting: [Sweep] = []
        var arrival: CheckedContinuation<Void, Never>?
        var isClosed = false
        var dropped = 0
    }

    private let store: SluiceStore
    private let logger: Logger
    /// Which sweeps are published, before the first transaction.
    private let chooser: ReportChooser
    /// The lifetime totals, before the first transaction.
    private let counters: CounterBook
    private let catalogue: Catalogue
    private let committed: @Sendable (Committed) async -> Void
    private let queue = Mutex(Queue())

    /// What one transaction made durable.
    struct Committed: Sendable {
        /// Every sweep of it, in rising order of their numbers.
        var all: [StoredSweep]
        /// Those that have a row in the outbox.
        var published: [StoredSweep]
    }

    /// - Parameter committed: Told after each transaction, with what is durable now.
    init(
        store: SluiceStore, catalogue: Catalogue, chooser: ReportChooser, counters: CounterBook, logger: Logger,
        committed: @escaping @Sendable (Committed) async -> Void
    ) {
        self.store = store
        self.catalogue = catalogue
        self.chooser = chooser
        self.counters = counters
        self.logger = logger
        self.committed = committed
    }

    /// Sweeps given up because the store refused for too long.
    var dropped: Int { queue.withLock { $0.dropped } }

    /// Takes a sweep; never waits, so that a poller goes on with its bus.
    func submit(_ sweep: Sweep) {
        let arrival = queue.withLock { queue in
            queue.waiting.append(sweep)
            if queue.waiting.count > Self.capacity {
                queue.waiting.removeFirst()
                queue.dropped += 1
            }
            return queue.arrival.take()
        }
        arrival?.resume()
    }

    /// Ends ``run(gathering:)`` once everything waiting is stored.
    func close() {
        let arrival = queue.withLock { queue in
            queue.isClosed = true
            return queue.arrival.take()
        }
        arrival?.resume()
    }

    private var isClosed: Bool { queue.withLock { $0.isClosed } }

    /// Waits until there is something to store; `false` when it is closed and there is nothing.
    private func hasWork() async -> Bool {
        await withCheckedContinuation { continuation in
            let isReady = queue.withLock { queue in
                if !queue.waiting.isEmpty || queue.isClosed { return true }
                queue.arrival = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
        return queue.withLock { !$0.waiting.isEmpty }
    }

    /// At most 500 sweeps make one transaction, so that a backlog after a refusal does not hold the lock long.
    private func takeBatch() -> [Sweep] {
        queue.withLock { queue in
            guard queue.waiting.count > 500 else {
                defer { queue.waiting = [] }
                return queue.waiting
            }
            let batch = Array(queue.waiting.prefix(500))
            queue.waiting.removeFirst(500)
            return batch
        }
    }

    private func putBack(_ batch: [Sweep]) -> Int {
        queue.withLock { queue in
            queue.waiting.insert(contentsOf: batch, at: 0)
            return queue.waiting.count
        }
    }

    /// Commits until ``close()``.
    ///
    /// - Parameter gathering: How long a transaction waits for company after its first sweep. Zero commits whatever
    ///   has come while the one before was written, which is the shortest delay.
    func run(gathering: Duration) async {
        var isRefused = false
        var (chooser, counters) = (chooser, counters)
        while await hasWork() {
            if gathering > .zero, !isClosed { try? await Task.sleep(for: gathering) }
            let batch = takeBatch()
            // What was counted and chosen in a transaction that failed counts for nothing.
            let counted = counters.take(batch.filter { !$0.readings.isEmpty })
            var chosen = chooser
            let sweeps = counted.sweeps.map { (sweep: $0, isPublished: chosen.takes($0)) }
            do {
                let stored = try await store.append(sweeps, counters: counted.changed)
                chooser = chosen
                for (point, event) in counted.events { tell(event, of: point) }
                if isRefused {
                    isRefused = false
                    logger.info("The store takes readings again.", metadata: ["dropped": "\(dropped)"])
                }
                logger.debug(
                    "Readings stored.",
                    metadata: ["sweeps": "\(stored.count)", "sequence": "\(stored.last?.firstSequence.value ?? 0)"])
                let published = zip(stored, sweeps).lazy.filter { $1.isPublished }.map { $0.0 }
                await committed(Committed(all: stored, published: Array(published)))
            } catch {
                counters.undo(counted)
                let waiting = putBack(batch)
                if !isRefused {
                    isRefused = true
                    logger.error(
                        "Readings cannot be stored; they wait in memory. Free space or mend the disk.",
                        metadata: ["error": "\(error)", "waiting": "\(waiting)"])
                }
                if isClosed { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// What a counter showed, for those who keep the meters.
    private func tell(_ event: CounterEvent, of point: PointIndex) {
        let facts: Logger.Metadata = ["point": "\(catalogue.path(of: point))", "event": "\(event)"]
        switch event {
        case .rollover, .glitch:
            logger.info("A meter's register went round or slipped; its total goes on.", metadata: facts)
        case .gap: logger.info("A meter counted while it was not read.", metadata: facts)
        case .counterReset, .counterJump, .ambiguousGap, .range:
            logger.warning("A meter's register stands where it cannot have got to; look at the meter.", metadata: facts)
        }
    }
}
