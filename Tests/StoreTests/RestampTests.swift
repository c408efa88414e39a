// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Store

/// F29: the box starts without a clock, and the right time comes later.
@Suite struct RestampTests {
    private static let start = Timestamp(seconds: 3600)

    /// A sweep of one reading that came `seconds` after the start, by a clock that is off by `error` seconds.
    private static func sweep(after seconds: Int64, by wall: Timestamp, _ quality: TimeQuality = .unsynced) -> Sweep {
        let at = wall + .seconds(seconds)
        return Sweep(
            asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: 5_000_000_000 + seconds * 1_000_000_000),
            receivedWall: at, timeQuality: quality,
            readings: [Reading(point: PointIndex(0), good: .number(Double(seconds)), sourceTime: at)])
    }

    /// Both clocks `seconds` after the start, when it is ``morning`` in truth.
    private static func known(_ seconds: Int64) -> ClockReading {
        ClockReading(
            instant: MonotonicInstant(nanoseconds: 5_000_000_000 + seconds * 1_000_000_000),
            wall: morning + .seconds(seconds), timeQuality: .synced)
    }

    private static func waiting(_ store: SluiceStore) async throws -> [StoredSweep] {
        try await store.waitingSweeps(after: SequenceNumber(0), limit: 100).compactMap {
            if case .sweep(let sweep) = $0.content { sweep } else { nil }
        }
    }

    @Test func `rows of an unknown clock get their right time and go out again`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder, now: Self.start)
        // Two that were sent before, one that waits, one by the known clock.
        let old = try await store.append(
            [0, 10, 20].map { Self.sweep(after: $0, by: Self.start) }, publishes: true)
        try await store.markSent(old.prefix(2).map(\.firstSequence), at: Self.start)
        let new = try await store.append([Self.sweep(after: 30, by: morning, .synced)], publishes: true)
        #expect(try await Self.waiting(store).map(\.firstSequence) == [old[2], new[0]].map(\.firstSequence))

        #expect(try await store.restamp(by: Self.known(40)) == 3)
        let rows = try await Self.waiting(store)
        #expect(rows.map(\.firstSequence) == (old + new).map(\.firstSequence), "the same numbers, in their order")
        #expect(
            rows.map(\.sweep.receivedWall) == [0, 10, 20, 30].map { morning + .seconds($0) })
        #expect(rows.map(\.sweep.readings[0].sourceTime) == rows.map(\.sweep.receivedWall))
        #expect(rows.map(\.sweep.timeQuality) == [.restamped, .restamped, .restamped, .synced])
        #expect(try await store.backlog().rows == 4)

        #expect(try await store.restamp(by: Self.known(41)) == 0, "once")
        // They are settled like any other, and nothing of 1970 stays.
        try await store.markSent(rows.map(\.firstSequence), at: morning)
        #expect(try await store.backlog().rows == 0)
        #expect(try await store.removeConfirmed(sentBefore: morning + .seconds(86_400)) == 4)
        #expect(try await store.dropReadings(olderThan: 0, today: morning).isEmpty, "no day is old")
        close(store, in: folder)
    }

    @Test func `rows on both sides of midnight go to their days`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder, now: Self.start)
        let old = try await store.append(
            [0, 15 * 3600, 17 * 3600].map { Self.sweep(after: $0, by: Self.start) }, publishes: true)
        #expect(try await store.restamp(by: Self.known(60_000)) == 3)
        let rows = try await Self.waiting(store)
        #expect(rows.map(\.firstSequence) == old.map(\.firstSequence))
        #expect(rows.map(\.sweep.receivedWall) == [0, 15 * 3600, 17 * 3600].map { morning + .seconds($0) })
        // 08:00 and 23:00 are of the first day, 01:00 is of the second.
        #expect(try await store.dropReadings(olderThan: 0, today: morning + .seconds(86_400)).isEmpty, "rows wait")
        try await store.markSent(rows.map(\.firstSequence), at: morning)
        _ = try await store.removeConfirmed(sentBefore: morning + .seconds(1))
        #expect(try await store.dropReadings(olderThan: 0, today: morning + .seconds(86_400)) == ["20261122"])
        close(store, in: folder)
    }

    @Test func `rows before the first of an unknown clock are not looked at, over a restart too`() async throws {
        let folder = try TemporaryFolder()
        var store = try openStore(folder, now: morning)
        let known = try await store.append([Self.sweep(after: 0, by: morning, .synced)], publishes: true)
        let first = try await store.append([Self.sweep(after: 10, by: Self.start)], publishes: true)
        _ = try await store.append([Self.sweep(after: 20, by: Self.start)], publishes: true)
        try store.close()
        store = try openStore(folder, now: morning)
        let noted = try await store.read { try UnknownClock.firstRow(of: 1, in: $0) }
        #expect(noted == first[0].firstSequence.value && known[0].firstSequence < first[0].firstSequence)
        #expect(try await store.restamp(by: Self.known(40)) == 2)
        #expect(try await store.read { try UnknownClock.firstRow(of: 1, in: $0) } == nil)
        // Lost again, and found again.
        _ = try await store.append([Self.sweep(after: 50, by: Self.start)], publishes: true)
        #expect(try await store.restamp(by: Self.known(60)) == 1)
        close(store, in: folder)
    }

    @Test func `rows of another boot, and known ones, stay as they are`() async throws {
        let folder = try TemporaryFolder()
        var store = try openStore(folder, boot: "boot-0", now: Self.start)
        let earlier = try await store.append([Self.sweep(after: 0, by: Self.start)], publishes: true)
        try store.close()
        store = try openStore(folder, boot: "boot-1", now: morning)
        let own = try await store.append([Self.sweep(after: 5, by: morning, .stepped)], publishes: true)
        #expect(try await store.restamp(by: Self.known(40)) == 0)
        let rows = try await Self.waiting(store)
        #expect(rows.map(\.firstSequence) == (earlier + own).map(\.firstSequence))
        #expect(rows.map(\.sweep.timeQuality) == [.unsynced, .stepped])
        close(store, in: folder)
    }
}
