// SPDX-License-Identifier: Apache-2.0

import Model

/// D26: water used where nobody was said to live.
struct VacantUse: Hashable, Codable, Sendable {
    /// Litres a day that a vacant dwelling may use: somebody airs the rooms and flushes the traps.
    static let allowedLitres = 20.0
    /// Hours at the start of a vacancy that do not count: somebody moves out and cleans.
    private static let firstHours: Int64 = 24
    private static let length = 24

    /// Litres of the latest hours of vacancy.
    private var litres: [Float] = []
    private var start: Int64?
    private var total = 0.0
    private var quietHours = 0
    private(set) var isInAlarm = false

    init() {}

    /// Takes a known hour that an announced vacancy covers wholly.
    ///
    /// - Parameter begun: Hours since 1970 at which the vacancy began.
    mutating func judge(_ volume: HourVolume, begun: Int64) -> Verdict? {
        guard volume.hour - begun >= Self.firstHours else { return nil }
        if litres.count == Self.length { litres.removeFirst() }
        litres.append(Float(volume.litres))
        let sum = Double(litres.reduce(0, +))
        if isInAlarm {
            total += volume.litres
            quietHours = volume.litres > 0.5 ? 0 : min(quietHours + 1, 1000)
            return quietHours >= Self.length ? end(at: volume.hour + 1) : nil
        }
        guard sum > Self.allowedLitres else { return nil }
        let first = litres.firstIndex { $0 > 0.5 } ?? 0
        start = volume.hour - Int64(litres.count - 1 - first)
        (total, quietHours, isInAlarm) = (sum, 0, true)
        return .arises(grounds(to: volume.hour + 1))
    }

    /// The vacancy is over.
    mutating func stop(at hour: Int64) -> Verdict? {
        guard isInAlarm else {
            if !litres.isEmpty { litres.removeAll(keepingCapacity: true) }
            return nil
        }
        return end(at: hour)
    }

    private mutating func end(at hour: Int64) -> Verdict {
        let grounds = grounds(to: hour)
        isInAlarm = false
        litres.removeAll(keepingCapacity: true)
        return .ends(grounds, at: Timestamp(hourIndex: hour))
    }

    private func grounds(to hour: Int64) -> Grounds {
        let from = start ?? hour
        let hours = Double(max(hour - from, 1))
        let rate = LitresPerHour(total / hours)
        return Grounds(
            startedAt: Timestamp(hourIndex: from), severity: Severity(loss: rate),
            loss: LossEstimate(rateLow: rate, rateHigh: rate, litres: Litres(total)),
            evidence: Evidence(
                from: Timestamp(hourIndex: from), to: Timestamp(hourIndex: hour),
                measures: [
                    Measure("volume", total, .litre), Measure("hours", hours, .hour),
                    Measure("allowed_volume", Self.allowedLitres, .litre),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        litres.count <= Self.length && litres.allSatisfy { $0.isFinite && $0 >= 0 } && total.isFinite
            && (start.map { (0...1_200_000).contains($0) } ?? true) && (0...1000).contains(quietHours)
    }
}
