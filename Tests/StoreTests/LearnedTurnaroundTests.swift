// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import ModbusCodec
import Pipeline
import Testing

@testable import Store

@Suite struct LearnedTurnaroundTests {
    private func learned(_ unit: UInt8, _ milliseconds: Int, profile: String = "a") -> LearnedTurnaround {
        LearnedTurnaround(
            bus: BusIdentifier("line-1"), unit: UnitIdentifier(unit), fingerprint: profile,
            median: .milliseconds(milliseconds), p99: .milliseconds(milliseconds * 3),
            learnedAt: Timestamp(milliseconds: 1_790_000_000_123))
    }

    @Test func `the last turnaround of each unit is kept over a restart`() async throws {
        let folder = try TemporaryFolder()
        #expect(try SluiceStore.learnedTurnarounds(inDirectory: folder.path) == [])
        var store = try openStore(folder)
        for one in [learned(2, 12), learned(1, 8), learned(1, 9, profile: "b")] { try await store.save(one) }
        #expect(
            try SluiceStore.learnedTurnarounds(inDirectory: folder.path) == [
                learned(1, 9, profile: "b"), learned(2, 12),
            ])
        try store.close()
        store = try openStore(folder)
        #expect(try await store.learnedTurnarounds() == [learned(1, 9, profile: "b"), learned(2, 12)])
        close(store, in: folder)
    }

    @Test(arguments: [
        "unit = 256", "median_nanoseconds = -1", "median_nanoseconds = 60000000", "p99_nanoseconds = 3600000000001",
    ])
    func `a row that makes no sense is left out`(change: String) async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        for one in [learned(1, 8), learned(2, 12)] { try await store.save(one) }
        try await store.pool.write { try $0.execute(sql: "UPDATE learned_turnaround SET \(change) WHERE unit = 2") }
        #expect(try await store.learnedTurnarounds() == [learned(1, 8)])
        close(store, in: folder)
    }
}
