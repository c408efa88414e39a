// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Pipeline
import Testing

@testable import Store

/// Full is a planned state: what goes, in which order, and what is counted.
@Suite struct QuotaTests {
    private let day = 86_400

    /// So many sweeps a day, each in a second of its own; those of `published` days wait for the broker.
    private func fill(_ store: SluiceStore, days: Range<Int>, sweeps: Int = 400, published: Set<Int>) async throws {
        for place in days {
            for batch in stride(from: 0, to: sweeps, by: 100) {
                _ = try await store.append(
                    (batch..<min(sweeps, batch + 100)).map {
                        makeSweep($0 % 2, at: morning + .seconds(day * place + $0), value: Int64($0))
                    }, publishes: published.contains(place))
            }
        }
    }

    private func gaps(_ store: SluiceStore) throws -> [String] {
        try store.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT cause, readings, from_at, to_at FROM gap ORDER BY id").map { row in
                let from = Day(of: Timestamp(milliseconds: row.integer(2) ?? 0))
                return "\(String.fromDatabaseValue(row[0]) ?? "") \(row.integer(1) ?? 0) \(from)"
            }
        }
    }

    private func ticket(_ place: Int) -> Judgement {
        Judgement(ticketEvents: [
            .init(
                identifier: "e-\(place)", ticket: "T", index: place, at: morning,
                body: [UInt8](repeating: 65, count: 2000))
        ])
    }

    @Test func `days go in their order: sent, then thinned, then dropped, each counted`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await fill(store, days: 0..<4, published: [0, 2, 3])
        #expect(try await store.quotaShare() == nil)
        try await store.apply(
            StorageQuota(maximum: 80 * SluiceStore.newPageSize, reserve: 1 << 20, policy: .overwriteOldest))
        let full = try #require(try await store.quotaShare())
        #expect(full > 0.95)
        var steps: [StoredGap] = []
        for _ in 0..<4 { if let gap = try await store.keepRoom() { steps.append(gap) } }
        // Day 1 is sent; day 0 is the oldest that is not; day 2 follows it.
        #expect(
            try gaps(store) == [
                "quota_dropped_sent 1200 20261123", "quota_thinned 1158 20261122", "quota_dropped 42 20261122",
                "quota_thinned 1158 20261124",
            ])
        #expect(steps.map(\.readings) == [1200, 1158, 42, 1158])
        let told = try await store.givenUpReadings()
        #expect(told.map(\.cause) == ["quota_dropped", "quota_dropped_sent", "quota_thinned"])
        #expect(told.map(\.readings) == [42, 1200, 2316])
        // Everything that is not counted as lost is there, and goes on to the broker.
        let left = try await store.sweeps(after: SequenceNumber(0), limit: 9999).reduce(0) {
            $0 + $1.sweep.readings.count
        }
        #expect(left + steps.reduce(0) { $0 + Int($1.readings) } == 4 * 1200)
        #expect(try await store.waitingNumbers(limit: 9999).count == 414)
        #expect(try await store.backlog().rows == 414)
        #expect(try #require(try await store.quotaShare()) < full)
        #expect(store.troubles().first { $0.kind == .filling }?.severity == .p2)
    }

    @Test func `a full store takes new readings after it made room, and never loses more than it counted`() async throws
    {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let quota = StorageQuota(maximum: 1 << 20, reserve: 1 << 20, policy: .overwriteOldest)
        try await store.apply(quota)
        var (accepted, refused) = (0, 0)
        for place in 0..<12 {
            for batch in 0..<12 {
                do {
                    let at = morning + .seconds(day * place + batch * 200)
                    accepted += try await store.append(
                        (0..<100).map { makeSweep($0 % 2, at: at + .seconds($0), value: Int64($0)) }, publishes: true
                    ).count
                } catch {
                    refused += 1
                }
                while try await store.keepRoom() != nil {}
            }
        }
        #expect(refused <= 3, "\(refused) of 144 transactions were refused")
        #expect(try await store.usedBytes() <= quota.maximum + 4 << 20)
        #expect(StateDirectory.size(of: folder.file("sluice.db")) <= quota.maximum)
        let left = try await store.sweeps(after: SequenceNumber(0), limit: 99_999).count
        let lost = try await store.count("SELECT sum(readings) FROM gap")
        #expect(left * 3 + lost == accepted * 3)
        #expect(left > 100)
    }

    @Test func `with reject_new the past stays, and what is not stored is counted`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.apply(StorageQuota(maximum: 1 << 20, reserve: 1 << 20, policy: .rejectNew))
        var (accepted, rejected) = (0, 0)
        for batch in 0..<300 {
            let sweeps = (0..<100).map { makeSweep($0 % 2, at: morning + .seconds(batch), value: Int64($0)) }
            do {
                accepted += try await store.append(sweeps, publishes: true).count
            } catch {
                #expect(store.isRejection(error))
                try await store.noteRejected(sweeps)
                rejected += sweeps.count
            }
            #expect(try await store.keepRoom() == nil)
        }
        #expect(rejected > 0)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 99_999).count == accepted)
        #expect(try gaps(store) == ["quota_rejected \(rejected * 3) 20261122"])
        // Tickets take the reserve.
        for place in 0..<50 { try await store.save(ticket(place)) }
        #expect(try await store.ticketEventBodies().count == 50)
    }

    @Test func `gaps are told once, with the transaction that notes it`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.apply(StorageQuota(maximum: 1 << 30, reserve: 1 << 20, policy: .rejectNew))
        try await store.noteRejected([makeSweep()])
        let topic = "sluice/lakeside/_gap"
        let messages = GapMessages(catalogue: makeCatalogue(), epoch: 1)
        #expect(try await store.tellGaps(at: morning) { messages.message(of: $0) })
        #expect(try await !store.tellGaps(at: morning) { messages.message(of: $0) })
        let rows = try await store.waitingMessages(after: SequenceNumber(0), limit: 9)
        guard case .message(let message)? = rows.first?.content else {
            Issue.record("no message")
            return
        }
        #expect(rows.count == 1 && message.topic == topic)
        #expect(
            String(decoding: message.payload, as: UTF8.self)
                == #"{"what":"lakeside","from":"2026-11-22T08:00:00.000Z","to":"2026-11-22T08:00:00.000Z","#
                + #""cause":"quota_rejected","count":3,"ep":1}"#)
    }

    @Test func `the alarm comes at 80 % and is raised at 95 %`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await fill(store, days: 0..<1, published: [])
        _ = try await store.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        let used = StateDirectory.size(of: folder.file("sluice.db"))
        var severities: [Severity?] = []
        for percent in [70, 85, 96] as [Int64] {
            try await store.apply(StorageQuota(maximum: used * 100 / percent, reserve: 4096, policy: .rejectNew))
            _ = try await store.keepRoom()
            severities.append(store.troubles().first { $0.kind == .filling }?.severity)
        }
        #expect(severities == [nil, .p3, .p2])
    }

    @Test(.enabled(if: SmallDisk.canMount, "needs the right to mount a tmpfs"))
    func `on a full disk tickets are saved in the reserve, readings wait, and both go on when it is freed`()
        async throws
    {
        let disk = try SmallDisk(kibibytes: 4096)
        let store = try openStore(disk.folder)
        defer { withExtendedLifetime(disk) { close(store, in: disk.folder) } }
        _ = try await store.append([makeSweep()], publishes: true)
        try await store.apply(StorageQuota(maximum: 64 << 20, reserve: 1 << 20, policy: .overwriteOldest))
        #expect(StateDirectory.size(of: disk.folder.file("sluice.db.reserve")) == 1 << 20)
        try disk.fill()
        var refused = false
        for place in 0..<2000 where !refused {
            do {
                _ = try await store.append(
                    (0..<50).map { makeSweep(at: morning + .seconds(place), value: $0) }, publishes: true)
            } catch { refused = true }
        }
        #expect(refused)
        for place in 0..<40 { try await store.save(ticket(place)) }
        #expect(try await store.ticketEventBodies().count == 40)
        await #expect(throws: (any Error).self) {
            for place in 0..<2000 {
                _ = try await store.append(
                    (0..<50).map { makeSweep(at: morning + .seconds(place), value: $0) }, publishes: true)
            }
        }
        try disk.free()
        _ = try await store.keepRoom()
        #expect(try await store.append([makeSweep()], publishes: true).count == 1)
        #expect(StateDirectory.size(of: disk.folder.file("sluice.db.reserve")) == 1 << 20)
    }
}
