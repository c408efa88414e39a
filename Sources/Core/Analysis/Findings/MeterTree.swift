// SPDX-License-Identifier: Apache-2.0

import Model

/// Which meter's water passes which other meter.
struct MeterTree: Sendable {
    private var parents: [AssetIdentifier: AssetIdentifier] = [:]

    init(_ site: SiteDescription) {
        for meter in site.meters { parents[meter.asset] = meter.parent }
    }

    /// Whether the water of `lower` passes `upper` before, at whatever distance. A circle of parents, which a
    /// description could hold, ends the search.
    func lies(_ lower: AssetIdentifier, below upper: AssetIdentifier) -> Bool {
        var place = parents[lower]
        for _ in 0..<parents.count {
            guard let here = place else { return false }
            if here == upper { return true }
            place = parents[here]
        }
        return false
    }
}
