// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline
import Store

/// The one writer of readings: gathers what the buses bring into transactions and tells the others.
///
/// Its queue holds at most ``Committer/capacity`` sweeps. While the store refuses (a full disk), sweeps wait here; when
/// the queue is full the oldest are dropped and counted, so that polling and alarms go on.
actor Committer {
    static let capacity = 20_000

    private let store: SluiceStore
    private let publishes: Bool
    private let logger: Logger
    private let committed: @Sendable ([StoredSweep]) async -> Void
    private var waiting: [Sweep] = []
    private var arrival: CheckedContinuation<Void, Never>?
    private var isClosed = false
    private var isRefused = false
    /// Sweeps given up because the store refused for too long.
    private(set) var dropped = 0

    /// - Parameter committed: Told after each transaction, with what is durable now.
    init(
        store: SluiceStore, publishes: Bool = true, logger: Logger,
        committed: @escaping @Sendable ([StoredSweep]) async -> Void
    ) {
        self.store = store
        self.publishes = publishes
        self.logger = logger
        self.committed = committed
    }

    func submit(_ sweep: Sweep) {
        waiting.append(sweep)
        if waiting.count > Self.capacity {
            waiting.removeFirst()
            dropped += 1
        }
        arrival?.resume()
        arrival = nil
    }

    /// Ends ``run(gathering:)`` once everything waiting is stored.
    func close() {
        isClosed = true
        arrival?.resume()
        arrival = nil
    }

    /// Commits until ``close()``.
    ///
    /// - Parameter gathering: How long a transaction waits for company after its first sweep. Zero commits whatever
    ///   has come while the one before was written, which is the shortest delay.
    func run(gathering: Duration) async {
        while true {
            if waiting.isEmpty {
                if isClosed { return }
                await withCheckedContinuation { arrival = $0 }
                continue
            }
            if gathering > .zero, !isClosed { try? await Task.sleep(for: gathering) }
            // At most 500 sweeps make one transaction, so that a backlog after a refusal does not hold the lock long.
            let batch = Array(waiting.prefix(500))
            waiting.removeFirst(batch.count)
            do {
                let stored = try await store.append(batch, publishes: publishes)
                if isRefused {
                    isRefused = false
                    logger.info("The store takes readings again.", metadata: ["dropped": "\(dropped)"])
                }
                logger.debug(
                    "Readings stored.",
                    metadata: ["sweeps": "\(stored.count)", "sequence": "\(stored.last?.firstSequence.value ?? 0)"])
                await committed(stored)
            } catch {
                waiting.insert(contentsOf: batch, at: 0)
                if !isRefused {
                    isRefused = true
                    logger.error(
                        "Readings cannot be stored; they wait in memory. Free space or mend the disk.",
                        metadata: ["error": "\(error)", "waiting": "\(waiting.count)"])
                }
                if isClosed { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
