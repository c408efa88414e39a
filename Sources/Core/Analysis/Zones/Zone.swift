// SPDX-License-Identifier: Apache-2.0

import Model

/// A meter and the meters behind it: what enters, and what leaves by a known way.
struct Zone: Hashable, Sendable {
    /// Channel of the meter whose water all children share.
    var parent: Int
    /// Channels of the metered children, rising.
    var children: [Int]
    /// Places of the tanks with a level between the meter and its children: what they store has not been lost.
    var tanks: [Int]
    /// For each child whether all its water has passed a pump set, and so a tank if there is one.
    var isBoosted: [Bool]
    /// For each child the zone behind it in the layout; `nil` when no metered child is behind it.
    var inner: [Int?]
    /// Whether all children are read each minute, so that the balance follows at once.
    var isFast: Bool

    /// Every zone of a site, in the order of the parents.
    static func all(of site: SiteDescription, laws: [RegisterLaw]) -> [Zone] {
        let measured = TankRoom.measured(site)
        let boosted = Set(site.pumpSets.flatMap(\.boosted))
        var zones = site.meters.indices.compactMap { parent -> Zone? in
            guard laws[parent].isUsable else { return nil }
            let asset = site.meters[parent].asset
            let children = site.meters.indices.filter {
                $0 != parent && laws[$0].isUsable && site.meters[$0].parent == asset
            }
            guard !children.isEmpty else { return nil }
            return Zone(
                parent: parent, children: children, tanks: measured.filter { site.tanks[$0].meter == asset },
                // Without a word about pumps all of them may hang on the tank.
                isBoosted: children.map { boosted.isEmpty || boosted.contains(site.meters[$0].asset) },
                inner: [], isFast: children.allSatisfy { laws[$0].period <= 60 })
        }
        for zone in zones.indices {
            let inner = zones[zone].children.map { child in zones.firstIndex { $0.parent == child } }
            zones[zone].inner = inner
        }
        return zones
    }
}
