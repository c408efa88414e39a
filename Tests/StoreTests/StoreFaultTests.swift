// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Logging
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

/// System calls of this process that fail while this lives.
private final class FailingCalls {
    private let process = Process()

    static let canTrace = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") && getuid() == 0

    /// - Parameter injection: As strace's option `inject` takes it.
    init(_ injection: String) throws {
        // A child inherits the signals that this thread blocks; `env` hands them back before it becomes the program.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "--default-signal", "/usr/bin/strace", "-f", "-p", "\(getpid())", "-o", "/dev/null", "-e",
            "inject=\(injection)",
        ]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        var said = ""
        while !said.contains("attached") {
            let data = errors.fileHandleForReading.availableData
            try #require(!data.isEmpty, "strace: \(said)")
            said += String(decoding: data, as: UTF8.self)
        }
        // Reading on, so that it never waits for us.
        let handle = errors.fileHandleForReading
        Thread.detachNewThread { while !handle.availableData.isEmpty {} }
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
    }
}

/// What the store does when the disk or a person takes its file away from it.
@Suite(.serialized) struct StoreFaultTests {
    // MARK: F19

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `a torn log gives the last whole commit`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (origin, copy) = (try TemporaryFolder(), try TemporaryFolder())
        let store = try openStore(origin)
        var ends: [Int] = []
        for batch in 0..<20 {
            _ = try await store.append((0..<5).map { makeSweep(value: Int64(batch * 5 + $0)) }, publishes: true)
            ends.append(try origin.bytes("sluice.db-wal").count)
        }
        try FileManager.default.copyItem(atPath: origin.file("sluice.db"), toPath: copy.file("sluice.db"))
        var log = try origin.bytes("sluice.db-wal")
        close(store, in: origin)
        let cut = Int.random(in: ends[0]..<log.count, using: &random)
        if seed % 2 == 0 { log = log.prefix(cut) } else { log.resetBytes(in: cut..<log.count) }
        try log.write(to: URL(fileURLWithPath: copy.file("sluice.db-wal")))
        let again = try openStore(copy)
        defer { close(again, in: copy) }
        let found = try await again.sweeps(after: SequenceNumber(0), limit: 1000).map(\.firstSequence.value)
        let whole = ends.count { $0 <= cut }
        // Zeroes may hit only what an overwritten frame left behind.
        #expect(found == (0..<Int64(whole * 5)).map { $0 * 3 + 1 })
        #expect(again.troubles().isEmpty)
    }

    // MARK: F16, F18

    @Test(.enabled(if: FailingCalls.canTrace, "needs strace"))
    func `a failed fsync stores nothing, the file is opened again, and nothing is there twice`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var stored = try await store.append([makeSweep(value: 1)], publishes: true)
        let faults = try FailingCalls("fdatasync,fsync:error=EIO")
        for attempt in 0..<3 {
            let error = await #expect(throws: DatabaseError.self, "attempt \(attempt)") {
                try await store.append([makeSweep(value: 2)], publishes: true)
            }
            #expect(error?.resultCode == .SQLITE_IOERR)
        }
        #expect(store.troubles().map(\.kind) == [.refuses])
        #expect(!store.isDamaged)
        faults.end()
        stored += try await store.append([makeSweep(value: 2)], publishes: true)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 99) == stored)
        #expect(stored.map(\.firstSequence.value) == [1, 4])
        #expect(try await store.waitingNumbers() == [1, 4])
    }

    @Test(.enabled(if: FailingCalls.canTrace, "needs strace"))
    func `a file system that turns read-only refuses, lets itself be read, and takes rows again`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var stored = try await store.append([makeSweep(value: 1)], publishes: true)
        let faults = try FailingCalls("pwrite64,pwritev,ftruncate,fdatasync,fsync:error=EROFS")
        for _ in 0..<2 {
            await #expect(throws: DatabaseError.self) { try await store.append([makeSweep(value: 2)], publishes: true) }
            #expect(try await store.sweeps(after: SequenceNumber(0), limit: 99) == stored)
        }
        faults.end()
        stored += try await store.append([makeSweep(value: 2)], publishes: true)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 99) == stored)
    }

    // MARK: F21

    @Test func `a database that was deleted is written out again with everything in it`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        var stored = try await store.append([makeSweep(value: 1)], publishes: true)
        for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm"] { unlink(folder.file(name)) }
        stored += try await store.append([makeSweep(value: 2)], publishes: true)
        await store.watchFile(at: morning)
        stored += try await store.append([makeSweep(value: 3)], publishes: true)
        #expect(store.troubles().map(\.kind) == [.replaced])
        await store.watchFile(at: morning)
        try store.close()
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(try await again.sweeps(after: SequenceNumber(0), limit: 99) == stored)
        #expect(again.epoch == store.epoch)
    }

    @Test func `a file that somebody put in its place is set aside`() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        try openStore(other).close()
        let store = try openStore(folder)
        let stored = try await store.append([makeSweep(value: 1)], publishes: true)
        unlink(folder.file("sluice.db"))
        try FileManager.default.copyItem(atPath: other.file("sluice.db"), toPath: folder.file("sluice.db"))
        await store.watchFile(at: morning)
        try store.close()
        #expect(try folder.bytes("sluice.db.replaced-20261122T080000Z") == other.bytes("sluice.db"))
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(try await again.sweeps(after: SequenceNumber(0), limit: 99) == stored)
    }
}

/// What is wrong with the store, until it is told.
@Suite struct TroubleLedgerTests {
    private func at(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

    @Test func `a trouble stands until it is over, told and ten minutes old`() {
        var ledger = TroubleLedger()
        let full = StorageTrouble(.refuses)
        ledger.begin(full, at: at(0))
        ledger.end(.refuses)
        #expect(ledger.standing(at: at(5000)) == [full], "nobody was told")
        ledger.begin(full, at: at(5001))
        ledger.told([.refuses])
        #expect(ledger.standing(at: at(9000)) == [full], "it is not over")
        ledger.end(.refuses)
        #expect(ledger.standing(at: at(9001)) == [])
        ledger.begin(full, at: at(10_000))
        ledger.end(.refuses)
        ledger.told([.refuses])
        #expect(ledger.standing(at: at(10_599)) == [full], "an alarm waits before it counts")
        #expect(ledger.standing(at: at(10_600)) == [])
    }
}
