// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Logging
import Model
import Pipeline
import Testing

@testable import Store

/// A file system in memory of a fixed size, unmounted with its last use.
final class SmallDisk: Sendable {
    let folder: TemporaryFolder

    init(kibibytes: Int) throws {
        folder = try TemporaryFolder()
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", folder.path) else {
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    deinit { _ = Self.run("umount", folder.path) }

    static let canMount: Bool = (try? SmallDisk(kibibytes: 64)) != nil

    /// Takes all the room that is left but `spared` KiB.
    func fill(sparing spared: Int = 0) throws {
        let path = folder.file("filler")
        try Data().write(to: URL(fileURLWithPath: path))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let block = Data(repeating: 0x41, count: 4096)
        while let free = StateDirectory.freeBytes(at: folder.path), free > spared * 1024 {
            try handle.write(contentsOf: block)
        }
    }

    func free() throws { try FileManager.default.removeItem(atPath: folder.file("filler")) }

    private static func run(_ tool: String, _ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

@Suite(.enabled(if: SmallDisk.canMount, "needs the right to mount a tmpfs"))
struct FullDiskTests {
    private func isDiskFull(_ error: StoreError?, path: String) -> Bool {
        guard case .diskFull(path, _)? = error else { return false }
        return true
    }

    @Test func `a disk without room for a new store is named`() async throws {
        let disk = try SmallDisk(kibibytes: 512)
        try disk.fill()
        let refused = await refusal { _ = try openStore(disk.folder) }
        #expect(isDiskFull(refused, path: disk.folder.file("sluice.db")), "\(String(describing: refused))")
        try disk.free()
        try openStore(disk.folder).close()
    }

    @Test func `a store on a full disk opens again once there is room, with everything in it`() async throws {
        let disk = try SmallDisk(kibibytes: 1024)
        let store = try openStore(disk.folder)
        let stored = try await store.append([makeSweep()], publishes: true)
        try store.close()
        try disk.fill()
        let refused = await refusal { _ = try openStore(disk.folder) }
        #expect(isDiskFull(refused, path: disk.folder.file("sluice.db")), "\(String(describing: refused))")
        try disk.free()
        let again = try openStore(disk.folder)
        #expect(try await again.sweeps(after: SequenceNumber(0), limit: 9) == stored)
        withExtendedLifetime(disk) { close(again, in: disk.folder) }
    }

    @Test func `a disk that fills takes no row in part and the numbers go on afterwards`() async throws {
        let disk = try SmallDisk(kibibytes: 2048)
        let store = try openStore(disk.folder)
        defer { withExtendedLifetime(disk) { close(store, in: disk.folder) } }
        var stored = try await store.append([makeSweep()], publishes: true)
        try disk.fill(sparing: 100)
        var failure: DatabaseError?
        while failure == nil {
            do {
                stored += try await store.append((0..<200).map { makeSweep(value: $0) }, publishes: true)
            } catch {
                failure = try #require(error as? DatabaseError)
            }
        }
        #expect(failure?.resultCode == .SQLITE_FULL)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 100_000) == stored)
        try disk.free()
        stored += try await store.append([makeSweep(value: 9)], publishes: true)
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 100_000) == stored)
        let numbers = stored.map(\.firstSequence.value)
        #expect(numbers == (0..<Int64(numbers.count)).map { $0 * 3 + 1 })
    }
}
