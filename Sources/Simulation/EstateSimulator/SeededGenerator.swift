// SPDX-License-Identifier: Apache-2.0

/// Numbers that look random and are the same for the same seed on every machine (SplitMix64).
struct SeededGenerator: Sendable {
    private var state: UInt64

    /// - Parameter parts: What the numbers shall depend on, such as estate, dwelling and day.
    init(_ parts: UInt64...) {
        state = 0
        for part in parts {
            state ^= part
            state = next()
        }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A whole number of `range`, which must be narrower than 2^31.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() >> 33) % (range.upperBound - range.lowerBound + 1)
    }

    /// True `percent` times in a hundred.
    mutating func happens(percent: Int) -> Bool { number(0...99) < percent }
}
