// SPDX-License-Identifier: Apache-2.0

import Model

/// Sensors of water quality, of drains and fire water, and of pressure. Places are those of the sensors, then those of the meters.
struct SensorRoom: MachineRoom {
    /// One a sensor and signal with limits, in the order of ``signals``.
    private var watches: [LimitWatch]
    /// One a place.
    private var pressures: [PressureNights]

    private static let signals: [Signal] = [.chlorine, .turbidity, .level, .pressure]

    init(_ site: SiteDescription) {
        watches = Array(repeating: LimitWatch(), count: site.sensors.count * Self.signals.count)
        pressures = Array(repeating: PressureNights(), count: site.sensors.count + site.meters.count)
    }

    mutating func take(
        _ observation: Observation, of place: Int, _ view: SiteView, statistics: inout AnalyzerStatistics,
        into rulings: inout [Ruling]
    ) {
        let sensors = view.site.sensors.count
        if let kind = Self.signals.firstIndex(of: observation.signal), place < sensors {
            let sensor = view.site.sensors[place]
            guard let limits = sensor.limits.first(where: { $0.signal == observation.signal }) else { return }
            let rule = sensor.rule
            switch rule {
            case .sewageLevel: statistics.evaluations.sewageLevel += 1
            case .fireWater: statistics.evaluations.fireWater += 1
            default: statistics.evaluations.waterQuality += 1
            }
            watches[place * Self.signals.count + kind].take(
                observation, limits, for: rule, of: sensor.asset, into: &rulings)
        } else if observation.signal == .pressure, pressures.indices.contains(place) {
            statistics.evaluations.highPressure += 1
            let local = LocalMoment(observation.at, in: view.site.zone)
            guard let verdict = pressures[place].take(observation, at: local) else { return }
            let asset = place < sensors ? view.site.sensors[place].asset : view.site.meters[place - sensors].asset
            rulings.append(Ruling(rule: .highPressure, asset: asset, verdict: verdict))
        }
    }

    mutating func judge(_ view: SiteView, statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]) {}

    func fits(_ site: SiteDescription) -> Bool {
        watches.count == site.sensors.count * Self.signals.count && watches.allSatisfy(\.isWellFormed)
            && pressures.count == site.sensors.count + site.meters.count && pressures.allSatisfy(\.isWellFormed)
    }
}

extension SensorDescription {
    /// What a value outside its limits is called.
    fileprivate var rule: Rule {
        switch facility {
        case .drain: .sewageLevel
        case .fireWater: .fireWater
        case nil: .waterQuality
        }
    }
}
