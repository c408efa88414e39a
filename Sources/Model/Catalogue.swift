// SPDX-License-Identifier: Apache-2.0

/// A text that people read, in the two languages of the product.
public struct BilingualText: Hashable, Codable, Sendable {
    public var zh: String
    public var en: String
    public init(zh: String, en: String) {
        self.zh = zh
        self.en = en
    }
    /// The same in both, such as a name that was given once only.
    public init(_ text: String) { self.init(zh: text, en: text) }
}

/// One named value of a device, as the running configuration knows it.
public struct Point: Hashable, Sendable {
    public var asset: AssetIndex
    /// Name on the wire and in the store: the signal's quantity where the profile names a signal, else the
    /// profile's own name of the point. Unique in its asset.
    public var name: String
    public var signal: SignalName?
    public var unit: UnitOfMeasure
    /// Words of a point whose value is a state, in the order of ``Quantity/state(_:)``; empty for the others.
    public var stateLabels: [String]
    /// Time between two polls.
    public var period: Duration

    public init(
        asset: AssetIndex, name: String, signal: SignalName?, unit: UnitOfMeasure, stateLabels: [String],
        period: Duration
    ) {
        self.asset = asset
        self.name = name
        self.signal = signal
        self.unit = unit
        self.stateLabels = stateLabels
        self.period = period
    }
}

/// One asset of the running configuration and the device that speaks for it.
public struct Asset: Hashable, Sendable {
    public var identifier: AssetIdentifier
    public var area: AreaIdentifier
    public var device: DeviceIdentifier
    public var profile: String
    public var name: BilingualText
    /// Places of its points, one run.
    public var points: Range<Int>

    public init(
        identifier: AssetIdentifier, area: AreaIdentifier, device: DeviceIdentifier, profile: String,
        name: BilingualText, points: Range<Int>
    ) {
        self.identifier = identifier
        self.area = area
        self.device = device
        self.profile = profile
        self.name = name
        self.points = points
    }
}

/// All assets and points of the running configuration; small integers stand for them everywhere else.
public struct Catalogue: Hashable, Sendable {
    public var site: SiteIdentifier
    public var assets: [Asset]
    public var points: [Point]

    public init(site: SiteIdentifier, assets: [Asset], points: [Point]) {
        self.site = site
        self.assets = assets
        self.points = points
    }

    public subscript(asset: AssetIndex) -> Asset { assets[Int(asset.value)] }
    public subscript(point: PointIndex) -> Point { points[Int(point.value)] }

    /// `<area>/<asset>`: the asset's name below the site, as topics and the store write it.
    public func path(of asset: AssetIndex) -> String { "\(self[asset].area)/\(self[asset].identifier)" }

    /// `<area>/<asset>/<point>`.
    public func path(of point: PointIndex) -> String { "\(path(of: self[point].asset))/\(self[point].name)" }

    /// The point of `asset` that carries `signal`; `nil` when its profile has none.
    public func point(of asset: AssetIndex, carrying signal: SignalName) -> PointIndex? {
        self[asset].points.first { points[$0].signal == signal }.map { PointIndex($0) }
    }

    /// The asset of this name; `nil` when the configuration has none.
    public func asset(named identifier: AssetIdentifier) -> AssetIndex? {
        assets.firstIndex { $0.identifier == identifier }.map { AssetIndex($0) }
    }
}
