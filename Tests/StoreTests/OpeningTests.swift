// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Logging
import Model
import Pipeline
import Testing

@testable import Store

@Suite struct OpeningTests {
    @Test func `the connection that writes waits for the disk at every commit`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append([makeSweep()], publishes: true)
        let settings = try await store.pool.writeWithoutTransaction { db in
            try ["synchronous", "trusted_schema", "cell_size_check", "foreign_keys", "busy_timeout"].map {
                try Int.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == [2, 0, 1, 1, 5000])
        let mode = try await store.pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == "wal")
    }

    @Test func `a new directory belongs to its user alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("var/lib/sluice")
        let store = try SluiceStore.open(
            directory: path, boot: BootIdentifier("b"), now: ClockReading(morning), logger: Logger(label: "store"))
        defer { close(store, in: folder) }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? NSNumber == 0o700)
        #expect(store.epoch == 1)
    }

    @Test func `a second instance is refused and told who works there`() async throws {
        let folder = try TemporaryFolder()
        let first = try openStore(folder)
        let refused = await refusal { _ = try openStore(folder) }
        #expect(refused == .locked(holder: Int(getpid()), directory: folder.path))
        try first.close()
        let second = try openStore(folder)
        try second.close()
    }

    @Test func `a database of a later version is left as it is`() async throws {
        let folder = try TemporaryFolder()
        try openStore(folder).close()
        try withOtherConnection(folder) { try $0.execute(sql: "PRAGMA user_version = \(Schema.known + 1)") }
        let before = try folder.bytes("sluice.db")
        let refused = await refusal { _ = try openStore(folder) }
        #expect(refused == .newerSchema(found: Schema.known + 1, known: Schema.known, path: folder.file("sluice.db")))
        #expect(try folder.bytes("sluice.db") == before)
    }

    @Test func `a later version that stands only in the log is seen, and the log is left as it is`() async throws {
        let (origin, copy) = (try TemporaryFolder(), try TemporaryFolder())
        try openStore(origin).close()
        // The files of a later version that ended without warning: nothing is written back yet.
        try withOtherConnection(origin) { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = \(Schema.known + 1)")
            for name in ["sluice.db", "sluice.db-wal"] {
                try FileManager.default.copyItem(atPath: origin.file(name), toPath: copy.file(name))
            }
        }
        let before = try [copy.bytes("sluice.db"), copy.bytes("sluice.db-wal")]
        let refused = await refusal { _ = try openStore(copy) }
        #expect(refused == .newerSchema(found: Schema.known + 1, known: Schema.known, path: copy.file("sluice.db")))
        #expect(try [copy.bytes("sluice.db"), copy.bytes("sluice.db-wal")] == before)
    }

    @Test func `a file that is no database is set aside as it is, and the start goes on`() async throws {
        let folder = try TemporaryFolder()
        let content = Data(String(repeating: "not a database ", count: 500).utf8)
        try content.write(to: URL(fileURLWithPath: folder.file("sluice.db")))
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        #expect(try folder.bytes("sluice.db.damaged-20261122T080000Z") == content)
        #expect(try await store.append([makeSweep()], publishes: true).count == 1)
        #expect(store.troubles().map(\.kind) == [.salvaged])
    }

    @Test func `another program's database is left as it is`() async throws {
        let folder = try TemporaryFolder()
        try withOtherConnection(folder) { try $0.execute(sql: "CREATE TABLE bookmarks(url TEXT)") }
        let before = try folder.bytes("sluice.db")
        let refused = await refusal { _ = try openStore(folder) }
        #expect(refused == .foreignDatabase(path: folder.file("sluice.db")))
        #expect(try folder.bytes("sluice.db") == before)
    }

    @Test func `a start that was refused leaves the directory free`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("sluice.db")
        try withOtherConnection(folder) { try $0.execute(sql: "CREATE TABLE bookmarks(url TEXT)") }
        #expect(await refusal { _ = try openStore(folder) } == .foreignDatabase(path: path))
        try FileManager.default.removeItem(atPath: path)
        try openStore(folder).close()
    }

    @Test func `a file where the directory should be is named`() async throws {
        let folder = try TemporaryFolder()
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file("state")))
        let refused = await refusal {
            _ = try SluiceStore.open(
                directory: folder.file("state"), boot: BootIdentifier("b"), now: ClockReading(morning),
                logger: Logger(label: "store"))
        }
        #expect(refused == .unusable(path: folder.file("state"), detail: "Not a directory"))
    }

    @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
    func `a directory without permission is named`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
        let refused = await refusal { _ = try openStore(folder) }
        #expect(refused == .noPermission(path: folder.file("lock")))
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    }

    @Test func `each boot is noted once with its clocks`() async throws {
        let folder = try TemporaryFolder()
        for (boot, now) in [("one", morning), ("one", morning + .seconds(60)), ("two", morning + .seconds(120))] {
            try openStore(folder, boot: boot, now: now).close()
        }
        let rows = try withOtherConnection(folder) {
            try Row.fetchAll($0, sql: "SELECT name, first_wall, first_instant FROM boot ORDER BY id").map {
                "\(String.fromDatabaseValue($0[0]) ?? "") \($0.integer(1) ?? 0) \($0.integer(2) ?? 0)"
            }
        }
        #expect(
            rows == [
                "one \(morning.milliseconds) 5000000000", "two \((morning + .seconds(120)).milliseconds) 5000000000",
            ])
    }

    @Test func `nothing can be stored before the catalogue is bound, nor with another one`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder, catalogue: nil)
        defer { close(store, in: folder) }
        #expect(await refusal { _ = try await store.append([makeSweep()], publishes: true) } == .notBound)
        #expect(await refusal { _ = try await store.waitingSweeps(after: SequenceNumber(0), limit: 1) } == .notBound)
        try store.bind(catalogue: makeCatalogue(["inlet"]))
        #expect(await refusal { _ = try await store.append([makeSweep(1)], publishes: true) } == .notBound)
        #expect(try await store.latestSequence() == SequenceNumber(0))
    }

    @Test(
        arguments: [
            (
                .locked(holder: 812, directory: "/var/lib/sluice"),
                "/var/lib/sluice: process 812 already works in this state directory. Stop it first, or give this instance "
                    + "a directory of its own (storage.directory)."
            ),
            (
                .locked(holder: nil, directory: "/s"),
                "/s: another process already works in this state directory. Stop it first, or give this instance "
                    + "a directory of its own (storage.directory)."
            ),
            (
                .newerSchema(found: 3, known: 1, path: "/s/sluice.db"),
                "/s/sluice.db: written by a later version of Sluice (schema 3, this program knows 1). Install that version "
                    + "again, or restore a copy made before the update. The file was not touched."
            ),
            (
                .noPermission(path: "/s/lock"),
                "/s/lock: no permission. Give the user that runs Sluice read and write access to it."
            ),
            (
                .readOnlyFileSystem(path: "/s/lock"),
                "/s/lock: the file system is read-only. Mount it for writing, or choose another directory "
                    + "(storage.directory)."
            ),
            (
                .diskFull(path: "/s/sluice.db", freeBytes: 8192),
                "/s/sluice.db: the disk is full (8 KiB free). Free some space, or choose a directory on another disk "
                    + "(storage.directory)."
            ),
            (
                .notADatabase(path: "/s/sluice.db"),
                "/s/sluice.db: this is not a database. Move the file away to begin with an empty store, or restore a copy. "
                    + "The file was not touched."
            ),
            (
                .foreignDatabase(path: "/s/sluice.db"),
                "/s/sluice.db: this database belongs to another program. Choose another directory (storage.directory). "
                    + "The file was not touched."
            ),
            (
                .damaged(path: "/s/sluice.db", detail: "database disk image is malformed"),
                "/s/sluice.db: the database is damaged (database disk image is malformed). Move the file away to begin "
                    + "with an empty store, or restore a copy."
            ),
            (
                .unusable(path: "/s", detail: "Not a directory"), "/s: the store cannot be opened: Not a directory."
            ),
            (
                .notBound,
                "The store was used before the points of the running configuration were bound to it."
            ),
            (
                .duplicateTicketEvent(identifier: "raise:1", ticket: "LS-20261122-001", index: 0),
                "Event 'raise:1' of ticket LS-20261122-001 (number 0 of its history) is already in the store; nothing was "
                    + "stored again."
            ),
        ] as [(StoreError, String)])
    func `each refusal says what, where and how to mend it`(error: StoreError, message: String) {
        #expect("\(error)" == message)
    }
}
