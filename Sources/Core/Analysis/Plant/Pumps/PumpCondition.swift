// SPDX-License-Identifier: Apache-2.0

import Model

/// D28, the condition of a pump: vibration, current, flow and pressure together run unlike they ever did.
///
/// A look holds one value of each signal; of the last five looks the means and the standard deviations are the features.
/// In the first half of the learning time their means and covariances are learned, in the second the farthest that a
/// look lay from them (Mahalanobis distance, Hotelling's T squared). Told is what lies three tenths beyond that in eight
/// of ten looks; it is over when half of them lie within. Looks count while the pump runs, from ten after its start.
struct PumpCondition: Hashable, Codable, Sendable {
    /// Signals that are looked at, where a pump has them; without the first there is no judgement.
    static let signals: [Signal] = [.vibration, .secondVibration, .current, .flow, .pressure]

    private static let window = 5
    private static let recent = 10
    /// How many of them must lie beyond the limit to be told, and within it for the end.
    private static let most = 8
    private static let within = 5
    /// Looks after a start that say nothing.
    private static let settling = 10
    /// Times the farthest that was learned.
    private static let margin = 1.3
    /// Share of a feature's own variance that is added to it, so that features that always move together can be told from
    /// a broken sum of them.
    private static let ridge = 0.01
    /// Least standard deviation of a feature, as a share of its size: no sensor resolves less.
    private static let resolution = 0.001
    /// Looks that each half of the learning takes at least.
    private static let fewest = 150

    /// Which of `signals`, as bits.
    private let watched: UInt8
    /// The newest value of each watched signal, those that the next look still waits for, and when the first came.
    private var values: [Double]
    private var waiting: UInt8
    private var firstAt: Timestamp?
    /// The newest look, which counts only when the pump still runs at the next: its state may come after its values.
    private var pending: [Double] = []
    /// The looks before it, newest last, each with a value a signal.
    private var looks: [Double] = []
    private var lookedAt: Timestamp?
    private var features: [Double]
    private var settled = 0
    /// Seconds of running that were learned from, and looks of the half at hand.
    private var learned = 0.0
    private var count = 0
    private var model: GaussianModel
    private var farthest = 0.0
    private var distances: [Double] = []
    private var since: Timestamp?
    private var isInAlarm = false

    /// - Parameter signals: Those of the pump.
    init(_ signals: [Signal]) {
        var bits: UInt8 = 0
        for (place, signal) in Self.signals.enumerated() where signals.contains(signal) { bits |= 1 << place }
        watched = bits & 1 == 1 && bits.nonzeroBitCount > 1 ? bits : 0
        values = Array(repeating: 0, count: watched.nonzeroBitCount)
        waiting = watched
        features = Array(repeating: 0, count: 2 * watched.nonzeroBitCount)
        model = GaussianModel(features: features.count)
    }

    /// Whether the pump has signals enough to be judged.
    var isWatched: Bool { watched != 0 }

    /// Takes the newest value of a signal.
    ///
    /// - Parameters:
    ///   - isOn: Whether the pump runs; `nil` where nothing tells, which counts as running.
    ///   - period: Longest usual time between two values.
    ///   - learning: Running time from which is learned what is usual.
    mutating func take(
        _ observation: Observation, isOn: Bool?, period: Duration, learning: Duration,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        guard let kind = Self.signals.firstIndex(of: observation.signal), watched >> kind & 1 == 1 else { return nil }
        guard isOn ?? true, let value = observation.value, value.isFinite, abs(value) < 1e9 else {
            pause(forgetting: isOn == false)
            return nil
        }
        let step = max(period, .seconds(1)) * 2
        if let firstAt, observation.at - firstAt > step { waiting = watched }
        if waiting == watched { firstAt = observation.at }
        values[(watched & (1 << kind - 1)).nonzeroBitCount] = value
        waiting &= ~(1 << kind)
        guard waiting == 0 else { return nil }
        waiting = watched
        let passed = lookedAt.map { observation.at - $0 } ?? .zero
        if passed > step { pause(forgetting: false) }
        lookedAt = observation.at
        let sure = pending
        pending = values
        guard !sure.isEmpty else { return nil }
        return look(
            sure, at: observation.at, after: min(passed, step), learning: learning, statistics: &statistics)
    }

    /// Learns anew from now on.
    mutating func forget() {
        (learned, count, farthest, isInAlarm, since) = (0, 0, 0, false, nil)
        model = GaussianModel(features: features.count)
        distances = []
    }

