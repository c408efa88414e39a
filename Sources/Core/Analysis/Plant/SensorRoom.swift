// SPDX-License-Identifier: Apache-2.0

import Model

/// Sensors of water quality and of pressure. Places are those of the sensors, then those of the meters.
struct SensorRoom: MachineRoom {
    /// One a sensor and measured quality: chlorine, then turbidity.
    private var quality: [WaterQuality]
    /// One a place.
    private var pressures: [PressureNights]

    private static let signals: [Signal] = [.chlorine, .turbidity]

    init(_ site: SiteDescription) {
        quality = Array(repeating: WaterQuality(), count: site.sensors.count * Self.signals.count)
        pressures = Array(repeating: PressureNights(), count: site.sensors.count + site.meters.count)
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
        } else if observation.signal == .pressure, pressures.indices.contains(place) {
            statistics.evaluations.highPressure += 1
            let local = LocalMoment(observation.at, in: view.site.zone)
            guard let verdict = pressures[place].take(observation, at: local) else { return }
            let sensors = view.site.sensors.count
            let asset = place < sensors ? view.site.sensors[place].asset : view.site.meters[place - sensors].asset
            rulings.append(Ruling(rule: .highPressure, asset: asset, verdict: verdict))
        }
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {}

    func fits(_ site: SiteDescription) -> Bool {
        quality.count == site.sensors.count * Self.signals.count && quality.allSatisfy(\.isWellFormed)
            && pressures.count == site.sensors.count + site.meters.count && pressures.allSatisfy(\.isWellFormed)
    }
}
