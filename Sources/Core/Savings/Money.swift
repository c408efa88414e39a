// SPDX-License-Identifier: Apache-2.0

/// A currency by its code, with the digits that people write after the point (ISO 4217).
public struct Currency: Hashable, Codable, Sendable, CustomStringConvertible {
    /// Three capital letters, such as `CNY`.
    public let code: String

    /// - Returns: `nil` unless `code` is three letters of A to Z.
    public init?(_ code: String) {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else { return nil }
        self.code = code
    }

    /// Digits of the minor unit: 2, but for the currencies that have none or three.
    public var minorDigits: Int {
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }

    public var description: String { code }
}

/// A price as millionths of the currency's main unit, so that sums stay exact.
public struct Price: Hashable, Codable, Sendable, Comparable {
    /// Zero or more.
    public let millionths: Int64

    public init(millionths: Int64) { self.millionths = max(0, millionths) }

    /// Rounded to a millionth; zero for what is negative or no number, and at most a billion.
    public init(_ mainUnits: Double) {
        self.init(millionths: mainUnits > 0 ? Int64((min(mainUnits, 1e9) * 1_000_000).rounded()) : 0)
    }

    public static func < (a: Price, b: Price) -> Bool { a.millionths < b.millionths }

    /// What costs the sum of both, the greatest price when there is no such number.
    public static func + (a: Price, b: Price) -> Price {
        let (sum, overflow) = a.millionths.addingReportingOverflow(b.millionths)
        return Price(millionths: overflow ? .max : sum)
    }

    /// `factor` of this price, as electricity for a cubic metre is of a kilowatt hour; rounded to a millionth.
    public func times(_ factor: Double) -> Price { Price(Double(millionths) / 1_000_000 * factor) }
}

/// An amount in the currency's minor unit.
public struct Money: Hashable, Codable, Sendable, Comparable {
    public var minorUnits: Int64
    public var currency: Currency

    public init(minorUnits: Int64, currency: Currency) { (self.minorUnits, self.currency) = (minorUnits, currency) }

    /// What `litres` cost at a price for a cubic metre, rounded half up to the minor unit.
    ///
    /// - Parameter litres: Nothing is charged for what is negative or no number; more than 10^12 L count as that.
    public init(_ litres: Double, atCubicMetrePrice price: Price, in currency: Currency) {
        let millilitres = litres > 0 ? UInt64((min(litres, 1e12) * 1000).rounded()) : 0
        // Millilitres times millionths is 10^12 of the main unit a cubic metre.
        var divisor: UInt64 = 1_000_000_000_000
        for _ in 0..<currency.minorDigits { divisor /= 10 }
        let product = millilitres.multipliedFullWidth(by: UInt64(price.millionths))
        let (rest, carry) = product.low.addingReportingOverflow(divisor / 2)
        let high = product.high + (carry ? 1 : 0)
        let minor = high < divisor ? divisor.dividingFullWidth((high, rest)).quotient : .max
        self.init(minorUnits: Int64(clamping: minor), currency: currency)
    }

    public static func < (a: Money, b: Money) -> Bool { a.minorUnits < b.minorUnits }

    /// The amount as people write it, without the code: `12.30`.
    public var figures: String {
        let digits = currency.minorDigits
        let sign = minorUnits < 0 ? "-" : ""
        var text = String(minorUnits.magnitude)
        guard digits > 0 else { return sign + text }
        while text.utf8.count <= digits { text = "0" + text }
        let point = text.index(text.endIndex, offsetBy: -digits)
        return sign + text[..<point] + "." + text[point...]
    }
}

/// Two amounts of one currency that a true one lies between.
public struct MoneyRange: Hashable, Codable, Sendable {
    public var low: Money
    public var high: Money
    public init(low: Money, high: Money) { (self.low, self.high) = (low, high) }
}
