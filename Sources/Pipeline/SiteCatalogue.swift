// SPDX-License-Identifier: Apache-2.0

public import Model
import Profiles

extension SiteConfiguration {
    /// Assets and points of this configuration in the order of the file; an asset has one device.
    ///
    /// The place of a device in ``devices`` is the place of its asset in the catalogue, and the place of a value in
    /// its compiled profile is the place of the point in the asset's run.
    public func makeCatalogue() -> Catalogue {
        var assets: [Asset] = []
        var points: [Point] = []
        for device in devices {
            let first = points.count
            let asset = AssetIndex(assets.count)
            points += device.device.values.map { value in
                Point(
                    asset: asset, name: value.name, signal: value.signal, unit: value.unit,
                    stateLabels: value.stateLabels, period: polling.period(of: value.pollClass))
            }
            assets.append(
                Asset(
                    identifier: device.asset, area: device.area, device: device.identifier,
                    profile: device.profile.identifier, name: device.name, points: first..<points.count))
        }
        return Catalogue(site: site.identifier, assets: assets, points: points)
    }
}
