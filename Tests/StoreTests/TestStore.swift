// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Logging
import Model
import Pipeline

@testable import Store

/// A folder of one test, gone with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: file(name))) }
}

/// 2026-11-22, 08:00 UTC.
let morning = Timestamp(
    CivilTime(date: CivilDate(year: 2026, month: 11, day: 22), hour: 8, minute: 0))

extension ClockReading {
    init(_ wall: Timestamp) {
        self.init(instant: MonotonicInstant(nanoseconds: 5_000_000_000), wall: wall, timeQuality: .synced)
    }
}

/// `assets` of three points each, called `total`, `flow` and `state`.
func makeCatalogue(_ assets: [String] = ["inlet", "riser-1"], points: [String] = ["total", "flow", "state"])
    -> Catalogue
{
    Catalogue(
        site: SiteIdentifier("lakeside"),
        assets: assets.enumerated().map { place, name in
            Asset(
                identifier: AssetIdentifier(name), area: AreaIdentifier("pump-room"),
                device: DeviceIdentifier("\(name)-meter"), profile: "water-meter/acme-wm40",
                name: BilingualText(name), points: place * points.count..<(place + 1) * points.count)
        },
        points: assets.indices.flatMap { asset in
            points.map {
                Point(
                    asset: AssetIndex(asset), name: $0, signal: nil, unit: .cubicMetre, stateLabels: [],
                    period: .seconds(10))
            }
        })
}

func openStore(
    _ folder: TemporaryFolder, catalogue: Catalogue? = makeCatalogue(), boot: String = "boot-1",
    now: Timestamp = morning
) throws -> SluiceStore {
    let store = try SluiceStore.open(
        directory: folder.path, boot: BootIdentifier(boot), now: ClockReading(now), logger: Logger(label: "store"))
    if let catalogue { try store.bind(catalogue: catalogue) }
    return store
}

/// Closes the store while its folder is sure to be there.
func close(_ store: SluiceStore, in folder: TemporaryFolder) {
    withExtendedLifetime(folder) { try? store.close() }
}

/// Good totals of all points of one asset, `value` and up.
func makeSweep(_ asset: Int = 0, at wall: Timestamp = morning, value: Int64 = 0, points: Int = 3) -> Sweep {
    Sweep(
        asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: wall.milliseconds &* 1000),
        receivedWall: wall, timeQuality: .synced,
        readings: (0..<points).map {
            Reading(
                point: PointIndex(asset * points + $0), good: .integer(value + Int64($0)), raw: UInt64($0),
                sourceTime: wall - .milliseconds(7))
        })
}

/// Another connection to the database, such as a person's shell.
func withOtherConnection<Value>(_ folder: TemporaryFolder, _ body: (Database) throws -> Value) throws -> Value {
    let queue = try DatabaseQueue(path: folder.file("sluice.db"))
    defer { try? queue.close() }
    return try queue.writeWithoutTransaction(body)
}

extension SluiceStore {
    /// Names of the day tables, sorted.
    func dayTables() async throws -> [String] {
        try await pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '*_[0-9]*' ORDER BY name
                    """)
        }
    }

    func count(_ sql: String) async throws -> Int {
        try await pool.read { try Int.fetchOne($0, sql: sql) ?? -1 }
    }

    func texts(_ sql: String) async throws -> [String] {
        try await pool.read { try String.fetchAll($0, sql: sql) }
    }

    func waitingNumbers(after: Int64 = 0, limit: Int = 1000) async throws -> [Int64] {
        try await waitingSweeps(after: SequenceNumber(after), limit: limit).map(\.sequence.value)
    }
}

/// What `body` throws, as the store's own error.
func refusal(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}
