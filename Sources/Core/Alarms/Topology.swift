// SPDX-License-Identifier: Apache-2.0

public import Model

/// Which asset's water, or power, comes through which: inlet, pump, zone, block, riser, unit.
///
/// It is a forest. An asset that it does not name stands alone.
public struct Topology: Codable, Sendable, Hashable {
    private var parents: [String: AssetIdentifier] = [:]

    public init() {}

    /// - Parameter parents: The asset directly upstream of each. A link that would close a circle is left out.
    public init(parents: [AssetIdentifier: AssetIdentifier]) {
        for (child, parent) in parents.sorted(by: { $0.key < $1.key }) { connect(child, below: parent) }
    }

    /// Puts `child` directly below `parent`; nothing happens when `parent` is below `child`.
    public mutating func connect(_ child: AssetIdentifier, below parent: AssetIdentifier) {
        guard child != parent, !isUpstream(child, of: parent) else { return }
        parents[child.text] = parent
    }

    public func parent(of asset: AssetIdentifier) -> AssetIdentifier? { parents[asset.text] }

    /// Assets between it and the end of the tree upstream, itself not counted.
    public func depth(of asset: AssetIdentifier) -> Int {
        var (depth, place) = (0, asset)
        while let next = parents[place.text] { (depth, place) = (depth + 1, next) }
        return depth
    }

    /// Whether what `asset` gets has come through `upper`; false of an asset and itself.
    public func isUpstream(_ upper: AssetIdentifier, of asset: AssetIdentifier) -> Bool {
        var place = asset
        while let next = parents[place.text] {
            if next == upper { return true }
            place = next
        }
        return false
    }
}
