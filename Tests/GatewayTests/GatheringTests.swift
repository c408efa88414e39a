// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import Pipeline
import Store
import Synchronization
import Testing

@testable import Gateway

/// Readings wait for others on their way to the disk, as long as they may and no longer.
@Suite struct GatheringTests {
    private static func committer(
        _ store: SluiceStore, patience: Duration, _ told: @escaping @Sendable (Int) -> Void
    ) -> Committer {
        Committer(
            store: store, catalogue: CommitterTests.catalogue, chooser: ReportChooser(rules: [nil, nil]),
            counters: .empty, logger: Logger(label: "test"), patience: [patience]
        ) { committed in told(committed.all.count) }
    }

    private static func flow(_ second: Int64) -> Sweep {
        CommitterTests.sweep(
            second,
            [Reading(point: PointIndex(0), good: .number(1), sourceTime: Timestamp(seconds: 1_800_000_000 + second))])
    }

    @Test func `what comes while others wait is one transaction with them`() async throws {
        let folder = try TestFolder()
        let store = try CommitterTests.openStore(folder)
        let counts = Mutex<[Int]>([])
        let isTold = Signal()
        let committer = Self.committer(store, patience: .milliseconds(300)) { count in
            counts.withLock { $0.append(count) }
            isTold.raise()
        }
        let running = Task { await committer.run(gathering: .zero) }
        let began = ContinuousClock.now
        for second in 0..<20 { committer.submit(Self.flow(Int64(second))) }
        var told = isTold.wakes.makeAsyncIterator()
        await told.next()
        #expect(counts.withLock { $0 } == [20])
        #expect(ContinuousClock.now - began >= .milliseconds(300))
        committer.close()
        await running.value
        try store.close()
    }

    @Test func `a whole transaction, an order from outside and the end wait for nobody`() async throws {
        let folder = try TestFolder()
        let store = try CommitterTests.openStore(folder)
        let counts = Mutex<[Int]>([])
        let isTold = Signal()
        // Nothing here waits for an hour.
        let committer = Self.committer(store, patience: .seconds(3600)) { count in
            counts.withLock { $0.append(count) }
            isTold.raise()
        }
        let running = Task { await committer.run(gathering: .zero) }
        var told = isTold.wakes.makeAsyncIterator()
        for second in 0..<500 { committer.submit(Self.flow(Int64(second))) }
        await told.next()
        #expect(counts.withLock { $0 }.reduce(0, +) == 500)
        committer.submit(Self.flow(500))
        let exchange = MeterExchange(
            point: "b3/riser-2/total", oldReading: 1, newReading: 0, person: PersonIdentifier("li-wei"))
        let reply = await committer.book(exchange, of: PointIndex(1), at: Timestamp(seconds: 1_800_000_600))
        #expect(reply.refusal != nil, "nothing was read of it")
        committer.submit(Self.flow(501))
        committer.close()
        await running.value
        #expect(counts.withLock { $0 }.reduce(0, +) == 502)
        try store.close()
    }

    @Test(arguments: [
        (0.5, 1.0, 0.0), (4, 1, 0), (5, 1, 0.2), (10, 1, 1), (60, 1, 1), (60, 12, 11.2), (60, 0, 0), (3600, 60, 60),
    ])
    func `how long a reading waits goes by the period of its point`(period: Double, most: Double, wait: Double) {
        var storage = StorageSettings(directory: "/x", readingDays: 1)
        storage.gathering = .seconds(most)
        #expect(abs((storage.patience(ofPeriod: .seconds(period)) - .seconds(wait)).inSeconds) < 1e-9)
    }
}
