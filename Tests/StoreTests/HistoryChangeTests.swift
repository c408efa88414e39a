// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Foundation
import GRDB
import Logging
import Model
import Pipeline
import Testing

@testable import Store

/// What becomes of history when the store changes under it, and when it must make room.
@Suite struct HistoryChangeTests {
    private let path = "pump-room/inlet/total"

    private func sweep(_ instant: Int64, wall: Timestamp, _ quality: TimeQuality) -> Sweep {
        var sweep = makeSweep(at: wall, value: instant)
        sweep.receivedAt = MonotonicInstant(nanoseconds: instant * 1_000_000_000)
        sweep.timeQuality = quality
        return sweep
    }

    @Test func `readings of an unknown clock are awaited, and counted under their right time`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let past = Timestamp(milliseconds: 0)
        _ = try await store.append([sweep(10, wall: morning, .synced)], publishes: false)
        _ = try await store.append([sweep(70, wall: past + .seconds(70), .unsynced)], publishes: false)
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp(awaitsClock: true)
        #expect(try await keeper.all(path, .minute).buckets.count == 1)
        let now = ClockReading(
            instant: MonotonicInstant(nanoseconds: 100_000_000_000), wall: morning + .seconds(300), timeQuality: .synced
        )
        #expect(try await store.restamp(by: now) == 1)
        try await keeper.catchUp(awaitsClock: true)
        let minutes = try await keeper.all(path, .minute)
        #expect(minutes.rows.map(\.start) == [morning - .seconds(60), morning + .seconds(240)])
        try await keeper.close()
    }

    @Test func `what was summed up under a wrong time is made again`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        // An hour behind, so that the wrong times fall among right ones of the boot before.
        let wrong = morning + .seconds(600)
        for minute in 0..<20 {
            _ = try await store.append(
                [makeSweep(at: morning + .seconds(60 * minute), value: Int64(minute))], publishes: false)
        }
        for minute in 0..<20 {
            let quality = TimeQuality.unsynced
            _ = try await store.append(
                [sweep(Int64(60 * minute), wall: wrong + .seconds(60 * minute), quality)], publishes: false)
        }
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        try await keeper.save()
        #expect(try await keeper.all(path, .hour).buckets.map(\.count) == [1, 39])
        let now = ClockReading(
            instant: MonotonicInstant(nanoseconds: 0), wall: wrong + .seconds(3600), timeQuality: .synced)
        #expect(try await store.restamp(by: now) == 20)
        try await keeper.catchUp()
        try await keeper.save()
        #expect(try await keeper.all(path, .hour).buckets.map(\.count) == [1, 19, 20])
        #expect(try await keeper.all(path, .minute).buckets.allSatisfy { $0.count == 1 })
        #expect(try await keeper.all(path, .minute).buckets.count == 40)
        #expect(try await keeper.all(path, .day).buckets.map(\.count) == [40])
        // And the same when it is made from nothing.
        let grown = try await keeper.all(path, .quarter)
        try await keeper.close()
        for suffix in ["", "-wal", "-shm"] { unlink(folder.file("history.db") + suffix) }
        let anew = try openHistory(store, folder)
        try await anew.catchUp()
        #expect(try await anew.all(path, .quarter) == grown)
        try await anew.close()
    }

    @Test func `a new life of the store keeps the days that it no longer holds`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        for day in 0..<6 {
            _ = try await store.append(
                (0..<48).map { makeSweep(at: morning + .seconds(86_400 * day + 1800 * $0)) }, publishes: false)
        }
        var keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        let before = try await keeper.all(path, .hour)
        try await keeper.close()
        // Two days of readings go, and the store begins a new epoch.
        let today = morning + .seconds(86_400 * 5)
        #expect(try await store.dropReadings(olderThan: 4, today: today).count == 1)
        #expect(try await store.dropReadings(olderThan: 3, today: today).count == 1)
        try withOtherConnection(folder) { try $0.execute(sql: "UPDATE meta SET value = 9 WHERE key = 'epoch'") }
        keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        try await keeper.save()
        #expect(try await keeper.all(path, .hour) == before)
        #expect(try await keeper.all(path, .day).buckets.map(\.count).reduce(0, +) == 6 * 48)
        try await keeper.close()
    }

    @Test func `an empty store in the place of the old one leaves history as it is`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        _ = try await store.append((0..<5).map { makeSweep(at: morning + .seconds(60 * $0)) }, publishes: false)
        var keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        try await keeper.close()
        try store.close()
        for suffix in ["", "-wal", "-shm", ".epoch"] { unlink(folder.file("sluice.db") + suffix) }
        // Points get other keys this time.
        let next = try openStore(folder, catalogue: makeCatalogue(["riser-1", "inlet"]))
        defer { close(next, in: folder) }
        keeper = try openHistory(next, folder)
        try await keeper.catchUp()
        _ = try await next.append([makeSweep(1, at: morning + .seconds(3600), value: 9)], publishes: false)
        try await keeper.catchUp()
        #expect(try await keeper.all(path, .minute).buckets.count == 6)
        #expect(try await keeper.all(path, .minute).buckets.last?.last.value == 9)
        try await keeper.close()
    }

    @Test func `by age one day of a resolution goes a call, and days stay`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append(
            (0..<4).map { makeSweep(at: morning + .seconds(86_400 * $0)) }, publishes: false)
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        try await keeper.save()
        let today = morning + .seconds(86_400 * 92)
        #expect(try await keeper.dropOld(today: today) == ["1m"])
        #expect(try await keeper.all(path, .minute).rows.first?.start == morning + .seconds(86_400 - 60))
        #expect(try await keeper.dropOld(today: today) == ["1m"])
        #expect(try await keeper.dropOld(today: today) == [])
        #expect(try await keeper.all(path, .minute).rows.count == 2)
        #expect(try await keeper.all(path, .quarter).rows.count == 4)
        #expect(try await keeper.dropOld(today: today + .seconds(86_400 * 800)) == ["1m", "15m"])
        #expect(try await keeper.all(path, .day).rows.count == 4)
        try await keeper.close()
    }

    @Test func `minutes of history go before any reading`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        for day in 0..<5 {
            _ = try await store.append(
                (0..<1440).map { makeSweep(at: morning + .seconds(86_400 * day + 60 * $0), value: Int64($0)) },
                publishes: false)
        }
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        try await keeper.save()
        #expect(store.historyBytes > 0)
        let readings = try await store.count("SELECT count(*) FROM reading_20261122")
        // Just less than both need: the room is over 95 % full until some of it is given up.
        let log = StateDirectory.size(of: folder.file("sluice.db-wal"))
        let used = try await store.usedBytes() - log - store.historyBytes
        try await store.apply(
            StorageQuota(
                maximum: used * 100 / 96 + store.historyBytes, reserve: 4096, policy: .overwriteOldest))
        let give: () async throws -> (from: Timestamp, to: Timestamp)? = { try await keeper.giveUpOldestMinutes() }
        let before = store.historyBytes
        let first = try #require(try await store.keepRoom(giveUpHistory: give))
        #expect(first.cause == "quota_history")
        #expect(store.historyBytes < before)
        #expect(try await keeper.all(path, .minute).rows.first?.start == Day(of: morning + .seconds(86_400)).start)
        #expect(try await store.count("SELECT count(*) FROM reading_20261122") == readings)
        #expect(try await store.count("SELECT count(*) FROM gap") == 0)
        // When there are no minutes of a past day left, readings go.
        try await store.apply(StorageQuota(maximum: used / 2, reserve: 4096, policy: .overwriteOldest))
        var causes: [String] = []
        while let gap = try await store.keepRoom(giveUpHistory: give), causes.count < 20 { causes.append(gap.cause) }
        #expect(causes.prefix(3) == ["quota_history", "quota_history", "quota_history"])
        #expect(causes.contains("quota_dropped_sent"))
        #expect(try await keeper.all(path, .quarter).buckets.map(\.count).reduce(0, +) == 5 * 1440)
        try await keeper.close()
    }

    @Test func `a closed history answers with nothing and does no harm`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append([makeSweep()], publishes: false)
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        #expect(try await keeper.all(path, .minute).rows.count == 1)
        try await keeper.close()
        #expect(try await keeper.follow(awaitsClock: false) == false)
        #expect(try await keeper.all(path, .minute).rows.isEmpty)
    }
}

extension Day {
    /// Its first moment.
    fileprivate var start: Timestamp {
        Timestamp(
            CivilTime(
                date: CivilDate(year: Int(number / 10_000), month: Int(number / 100 % 100), day: Int(number % 100)),
                hour: 0, minute: 0))
    }
}
