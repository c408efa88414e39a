// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Foundation
import GRDB
import Logging
import Model
import Pipeline
import TestKit
import Testing

@testable import Store

/// Half an hour ahead of the hours of UTC, so that days and hours do not meet.
private let kolkata = ZoneOffsets(name: "Asia/Kolkata", initialOffsetSeconds: 19_800, transitions: [])

func openHistory(_ store: SluiceStore, _ folder: TemporaryFolder, zone: ZoneOffsets = .utc) throws -> HistoryKeeper {
    try HistoryKeeper(
        store: store, directory: folder.path, zone: zone, logger: Logger(label: "history"),
        isTotal: { $0.hasSuffix("/total") }, now: { morning })
}

extension HistoryKeeper {
    /// Follows until there is nothing more to take in.
    func catchUp(awaitsClock: Bool = false) throws {
        while try follow(awaitsClock: awaitsClock) {}
    }

    /// Everything of a point.
    func all(_ path: String, _ resolution: HistoryResolution) throws -> HistoryAnswer {
        try answer(
            HistoryQuestion(
                path: path, resolution: resolution, from: Timestamp(milliseconds: 0),
                to: morning + .seconds(86_400 * 400)))
    }
}

extension HistoryAnswer {
    var buckets: [HistoryBucket] { rows.map(\.bucket) }
}

/// What a keeper says of every point, to compare.
private func everything(_ keeper: HistoryKeeper) async throws -> [String: HistoryAnswer] {
    var found: [String: HistoryAnswer] = [:]
    for path in ["pump-room/inlet/total", "pump-room/inlet/flow", "pump-room/riser-1/total"] {
        for resolution in HistoryResolution.allCases {
            found["\(path) \(resolution)"] = try await keeper.all(path, resolution)
        }
    }
    return found
}

