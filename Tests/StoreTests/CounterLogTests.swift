// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Pipeline
@testable import Store

/// Counters are stored with the readings they come from, and read back as they were last.
@Suite struct CounterLogTests {
    private func record(_ point: Int, _ second: Int64) -> CounterRecord {
        CounterRecord(
            point: PointIndex(point),
            state: CounterState(
                unitsPerCount: 0.001, boot: BootIdentifier("boot-1"),
                readAt: MonotonicInstant(nanoseconds: second * 1_000_000_000), readWall: morning + .seconds(second)))
    }

    private func append(_ store: SluiceStore, _ records: [CounterRecord], _ second: Int64) async throws {
        _ = try await store.append(
            [(sweep: makeSweep(at: morning + .seconds(second)), isPublished: false)], counters: records)
    }

    @Test func `whatever was folded, the newest state of each counter is read, after a restart as well`() async throws {
        let folder = try TemporaryFolder()
        var store = try openStore(folder)
        // Point 3 changes in the first transaction alone, point 0 in each, point 1 in every seventh.
        try await append(store, [record(0, 0), record(3, 0)], 0)
        for second in Int64(1)...1000 {
            try await append(store, [record(0, second)] + (second % 7 == 0 ? [record(1, second)] : []), second)
        }
        let wanted = [record(0, 1000), record(1, 994), record(3, 0)]
        #expect(try await store.counters() == wanted)
        #expect(try await store.count("SELECT count(*) FROM counter_log") == 1001 - 2 * 400)
        #expect(try await store.count("SELECT count(*) FROM counter") == 3)
        try store.close()
        store = try openStore(folder, boot: "boot-2")
        #expect(try await store.counters() == wanted)
        // What a person booked comes after what stands in the log.
        try await store.save(
            AuditRecord(at: morning, actor: "li-wei", action: "meter exchange", subject: "x", result: "y"),
            counters: [record(0, 2000)])
        #expect(try await store.counters() == [record(0, 2000), record(1, 994), record(3, 0)])
        close(store, in: folder)
    }

    @Test func `a transaction that fails leaves the counters as they were`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await append(store, [record(0, 1)], 1)
        try await store.pool.write {
            try $0.execute(
                sql: "CREATE TRIGGER broken BEFORE INSERT ON reading_20261122 BEGIN SELECT RAISE(ABORT, 'no'); END")
        }
        await #expect(throws: DatabaseError.self) { try await append(store, [record(0, 2)], 2) }
        #expect(try await store.counters() == [record(0, 1)])
        close(store, in: folder)
    }

    @Test func `a row of the log that cannot be read costs the states of its transaction alone`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        for second in Int64(1)...3 { try await append(store, [record(0, second), record(1, second)], second) }
        try await store.pool.write {
            try $0.execute(sql: "UPDATE counter_log SET body = x'00FF00' WHERE id = 3")
        }
        #expect(try await store.counters() == [record(0, 2), record(1, 2)])
        try await store.pool.write { try $0.execute(sql: "UPDATE counter_log SET length = -1 WHERE id = 2") }
        #expect(try await store.counters() == [record(0, 1), record(1, 1)])
        try await store.pool.write { try CounterLog.fold(in: $0) }
        #expect(try await store.counters() == [record(0, 1), record(1, 1)])
        close(store, in: folder)
    }
}
