// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Testing

@testable import Store

/// What findings were found with stays for as long as it is needed, and no longer.
@Suite struct FindingTrailTests {
    private func snapshot(_ cursor: Int64, days: Int64, bytes: Int = 5000) -> Judgement.Snapshot {
        .init(
            version: 2, cursor: SequenceNumber(cursor), dataTime: morning + .seconds(86_400 * days),
            state: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 / 7) })
    }

    private func trail(_ name: String, from cursor: Int64) -> Judgement.TrailRecord {
        .init(
            finding: FindingIdentifier(name), snapshot: SequenceNumber(cursor), readings: [1, 2, 3],
            raised: Array("{}".utf8))
    }

    private func save(_ store: SluiceStore, _ snapshot: Judgement.Snapshot?, _ trails: [Judgement.TrailRecord] = [])
        async throws
    {
        var judgement = Judgement()
        (judgement.snapshot, judgement.trails) = (snapshot, trails)
        try await store.save(judgement)
    }

    @Test func `a trail comes back as it was kept, also beside the running gateway`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await save(store, snapshot(40, days: 1))
        try await save(store, nil, [trail("a", from: 40)])
        let expected = StoredTrail(snapshot: snapshot(40, days: 1), readings: [1, 2, 3], raised: Array("{}".utf8))
        #expect(try await store.trail(of: FindingIdentifier("a")) == expected)
        #expect(try SluiceStore.trail(of: FindingIdentifier("a"), directory: folder.path) == expected)
        #expect(try await store.trail(of: FindingIdentifier("b")) == nil)
        #expect(try await store.snapshotTimes().map(\.cursor) == [SequenceNumber(40)])
    }

    @Test func `old snapshots go, but none that a finding needs`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await save(store, snapshot(0, days: 0))
        try await save(store, snapshot(10, days: 1))
        // What is needed from now on, and in the same transaction the snapshot that lets old ones go.
        try await save(store, snapshot(20, days: 37), [trail("a", from: 10)])
        #expect(try await store.snapshotTimes().map(\.cursor.value) == [10, 20])
        try await save(store, snapshot(30, days: 38), [trail("a", from: 20)])
        #expect(try await store.snapshotTimes().map(\.cursor.value) == [20, 30])
    }

    @Test func `a snapshot that is retired stays for its finding, and gives way to one of the same cursor`()
        async throws
    {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await save(store, snapshot(0, days: 0))
        try await save(store, snapshot(10, days: 1), [trail("a", from: 0)])
        try await store.retireSnapshots()
        try await save(store, snapshot(0, days: 2))
        var again = trail("b", from: 0)
        again.told = [7]
        try await save(store, nil, [again])
        #expect(try await store.trail(of: FindingIdentifier("a"))?.snapshot == snapshot(0, days: 0))
        let kept = try await store.trail(of: FindingIdentifier("b"))
        #expect(kept?.snapshot == snapshot(0, days: 2))
        #expect(kept?.told == [7])
        #expect(try await store.count("SELECT count(*) FROM analyzer_snapshot") == 2)
    }

    @Test(arguments: ["state = x'00'", "length = length + 1", "length = -1", "length = 1 << 40"])
    func `damaged bytes are told`(damage: String) async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await save(store, snapshot(40, days: 1))
        try await save(store, nil, [trail("a", from: 40)])
        try await store.pool.write { try $0.execute(sql: "UPDATE analyzer_snapshot SET \(damage)") }
        await #expect(throws: StoreError.self) { try await store.trail(of: FindingIdentifier("a")) }
    }
}