/// Sweeps of two assets over three days, in an order that is not quite that of time, some of it bad.
private func makeSweeps(_ count: Int, using random: inout SeededGenerator) -> [Sweep] {
    var value: Int64 = 1000
    var sweeps = (0..<count).map { place in
        let asset = Int.random(in: 0...1, using: &random)
        value += Int64.random(in: 0...5, using: &random)
        var sweep = makeSweep(
            asset, at: morning + .milliseconds(Int64(place) * 259_200_000 / Int64(count)), value: value)
        if Int.random(in: 0..<9, using: &random) == 0 {
            sweep.readings[0] = Reading(
                point: sweep.readings[0].point, bad: .timeout, sourceTime: sweep.readings[0].sourceTime)
        }
        return sweep
    }
    for _ in 0..<count / 10 {
        sweeps.swapAt(Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
    }
    return sweeps
}

@Suite struct HistoryKeeperTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `stops anywhere, and making it anew, give what following at once gives`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let sweeps = makeSweeps(400, using: &random)
        var keeper = try openHistory(store, folder, zone: kolkata)
        var rest = sweeps[...]
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...60, using: &random))
            rest = rest.dropFirst(part.count)
            _ = try await store.append(Array(part), publishes: false)
            try await keeper.catchUp()
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try await keeper.save()
            // A stop that stores what there is, and one that comes without warning.
            case 1:
                try await keeper.close()
                keeper = try openHistory(store, folder, zone: kolkata)
            case 2: keeper = try openHistory(store, folder, zone: kolkata)
            default: break
            }
        }
        try await keeper.catchUp()
        let grown = try await everything(keeper)
        // The plain sum over all readings.
        for (point, path) in ["pump-room/inlet/total", "pump-room/inlet/flow"].enumerated() {
            for resolution in HistoryResolution.allCases {
                var calendar = HistoryCalendar(zone: kolkata)
                var plain: [Int64: HistoryBucket] = [:]
                for reading in sweeps.flatMap(\.readings) where Int(reading.point.value) == point {
                    let minute = reading.sourceTime.floored(to: .seconds(60))
                    let bucket = HistoryBucket(
                        slot: calendar.slot(of: minute, resolution), at: reading.sourceTime,
                        value: reading.quantity?.asDouble, isGood: reading.quality == .good)
                    plain[bucket.slot]?.merge(bucket) ?? { plain[bucket.slot] = bucket }()
                }
                let found = grown["\(path) \(resolution)"]?.buckets ?? []
                let expected = plain.values.sorted { $0.slot < $1.slot }
                #expect(found.map(\.slot) == expected.map(\.slot))
                for (found, expected) in zip(found, expected) {
                    #expect(found.count == expected.count && found.good == expected.good)
                    #expect(found.valued == expected.valued && found.sum == expected.sum)
                    guard expected.valued > 0 else { continue }
                    #expect(found.least == expected.least && found.greatest == expected.greatest)
                    if point == 0 { #expect(found.first == expected.first && found.last == expected.last) }
                }
            }
        }
        // Without asking the keeper, which has not stored everything.
        var read: HistoryAnswer?
        try SluiceStore.history(
            [
                HistoryQuestion(
                    path: "pump-room/inlet/total", resolution: .hour, from: Timestamp(milliseconds: 0),
                    to: morning + .seconds(86_400 * 400))
            ], isTotal: { _ in true }, in: folder.path, zone: kolkata, logger: Logger(label: "history")
        ) { read = $1 }
        #expect(read == grown["pump-room/inlet/total hour"])
        // Made anew from the readings.
        try await keeper.close()
        for suffix in ["", "-wal", "-shm"] { unlink(folder.file("history.db") + suffix) }
        keeper = try openHistory(store, folder, zone: kolkata)
        try await keeper.catchUp()
        try await keeper.save()
        #expect(try await everything(keeper) == grown)
        try await keeper.close()
    }

    @Test func `consumption goes on over days and stops`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        for day in 0..<4 {
            _ = try await store.append(
                (0..<24).map {
                    makeSweep(at: morning + .seconds(86_400 * day + 3600 * $0), value: Int64(day * 240 + $0 * 10))
                },
                publishes: false)
            let keeper = try openHistory(store, folder)
            try await keeper.catchUp()
            try await keeper.close()
        }
        let keeper = try openHistory(store, folder)
        let days = try await keeper.all("pump-room/inlet/total", .day)
        #expect(days.isTotal)
        // Readings begin at 8 in the morning; that of midnight is of the day before by some milliseconds.
        #expect(days.rows.map(\.consumption) == [160, 240, 240, 240, 70])
        let part = try await keeper.answer(
            HistoryQuestion(
                path: "pump-room/inlet/total", resolution: .hour, from: morning + .seconds(86_400),
                to: morning + .seconds(86_400 + 7200)))
        #expect(part.rows.map(\.consumption) == [10, 10])
        #expect(try await keeper.all("pump-room/inlet/flow", .day).rows.allSatisfy { $0.consumption == nil })
        #expect(try await keeper.all("pump-room/nothing/total", .day).rows.isEmpty)
        try await keeper.close()
    }

    @Test func `a damaged file is set aside, told and made anew`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append((0..<50).map { makeSweep(at: morning + .seconds(60 * $0)) }, publishes: false)
        let before = try openHistory(store, folder)
        try await before.catchUp()
        let whole = try await everything(before)
        try await before.close()
        var bytes = try folder.bytes("history.db")
        for place in 4096..<bytes.count { bytes[place] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: folder.file("history.db")))
        let keeper = try openHistory(store, folder)
        #expect(store.troubles().map(\.kind) == [.historyRemade])
        let aside = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix("history.db.damaged-") }
        #expect(aside == ["history.db.damaged-20261122T080000Z"])
        try await keeper.catchUp()
        #expect(try await everything(keeper) == whole)
        try await keeper.close()
    }

    @Test func `damage that is met at work is mended at once`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        _ = try await store.append((0..<50).map { makeSweep(at: morning + .seconds(60 * $0)) }, publishes: false)
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        let whole = try await everything(keeper)
        try await keeper.save()
        try await keeper.spoil()
        await #expect(throws: DatabaseError.self) { try await keeper.all("pump-room/inlet/total", .minute) }
        #expect(store.troubles().map(\.kind) == [.historyRemade])
        try await keeper.catchUp()
        #expect(try await everything(keeper) == whole)
        try await keeper.close()
    }

    @Test func `another program's file is set aside as well`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let other = try DatabaseQueue(path: folder.file("history.db"))
        try await other.write { try $0.execute(sql: "CREATE TABLE song(name TEXT)") }
        try other.close()
        let keeper = try openHistory(store, folder)
        try await keeper.catchUp()
        #expect(store.troubles().map(\.kind) == [.historyRemade])
        try await keeper.close()
    }
}

extension HistoryKeeper {
    /// Writes over every page but the first, as a failing disk does.
    func spoil() throws {
        _ = try file.queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in 4096..<bytes.count { bytes[place] = 0xA5 }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
        // A page that is remembered is not read again.
        try file.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA cache_size = 0; PRAGMA shrink_memory") }
    }
}