    /// Looks before a hole say nothing of those after it.
    private mutating func pause(forgetting isOff: Bool) {
        (waiting, lookedAt) = (watched, nil)
        pending.removeAll(keepingCapacity: true)
        looks.removeAll(keepingCapacity: true)
        distances.removeAll(keepingCapacity: true)
        if isOff { settled = 0 }
    }

    private mutating func look(
        _ values: [Double], at moment: Timestamp, after passed: Duration, learning: Duration,
        statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        settled = min(settled + 1, Self.settling)
        guard settled == Self.settling else { return nil }
        if looks.count == Self.window * values.count { looks.removeFirst(values.count) }
        looks += values
        guard looks.count == Self.window * values.count else { return nil }
        learned = min(learned + passed.inSeconds, 1e12)
        count = min(count + 1, 1 << 50)
        gatherFeatures()
        guard model.isFinished else {
            model.learn(features)
            if learned >= learning.inSeconds / 2, count >= Self.fewest {
                model.finish(ridge: Self.ridge, resolution: Self.resolution)
                count = 0
            }
            return nil
        }
        let distance = model.distance(of: features)
        if distances.count == Self.recent { distances.removeFirst() }
        distances.append(distance)
        guard distances.count == Self.recent else { return nil }
        // Eight of ten lie beyond the third least.
        let most = rank(Self.recent - Self.most)
        if learned < learning.inSeconds || count < Self.fewest {
            farthest = max(farthest, most)
            return nil
        }
        statistics.evaluations.pumpCondition += 1
        let limit = Self.margin * farthest
        if !isInAlarm, most > limit {
            isInAlarm = true
            since = moment - passed * (Self.recent - 1)
            return .arises(grounds(distance, limit, to: moment))
        }
        guard isInAlarm, rank(Self.within - 1) <= limit else { return nil }
        isInAlarm = false
        return .ends(grounds(distance, limit, to: moment), at: moment)
    }

    private func rank(_ place: Int) -> Double { Middle.copied(distances) { Middle.select(place, in: $0) } }

    /// Mean, then standard deviation, of each signal over the looks.
    private mutating func gatherFeatures() {
        let signals = values.count
        for signal in 0..<signals {
            var (sum, square) = (0.0, 0.0)
            for place in stride(from: signal, to: looks.count, by: signals) { sum += looks[place] }
            let mean = sum / Double(Self.window)
            for place in stride(from: signal, to: looks.count, by: signals) {
                square += (looks[place] - mean) * (looks[place] - mean)
            }
            features[signal] = mean
            features[signals + signal] = (square / Double(Self.window)).squareRoot()
        }
    }

    private func grounds(_ distance: Double, _ limit: Double, to end: Timestamp) -> Grounds {
        let from = since ?? end
        var measures = [Measure("deviation", distance), Measure("required_deviation", limit)]
        var place = 0
        for (kind, name) in Self.changeNames.enumerated() where watched >> kind & 1 == 1 {
            let usual = model.mean[place]
            if abs(usual) > 1e-9 {
                measures.append(Measure(name, 100 * (features[place] - usual) / abs(usual), .percent))
            }
            place += 1
        }
        return Grounds(
            startedAt: from, severity: .p4, size: measures[0],
            evidence: Evidence(from: from, to: end, measures: measures))
    }

    /// Names of how far each signal has moved from its usual mean.
    private static let changeNames = [
        "vibration_change", "second_vibration_change", "current_change", "flow_change", "pressure_change",
    ]

    /// Whether decoded state can be used without trapping.
    func isWellFormed(_ signals: [Signal]) -> Bool {
        let fresh = PumpCondition(signals)
        let believable = DataClock.believable
        return watched == fresh.watched && values.count == fresh.values.count && waiting & ~watched == 0
            && (watched == 0 || waiting != 0)
            && (pending.isEmpty || pending.count == values.count) && looks.count <= Self.window * values.count
            && (values.isEmpty || looks.count % values.count == 0)
            && distances.count <= Self.recent && features.count == 2 * values.count
            && model.isWellFormed(features: features.count)
            && (values + pending + looks + features + distances + [farthest]).allSatisfy(\.isFinite)
            && (0...Self.settling).contains(settled) && (0...1e12).contains(learned)
            && (0...1 << 50).contains(count)
            && [firstAt, lookedAt, since].allSatisfy { $0.map { believable.contains($0) } ?? true }
    }
}
