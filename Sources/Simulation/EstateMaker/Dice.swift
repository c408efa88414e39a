// SPDX-License-Identifier: Apache-2.0

import Glibc

/// SplitMix64 with the draws that the models need: the same numbers from the same seed and stream everywhere.
///
/// Each part of an estate draws from a stream of its own, so that a change of one part leaves the others as they were.
struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameters:
    ///   - stream: Name of the part that draws.
    ///   - number: Tells parts of one name apart.
    init(seed: UInt64, _ stream: String, _ number: Int = 0) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed &* 0x9E37_79B9_7F4A_7C15
        for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        state = hash ^ UInt64(bitPattern: Int64(number)) &* 0xD6E8_FEB8_6659_FD93
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Evenly spread over 0 ..< 1.
    mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ probability: Double) -> Bool { share() < probability }

    mutating func real(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * share()
    }

    /// Evenly spread on a logarithmic scale; both ends are above zero.
    mutating func size(_ range: ClosedRange<Double>) -> Double {
        exp(real(log(range.lowerBound)...log(range.upperBound)))
    }

    mutating func whole(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[whole(0...choices.count - 1)] }

    /// A place in `weights`, as often as its weight says.
    mutating func place(_ weights: [Double]) -> Int {
        var rest = share() * weights.reduce(0, +)
        for (place, weight) in weights.enumerated() {
            rest -= weight
            if rest < 0 { return place }
        }
        return weights.count - 1
    }

    mutating func normal(_ mean: Double, _ deviation: Double) -> Double {
        let radius = sqrt(-2 * log(1 - share()))
        return mean + deviation * radius * cos(2 * .pi * share())
    }

    mutating func exponential(_ mean: Double) -> Double { -mean * log(1 - share()) }

    /// How many of rare events happen when `mean` are usual.
    mutating func poisson(_ mean: Double) -> Int {
        if mean > 40 { return max(0, Int(normal(mean, sqrt(mean)).rounded())) }
        let limit = exp(-mean)
        var (count, product) = (0, share())
        while product > limit { (count, product) = (count + 1, product * share()) }
        return count
    }
}
