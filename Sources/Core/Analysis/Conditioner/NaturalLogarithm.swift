// SPDX-License-Identifier: Apache-2.0

/// The natural logarithm from the four basic operations alone, so that it is the same to the last bit on every machine.
///
/// - Returns: `-.infinity` for zero and below, and for what is no number.
func naturalLogarithm(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return x == .infinity ? .infinity : -.infinity }
    // x = m 2^e with m in 1 ..< 2, and ln m = 2 artanh((m - 1)/(m + 1)), whose argument is below one third: each term
    // is a ninth of the one before at most, so 17 of them leave no more than the last bits.
    let t = (x.significand - 1) / (x.significand + 1)
    let square = t * t
    var sum = 0.0
    var degree = 33.0
    while degree > 0 {
        sum = sum * square + 1 / degree
        degree -= 2
    }
    return Double(x.exponent) * 0.693_147_180_559_945_309 + 2 * t * sum
}
