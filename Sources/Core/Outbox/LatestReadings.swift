// SPDX-License-Identifier: Apache-2.0

public import Model

/// The last reading of every point, for messages that carry an asset's points read at different times.
///
/// It also remembers what the retained topics have shown, so that none of them ever shows an older value after a
/// newer one. Order is that of sequence numbers, which a corrected wall clock does not disturb.
public struct LatestReadings: Sendable {
    /// One point's last reading, and what the record around it said.
    public struct Held: Hashable, Sendable {
        public var reading: Reading
        public var sequence: SequenceNumber
        public var timeQuality: TimeQuality
    }

    private var held: [Held?]
    /// Highest sequence number of each point that a live message has carried.
    private var shown: [Int64]
    /// Highest first sequence number of each asset whose live message the broker has acknowledged.
    private var acknowledged: [Int64]

    public init(catalogue: Catalogue) {
        held = Array(repeating: nil, count: catalogue.points.count)
        shown = Array(repeating: .min, count: catalogue.points.count)
        acknowledged = Array(repeating: .min, count: catalogue.assets.count)
    }

    /// The last reading of `point`; `nil` when none was noted or the catalogue has no such point.
    public subscript(point: PointIndex) -> Held? {
        held.indices.contains(Int(point.value)) ? held[Int(point.value)] : nil
    }

    /// Notes the readings of `stored` wherever they are newer than what is held.
    public mutating func note(_ stored: StoredSweep) {
        for (place, reading) in stored.sweep.readings.enumerated() {
            let point = Int(reading.point.value)
            guard held.indices.contains(point) else { continue }
            let sequence = stored.sequence(at: place)
            if let earlier = held[point], earlier.sequence > sequence { continue }
            held[point] = Held(reading: reading, sequence: sequence, timeQuality: stored.sweep.timeQuality)
        }
    }

    /// Whether the asset's retained topic may show `stored`: the broker has not acknowledged it or a later sweep
    /// there already, and no point of it would go back to an older value.
    public func isNews(_ stored: StoredSweep) -> Bool {
        let asset = Int(stored.sweep.asset.value)
        guard acknowledged.indices.contains(asset), stored.firstSequence.value > acknowledged[asset] else {
            return false
        }
        return stored.sweep.readings.enumerated().allSatisfy { place, reading in
            let point = Int(reading.point.value)
            return !shown.indices.contains(point) || stored.sequence(at: place).value >= shown[point]
        }
    }

    /// Notes that a live message about `stored` and the last readings of `others` was handed to the broker.
    public mutating func markShown(_ stored: StoredSweep, withOthersOf points: Range<Int>) {
        if stored.sweep.readings.count < points.count {
            for point in points.clamped(to: held.indices) where !stored.sweep.holds(point) {
                if let sequence = held[point]?.sequence.value { shown[point] = max(shown[point], sequence) }
            }
        }
        for (place, reading) in stored.sweep.readings.enumerated() {
            let point = Int(reading.point.value)
            guard shown.indices.contains(point) else { continue }
            shown[point] = max(shown[point], stored.sequence(at: place).value)
        }
    }

    /// Notes the PUBACK of a live message of `asset`.
    public mutating func markAcknowledged(_ first: SequenceNumber, of asset: AssetIndex) {
        let place = Int(asset.value)
        guard acknowledged.indices.contains(place) else { return }
        acknowledged[place] = max(acknowledged[place], first.value)
    }
}

extension Sweep {
    /// Whether one of its readings is of the point at `place` of the catalogue.
    func holds(_ place: Int) -> Bool { readings.contains { Int($0.point.value) == place } }
}

extension StoredSweep {
    /// The number of the reading at `place` of the sweep.
    public func sequence(at place: Int) -> SequenceNumber {
        SequenceNumber(firstSequence.value &+ Int64(place))
    }
}
