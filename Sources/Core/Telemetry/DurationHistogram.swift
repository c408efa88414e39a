// SPDX-License-Identifier: Apache-2.0

import Model

/// How long something took, counted into fixed buckets; a few hundred bytes, however many durations it takes.
public struct DurationHistogram: Hashable, Sendable {
    /// Upper bounds in seconds: three a decade, from a quick answer on a socket to a bus that waits for a dead unit.
    public static let bounds: [Double] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30]

    private var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
    /// Seconds altogether.
    public private(set) var sum = 0.0

    public init() {}

    public var count: UInt64 { buckets.reduce(0, +) }

    /// Counts a duration; one below zero, as a clock may give, counts as zero.
    public mutating func note(_ duration: Duration) {
        let seconds = max(0, duration.inSeconds)
        sum += seconds
        buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    }

    /// Each bound with how many durations did not exceed it; `nil` stands for no bound.
    var cumulative: [(bound: Double?, count: UInt64)] {
        var total: UInt64 = 0
        return buckets.indices.map { place in
            total += buckets[place]
            return (place < Self.bounds.count ? Self.bounds[place] : nil, total)
        }
    }
}
