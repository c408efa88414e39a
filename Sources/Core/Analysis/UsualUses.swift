// SPDX-License-Identifier: Apache-2.0

public import Model

extension Analyzer {
    /// What each dwelling usually draws over the whole day, where that is known; a leak that was found is not in it.
    public var usualUses: [AssetIdentifier: LitresPerHour] {
        var uses: [AssetIdentifier: LitresPerHour] = [:]
        for (place, meter) in site.meters.enumerated() where meter.role == .unit {
            uses[meter.asset] = state.meters[place].usual.mean.map { LitresPerHour($0) }
        }
        return uses
    }
}
