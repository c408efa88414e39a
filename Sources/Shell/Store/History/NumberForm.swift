// SPDX-License-Identifier: Apache-2.0

import Aggregation

/// How the numbers of a row are written: as whole multiples of a power of ten where each of them is one exactly, which
/// values of registers mostly are, and then as differences; else as they are.
struct NumberForm: Hashable {
    enum Law: UInt8 {
        /// A whole number divided by the power of ten.
        case quotient = 0
        /// A whole number times its inverse, as decoders scale.
        case product = 1
        /// Four bytes, lowest first.
        case short = 2
        /// Eight bytes, lowest first.
        case real = 3
    }

    var law: Law
    /// Decimals, 0 ... 6; 0 where nothing is scaled.
    var decimals: UInt8

    private static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
    private static let inverses: [Double] = [1, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001]

    var byte: UInt8 { law.rawValue << 4 | decimals }

    init(_ law: Law, decimals: UInt8 = 0) { (self.law, self.decimals) = (law, decimals) }

    init?(byte: UInt8) {
        guard let law = Law(rawValue: byte >> 4), byte & 0xF < Self.powers.count else { return nil }
        self.init(law, decimals: byte & 0xF)
    }

    /// The shortest form that holds every number of `buckets` exactly.
    static func of(_ buckets: [HistoryBucket], withEnds: Bool) -> NumberForm {
        let valued = buckets.filter { $0.valued > 0 }
        func fits(_ form: NumberForm) -> Bool {
            valued.allSatisfy {
                form.holds($0.least) && form.holds($0.greatest)
                    && (!withEnds || (form.holds($0.first.value) && form.holds($0.last.value)))
            }
        }
        for law in [Law.quotient, .product] {
            for decimals in 0..<UInt8(powers.count) {
                let form = NumberForm(law, decimals: decimals)
                if fits(form) { return form }
            }
        }
        return fits(NumberForm(.short)) ? NumberForm(.short) : NumberForm(.real)
    }

    /// Steps of a bucket's sum in one step of the numbers.
    var sumStep: Int128 {
        switch law {
        case .quotient, .product: Int128(HistoryBucket.wholesPerUnit / Self.powers[Int(decimals)])
        case .short, .real: 1
        }
    }

    private func multiple(_ value: Double) -> Double { (value * Self.powers[Int(decimals)]).rounded() }

    private func number(_ multiple: Double) -> Double {
        law == .product ? multiple * Self.inverses[Int(decimals)] : multiple / Self.powers[Int(decimals)]
    }

    private func holds(_ value: Double) -> Bool {
        switch law {
        case .quotient, .product:
            let multiple = multiple(value)
            return multiple.magnitude < 0x1p52 && number(multiple) == value
        case .short: return Double(Float(value)) == value
        case .real: return true
        }
    }

    /// - Parameter base: The multiple written before; becomes that of `value`.
    func write(_ value: Double, from base: inout Int64, to writer: inout PackedWriter) {
        switch law {
        case .quotient, .product:
            let multiple = Int64(multiple(value))
            writer.append(signed: multiple - base)
            base = multiple
        case .short: writer.append(fixed: Float(value).bitPattern)
        case .real: writer.append(fixed: value.bitPattern)
        }
    }

    func read(_ reader: inout PackedReader, from base: inout Int64) throws(PackedFault) -> Double {
        let value: Double
        switch law {
        case .quotient, .product:
            base = base &+ (try reader.signed())
            guard base.magnitude < 1 << 52 else { throw .invalid("number") }
            value = number(Double(base))
        case .short: value = Double(Float(bitPattern: try reader.fixed(UInt32.self)))
        case .real: value = Double(bitPattern: try reader.fixed(UInt64.self))
        }
        guard value.isFinite else { throw .invalid("number") }
        return value
    }
}
