// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import Outbox
import Pipeline
import Store
import Synchronization
import Testing

@testable import Gateway

/// The writer of readings on a store of its own on disk.
@Suite struct CommitterTests {
    static let catalogue = Catalogue(
        site: SiteIdentifier("lakeside"),
        assets: [
            Asset(
                identifier: AssetIdentifier("riser-2"), area: AreaIdentifier("b3"), device: DeviceIdentifier("m17"),
                profile: "water-meter/acme-wm40", name: BilingualText("Riser 2"), points: 0..<2)
        ],
        points: [
            Point(
                asset: AssetIndex(0), name: "flow", signal: "water.flow", unit: .cubicMetrePerHour, stateLabels: [],
                period: .seconds(10)),
            Point(
                asset: AssetIndex(0), name: "total", signal: "water.total", unit: .litre, stateLabels: [],
                period: .seconds(10)),
        ])

    static func openStore(_ folder: TestFolder) throws -> SluiceStore {
        let store = try SluiceStore.open(
            directory: folder.path, boot: BootIdentifier("boot-1"),
            now: ClockReading(
                instant: MonotonicInstant(nanoseconds: 0), wall: Timestamp(seconds: 1_800_000_000),
                timeQuality: .synced), logger: Logger(label: "store"))
        try store.bind(catalogue: catalogue)
        return store
    }

    static func sweep(_ second: Int64, _ readings: [Reading]) -> Sweep {
        Sweep(
            asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: second * 1_000_000_000),
            receivedWall: Timestamp(seconds: 1_800_000_000 + second), timeQuality: .synced, readings: readings)
    }

    private static func flow(_ second: Int64, _ value: Double) -> Sweep {
        sweep(
            second,
            [
                Reading(
                    point: PointIndex(0), good: .number(value), sourceTime: Timestamp(seconds: 1_800_000_000 + second))
            ])
    }

    @Test func `what is no news is stored and told, but does not wait for the broker`() async throws {
        let folder = try TestFolder()
        let store = try Self.openStore(folder)
        let told = Mutex<[Committer.Committed]>([])
        let rule = ReportRule(deadband: .absolute(0.1), maximumSilence: .seconds(900))
        let committer = Committer(
            store: store, catalogue: Self.catalogue, chooser: ReportChooser(rules: [rule, nil]), counters: .empty,
            logger: Logger(label: "test")
        ) { committed in told.withLock { $0.append(committed) } }
        for (second, value) in [(0, 1.0), (10, 1.05), (20, 1.0625), (30, 1.125), (40, 1.125)] {
            committer.submit(Self.flow(Int64(second), value))
        }
        committer.close()
        await committer.run(gathering: .zero)
        let stored = try await store.sweeps(after: SequenceNumber(0), limit: 10)
        #expect(stored.map(\.firstSequence.value) == [1, 2, 3, 4, 5])
        #expect(try await store.waitingSweeps(after: SequenceNumber(0), limit: 10).map(\.sequence.value) == [1, 4])
        #expect(told.withLock { $0.flatMap(\.all) } == stored)
        #expect(told.withLock { $0.flatMap(\.published).map(\.firstSequence.value) } == [1, 4])
        try store.close()
    }

    /// F18.
    @Test func `what the store refuses is handed on, the newest of each asset, and waits to be stored`() async throws {
        let folder = try TestFolder()
        let store = try Self.openStore(folder)
        // A closed database refuses every write.
        try store.close()
        let refused = Mutex<[[Sweep]]>([])
        let isTold = Signal()
        let committer = Committer(
            store: store, catalogue: Self.catalogue, chooser: ReportChooser(rules: [nil, nil]), counters: .empty,
            logger: Logger(label: "test"),
            refused: { sweeps in
                refused.withLock { $0.append(sweeps) }
                isTold.raise()
            }
        ) { _ in Issue.record("it was stored") }
        for second in 0..<3 { committer.submit(Self.flow(Int64(second), 1)) }
        let running = Task { await committer.run(gathering: .zero) }
        var told = isTold.wakes.makeAsyncIterator()
        await told.next()
        for second in 3..<5 { committer.submit(Self.flow(Int64(second), 1)) }
        await told.next()
        committer.close()
        await running.value
        let seconds = refused.withLock { $0 }.map { $0.map(\.receivedAt.nanoseconds) }
        #expect(seconds.prefix(2) == [[2_000_000_000], [4_000_000_000]])
        #expect(committer.takeWaiting().count == 5)
    }
}
