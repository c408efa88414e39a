// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

@Suite struct ReadingTests {
    @Test func `what was stored is read back with a number for each reading`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var odd = makeSweep(1, at: morning + .seconds(1))
        odd.timeQuality = .stepped
        odd.readings = [
            Reading(point: PointIndex(5), bad: .exception(4), raw: 7, sourceTime: morning),
            Reading(point: PointIndex(3), uncertain: .number(2.5), reason: .gap, sourceTime: morning + .seconds(2)),
        ]
        let stored = try await store.append([makeSweep(0), odd, makeSweep(0, value: 50)], publishes: false)
        #expect(stored.map(\.firstSequence.value) == [1, 4, 6])
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 10) == stored)
        #expect(try await store.latestSequence() == SequenceNumber(8))
    }

    @Test func `numbers go on after a restart and none is used twice`() async throws {
        let folder = try TemporaryFolder()
        var expected: [StoredSweep] = []
        for round in 0..<4 {
            let store = try openStore(folder, boot: "boot-\(round)")
            #expect(try await store.sweeps(after: SequenceNumber(0), limit: 100) == expected)
            expected += try await store.append(
                [makeSweep(0, value: Int64(round)), makeSweep(1, value: Int64(round))], publishes: true)
            try await store.save(Judgement(messages: [.init(topic: "t", payload: [], isRetained: false)]))
            try store.close()
        }
        #expect(expected.map(\.firstSequence.value) == [1, 4, 8, 11, 15, 18, 22, 25])
    }

    @Test func `a transaction that fails stores nothing and uses no number`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let first = try await store.append([makeSweep()], publishes: true)
        // A row in the way of the third sweep of the next batch.
        try withOtherConnection(folder) { db in
            try db.execute(
                sql: """
                    INSERT INTO reading_20261122(seq, asset, boot, instant, wall, time_quality, count, body)
                    VALUES (10, 1, 1, 0, 0, 0, 0, x'01')
                    """)
        }
        await #expect(throws: DatabaseError.self) {
            _ = try await store.append([makeSweep(), makeSweep(), makeSweep()], publishes: true)
        }
        #expect(try await store.latestSequence() == SequenceNumber(3))
        #expect(try await store.count("SELECT count(*) FROM reading_20261122") == 2)
        #expect(try await store.backlog().rows == 1)
        try withOtherConnection(folder) { try $0.execute(sql: "DELETE FROM reading_20261122 WHERE seq = 10") }
        let next = try await store.append([makeSweep(), makeSweep(), makeSweep()], publishes: true)
        #expect(next.map(\.firstSequence.value) == [4, 7, 10])
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 10) == first + next)
    }

    @Test func `days lie in tables of their own and their order stays that of the numbers`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let midnight = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 11, day: 23), hour: 0, minute: 0))
        // Two buses answer around midnight; later the wall clock is set back and passes it again.
        let walls = [-2, 1, -1, 2, 0, 3, -1, 5].map { midnight + .milliseconds($0) }
        var stored: [StoredSweep] = []
        for wall in walls { stored += try await store.append([makeSweep(at: wall)], publishes: true) }
        stored += try await store.append(walls.map { makeSweep(1, at: $0) }, publishes: true)
        #expect(
            try await store.dayTables() == [
                "outbox_20261122", "outbox_20261123", "reading_20261122", "reading_20261123",
            ])
        #expect(try await store.count("SELECT count(*) FROM reading_20261122") == 6)
        #expect(try await store.count("SELECT count(*) FROM reading_20261123") == 10)
        for limit in [1, 2, 3, 7, 16, 17] {
            var found: [StoredSweep] = []
            while true {
                let page = try await store.sweeps(after: found.last?.firstSequence ?? SequenceNumber(0), limit: limit)
                found += page
                if page.count < limit { break }
            }
            #expect(found == stored, "limit \(limit)")
            var rows: [OutboxRow] = []
            while true {
                let page = try await store.waitingSweeps(after: rows.last?.sequence ?? SequenceNumber(0), limit: limit)
                rows += page
                if page.count < limit { break }
            }
            #expect(rows.map(\.content) == stored.map { .sweep($0) }, "limit \(limit)")
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `any walls, any pages: the same rows in the same order`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var stored: [StoredSweep] = []
        for _ in 0..<12 {
            let batch = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                makeSweep(
                    Int.random(in: 0...1, using: &random),
                    at: morning + .seconds(86_400 * Int.random(in: -2...2, using: &random)))
            }
            stored += try await store.append(batch, publishes: true)
        }
        let after = SequenceNumber(Int64.random(in: 0...stored[stored.count - 1].firstSequence.value, using: &random))
        let limit = Int.random(in: 1...20, using: &random)
        let expected = Array(stored.filter { $0.firstSequence > after }.prefix(limit))
        #expect(try await store.sweeps(after: after, limit: limit) == expected)
        #expect(
            try await store.waitingSweeps(after: after, limit: limit).map(\.content) == expected.map { .sweep($0) })
    }

    @Test func `moments beyond all calendars are stored and read`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let walls = [Int64.min, -1, 0, 253_402_300_799_999, .max].map { Timestamp(milliseconds: $0) }
        let stored = try await store.append(walls.map { makeSweep(at: $0) }, publishes: true)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 10) == stored)
        #expect(
            try await store.dayTables() == [
                "outbox_19700101", "outbox_99991231", "reading_19700101", "reading_99991231",
            ])
    }

    @Test func `points keep their rows when the configuration is sorted anew`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder, catalogue: makeCatalogue(["inlet", "riser-1"]))
        _ = try await store.append([makeSweep(0, value: 10), makeSweep(1, value: 20)], publishes: false)
        try store.close()
        let again = try openStore(folder, catalogue: makeCatalogue(["riser-1", "tank", "inlet"]))
        defer { close(again, in: folder) }
        let sweeps = try await again.sweeps(after: SequenceNumber(0), limit: 10)
        #expect(sweeps.map(\.sweep.asset.value) == [2, 0])
        #expect(sweeps.map { $0.sweep.readings.map(\.point.value) } == [[6, 7, 8], [0, 1, 2]])
        #expect(sweeps[1].sweep.readings.map(\.quantity) == [.integer(20), .integer(21), .integer(22)])
    }

    @Test func `readings of removed points are left out and the others keep their numbers`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        _ = try await store.append([makeSweep(0, value: 10), makeSweep(1), makeSweep(0, value: 30)], publishes: true)
        try store.close()
        // The middle point of the inlet and the whole riser are gone.
        let again = try openStore(folder, catalogue: makeCatalogue(["inlet"], points: ["total", "state"]))
        defer { close(again, in: folder) }
        let sweeps = try await again.sweeps(after: SequenceNumber(0), limit: 10)
        #expect(sweeps.map(\.firstSequence.value) == [1, 3, 7, 9])
        let quantities = sweeps.map(\.sweep.readings).map { $0.map(\.quantity) }
        #expect(quantities == [[.integer(10)], [.integer(12)], [.integer(30)], [.integer(32)]])
        #expect(try await again.sweeps(after: SequenceNumber(3), limit: 1).map(\.firstSequence.value) == [7, 9])
        // The outbox keeps the number of the row; what has no asset any more is counted as lost.
        let rows = try await again.waitingSweeps(after: SequenceNumber(0), limit: 10)
        #expect(rows.map(\.sequence.value) == [1, 7])
        guard case .sweep(let sweep) = try #require(rows.first).content else { return }
        #expect(sweep.firstSequence == SequenceNumber(1) && sweep.sweep.readings.count == 2)
        let gaps = try await again.pool.read { db in
            try Row.fetchAll(db, sql: "SELECT path, cause, readings, from_at, to_at FROM gap").map(\.description)
        }
        let at = morning.milliseconds
        #expect(
            gaps == [
                "[path:\"pump-room/riser-1\" cause:\"removed_from_configuration\" readings:3 from_at:\(at) to_at:\(at)]"
            ])
        #expect(try await again.backlog().rows == 2)
    }

    @Test func `a row that cannot be read stops nobody`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let stored = try await store.append((0..<3).map { makeSweep(value: $0) }, publishes: true)
        try withOtherConnection(folder) { db in
            try db.execute(sql: "UPDATE reading_20261122 SET body = x'01D7FFFF' WHERE seq = 4")
        }
        let readable = [stored[0], stored[2]]
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 2) == readable)
        #expect(try await store.trend(point: PointIndex(0), from: morning, to: morning).map(\.value) == [0, 2])
        #expect(
            try await store.waitingSweeps(after: SequenceNumber(0), limit: 2).map(\.content)
                == readable.map { .sweep($0) })
        #expect(try await store.count("SELECT readings FROM gap WHERE cause = 'unreadable'") == 3)
        #expect(try await store.backlog().rows == 2)
    }

    @Test func `a trend has the samples of one point over the days, with its gaps`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var batch: [Sweep] = []
        for hour in 0..<60 {
            var sweep = makeSweep(at: morning + .seconds(3600 * hour), value: Int64(hour))
            if hour == 30 {
                sweep.readings[1] = Reading(point: PointIndex(1), bad: .crc, sourceTime: sweep.receivedWall)
            }
            batch += [sweep, makeSweep(1, at: sweep.receivedWall, value: 900)]
        }
        _ = try await store.append(batch, publishes: false)
        let (from, to) = (morning + .seconds(3600 * 10), morning + .seconds(3600 * 40))
        let samples = try await store.trend(point: PointIndex(1), from: from, to: to)
        let expected: [Double?] = (10...40).map { hour in hour == 30 ? nil : Double(hour + 1) }
        #expect(samples.map(\.value) == expected)
        #expect(samples.first?.at == from - .milliseconds(7))
        #expect(try await store.trend(point: PointIndex(1), from: to, to: from) == [])
        #expect(await refusal { _ = try await store.trend(point: PointIndex(6), from: from, to: to) } == .notBound)
    }

    @Test func `the latest readings are the newest of each point since a moment`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var partial = makeSweep(at: morning + .seconds(90_000), value: 70)
        partial.readings.removeLast(2)
        _ = try await store.append(
            [makeSweep(value: 1), makeSweep(1, value: 5), makeSweep(at: morning + .seconds(60), value: 30), partial],
            publishes: false)
        let latest = try await store.latestReadings(since: morning)
        #expect(latest.map(\.point.value) == [0, 1, 2, 3, 4, 5])
        #expect(latest.map { $0.quantity?.asDouble } == [70, 31, 32, 5, 6, 7])
        #expect(try await store.latestReadings(since: morning + .seconds(70)).map(\.point.value) == [0])
    }

    @Test func `sweeps without readings take no number`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var empty = makeSweep()
        empty.readings = []
        #expect(try await store.append([empty], publishes: true) == [])
        #expect(try await store.append([empty, makeSweep(), empty], publishes: true).count == 1)
        #expect(try await store.latestSequence() == SequenceNumber(3))
        #expect(try await store.backlog().rows == 1)
    }
}
