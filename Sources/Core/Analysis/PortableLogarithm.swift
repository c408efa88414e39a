// SPDX-License-Identifier: Apache-2.0

/// Logarithm and exponential from the four operations alone, so that every machine gets the same bits.
enum PortableLogarithm {
    private static let ln2 = 0.693_147_180_559_945_3

    /// Natural logarithm, right to some 1e-12; `nil` unless `value` is a finite number above zero.
    static func ln(_ value: Double) -> Double? {
        guard value.isFinite, value > 0, value.isNormal else { return nil }
        // ln m = 2 atanh((m - 1) / (m + 1)), with m between 0.7 and 1.4.
        var (exponent, m) = (Double(value.exponent), value.significand)
        if m > 1.414_213_562 { (exponent, m) = (exponent + 1, m / 2) }
        let z = (m - 1) / (m + 1)
        let square = z * z
        var (power, sum) = (z, z)
        for divisor in stride(from: 3.0, through: 15, by: 2) {
            power *= square
            sum += power / divisor
        }
        return 2 * sum + exponent * ln2
    }

    /// Exponential, right to some 1e-12 of itself, of what lies between -20 and 20; others count as those.
    static func exp(_ value: Double) -> Double {
        let x = value.isNaN ? 0 : min(max(value, -20), 20)
        let doublings = (x / ln2).rounded()
        let rest = x - doublings * ln2
        var (term, sum) = (1.0, 1.0)
        for n in 1...12 {
            term *= rest / Double(n)
            sum += term
        }
        return Double(sign: .plus, exponent: Int(doublings), significand: sum)
    }
}
