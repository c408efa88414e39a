// SPDX-License-Identifier: Apache-2.0

import Model

/// D27: a measured value outside what the site allows: residual chlorine or turbidity, the level of a drain's sump, level
/// and pressure of the fire water.
struct LimitWatch: Hashable, Codable, Sendable {
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
        _ observation: Observation, _ limits: SignalLimits, for rule: Rule, of sensor: AssetIdentifier,
        into rulings: inout [Ruling]
    ) {
        guard let value = observation.value else { return }
        func say(_ verdict: Verdict) { rulings.append(Ruling(rule: rule, asset: sensor, verdict: verdict)) }
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
                say(.arises(grounds(observation, limits, rule)))
            } else if isInAlarm, excess > 1.25 * worstExcess {
                say(.persists(grounds(observation, limits, rule)))
            }
        } else {
            (outside, inside) = (0, min(inside + 1, 1000))
            guard isInAlarm, inside >= Self.readings else { return }
            isInAlarm = false
            say(.ends(grounds(observation, limits, rule), at: observation.at))
        }
    }

    private func grounds(_ observation: Observation, _ limits: SignalLimits, _ rule: Rule) -> Grounds {
        let unit: UnitOfMeasure =
            switch limits.signal {
            case .chlorine: .milligramPerLitre
            case .level: .metre
            case .pressure: .bar
            // Turbidity is counted in NTU, for which there is no unit of measure.
            default: .none
            }
        var measures = [Measure("measured", worst, unit)]
        if let lowest = limits.lowest { measures.append(Measure("lowest", lowest, unit)) }
        if let highest = limits.highest { measures.append(Measure("highest", highest, unit)) }
        let since = since ?? observation.at
        return Grounds(
            startedAt: since, severity: rule == .fireWater ? .p1 : .p2, size: Measure("measured", worst, unit),
            evidence: Evidence(
                from: since, to: observation.at, measures: measures,
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: observation.sequence.map { SequenceNumber($0) }))
    }

    var isWellFormed: Bool {
        outside >= 0 && inside >= 0 && worst.isFinite && (since.map { DataClock.believable.contains($0) } ?? true)
    }
}
