// SPDX-License-Identifier: Apache-2.0

import Model

/// The pump sets and pumps of a site. Places are those of the pumps, then those of the sets.
struct PumpRoom: MachineRoom {
    init(_ site: SiteDescription) {}

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {}

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {}

    func fits(_ site: SiteDescription) -> Bool { true }
}
