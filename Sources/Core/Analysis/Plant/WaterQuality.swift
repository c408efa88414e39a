// SPDX-License-Identifier: Apache-2.0

import Model

/// D27, water quality: residual chlorine or turbidity outside what the site allows.
struct WaterQuality: Hashable, Codable, Sendable {
    /// Readings running outside to raise, and inside to end: a bubble or a grain passes within one.
    private static let readings = 3

    private var outside = 0
    private var inside = 0
    private var since: Timestamp?
    private var isInAlarm = false
    private var firstSequence: Int64?
    /// The furthest that was read outside.
    private var worst = 0.0

    init() {}

    /// Takes the newest value; a poll that failed neither accuses nor ends.
    mutating func take(
        _ observation: Observation, _ limits: SignalLimits, of sensor: AssetIdentifier, into rulings: inout [Ruling]
    ) {
        guard let value = observation.value else { return }
        let excess = max((limits.lowest ?? value) - value, value - (limits.highest ?? value))
        if excess > 0 {
            if outside == 0, !isInAlarm {
                (since, firstSequence, worst) = (observation.at, observation.sequence, value)
            }
            (outside, inside) = (min(outside + 1, 1000), 0)
            let worstExcess = max((limits.lowest ?? worst) - worst, worst - (limits.highest ?? worst))
            let isWorse = excess > worstExcess
            if isWorse { worst = value }
            if !isInAlarm, outside >= Self.readings {
                isInAlarm = true
                rule(.arises(grounds(observation, limits)), sensor, &rulings)
            } else if isInAlarm, excess > 1.25 * worstExcess {
                rule(.persists(grounds(observation, limits)), sensor, &rulings)
            }
        } else {
            (outside, inside) = (0, min(inside + 1, 1000))
            guard isInAlarm, inside >= Self.readings else { return }
            isInAlarm = false
            rule(.ends(grounds(observation, limits), at: observation.at), sensor, &rulings)
        }
    }

    private func rule(_ verdict: Verdict, _ sensor: AssetIdentifier, _ rulings: inout [Ruling]) {
        rulings.append(Ruling(rule: .waterQuality, asset: sensor, verdict: verdict))
    }

    private func grounds(_ observation: Observation, _ limits: SignalLimits) -> Grounds {
        // Turbidity is counted in NTU, for which there is no unit of measure.
        let unit: UnitOfMeasure = limits.signal == .chlorine ? .milligramPerLitre : .none
        var measures = [Measure("measured", worst, unit)]
        if let lowest = limits.lowest { measures.append(Measure("lowest", lowest, unit)) }
        if let highest = limits.highest { measures.append(Measure("highest", highest, unit)) }
        let since = since ?? observation.at
        return Grounds(
            startedAt: since, severity: .p2, size: Measure("measured", worst, unit),
            evidence: Evidence(
                from: since, to: observation.at, measures: measures,
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: observation.sequence.map { SequenceNumber($0) }))
    }

    var isWellFormed: Bool {
        outside >= 0 && inside >= 0 && worst.isFinite && (since.map { DataClock.believable.contains($0) } ?? true)
    }
}
