// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// How a value follows from points: the closed list of combiners.
enum Recipe: Hashable, Sendable {
    case point(PointDecoder)
    case bit(PointDecoder, number: Int)
    case any(PointDecoder, mask: UInt64)
    case sum([PointDecoder])
    case pair(first: PointDecoder, second: PointDecoder)
    /// The state of each raw value.
    case values(PointDecoder, [UInt16: UInt16])
    case power(mantissa: PointDecoder, exponent: PointDecoder)
    case highLow(high: PointDecoder, low: PointDecoder, base: Int64)

    /// Whether 32-bit floating point limits the precision of the value.
    var isSinglePrecision: Bool {
        switch self {
        case .point(let decoder): decoder.type == .float32
        case .sum(let parts): parts.contains { $0.type == .float32 }
        case .power(let mantissa, _): mantissa.type == .float32
        case .bit, .any, .pair, .values, .highLow: false
        }
    }

    /// `number`, as decoded, without the digits that only the conversion from 32-bit floating point has put behind it.
    func meaningful(_ number: Double) -> Double {
        guard isSinglePrecision else { return number }
        if case .sum(let parts) = self, parts.contains(where: { $0.type != .float32 }) {
            // Whole units and a fraction of one, which is below 1 and hence known to 2^-24, seven decimals.
            let isPlain = parts.allSatisfy { $0.type != .float32 || $0.scale.isIdentity }
            return isPlain && number.magnitude < 1e8 ? (number * 1e7).rounded() / 1e7 : number
        }
        return Double("\(Float(number))") ?? number
    }

    /// The addresses of each point that takes part.
    var spans: [RegisterSpan] {
        switch self {
        case .point(let decoder), .bit(let decoder, _), .any(let decoder, _), .values(let decoder, _): decoder.spans
        case .sum(let parts): parts.flatMap(\.spans)
        case .pair(let first, let second), .power(let first, let second), .highLow(let first, let second, _):
            first.spans + second.spans
        }
    }

    func decode(_ image: RegisterImage) -> DecodedValue {
        switch self {
        case .point(let decoder): return decoder.decode(image)
        case .bit(let decoder, let number):
            return test(decoder, image) { $0 >> UInt64(number) & 1 == 1 }
        case .any(let decoder, let mask):
            return test(decoder, image) { $0 & mask != 0 }
        case .sum(let parts): return sum(of: parts, image)
        case .pair(let first, let second): return state(first, second, image)
        case .values(let decoder, let places): return state(decoder, places, image)
        case .power(let mantissa, let exponent): return power(mantissa, exponent, image)
        case .highLow(let high, let low, let base): return joined(high, low, base, image)
        }
    }

    private func test(_ decoder: PointDecoder, _ image: RegisterImage, _ isSet: (UInt64) -> Bool) -> DecodedValue {
        do {
            let bits = try decoder.bits(in: image)
            return .good(.isOn(isSet(bits.value)), raw: bits.raw)
        } catch {
            return error.decoded
        }
    }

    /// Integers are added exactly; one part that is not an integer makes the sum a real number.
    private func sum(of parts: [PointDecoder], _ image: RegisterImage) -> DecodedValue {
        var whole: Int64? = 0
        var total = 0.0
        var doubt: QualityReason?
        for part in parts {
            let quantity: Quantity
            switch part.decode(image) {
            case .good(let value, _): quantity = value
            case .uncertain(let value, let reason, _): (quantity, doubt) = (value, doubt ?? reason)
            case .bad(let reason, _): return .bad(reason, raw: nil)
            }
            total += quantity.asDouble
            if let soFar = whole, case .integer(let value) = quantity {
                let (sum, overflow) = soFar.addingReportingOverflow(value)
                whole = overflow ? nil : sum
            } else {
                whole = nil
            }
        }
        guard total.isFinite else { return .bad(.notFinite, raw: nil) }
        let quantity = whole.map(Quantity.integer) ?? .number(total)
        return doubt.map { .uncertain(quantity, $0, raw: nil) } ?? .good(quantity, raw: nil)
    }

    /// (1,0) is the first state, (0,1) the second, (0,0) the one between; (1,1) is a fault of wiring or sensors.
    private func state(_ first: PointDecoder, _ second: PointDecoder, _ image: RegisterImage) -> DecodedValue {
        var isClosed: [Bool] = []
        for contact in [first, second] {
            switch contact.decode(image) {
            case .good(.isOn(let isOn), _): isClosed.append(isOn)
            case .good, .uncertain: return .bad(.contactPair, raw: nil)
            case .bad(let reason, _): return .bad(reason, raw: nil)
            }
        }
        switch (isClosed[0], isClosed[1]) {
        case (true, false): return .good(.state(0), raw: nil)
        case (false, true): return .good(.state(1), raw: nil)
        case (false, false): return .good(.state(2), raw: nil)
        case (true, true): return .bad(.contactPair, raw: nil)
        }
    }
}
