// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// The fixed chain that turns the registers of one point into its quantity: raw, mask and shift, sentinel, decimals
/// of another point, scale and offset.
struct PointDecoder: Hashable, Sendable {
    var span: RegisterSpan
    var type: PointType
    var order: WordOrder
    var mask: UInt64?
    var shift: Int
    var bit: Int?
    var sentinels: [Sentinel]
    /// The point that holds the number of decimals: one element or none.
    var decimals: [PointDecoder]
    var scale: DecimalScale
    /// Raw values of an enum, in the order of its labels.
    var labels: [UInt16]
    var plausible: ClosedRange<Double>?

    /// Addresses that it reads, its own first.
    var spans: [RegisterSpan] { [span] + decimals.flatMap(\.spans) }

    /// The bits of the value, after order, mask and shift.
    struct Bits {
        var value: UInt64
        /// The registers as read, the first in the high bits.
        var raw: UInt64
    }

    /// Where the chain stopped.
    struct Refusal: Error {
        var reason: QualityReason
        var raw: UInt64?
        var decoded: DecodedValue { .bad(reason, raw: raw) }
    }

    func bits(in image: RegisterImage) throws(Refusal) -> Bits {
        let words: ArraySlice<UInt16>
        switch image.words(span) {
        case .success(let found): words = found
        case .failure(let failure): throw Refusal(reason: failure.qualityReason, raw: nil)
        }
        var raw: UInt64 = 0
        for word in words { raw = raw << 16 | UInt64(word) }
        var value = arranged(words, order)
        if let mask { value &= mask }
        value >>= UInt64(shift)
        if sentinels.contains(.bits(value)) { throw Refusal(reason: .sentinel, raw: raw) }
        return Bits(value: value, raw: raw)
    }

    func decode(_ image: RegisterImage) -> DecodedValue {
        do {
            let bits = try bits(in: image)
            if let bit { return .good(.isOn(bits.value >> UInt64(bit) & 1 == 1), raw: bits.raw) }
            return judged(try quantity(of: bits, in: image), raw: bits.raw)
        } catch {
            return error.decoded
        }
    }

    private func judged(_ quantity: Quantity, raw: UInt64) -> DecodedValue {
        if let plausible, !plausible.contains(quantity.asDouble) { return .uncertain(quantity, .softRange, raw: raw) }
        return .good(quantity, raw: raw)
    }

    private func quantity(of bits: Bits, in image: RegisterImage) throws(Refusal) -> Quantity {
        let value = bits.value
        switch type {
        case .bool:
            guard value <= 1 else { throw Refusal(reason: .range, raw: bits.raw) }
            return .isOn(value == 1)
        case .enum16:
            guard let place = labels.firstIndex(where: { UInt64($0) == value }), let index = UInt16(exactly: place)
            else { throw Refusal(reason: .range, raw: bits.raw) }
            return .state(index)
        case .uint16, .bitfield16, .uint32, .bitfield32, .uint64:
            // A count beyond Int64 cannot be kept exactly, and no meter gets there.
            guard let whole = Int64(exactly: value) else { throw Refusal(reason: .range, raw: bits.raw) }
            return try scaled(whole, bits, image)
        case .int16: return try scaled(Int64(Int16(truncatingIfNeeded: value)), bits, image)
        case .int32: return try scaled(Int64(Int32(truncatingIfNeeded: value)), bits, image)
        case .int64: return try scaled(Int64(bitPattern: value), bits, image)
        case .bcd16: return try scaled(try decimalDigits(bits), bits, image)
        case .float32: return try scaled(Double(Float(bitPattern: UInt32(truncatingIfNeeded: value))), bits, image)
        case .float64: return try scaled(Double(bitPattern: value), bits, image)
        }
    }

    private func scaled(_ whole: Int64, _ bits: Bits, _ image: RegisterImage) throws(Refusal) -> Quantity {
        if scale.isIdentity, decimals.isEmpty { return .integer(whole) }
        return .number(scale.apply(to: whole, decimals: try places(image)))
    }

