// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Pipeline
import Testing

@testable import Store

@Suite struct HousekeepingTests {
    private let day = 86_400

    @Test func `days go by age, one a call, the oldest first`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append((0..<6).map { makeSweep(at: morning + .seconds(day * $0)) }, publishes: false)
        let today = morning + .seconds(day * 5)
        #expect(try await store.dropReadings(olderThan: 35, today: today) == [])
        #expect(try await store.dropReadings(olderThan: 3, today: today) == ["20261122"])
        #expect(try await store.dropReadings(olderThan: 3, today: today) == ["20261123"])
        #expect(try await store.dropReadings(olderThan: 3, today: today) == [])
        #expect(
            try await store.sweeps(after: SequenceNumber(0), limit: 9).map(\.firstSequence.value) == [7, 10, 13, 16])
        #expect(
            try await store.dayTables() == [
                "reading_20261124", "reading_20261125", "reading_20261126", "reading_20261127",
            ])
    }

    @Test func `a clock that jumped a year takes no day with it`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append((0..<6).map { makeSweep(at: morning + .seconds(day * $0)) }, publishes: false)
        #expect(try await store.dropReadings(olderThan: 35, today: morning + .seconds(day * 365)).isEmpty)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 9).count == 6)
    }

    @Test func `the history of alarms goes by age, one day a call, and never with what is added`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var judgement = Judgement()
        for hour in stride(from: 0, to: 48, by: 12) {
            judgement.alarmEvents = [
                .init(alarm: "riser-1/burst", event: "raised", state: "active", person: "", reason: "\(hour)")
            ]
            try await store.save(judgement, at: morning + .seconds(3600 * hour))
        }
        // Three years later something happens again; what is old is not touched by that.
        let later = morning + .seconds(day * 1096)
        try await store.save(judgement, at: later)
        func reasons() async throws -> [String] {
            try await store.texts("SELECT reason FROM alarm_event ORDER BY seq")
        }
        #expect(try await reasons() == ["0", "12", "24", "36", "36"])
        #expect(try await store.dropAlarmEvents(olderThan: 1096, today: later) == 0)
        #expect(try await store.dropAlarmEvents(olderThan: 1094, today: later) == 2)
        #expect(try await reasons() == ["24", "36", "36"])
        #expect(try await store.dropAlarmEvents(olderThan: 0, today: later) == 2)
        #expect(try await store.dropAlarmEvents(olderThan: 0, today: later) == 0, "today is kept")
        #expect(try await reasons() == ["36"])
    }

    @Test func `a day stays until all its rows have left the outbox`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let today = morning + .seconds(day * 60)
        let stored = try await store.append(
            [makeSweep(), makeSweep(1), makeSweep(at: morning + .seconds(day))], publishes: true)
        _ = try await store.append([makeSweep(at: today)], publishes: true)
        try await store.markSent([stored[0].firstSequence, stored[2].firstSequence], at: today)
        #expect(try await store.dropReadings(olderThan: 0, today: today) == [])
        #expect(try await store.removeConfirmed(sentBefore: today + .seconds(1)) == 2)
        // The second day is through; the first still waits, and what waits can still be read.
        #expect(try await store.dropReadings(olderThan: 0, today: today) == ["20261123"])
        #expect(try await store.dropReadings(olderThan: 0, today: today) == [])
        #expect(try await store.waitingSweeps(after: SequenceNumber(0), limit: 1).map(\.content) == [.sweep(stored[1])])
        try await store.markSent([stored[1].firstSequence], at: today)
        #expect(try await store.removeConfirmed(sentBefore: today + .seconds(1)) == 1)
        #expect(try await store.dropReadings(olderThan: 0, today: today) == ["20261122"])
        #expect(try await store.waitingNumbers() == [10])
    }

    @Test func `a log that a reader let grow is written back`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        // Somebody's shell that began a transaction and left it open.
        var leavesOpen = Configuration()
        leavesOpen.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: folder.file("sluice.db"), configuration: leavesOpen)
        let logSize = { try folder.bytes("sluice.db-wal").count }
        try reader.inDatabase { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM meta")
        }
        let bulky = [UInt8](repeating: 0x41, count: 1 << 20)
        for cursor in 0..<8 {
            try await store.save(
                Judgement(analyzer: .init(version: 1, cursor: SequenceNumber(Int64(cursor)), state: bulky)))
        }
        #expect(try logSize() > 4 << 20)
        try await store.checkpointIfNeeded()
        #expect(try logSize() > 4 << 20)
        try reader.close()
        try await store.checkpointIfNeeded()
        // With everything written back the log starts anew, and the next commit cuts it to its limit.
        _ = try await store.append([makeSweep()], publishes: true)
        #expect(try logSize() <= 4 << 20)
        #expect(try await store.analyzerState()?.cursor == SequenceNumber(7))
    }
}
