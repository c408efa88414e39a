// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Foundation
import Model
import Pipeline
import Testing

@testable import Store

/// History goes with copies of the database, and is missed by nobody where it does not.
@Suite struct HistoryCopyTests {
    private let path = "pump-room/inlet/total"

    /// A store whose oldest two days of readings are gone, while history has them.
    private func filled(_ folder: TemporaryFolder) async throws -> (SluiceStore, HistoryAnswer) {
        let store = try openStore(folder)
        for day in 0..<4 {
            _ = try await store.append(
                (0..<24).map {
                    makeSweep(at: morning + .seconds(86_400 * day + 3600 * $0), value: Int64(day * 24 + $0))
                },
                publishes: false)
        }
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        let whole = try await keeper.all(path, .hour)
        try await keeper.close()
        for days in [3, 2] {
            #expect(try await store.dropReadings(olderThan: days, today: morning + .seconds(86_400 * 4)).count == 1)
        }
        return (store, whole)
    }

    private func history(_ folder: TemporaryFolder) async throws -> HistoryAnswer {
        let store = try openStore(folder)
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        defer { close(store, in: folder) }
        let found = try await keeper.all(path, .hour)
        try await keeper.close()
        return found
    }

    @Test func `a copy has history beside it, and restored on another box it goes on`() async throws {
        let (folder, other, third) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        let (store, whole) = try await filled(folder)
        let (copy, report) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        #expect(report.hasHistory)
        #expect(try SluiceStore.verify(copy).hasHistory)
        #expect(try SluiceStore.verify(folder.path).hasHistory)
        try store.close()
        _ = try SluiceStore.restore(copy, into: third.path, now: morning)
        #expect(try await history(third) == whole)
        // Not counted twice, and what comes after it is counted.
        let again = try openStore(third)
        _ = try await again.append([makeSweep(at: morning + .seconds(86_400 * 5), value: 500)], publishes: false)
        try again.close()
        let after = try await history(third)
        #expect(after.rows.dropLast() == whole.rows[...])
        #expect(after.rows.last?.consumption == 405)
    }

    @Test func `without history beside the copy the readings of the copy are summed up again`() async throws {
        let (folder, other, third) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        let (store, whole) = try await filled(folder)
        let (copy, _) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        unlink(copy + ".history")
        try store.close()
        _ = try SluiceStore.restore(copy, into: third.path, now: morning)
        #expect(try await history(third).rows.map(\.bucket) == whole.rows.suffix(56).map(\.bucket))
        // On the box that has it, what reaches further back stays.
        _ = try SluiceStore.restore(copy, into: folder.path, now: morning)
        #expect(try await history(folder) == whole)
    }

    @Test func `damaged history is found and does not stop a copy of the rest`() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let (store, _) = try await filled(folder)
        defer { close(store, in: folder) }
        var bytes = try folder.bytes("history.db")
        for place in 4096..<bytes.count { bytes[place] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: folder.file("history.db")))
        let defects = try SluiceStore.verify(folder.path).defects
        #expect(defects.count == 1)
        #expect(defects[0].hasPrefix("history is damaged and will be made anew from the readings: "))
        let (copy, report) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        #expect(!report.hasHistory && report.sweeps == 56)
        #expect(!FileManager.default.fileExists(atPath: copy + ".history"))
    }
}
