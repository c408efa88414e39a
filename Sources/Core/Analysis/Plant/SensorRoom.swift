// SPDX-License-Identifier: Apache-2.0

import Model

/// Sensors of water quality. Places are those of the sensors, then those of the meters, whose pressure no rule judges.
struct SensorRoom: MachineRoom {
    /// One a sensor and measured quality: chlorine, then turbidity.
    private var quality: [WaterQuality]

    private static let signals: [Signal] = [.chlorine, .turbidity]

    init(_ site: SiteDescription) {
        quality = Array(repeating: WaterQuality(), count: site.sensors.count * Self.signals.count)
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        if let kind = Self.signals.firstIndex(of: observation.signal), place < view.site.sensors.count {
            let sensor = view.site.sensors[place]
            guard let limits = sensor.limits.first(where: { $0.signal == observation.signal }) else { return }
            statistics.evaluations.waterQuality += 1
            quality[place * Self.signals.count + kind].take(observation, limits, of: sensor.asset, into: &rulings)
        }
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {}

    func fits(_ site: SiteDescription) -> Bool {
        quality.count == site.sensors.count * Self.signals.count && quality.allSatisfy(\.isWellFormed)
    }
}
