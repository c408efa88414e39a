// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

/// Photos beside the database: written whole, looked through, copied, counted, and gone when their time is over.
@Suite struct PhotoStoreTests {
    private static let pictures = [Pictures.jpeg, Pictures.png]

    /// A line of a ticket that speaks of a photo, as the log has it.
    private func line(_ hash: String, _ place: Int = 0) -> Judgement {
        let body = #"{"actor":"person:li-wei","kind":{"photographed":{"_0":{"name":"a.jpg","sha256":"\#(hash)"}}}}"#
        return Judgement(ticketEvents: [
            .init(identifier: "p-\(place)", ticket: "T-1", index: place, at: morning, body: Array(body.utf8))
        ])
    }

    /// A store with two photos of a ticket.
    private func filled(_ folder: TemporaryFolder) async throws -> (SluiceStore, [String]) {
        let store = try openStore(folder)
        var hashes: [String] = []
        for (place, picture) in Self.pictures.enumerated() {
            let hash = try #require(try await store.keep(photo: picture))
            try await store.save(line(hash, place))
            hashes.append(hash)
        }
        return (store, hashes)
    }

    @Test func `what is written is read back, and what was changed on the disk is not`() async throws {
        let folder = try TemporaryFolder()
        let (store, hashes) = try await filled(folder)
        defer { close(store, in: folder) }
        #expect(hashes.map { store.photos.read($0) } == Self.pictures.map { $0 })
        #expect(try await store.keep(photo: Pictures.jpeg) == hashes[0], "the same once more")
        #expect(store.photos.names() == hashes.sorted())
        #expect(try await store.usedBytes() > Int64(Pictures.jpeg.count + Pictures.png.count))
        let file = folder.file("photos/\(hashes[0])")
        var bytes = try folder.bytes("photos/\(hashes[0])")
        bytes[100] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(store.photos.read(hashes[0]) == nil)
        #expect(store.photos.read("../sluice.db") == nil)
        // Written again it is well again.
        #expect(try await store.keep(photo: Pictures.jpeg) == hashes[0])
        #expect(store.photos.read(hashes[0]) == Pictures.jpeg)
    }

    @Test func `a look through names photos that are missing or changed`() async throws {
        let folder = try TemporaryFolder()
        let (store, hashes) = try await filled(folder)
        try store.close()
        #expect(try SluiceStore.verify(folder.path).photos == 2)
        try FileManager.default.removeItem(atPath: folder.file("photos/\(hashes[0])"))
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: folder.file("photos/\(hashes[1])")))
        let report = try SluiceStore.verify(folder.path)
        #expect(report.photos == 0 && report.defects.isEmpty)
        #expect(
            report.lostPhotos == [
                "the photo \(folder.path)/photos/\(hashes[0]) is missing",
                "the photo \(folder.path)/photos/\(hashes[1]) is not as it was written",
            ])
    }

    @Test func `copies have their photos beside them, and a restored one brings them back`() async throws {
        let (folder, other, third) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        let (store, hashes) = try await filled(folder)
        let (path, report) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        #expect(report.photos == 2 && report.lostPhotos.isEmpty)
        #expect(PhotoFolder(beside: other.path).names() == hashes.sorted())
        try store.close()
        let (_, before) = try SluiceStore.restore(path, into: third.path, now: morning)
        #expect(before == nil)
        #expect(PhotoFolder(beside: third.path).read(hashes[0]) == Pictures.jpeg)
        #expect(try SluiceStore.verify(third.path).photos == 2)
        // A photo that is lost does not stand in the way of a copy.
        try FileManager.default.removeItem(atPath: folder.file("photos/\(hashes[0])"))
        let (_, second) = try SluiceStore.backUp(folder.path, to: third.file("second.db"), now: morning)
        #expect(second.photos == 2, "the copy's folder had it")
        let (_, lone) = try SluiceStore.backUp(folder.path, to: try TemporaryFolder().path + ".db", now: morning)
        #expect(lone.photos == 1 && lone.lostPhotos.count == 1)
    }

    @Test func `photos whose time is over go, the audit says so, and nobody misses them`() async throws {
        let folder = try TemporaryFolder()
        let (store, hashes) = try await filled(folder)
        try await store.delete(photos: [hashes[0]], at: morning)
        try await store.delete(photos: [hashes[0]], at: morning)
        #expect(store.photos.names() == [hashes[1]])
        #expect(
            try await store.pool.read {
                try String.fetchAll($0, sql: "SELECT subject FROM audit WHERE action = 'photo-deleted'")
            }
                == [hashes[0]])
        let report = try SluiceStore.verify(folder.path)
        #expect(report.photos == 1 && report.lostPhotos.isEmpty && report.defects.isEmpty)
        try store.close()
    }

    @Test func `a file that no line speaks of goes after an hour`() async throws {
        let folder = try TemporaryFolder()
        let (store, hashes) = try await filled(folder)
        defer { close(store, in: folder) }
        let orphan = try store.photos.write(Array("a power cut came".utf8))
        try Data("half".utf8).write(to: URL(fileURLWithPath: folder.file("photos/\(hashes[0]).new")))
        #expect(try await store.sweepPhotos() == 0, "it may be on its way")
        for name in [orphan, "\(hashes[0]).new", hashes[1]] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -4000)], ofItemAtPath: folder.file("photos/\(name)"))
        }
        #expect(try await store.sweepPhotos() == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("photos")).sorted() == hashes.sorted())
    }

    @Test func `photos have a quarter of the room and take it from readings`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let quota = StorageQuota(maximum: 4 << 20, reserve: 1 << 20, policy: .overwriteOldest)
        try await store.apply(quota)
        let before = store.pageRoom(of: quota)
        let picture = [UInt8](repeating: 7, count: 700 << 10)
        #expect(try await store.keep(photo: picture) != nil)
        #expect(before - store.pageRoom(of: quota) == 700 << 10)
        let pages = try await store.pool.writeWithoutTransaction {
            try Int64.fetchOne($0, sql: "PRAGMA max_page_count")
        }
        #expect(abs((pages ?? 0) - Int64((4 << 20) - (700 << 10)) / SluiceStore.newPageSize) <= 1)
        #expect(try await store.keep(photo: picture + [1]) == nil, "a quarter is used up")
        #expect(store.photos.names().count == 1)
    }
}
