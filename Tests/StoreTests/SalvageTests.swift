// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Logging
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

private let pageLength = Int(SluiceStore.newPageSize)

/// Damage to the database (F20): the start goes on, and every row on a page that was not hit is kept.
@Suite struct SalvageTests {
    /// More seeds by `SLUICE_SALVAGE_SEEDS=100`.
    static let seeds = 0..<(ProcessInfo.processInfo.environment["SLUICE_SALVAGE_SEEDS"].flatMap { Int($0) } ?? 24)

    /// A store of three days with 1,800 sweeps, 120 lines of tickets and all that comes with them, closed.
    private struct Filled {
        let folder: TemporaryFolder
        let numbers: [Int64]
        let bytes: Data
        let keys: Data

        init() async throws {
            folder = try TemporaryFolder()
            let store = try openStore(folder)
            var numbers: [Int64] = []
            for day in 0..<3 {
                for batch in 0..<30 {
                    let at = morning + .seconds(86_400 * day + batch * 60)
                    numbers += try await store.append(
                        (0..<20).map { makeSweep($0 % 2, at: at + .milliseconds($0), value: Int64($0)) },
                        publishes: batch % 2 == 0
                    ).map(\.firstSequence.value)
                }
                try await store.save(Self.judgement(day))
            }
            try store.close()
            self.numbers = numbers
            bytes = try folder.bytes("sluice.db")
            keys = try folder.bytes("sluice.db.keys")
        }

        private static func judgement(_ day: Int) -> Judgement {
            var judgement = Judgement(
                alarms: (0..<20).map {
                    .init(identifier: "inlet/rule-\(day)-\($0)", state: "raised", body: [1, 2, 3])
                },
                ticketEvents: (0..<40).map { place in
                    .init(
                        identifier: "event-\(day)-\(place)", ticket: "T-\(day)-\(place)", index: 0,
                        at: morning + .seconds(86_400 * day), body: [UInt8](repeating: UInt8(place), count: 400))
                },
                messages: (0..<20).map {
                    OutboundMessage(topic: "sluice/lakeside/ticket/\($0)", payload: [0x7B, 0x7D], isRetained: false)
                })
            judgement.analyzer = .init(
                version: 1, cursor: SequenceNumber(Int64(day + 1)), state: [UInt8](repeating: 7, count: 40_000))
            return judgement
        }
    }

    /// Rows that one page holds at most: the smallest sweeps of this test are longer than 40 bytes.
    private static let rowsOnPage = pageLength / 40

