// SPDX-License-Identifier: Apache-2.0

import Model

/// The irrigation of a site and its weather. Places are those of the sensors.
struct IrrigationRoom: MachineRoom {
    init(_ site: SiteDescription) {}

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {}

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {}

    func fits(_ site: SiteDescription) -> Bool { true }
}
