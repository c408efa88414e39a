// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model

/// Which readings of `blocks` show the number that the device's face shows.
///
/// Every address is tried with every type, word order and scale from 10^-4 to 10^3, in the unit of the face and in
/// those that differ from it by a power of ten, and as a whole part with its fraction beside it.
///
/// - Parameters:
///   - unit: Unit of the face; `.none` when it has none.
///   - limit: Most matches that are returned. All that agree best are kept.
/// - Returns: Matches of at least three digits, or of all digits of a shorter face, best first.
public func readings(
    of blocks: [RegisterBlock], showing face: FaceNumber, unit: UnitOfMeasure, limit: Int = 40
) -> FaceMatches {
    let search = FaceSearch(face: face, scales: ScaleChoice.all(for: unit), least: min(3, face.digits))
    var matches = blocks.flatMap { search.matches(in: $0) }
    matches.sort { ($1.digitsAgreed, $0.oddity, $0.address) < ($0.digitsAgreed, $1.oddity, $1.address) }
    let best = matches.prefix { $0.digitsAgreed == matches.first?.digitsAgreed }.count
    return FaceMatches(face: face, matches: Array(matches.prefix(max(limit, best))))
}

/// A scale that a point may have, and the unit that it then has.
private struct ScaleChoice {
    /// Of the scale in the profile.
    var exponent: Int
    var unit: UnitOfMeasure
    /// Of the step from the number in the registers to the face.
    var total: Int

    /// Each step once, in the face's own unit where that has a usual scale.
    static func all(for unit: UnitOfMeasure) -> [ScaleChoice] {
        var choices = (-4...3).map { ScaleChoice(exponent: $0, unit: unit, total: $0) }
        for family in families {
            guard let own = family.first(where: { $0.unit == unit }) else { continue }
            for other in family where other.unit != unit {
                for exponent in -4...3 {
                    let total = exponent + other.power - own.power
                    if !choices.contains(where: { $0.total == total }) {
                        choices.append(ScaleChoice(exponent: exponent, unit: other.unit, total: total))
                    }
                }
            }
        }
        return choices
    }

    /// Units that differ by a power of ten.
    private static let families: [[(unit: UnitOfMeasure, power: Int)]] = [
        [(.cubicMetre, 0), (.litre, -3)], [(.cubicMetrePerHour, 0), (.litrePerHour, -3)],
        [(.bar, 0), (.kilopascal, -2), (.megapascal, 1)], [(.metre, 0), (.centimetre, -2), (.millimetre, -3)],
        [(.kilowatt, 0), (.watt, -3)],
    ]
}

private struct FaceSearch {
    let face: FaceNumber
    let scales: [ScaleChoice]
    /// Fewest digits worth telling.
    let least: Int

    private static let integers: [PointType] = [
        .uint16, .int16, .uint32, .int32, .uint64, .int64, .float32, .float64, .bcd16,
    ]

    func matches(in block: RegisterBlock) -> [FaceMatch] {
        var found: [FaceMatch] = []
        for place in block.words.indices {
            for candidate in candidates(at: place, in: block) { found += scaled(candidate) }
            found += sums(at: place, in: block)
        }
        return found
    }

    /// A part without its scale, and the number in its registers.
    private struct Candidate {
        var part: FacePart
        var number: Double
    }

    private func scaled(_ candidate: Candidate) -> [FaceMatch] {
        scales.compactMap { scale in
            let value = times(candidate.number, tenTo: scale.total)
            let agreed = face.digitsAgreed(with: value)
            guard agreed >= least else { return nil }
            var part = candidate.part
            (part.exponent, part.unit) = (scale.exponent, scale.unit)
            return FaceMatch(parts: [part], value: value, digitsAgreed: agreed)
        }
    }