    @Test func `after random bytes anywhere everything on other pages is kept and work goes on`() async throws {
        let filled = try await Filled()
        var (salvages, epochs, worst, lostInAll) = (0, 0, 0, 0)
        for seed in Self.seeds {
            let (folder, pages) = try damaged(filled, seed)
            let spoilt = try folder.bytes("sluice.db")
            let clock = ContinuousClock()
            let started = clock.now
            let store = try openStore(folder, now: morning + .seconds(300_000))
            while try await store.continueSalvage() {}
            let stored = try await store.append([makeSweep(at: morning + .seconds(300_000))], publishes: true)
            #expect(clock.now - started < .seconds(5), "seed \(seed)")
            let found = Set(try await store.sweeps(after: SequenceNumber(0), limit: 100_000).map(\.firstSequence.value))
            let lost = filled.numbers.count { !found.contains($0) }
            (worst, lostInAll) = (max(worst, lost), lostInAll + lost)
            #expect(lost <= pages * Self.rowsOnPage, "seed \(seed): \(lost) rows lost by \(pages) pages")
            let lines = try await store.count("SELECT count(*) FROM ticket_event")
            #expect(lines >= 120 - pages * 10, "seed \(seed): \(lines) lines of tickets")
            let number = try #require(stored.first?.firstSequence.value)
            let highest = found.subtracting([number]).max() ?? 0
            #expect(number > highest, "seed \(seed)")
            if store.epoch != 1 { epochs += 1 }
            let aside = try names(in: folder, "sluice.db.damaged-")
            if !aside.isEmpty {
                salvages += 1
                #expect(try folder.bytes(aside[0]) == spoilt, "seed \(seed): the damaged file is as it was")
                #expect(store.troubles().contains { $0.kind == .salvaged }, "seed \(seed)")
            }
            try store.close()
            // No second salvage: what was made is sound.
            if !aside.isEmpty {
                let again = try openStore(folder, now: morning + .seconds(300_100))
                #expect(try names(in: folder, "sluice.db.damaged-") == aside, "seed \(seed)")
                #expect(again.salvage == nil && again.epoch == store.epoch)
                #expect(
                    try await again.count("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'")
                        == 0)
                try again.close()
            }
        }
        print(
            """
            salvage: \(Self.seeds.count) seeds, \(salvages) files set aside, \(epochs) new epochs, \
            at most \(worst) of \(filled.numbers.count) rows lost, \(lostInAll) in all
            """)
        #expect(salvages > Self.seeds.count / 4)
    }

    /// One to three spans of random bytes.
    private func damaged(_ filled: Filled, _ seed: Int) throws -> (TemporaryFolder, pages: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var bytes = filled.bytes
        var pages: Set<Int> = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            // The header is hit more often than by chance, for it is the worst place.
            let start = Int.random(in: 0..<8, using: &random) == 0 ? 0 : Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 1...3000, using: &random))
            for place in start..<end { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            pages.formUnion(start / pageLength...(end - 1) / pageLength)
        }
        let folder = try TemporaryFolder()
        try bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db")))
        try Data("1\n".utf8).write(to: URL(fileURLWithPath: folder.file("sluice.db.epoch")))
        try filled.keys.write(to: URL(fileURLWithPath: folder.file("sluice.db.keys")))
        return (folder, pages.count)
    }

    private func names(in folder: TemporaryFolder, _ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix(prefix) && !$0.hasSuffix("-wal") }.sorted()
    }

    @Test func `each page of the database may go, one after the other`() async throws {
        let filled = try await Filled()
        let pages = filled.bytes.count / pageLength
        // All of them take a while: every eleventh, and the first ones, where the tables are listed.
        for page in 0..<pages where page < 12 || page % 11 == 0 {
            let folder = try TemporaryFolder()
            var bytes = filled.bytes
            bytes.replaceSubrange(
                page * pageLength..<(page + 1) * pageLength, with: [UInt8](repeating: 0xE5, count: pageLength))
            try bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db")))
            try Data("1\n".utf8).write(to: URL(fileURLWithPath: folder.file("sluice.db.epoch")))
            let store = try openStore(folder, now: morning + .seconds(300_000))
            while try await store.continueSalvage() {}
            let found = Set(try await store.sweeps(after: SequenceNumber(0), limit: 100_000).map(\.firstSequence.value))
            let lost = filled.numbers.count { !found.contains($0) }
            #expect(lost <= Self.rowsOnPage, "page \(page): \(lost) rows lost")
            #expect(try await store.append([makeSweep()], publishes: true).count == 1)
            try store.close()
        }
    }

    @Test func `the first sixteen pages may go at once, and every reading says what it is of`() async throws {
        let filled = try await Filled()
        let folder = try TemporaryFolder()
        var bytes = filled.bytes
        bytes.replaceSubrange(0..<16 * pageLength, with: [UInt8](repeating: 0, count: 16 * pageLength))
        try bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db")))
        try filled.keys.write(to: URL(fileURLWithPath: folder.file("sluice.db.keys")))
        let store = try openStore(folder, now: morning + .seconds(300_000))
        while try await store.continueSalvage() {}
        let found = Set(try await store.sweeps(after: SequenceNumber(0), limit: 100_000).map(\.firstSequence.value))
        #expect(filled.numbers.allSatisfy(found.contains))
        try store.close()
    }

    @Test func `the log of a damaged database is copied as well, and lost rows are told as a gap`() async throws {
        let (origin, folder) = (try TemporaryFolder(), try TemporaryFolder())
        let store = try openStore(origin)
        for batch in 0..<40 {
            _ = try await store.append(
                (0..<20).map { makeSweep(0, at: morning + .seconds(batch * 60 + $0), value: Int64($0)) },
                publishes: true)
        }
        try await store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        let last = try await store.append([makeSweep(at: morning + .seconds(9000))], publishes: true)
        let root = try await store.count("SELECT rootpage FROM sqlite_master WHERE name = 'reading_20261122'")
        for name in ["sluice.db", "sluice.db-wal"] {
            try FileManager.default.copyItem(atPath: origin.file(name), toPath: folder.file(name))
        }
        close(store, in: origin)
        // A page with rows: the second under the root of the day.
        let pages = try #require(DatabasePages(folder.file("sluice.db"), known: Schema.known))
        var tree = DatabaseTree(pages)
        let leaf = tree.leaves(under: root)[1]
        let rows = tree.rows(of: leaf) ?? []
        #expect(!rows.isEmpty)
        var bytes = try folder.bytes("sluice.db")
        bytes.replaceSubrange(
            (leaf - 1) * pageLength..<leaf * pageLength, with: [UInt8](repeating: 0, count: pageLength))
        try bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db")))

        let again = try openStore(folder)
        defer { close(again, in: folder) }
        while try await again.continueSalvage() {}
        let found = try await again.sweeps(after: SequenceNumber(0), limit: 9999)
        #expect(found.count == 801 - rows.count)
        #expect(found.last?.firstSequence == last[0].firstSequence)
        #expect(again.epoch == 1)
        let gap = try again.pool.read { db in
            try Row.fetchOne(db, sql: "SELECT cause, readings, to_at - from_at FROM gap")
        }
        #expect(gap.flatMap { String.fromDatabaseValue($0[0]) } == "store_damaged")
        #expect(gap?.integer(1) == Int64(rows.count * 3))
        #expect((gap?.integer(2) ?? 0) > 0)
    }

    @Test func `a start that was cut off in the middle of a salvage goes on with it`() async throws {
        let filled = try await Filled()
        let folder = try TemporaryFolder()
        // The damaged file has its new name, and nothing else has happened.
        try filled.bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db.salvaging-20261122T080000Z")))
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        while try await store.continueSalvage() {}
        #expect(
            try await store.sweeps(after: SequenceNumber(0), limit: 9999).map(\.firstSequence.value) == filled.numbers)
        #expect(try names(in: folder, "sluice.db.damaged-").count == 1)
        #expect(try names(in: folder, "sluice.db.salvaging-").isEmpty)
    }

    @Test func `a damaged page that is met while running ends the life of the store`() async throws {
        let filled = try await Filled()
        let store = try openStore(filled.folder)
        let root = try await store.count("SELECT rootpage FROM sqlite_master WHERE name = 'reading_20261123'")
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: filled.folder.file("sluice.db")))
        try handle.seek(toOffset: UInt64((root - 1) * pageLength))
        try handle.write(contentsOf: Data(repeating: 0xFF, count: pageLength))
        try handle.close()
        await #expect(throws: DatabaseError.self) { try await store.sweeps(after: SequenceNumber(0), limit: 9999) }
        #expect(store.isDamaged)
        for await _ in store.damage() {}  // ends
        try? store.close()
        let again = try SluiceStore.open(
            directory: filled.folder.path, boot: BootIdentifier("b"), now: ClockReading(morning),
            logger: Logger(label: "store"), isDamaged: true)
        try again.bind(catalogue: makeCatalogue())
        defer { close(again, in: filled.folder) }
        while try await again.continueSalvage() {}
        #expect(
            try await again.sweeps(after: SequenceNumber(0), limit: 9999).map(\.firstSequence.value) == filled.numbers)
    }
}