    private func scaled(_ number: Double, _ bits: Bits, _ image: RegisterImage) throws(Refusal) -> Quantity {
        guard number.isFinite else { throw Refusal(reason: .notFinite, raw: bits.raw) }
        if sentinels.contains(.number(number)) { throw Refusal(reason: .sentinel, raw: bits.raw) }
        let value = scale.apply(to: number, decimals: try places(image))
        guard value.isFinite else { throw Refusal(reason: .notFinite, raw: bits.raw) }
        return .number(value)
    }

    /// The number of decimals that another register gives, 0 ... 9.
    private func places(_ image: RegisterImage) throws(Refusal) -> Int {
        guard let source = decimals.first else { return 0 }
        switch source.decode(image) {
        case .good(.integer(let count), _), .uncertain(.integer(let count), _, _):
            guard (0...9).contains(count) else { throw Refusal(reason: .range, raw: nil) }
            return Int(count)
        case .good, .uncertain: throw Refusal(reason: .range, raw: nil)
        case .bad(let reason, _): throw Refusal(reason: reason, raw: nil)
        }
    }

    private func decimalDigits(_ bits: Bits) throws(Refusal) -> Int64 {
        var value: Int64 = 0
        for shift: UInt64 in [12, 8, 4, 0] {
            let digit = bits.value >> shift & 0xF
            guard digit <= 9 else { throw Refusal(reason: .range, raw: bits.raw) }
            value = value * 10 + Int64(digit)
        }
        return value
    }
}

/// The words as one number, most significant byte first.
func arranged(_ words: ArraySlice<UInt16>, _ order: WordOrder) -> UInt64 {
    guard words.count > 1 else { return words.first.map(UInt64.init) ?? 0 }
    let isLowWordFirst = order == .cdab || order == .dcba
    let isLowByteFirst = order == .badc || order == .dcba
    var value: UInt64 = 0
    func take(_ word: UInt16) { value = value << 16 | UInt64(isLowByteFirst ? word.byteSwapped : word) }
    if isLowWordFirst { words.reversed().forEach(take) } else { words.forEach(take) }
    return value
}

/// `value * scale + offset` over one common power of ten, so that a decimal factor costs one rounding only.
struct DecimalScale: Hashable, Sendable {
    /// Scale and offset in units of `10^-decimals`.
    let factor: Int64
    let offset: Int64
    let decimals: Int

    /// - Returns: `nil` when scale and offset have no common power of ten within `Int64`.
    init?(scale: DecimalNumber, offset: DecimalNumber) {
        let decimals = max(scale.decimals, offset.decimals)
        func raised(_ number: DecimalNumber) -> Int64? {
            var mantissa = number.mantissa
            for _ in number.decimals..<decimals {
                let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
                guard !overflow else { return nil }
                mantissa = product
            }
            return mantissa
        }
        guard let factor = raised(scale), let shift = raised(offset) else { return nil }
        (self.factor, self.offset, self.decimals) = (factor, shift, decimals)
    }

    private init(factor: Int64, offset: Int64, decimals: Int) {
        (self.factor, self.offset, self.decimals) = (factor, offset, decimals)
    }

    /// Leaves every value as it is.
    static let unity = DecimalScale(factor: 1, offset: 0, decimals: 0)

    var isIdentity: Bool { factor == 1 && offset == 0 && decimals == 0 }

    /// - Parameter places: Decimals that another register gave, 0 ... 9.
    func apply(to whole: Int64, decimals places: Int) -> Double {
        let exponent = decimals + places
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        var shift = offset
        var isExact = !overflow && exponent < powersOfTen.count
        for _ in 0..<places where isExact {
            let (next, overflow) = shift.multipliedReportingOverflow(by: 10)
            (shift, isExact) = (next, !overflow)
        }
        let (sum, carried) = product.addingReportingOverflow(shift)
        // Below 2^53 numerator and divisor are exact, so that the quotient is the Double nearest to the decimal value.
        guard isExact, !carried, sum.magnitude <= 1 << 53 else { return apply(to: Double(whole), decimals: places) }
        return Double(sum) / powersOfTen[exponent]
    }

    func apply(to number: Double, decimals places: Int) -> Double {
        if isIdentity, places == 0 { return number }
        return (number / powersOfTen[places] * Double(factor) + Double(offset)) / powersOfTen[decimals]
    }
}