    private func candidates(at place: Int, in block: RegisterBlock) -> [Candidate] {
        let types = Self.integers.map(FaceType.plain) + (2...4).map { FaceType.decimalDigits(registers: $0) }
        return types.flatMap { type -> [Candidate] in
            guard place + type.width <= block.words.count, Int(block.address) + place <= 65_535 else { return [] }
            let words = block.words[place..<place + type.width]
            let orders: [WordOrder?] = type.width == 1 ? [nil] : WordOrder.allCases.map { $0 }
            return orders.compactMap { order in
                let bits = arranged(words, order ?? .abcd)
                guard let number = number(type, bits), number != 0 else { return nil }
                let part = FacePart(
                    table: block.table, address: block.address + UInt16(place), type: type, order: order, exponent: 0,
                    unit: scales[0].unit, alsoType: alsoType(of: type, bits))
                return Candidate(part: part, number: number)
            }
        }
    }

    /// The number in the registers; `nil` where a signed type only repeats the unsigned one, and for what is no number.
    private func number(_ type: FaceType, _ bits: UInt64) -> Double? {
        switch type {
        case .plain(.uint16), .plain(.uint32): Double(bits)
        case .plain(.uint64): Int64(exactly: bits).map(Double.init)
        case .plain(.int16): bits >> 15 == 1 ? Double(Int16(truncatingIfNeeded: bits)) : nil
        case .plain(.int32): bits >> 31 == 1 ? Double(Int32(truncatingIfNeeded: bits)) : nil
        case .plain(.int64): bits >> 63 == 1 ? Double(Int64(bitPattern: bits)) : nil
        case .plain(.float32): Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .plain(.float64): Double(bitPattern: bits)
        case .plain(.bcd16): digits(bits, count: 4)
        case .decimalDigits(let registers): digits(bits, count: 4 * registers)
        case .plain: nil
        }
    }

    private func alsoType(of type: FaceType, _ bits: UInt64) -> PointType? {
        switch type {
        case .plain(.uint16) where bits >> 15 == 0: .int16
        case .plain(.uint32) where bits >> 31 == 0: .int32
        case .plain(.uint64): .int64
        default: nil
        }
    }

    private func digits(_ bits: UInt64, count: Int) -> Double? {
        var value = 0.0
        for place in (0..<count).reversed() {
            let digit = bits >> UInt64(4 * place) & 0xF
            guard digit <= 9 else { return nil }
            value = value * 10 + Double(digit)
        }
        return value
    }

    /// Whole parts at `place` with a fraction directly behind or before them, of one order.
    private func sums(at place: Int, in block: RegisterBlock) -> [FaceMatch] {
        let magnitude = face.value.magnitude
        guard magnitude >= 1, face.decimals > 0 else { return [] }
        let wholeTypes: [FaceType] = [.plain(.uint16), .plain(.uint32), .plain(.uint64), .plain(.int32)]
        let wholes = candidates(at: place, in: block).filter {
            wholeTypes.contains($0.part.type) && $0.number == face.value.rounded(.towardZero)
        }
        return wholes.flatMap { whole in
            let behind = place + whole.part.type.width
            let neighbours =
                (behind < block.words.count ? candidates(at: behind, in: block) : [])
                + (1...2).filter { place >= $0 }.flatMap { width in
                    candidates(at: place - width, in: block).filter { $0.part.type.width == width }
                }
            return neighbours.flatMap { sums(of: whole, $0) }
        }
    }

    private func sums(of whole: Candidate, _ fraction: Candidate) -> [FaceMatch] {
        let fits = whole.part.order == nil || fraction.part.order == nil || whole.part.order == fraction.part.order
        guard fits else { return [] }
        let exponents: [Int]
        switch fraction.part.type {
        case .plain(.float32): exponents = [0]
        case .plain(.uint16), .plain(.uint32): exponents = [-4, -3, -2, -1]
        default: return []
        }
        return exponents.compactMap { exponent in
            let rest = times(fraction.number, tenTo: exponent)
            guard rest.magnitude < 1, rest.magnitude > 1e-6 else { return nil }
            let agreed = face.digitsAgreed(with: whole.number + rest)
            guard agreed == face.digits else { return nil }
            var part = fraction.part
            part.exponent = exponent
            return FaceMatch(parts: [whole.part, part], value: whole.number + rest, digitsAgreed: agreed)
        }
    }
}

/// `number * 10^exponent` with one rounding.
private func times(_ number: Double, tenTo exponent: Int) -> Double {
    exponent >= 0 ? number * powersOfTen[exponent] : number / powersOfTen[-exponent]
}
