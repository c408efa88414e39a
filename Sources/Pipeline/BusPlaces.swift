// SPDX-License-Identifier: Apache-2.0

public import Model

/// Where the assets and points of one bus stand in a catalogue.
public struct BusPlaces: Equatable, Sendable {
    fileprivate var assets: [AssetIndex]
    /// Place of the first point of each asset.
    fileprivate var firstPoints: [Int]

    public init(_ bus: BusIdentifier, in configuration: SiteConfiguration, _ catalogue: Catalogue) {
        assets = configuration.devices.indices.filter { configuration.devices[$0].bus == bus }.map { AssetIndex($0) }
        firstPoints = assets.map { catalogue[$0].points.lowerBound }
    }
}

/// Translates what a bus brings from the catalogue that its poller began with into another one.
public struct PlaceShift: Sendable {
    private var targets: [AssetIndex: (asset: AssetIndex, points: Int)] = [:]

    /// No translation at all.
    public init() {}

    /// Both are places of the same ``BusWork``, so device stands for device in their order.
    public init(from origin: BusPlaces, to target: BusPlaces) {
        guard origin != target else { return }
        for (place, asset) in origin.assets.enumerated() where place < target.assets.count {
            targets[asset] = (target.assets[place], target.firstPoints[place] - origin.firstPoints[place])
        }
    }

    public func shifted(_ asset: AssetIndex) -> AssetIndex { targets[asset]?.asset ?? asset }

    public func shifted(_ sweep: Sweep) -> Sweep {
        guard let target = targets[sweep.asset] else { return sweep }
        var sweep = sweep
        sweep.asset = target.asset
        for place in sweep.readings.indices {
            sweep.readings[place].point = PointIndex(Int(sweep.readings[place].point.value) + target.points)
        }
        return sweep
    }
}
