// SPDX-License-Identifier: Apache-2.0

/// The newest values of something, with their exact median and robust spread.
///
/// Both are found anew when asked for, once an hour at most, in time that grows with the ring.
struct MedianRing: Hashable, Codable, Sendable {
    private var values: [Float] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { values.count }

    /// Takes one more value; anything that is no number is left out.
    mutating func append(_ value: Double) {
        guard value.isFinite, abs(value) < 1e9 else { return }
        if values.count < capacity {
            if values.isEmpty { values.reserveCapacity(capacity) }
            values.append(Float(value))
        } else {
            values[next] = Float(value)
            next = (next + 1) % capacity
        }
    }

    /// Median, and 1.4826 times the median distance from it, which is the standard deviation of a normal error.
    func medianAndSpread() -> (median: Double, spread: Double) {
        guard !values.isEmpty else { return (0, 0) }
        return Middle.copied(values) { space in
            let median = Middle.select(space.count / 2, in: space)
            for place in space.indices { space[place] = abs(space[place] - median) }
            return (Double(median), 1.4826 * Double(Middle.select(space.count / 2, in: space)))
        }
    }

    /// Whether decoded state has this capacity and can be used without trapping.
    func isWellFormed(capacity expected: Int) -> Bool {
        capacity == expected && values.count <= capacity && (0..<max(1, capacity)).contains(next)
            && values.allSatisfy(\.isFinite)
    }
}
