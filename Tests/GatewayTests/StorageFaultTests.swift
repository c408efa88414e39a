// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// The whole program while its database is taken away from it.
@Suite(.serialized) struct StorageFaultTests {
    private let folder: TestFolder
    private let estate: PracticeEstate
    private var database: String { "\(estate.stateDirectory)/sluice.db" }

    init() throws {
        folder = try TestFolder()
        estate = try PracticeEstate(in: folder, brokerPort: try freePort())
    }

    /// Runs a gateway until it has stored something, and stops it.
    private func fillStore() throws {
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.lines(within: 60, "some commits") { $0.count { $0.contains("Readings stored.") } >= 5 }
        #expect(gateway.end(SIGTERM) == 0)
    }

    private func sqlite(_ statement: String) throws {
        let shell = try RunningProgram("/usr/bin/sqlite3", [database, statement])
        shell.closeInput()
        try shell.linesToEnd(within: 20)
        shell.process.waitUntilExit()
        try #require(shell.process.terminationStatus == 0, "sqlite3: \(shell.output)")
    }

    private func rows() throws -> Int {
        try estate.readingTables().reduce(0) { try $0 + (Int(estate.query("SELECT count(*) FROM \($1)")[0][0]) ?? 0) }
    }

    private func spoil(_ place: Int, _ count: Int) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: database))
        try handle.seek(toOffset: UInt64(place))
        try handle.write(contentsOf: Data(repeating: 0xEE, count: count))
        try handle.close()
    }

    private func asides() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: estate.stateDirectory).filter {
            $0.contains(".damaged-") && !$0.hasSuffix("-wal")
        }
    }

    @Test func `a start with a damaged database goes on within 5 s, with everything that can be read`() throws {
        try fillStore()
        let before = try rows()
        try sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        try spoil(0, 600)
        let gateway = try estate.startGateway(logLevel: "debug")
        let started = ContinuousClock.now
        try gateway.line(within: 20, "the damage") { $0.contains("set aside") }
        try gateway.line(within: 20, "polling") { $0.contains("Readings stored.") }
        #expect(ContinuousClock.now - started < .seconds(5))
        #expect(gateway.end(SIGTERM) == 0)
        #expect(try rows() > before)
        #expect(try asides().count == 1)
        let again = try estate.startGateway()
        try again.line(within: 20, "the next start") { $0.contains("Gateway is running.") }
        #expect(again.end(SIGTERM) == 0)
        #expect(!again.output.contains { $0.contains("set aside") }, "once is enough")
    }

    @Test func `a page that is damaged while running ends in a new database, not in a loop`() throws {
        try fillStore()
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "the start") { $0.contains("Readings stored.") }
        // Everything but the first page, while none of it is in the log.
        try sqlite("PRAGMA wal_checkpoint(TRUNCATE)")
        let size = try FileManager.default.attributesOfItem(atPath: database)[.size] as? NSNumber
        try spoil(4096, (size?.intValue ?? 8192) - 4096)
        try gateway.lines(within: 60, "a new database") { lines in
            let place = lines.firstIndex { $0.contains("set aside") }
            // For several seconds: the life that follows is a whole one.
            return place.map { lines[$0...].count { $0.contains("Readings stored.") } >= 10 } ?? false
        }
        #expect(gateway.end(SIGTERM) == 0)
        #expect(try asides().count == 1)
        #expect(try estate.query("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func `a database deleted while running is back within 5 s, with everything in it`() throws {
        try fillStore()
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "the start") { $0.contains("Readings stored.") }
        let before = try rows()
        for suffix in ["", "-wal", "-shm"] { unlink(database + suffix) }
        let deleted = ContinuousClock.now
        try gateway.line(within: 20, "the notice") { $0.contains("deleted or replaced") }
        #expect(ContinuousClock.now - deleted < .seconds(5))
        try gateway.lines(within: 30, "commits after it") { lines in
            guard let place = lines.firstIndex(where: { $0.contains("deleted or replaced") }) else { return false }
            return lines[place...].count { $0.contains("Readings stored.") } >= 3
        }
        #expect(gateway.end(SIGTERM) == 0)
        #expect(try rows() >= before + 3)
        #expect(try estate.query("PRAGMA integrity_check") == [["ok"]])
    }

    @Test func `a database of a later version is refused with 78 and left as it is`() throws {
        try fillStore()
        try sqlite("PRAGMA user_version = 999")
        let before = try Data(contentsOf: URL(fileURLWithPath: database))
        let gateway = try estate.startGateway()
        gateway.closeInput()
        gateway.process.waitUntilExit()
        #expect(gateway.process.terminationStatus == 78)
        #expect(gateway.output.contains { $0.contains("schema 999") })
        #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before)
    }

    @Test func `while another program holds the lock readings wait in memory and none is lost`() throws {
        try fillStore()
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "the start") { $0.contains("Readings stored.") }
        let shell = try RunningProgram("/usr/bin/sqlite3", [database])
        shell.send(".timeout 10000")
        shell.send("BEGIN EXCLUSIVE;")
        shell.send("SELECT 'locked';")
        try shell.line(within: 10, "the lock") { $0 == "locked" }
        try gateway.line(within: 30, "the refusal") { $0.contains("Readings cannot be stored") }
        shell.send("COMMIT;")
        shell.closeInput()
        let line = try gateway.line(within: 30, "the end of it") { $0.contains("The store takes readings again.") }
        #expect(line.contains("dropped=0") || line.contains("dropped\": \"0"), "\(line)")
        #expect(gateway.end(SIGTERM) == 0)
        shell.end(SIGTERM)
    }
}
