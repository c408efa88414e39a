// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model

/// How the registers of a lifetime total count, where they hold whole counts: exact in both directions.
public struct RegisterCounting: Hashable, Sendable {
    /// Count at which the register starts again at zero by its width; `nil` for 64 bits and for a signed register,
    /// of which nobody knows what it does at its end.
    public let modulus: UInt64?
    /// The quantity that one count stands for, in the point's unit; above zero.
    public var unitsPerCount: Double { scale.apply(to: Int64(1), decimals: 0) }
    private let type: PointType
    private let order: WordOrder
    private let words: Int
    private let scale: DecimalScale

    /// - Returns: `nil` when the registers of `decoder` are no plain count.
    init?(_ decoder: PointDecoder) {
        guard decoder.bit == nil, decoder.mask == nil, decoder.shift == 0, decoder.decimals.isEmpty,
            decoder.scale.offset == 0, decoder.scale.factor > 0
        else { return nil }
        switch decoder.type {
        case .uint16: modulus = 1 << 16
        case .uint32: modulus = 1 << 32
        case .bcd16: modulus = 10_000
        case .uint64, .int16, .int32, .int64: modulus = nil
        case .bool, .enum16, .bitfield16, .bitfield32, .float32, .float64: return nil
        }
        (type, order, words, scale) = (decoder.type, decoder.order, Int(decoder.span.count), decoder.scale)
    }

    /// The counts in registers as a reading keeps them; `nil` for a negative number, digits that are none, and what
    /// `Int64` does not hold.
    public func counts(ofRaw raw: UInt64) -> UInt64? {
        guard (1...4).contains(words) else { return nil }
        let registers = (0..<words).map { UInt16(truncatingIfNeeded: raw >> UInt64(16 * (words - 1 - $0))) }
        let value = arranged(registers[...], order)
        switch type {
        case .int16: return UInt64(exactly: Int16(truncatingIfNeeded: value))
        case .int32: return UInt64(exactly: Int32(truncatingIfNeeded: value))
        case .bcd16: return decimal(value)
        default: return value <= UInt64(Int64.max) ? value : nil
        }
    }

    /// What a reading of this many counts says; the largest that can be said for more than `Int64` holds.
    public func quantity(ofCounts counts: UInt64) -> Quantity {
        let whole = Int64(clamping: counts)
        return scale.isIdentity ? .integer(whole) : .number(scale.apply(to: whole, decimals: 0))
    }

    private func decimal(_ value: UInt64) -> UInt64? {
        var number: UInt64 = 0
        for shift: UInt64 in [12, 8, 4, 0] {
            let digit = value >> shift & 0xF
            guard digit <= 9 else { return nil }
            number = number * 10 + digit
        }
        return number
    }
}
