// SPDX-License-Identifier: Apache-2.0

/// Surprise in fixed point: the negative natural logarithm of a probability, the same on every machine.
///
/// A mathematical library may round its logarithm differently from another; findings must not depend on that. The table
/// is made with whole numbers alone.
enum Surprise {
    /// Fractional bits of a surprise.
    static let bits = 8
    /// A probability of one.
    static let one = 65_536

    /// -ln(index / 1024) x 65,536 for 1 ... 1024; the place 0 is not used.
    private static let table: [Int32] = (0...1024).map { index in
        index == 0 ? Int32.max : Int32(negativeLogarithm(index))
    }

    /// Of an event with this probability.
    ///
    /// - Parameter probability: In 65,536ths; less than 1/1024 counts as 1/1024.
    /// - Returns: In 1/256 of a nat, zero or more.
    static func of(_ probability: Int) -> Int {
        let clamped = min(max(probability, 64), one)
        let index = clamped >> 6
        let rest = clamped & 63
        let here = Int(table[index])
        let next = rest == 0 ? here : Int(table[index + 1])
        return (here + (next - here) * rest / 64 + 128) >> 8
    }

    /// A number of nats in the form of ``of(_:)``.
    static func nats(_ value: Double) -> Int { Int((value * 256).rounded()) }

    /// -ln(index / 1024) in 65,536ths by the binary logarithm, bit by bit: the square of a number has twice its
    /// logarithm.
    private static func negativeLogarithm(_ index: Int) -> Int {
        // As a number 1 <= x < 2 in 30 fractional bits and a power of two.
        let power = Int.bitWidth - 1 - index.leadingZeroBitCount
        var x = UInt64(index) << UInt64(30 - power)
        var logarithm = 0
        for bit in 1...24 {
            x = (x * x) >> 30
            if x >= 1 << 31 {
                x >>= 1
                logarithm += 1 << (24 - bit)
            }
        }
        let binary = ((10 - power) << 24) - logarithm
        // ln 2 in 30 fractional bits.
        return (binary * 744_261_118) >> 38
    }
}
