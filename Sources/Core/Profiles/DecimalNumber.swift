// SPDX-License-Identifier: Apache-2.0

/// A decimal number exactly as a file writes it: `mantissa / 10^decimals`.
///
/// A factor of 0.001 has no exact `Double`; kept like this, a raw value of 32445 becomes the `Double` nearest to
/// 32.445, because the one rounding is that of a division.
public struct DecimalNumber: Hashable, Sendable {
    public var mantissa: Int64
    /// 0 ... 18.
    public var decimals: Int

    public static let one = DecimalNumber(mantissa: 1, decimals: 0)
    public static let zero = DecimalNumber(mantissa: 0, decimals: 0)

    public init(mantissa: Int64, decimals: Int) { (self.mantissa, self.decimals) = (mantissa, decimals) }

    /// Reads `-12.5`, `0.001` or `1e-3`; `nil` for anything else and for more than 18 digits or decimals.
    public init?(_ text: String) {
        var digits = Substring(text)
        var exponent = 0
        if let mark = digits.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            var power = digits[digits.index(after: mark)...]
            let isNegative = power.first == "-"
            if isNegative || power.first == "+" { power.removeFirst() }
            guard !power.isEmpty, power.utf8.count <= 2, let value = wholeDigits(power) else { return nil }
            exponent = isNegative ? -Int(value) : Int(value)
            digits = digits[..<mark]
        }
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty else { return nil }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard parts.count == 1 || !fraction.isEmpty, whole.utf8.count + fraction.utf8.count <= 18,
            var mantissa = wholeDigits(whole + fraction)
        else { return nil }
        var decimals = fraction.utf8.count - exponent
        while decimals < 0 {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            (mantissa, decimals) = (product, decimals + 1)
        }
        while decimals > 0, mantissa % 10 == 0 { (mantissa, decimals) = (mantissa / 10, decimals - 1) }
        guard decimals <= 18 else { return nil }
        self.init(mantissa: isNegative ? -mantissa : mantissa, decimals: decimals)
    }

    /// The decimal number that people write for `value`; one of more than 18 decimals is rounded to twelve.
    ///
    /// - Returns: `nil` beyond 10^6 where it has to be rounded, and for what is not finite.
    public init?(_ value: Double) {
        if let number = DecimalNumber("\(value)") {
            self = number
        } else {
            guard value.magnitude <= 1e6 else { return nil }
            self.init(mantissa: Int64((value * 1e12).rounded()), decimals: 12)
        }
    }

    /// The nearest `Double`.
    public var asDouble: Double { Double(mantissa) / powersOfTen[decimals] }
}

/// The value of plain decimal digits; `nil` for anything else and beyond `Int64`.
private func wholeDigits(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
}

/// 10^0 ... 10^22, the powers of ten that a `Double` holds exactly.
let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { value, _ in value * 10 } }
