// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

@Suite struct OutboxTests {
    private func message(_ topic: String, retained: Bool = false) -> OutboundMessage {
        OutboundMessage(topic: topic, payload: Array("{\"t\":\"\(topic)\"}".utf8), isRetained: retained)
    }

    @Test func `a row waits, is sent, may come back and is removed`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append((0..<4).map { makeSweep(at: morning + .seconds($0)) }, publishes: true)
        #expect(try await store.waitingNumbers() == [1, 4, 7, 10])

        try await store.markSent([1, 7].map { SequenceNumber($0) }, at: morning + .seconds(100))
        try await store.markSent([SequenceNumber(4)], at: morning + .seconds(200))
        #expect(try await store.waitingNumbers() == [10])
        // Noted twice, or never stored: nothing happens.
        try await store.markSent([1, 4, 5, 999].map { SequenceNumber($0) }, at: morning + .seconds(300))
        #expect(try await store.backlog().rows == 1)

        // The broker lost its session: what it confirmed since second 150 goes again.
        #expect(try await store.returnToWaiting(sentSince: morning + .seconds(150)) == 1)
        #expect(try await store.waitingNumbers() == [4, 10])
        #expect(try await store.count("SELECT lane FROM outbox_20261122 WHERE seq = 4") == 2)
        #expect(try await store.removeConfirmed(sentBefore: morning + .seconds(100)) == 0)
        #expect(try await store.removeConfirmed(sentBefore: morning + .seconds(101)) == 2)
        #expect(try await store.waitingNumbers() == [4, 10])
        #expect(try await store.count("SELECT count(*) FROM outbox_20261122") == 2)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 9).count == 4)
    }

    @Test func `sweeps that are not to be published do not wait`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append([makeSweep()], publishes: false)
        _ = try await store.append([makeSweep()], publishes: true)
        _ = try await store.append([makeSweep()], publishes: false)
        #expect(try await store.waitingNumbers() == [4])
    }

    @Test func `of one transaction only the chosen sweeps wait`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        // 0 and 1 fall on one day, 2 and 3 on the next, 4 on the first again; nothing of the third day is published.
        let walls = [0, 1, 86_400, 86_401, 2, 200_000].map { morning + .seconds($0) }
        let sweeps = zip(walls, [false, true, true, false, true, false]).map { (makeSweep(at: $0), $1) }
        let stored = try await store.append(sweeps)
        #expect(stored.map(\.firstSequence.value) == [1, 4, 7, 10, 13, 16])
        #expect(try await store.waitingNumbers() == [4, 7, 13])
        #expect(try await store.backlog() == (3, walls[1]))
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 9).count == 6)
        #expect(try await store.dayTables().filter { $0.hasPrefix("outbox") }.count == 2)
        try await store.markSent([4, 10].map { SequenceNumber($0) }, at: morning)
        #expect(try await store.backlog() == (2, walls[2]))
    }

    @Test func `messages wait apart from sweeps and keep their text`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append([makeSweep()], publishes: true)
        let messages = [message("sluice/lakeside/alarm/a"), message("sluice/lakeside/ticket/1/state", retained: true)]
        try await store.save(Judgement(messages: messages))
        _ = try await store.append([makeSweep()], publishes: true)
        let rows = try await store.waitingMessages(after: SequenceNumber(0), limit: 10)
        #expect(
            rows == [
                OutboxRow(sequence: SequenceNumber(4), content: .message(messages[0])),
                OutboxRow(sequence: SequenceNumber(5), content: .message(messages[1])),
            ])
        #expect(try await store.waitingMessages(after: SequenceNumber(4), limit: 10).map(\.sequence.value) == [5])
        #expect(try await store.waitingMessages(after: SequenceNumber(0), limit: 1).map(\.sequence.value) == [4])
        #expect(try await store.waitingNumbers() == [1, 6])
        try await store.markSent([SequenceNumber(4)], at: morning)
        #expect(try await store.waitingMessages(after: SequenceNumber(0), limit: 10).map(\.sequence.value) == [5])
        #expect(try await store.returnToWaiting(sentSince: morning) == 1)
        // A message stays in its lane.
        #expect(try await store.waitingMessages(after: SequenceNumber(0), limit: 10).map(\.sequence.value) == [4, 5])
        #expect(try await store.waitingNumbers() == [1, 6])
    }

    @Test func `the backlog is the rows that wait and the age of the first`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        #expect(try await store.backlog() == (0, nil))
        try await store.save(Judgement(messages: [message("a")]))
        #expect(try await store.backlog() == (1, morning))
        let walls = [10, 90_000, 20].map { morning + .seconds($0) }
        _ = try await store.append(walls.map { makeSweep(at: $0) }, publishes: true)
        #expect(try await store.backlog() == (4, morning))
        try await store.markSent([SequenceNumber(1)], at: morning)
        #expect(try await store.backlog() == (3, walls[0]))
        try await store.markSent([SequenceNumber(2)], at: morning + .seconds(1))
        #expect(try await store.backlog() == (2, walls[1]))
        try await store.markSent([SequenceNumber(5), SequenceNumber(8)], at: morning + .seconds(1))
        #expect(try await store.backlog() == (0, nil))
        #expect(try await store.returnToWaiting(sentSince: morning + .seconds(1)) == 3)
        #expect(try await store.backlog() == (3, walls[0]))
    }

    @Test func `days whose rows are all gone lose their table, the newest keeps it`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let walls = (0..<3).map { morning + .seconds(86_400 * $0) }
        _ = try await store.append(walls.map { makeSweep(at: $0) }, publishes: true)
        try await store.markSent([1, 7].map { SequenceNumber($0) }, at: morning)
        #expect(try await store.removeConfirmed(sentBefore: morning + .seconds(1)) == 2)
        #expect(
            try await store.dayTables().filter { $0.hasPrefix("outbox") } == ["outbox_20261123", "outbox_20261124"])
        // A late sweep of a day whose table is gone gets a new one.
        _ = try await store.append([makeSweep(at: walls[0])], publishes: true)
        #expect(try await store.waitingNumbers() == [4, 10])
    }

    @Test func `what waits survives a restart`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        let stored = try await store.append([makeSweep(), makeSweep(1)], publishes: true)
        try await store.save(Judgement(messages: [message("a")]))
        try await store.markSent([SequenceNumber(1)], at: morning)
        try store.close()
        let again = try openStore(folder, boot: "boot-2")
        defer { close(again, in: folder) }
        #expect(
            try await again.waitingSweeps(after: SequenceNumber(0), limit: 9).map(\.content) == [.sweep(stored[1])])
        #expect(try await again.waitingMessages(after: SequenceNumber(0), limit: 9).count == 1)
        #expect(try await again.backlog().rows == 2)
    }

    /// The counters beside the tables are kept by hand, so they are compared with the tables themselves.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `the backlog agrees with the rows whatever happens`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var numbers: [Int64] = []
        for step in 0..<60 {
            let now = morning + .seconds(step)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let batch = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    makeSweep(at: now + .seconds(86_400 * Int.random(in: 0...2, using: &random)))
                }
                numbers += try await store.append(batch, publishes: true).map(\.firstSequence.value)
            case 2:
                try await store.save(Judgement(messages: [message("m")]))
                numbers.append(try await store.latestSequence().value)
            case 3:
                let chosen = numbers.filter { _ in Bool.random(using: &random) }
                try await store.markSent(chosen.map { SequenceNumber($0) }, at: now)
            case 4:
                _ = try await store.returnToWaiting(sentSince: now - .seconds(Int.random(in: 0...30, using: &random)))
            default:
                _ = try await store.removeConfirmed(sentBefore: now - .seconds(Int.random(in: 0...30, using: &random)))
            }
            let tables = try await store.dayTables().filter { $0.hasPrefix("outbox") }
            var waiting: [Int64] = []
            for table in tables {
                waiting += try await store.pool.read {
                    try Int64.fetchAll($0, sql: "SELECT seq FROM \(table) WHERE state = 0")
                }
            }
            let messages = try await store.waitingMessages(after: SequenceNumber(0), limit: 1000).map(\.sequence.value)
            let sweeps = try await store.waitingNumbers()
            #expect((messages + sweeps).sorted() == waiting.sorted())
            #expect(try await store.backlog().rows == waiting.count)
        }
    }
}

private func == (a: (rows: Int, oldest: Timestamp?), b: (Int, Timestamp?)) -> Bool { a.rows == b.0 && a.oldest == b.1 }
