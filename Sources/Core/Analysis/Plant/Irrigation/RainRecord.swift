// SPDX-License-Identifier: Apache-2.0

import Model

/// What one weather station told of the last days: when rain fell, when nobody knew, and how wet the soil is.
struct RainRecord: Hashable, Codable, Sendable {
    /// A station is read some seconds after the interval that it tells of.
    private static let readingTime: Duration = .seconds(60)
    /// Intervals with rain; what fell in more of them than this is far beyond any limit.
    private static let length = 128
    /// A value of the soil counts for so long.
    private static let soilHolds: Duration = .seconds(6 * 3600)

    private struct Interval: Hashable, Codable, Sendable {
        var from: Timestamp
        var to: Timestamp
        var millimetres: Double
        var sequence: Int64?
    }

    /// Oldest first from `head` once it is full.
    private var intervals: [Interval] = []
    private var head = 0
    private var newestAt: Timestamp?
    private var knownSince: Timestamp?
    private var soil: Double?
    private var soilAt: Timestamp?

    init() { intervals.reserveCapacity(Self.length) }

    /// Takes the rain since the value before; `nil` for a poll that failed.
    mutating func take(rain: Double?, at: Timestamp, period: Duration, sequence: Int64?) {
        // A value of which nobody knows when it fell, or that no sky brings, says nothing about any time.
        guard let rain, (0...500).contains(rain) else { return }
        // Some stations tell what fell in the last period only; what fell in a hole before it is then not known.
        if let newestAt, at - newestAt > period + period { knownSince = at - period }
        let from = newestAt ?? at - period
        if knownSince == nil { knownSince = from }
        newestAt = at
        guard rain > 0 else { return }
        let interval = Interval(from: from, to: at, millimetres: rain, sequence: sequence)
        if intervals.count < Self.length {
            intervals.append(interval)
        } else {
            intervals[head] = interval
            head = (head + 1) % Self.length
        }
    }

    mutating func take(soil percent: Double?, at: Timestamp) {
        (soil, soilAt) = (percent.flatMap { (0...100).contains($0) ? $0 : nil }, at)
    }

    /// Rain of the intervals that lie wholly in a time, so that no drop of it fell at another, and the readings.
    func rain(from: Timestamp, to: Timestamp) -> (millimetres: Double, first: Int64?, last: Int64?) {
        var sum = 0.0
        var (first, last): (Int64?, Int64?)
        for interval in intervals where interval.from >= from && interval.to <= to + Self.readingTime {
            sum += interval.millimetres
            if let sequence = interval.sequence {
                (first, last) = (min(first ?? sequence, sequence), max(last ?? sequence, sequence))
            }
        }
        return (sum, first, last)
    }

    /// Whether it is certain that next to nothing fell in a time: everything that touches it counts, and all of it is known.
    func isDry(from: Timestamp, to: Timestamp, below millimetres: Double) -> Bool {
        guard let knownSince, knownSince <= from, let newestAt, newestAt >= to - .seconds(3600) else { return false }
        return intervals.lazy.filter { $0.to > from && $0.from < to }.map(\.millimetres).reduce(0, +) < millimetres
    }

    /// Whether the station has told of rain within the six hours before `moment`.
    func isHeard(at moment: Timestamp) -> Bool { newestAt.map { moment - $0 <= .seconds(6 * 3600) } ?? false }

    /// Moisture of the soil in per cent at `moment`; `nil` when it is not known.
    func soil(at moment: Timestamp) -> Double? {
        guard let soil, let soilAt, moment - soilAt <= Self.soilHolds else { return nil }
        return soil
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        intervals.count <= Self.length && (0..<Self.length).contains(head)
            && (intervals.count == Self.length || head == 0)
            && intervals.allSatisfy {
                DataClock.believable.contains($0.from + .seconds(86_400)) && DataClock.believable.contains($0.to)
                    && (0...500).contains($0.millimetres)
            }
            && [newestAt, soilAt].allSatisfy { $0.map { DataClock.believable.contains($0) } ?? true }
            && (soil.map { (0...100).contains($0) } ?? true)
    }
}
