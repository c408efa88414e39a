// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model

/// The running configuration's places of assets and points, and their keys on disk, both ways.
///
/// A key belongs to a path for ever, so a configuration may be sorted anew or lose points without touching a row.
struct CatalogueBinding: Sendable {
    /// Path and key of each asset, by its place.
    let assetPaths: [String]
    let assetKeys: [Int64]
    /// Key of each point, by its place.
    let pointKeys: [Int64]
    /// Asset of each point, by its place.
    let assetOfPoint: [AssetIndex]
    /// Places by key; a table, since every reading that is read looks one up.
    private let assetPlaces: [Int32]
    private let pointPlaces: [Int32]

    /// Gives every path of `catalogue` its key, a new one where it had none, in the transaction of `db`.
    init(_ catalogue: Catalogue, in db: Database, path: String) throws {
        assetPaths = catalogue.assets.indices.map { catalogue.path(of: AssetIndex($0)) }
        assetKeys = try Self.keys(of: assetPaths, table: "asset", in: db)
        pointKeys = try Self.keys(
            of: catalogue.points.indices.map { catalogue.path(of: PointIndex($0)) }, table: "point", in: db)
        assetOfPoint = catalogue.points.map(\.asset)
        assetPlaces = try Self.places(of: assetKeys, path: path)
        pointPlaces = try Self.places(of: pointKeys, path: path)
    }

    /// The same without giving a path a key that it does not have yet: nothing of it is stored.
    init(known catalogue: Catalogue, in db: Database, path: String) throws {
        func keys(of paths: [String], table: String) throws -> [Int64] {
            let known = try Row.fetchAll(db, sql: "SELECT path, id FROM \(table)")
                .reduce(into: [String: Int64]()) { $0[String.fromDatabaseValue($1[0]) ?? ""] = $1.integer(1) }
            // Unused keys behind those that are given out.
            var spare = (known.values.max() ?? 0) + 1
            return paths.map { path in
                if let key = known[path] { return key }
                defer { spare += 1 }
                return spare
            }
        }
        assetPaths = catalogue.assets.indices.map { catalogue.path(of: AssetIndex($0)) }
        assetKeys = try keys(of: assetPaths, table: "asset")
        pointKeys = try keys(of: catalogue.points.indices.map { catalogue.path(of: PointIndex($0)) }, table: "point")
        assetOfPoint = catalogue.points.map(\.asset)
        assetPlaces = try Self.places(of: assetKeys, path: path)
        pointPlaces = try Self.places(of: pointKeys, path: path)
    }

    /// The place of a key; `nil` when the running configuration has no such asset.
    func asset(_ key: Int64) -> AssetIndex? { Self.place(of: key, in: assetPlaces).map { AssetIndex($0) } }
    /// The place of a key; `nil` when the running configuration has no such point.
    func point(_ key: Int64) -> PointIndex? { Self.place(of: key, in: pointPlaces).map { PointIndex($0) } }

    /// Whether `sweep` speaks of assets and points of this configuration only.
    func covers(_ sweep: Sweep) -> Bool {
        assetKeys.indices.contains(Int(sweep.asset.value))
            && sweep.readings.allSatisfy { pointKeys.indices.contains(Int($0.point.value)) }
    }

    private static func keys(of paths: [String], table: String, in db: Database) throws -> [Int64] {
        let insert = try db.makeStatement(sql: "INSERT INTO \(table)(path) VALUES (?) ON CONFLICT DO NOTHING")
        let select = try db.makeStatement(sql: "SELECT id FROM \(table) WHERE path = ?")
        return try paths.map { path in
            if let key = try Int64.fetchOne(select, arguments: [path]) { return key }
            try insert.execute(arguments: [path])
            return db.lastInsertedRowID
        }
    }

    private static func places(of keys: [Int64], path: String) throws -> [Int32] {
        let greatest = keys.max() ?? 0
        // Keys are given out one by one, so a great one was never given out.
        guard greatest < 1 << 24, keys.allSatisfy({ $0 > 0 }) else {
            throw StoreError.damaged(path: path, detail: "a key of the tables asset or point is out of range")
        }
        var places = [Int32](repeating: -1, count: Int(greatest) + 1)
        for (place, key) in keys.enumerated() { places[Int(key)] = Int32(place) }
        return places
    }

    private static func place(of key: Int64, in places: [Int32]) -> Int? {
        guard key >= 0, key < places.count, places[Int(key)] >= 0 else { return nil }
        return Int(places[Int(key)])
    }
}
