// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// Values that two registers make together, and raw values seen as states.
extension Recipe {
    /// A raw value that has no state is no value.
    func state(_ decoder: PointDecoder, _ places: [UInt16: UInt16], _ image: RegisterImage) -> DecodedValue {
        do {
            let bits = try decoder.bits(in: image)
            guard let raw = UInt16(exactly: bits.value), let place = places[raw] else {
                return .bad(.range, raw: bits.raw)
            }
            return .good(.state(place), raw: bits.raw)
        } catch {
            return error.decoded
        }
    }

    /// `mantissa * 10^exponent` with one rounding; an exponent beyond -20 ... 20 is no value.
    func power(_ mantissa: PointDecoder, _ exponent: PointDecoder, _ image: RegisterImage) -> DecodedValue {
        let places: Int64
        switch exponent.decode(image) {
        case .good(.integer(let count), _), .uncertain(.integer(let count), _, _): places = count
        case .good, .uncertain: return .bad(.range, raw: nil)
        case .bad(let reason, _): return .bad(reason, raw: nil)
        }
        guard (-20...20).contains(places) else { return .bad(.range, raw: nil) }
        let power = powersOfTen[Int(places.magnitude)]
        func raised(_ quantity: Quantity) -> Quantity? {
            let value = places < 0 ? quantity.asDouble / power : quantity.asDouble * power
            return value.isFinite ? .number(value) : nil
        }
        switch mantissa.decode(image) {
        case .good(let quantity, _):
            return raised(quantity).map { .good($0, raw: nil) } ?? .bad(.notFinite, raw: nil)
        case .uncertain(let quantity, let reason, _):
            return raised(quantity).map { .uncertain($0, reason, raw: nil) } ?? .bad(.notFinite, raw: nil)
        case .bad(let reason, _): return .bad(reason, raw: nil)
        }
    }

    /// `high * base + low`, scaled as the low part is; the sum is exact before it is scaled.
    func joined(_ high: PointDecoder, _ low: PointDecoder, _ base: Int64, _ image: RegisterImage) -> DecodedValue {
        var parts: [Int64] = []
        for part in [high, low] {
            var plain = part
            (plain.scale, plain.plausible) = (.unity, nil)
            switch plain.decode(image) {
            case .good(.integer(let value), _) where value >= 0: parts.append(value)
            case .good, .uncertain: return .bad(.range, raw: nil)
            case .bad(let reason, _): return .bad(reason, raw: nil)
            }
        }
        let (product, overflow) = parts[0].multipliedReportingOverflow(by: base)
        let (sum, carried) = product.addingReportingOverflow(parts[1])
        guard !overflow, !carried, parts[1] < base else { return .bad(.range, raw: nil) }
        return .good(low.scale.isIdentity ? .integer(sum) : .number(low.scale.apply(to: sum, decimals: 0)), raw: nil)
    }
}
