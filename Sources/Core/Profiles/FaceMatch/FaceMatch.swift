// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// Registers as read from one table, from their first address on.
public struct RegisterBlock: Hashable, Sendable {
    public var table: RegisterTable
    /// Zero-based address on the wire of the first word.
    public var address: UInt16
    public var words: [UInt16]

    public init(table: RegisterTable, address: UInt16, words: [UInt16]) {
        (self.table, self.address, self.words) = (table, address, words)
    }
}

/// How the bits of a candidate are read: the types of the profile format, and binary coded decimals of any width.
public enum FaceType: Hashable, Sendable, CustomStringConvertible {
    case plain(PointType)
    /// Four decimal digits in each of 2 ... 4 registers.
    case decimalDigits(registers: Int)

    /// Registers that it takes.
    public var width: Int {
        switch self {
        case .plain(let type): Int(type.width)
        case .decimalDigits(let registers): registers
        }
    }

    public var description: String {
        switch self {
        case .plain(let type): type.rawValue
        case .decimalDigits(let registers): "bcd\(registers * 16)"
        }
    }
}

/// One place of the registers read in one way.
public struct FacePart: Hashable, Sendable {
    public var table: RegisterTable
    /// Zero-based address on the wire.
    public var address: UInt16
    public var type: FaceType
    /// `nil` for a single register, which has no order.
    public var order: WordOrder?
    /// The value is the number in the registers times ten to this power.
    public var exponent: Int
    public var unit: UnitOfMeasure
    /// Another type that reads the same from these registers: signed beside unsigned while the value is small.
    public var alsoType: PointType?
}

/// One reading of the registers that agrees with the face.
public struct FaceMatch: Hashable, Sendable {
    /// One part, or a whole part and its fraction, which are added.
    public var parts: [FacePart]
    /// In the unit of the face.
    public var value: Double
    /// Digits of the face that it shows; of two readings, the smaller number.
    public var digitsAgreed: Int

    /// First address of all parts.
    public var address: UInt16 { parts.map(\.address).min() ?? 0 }

    /// Plainer readings first among equals: fewer parts, no change of unit, scales near 1, fewer registers.
    var oddity: Int {
        let first = parts.first
        let change = parts.reduce(0) { $0 + abs($1.exponent) }
        return parts.count * 100 + change * 10 + (first?.type.width ?? 0)
    }
}

/// Every reading that agrees, best first.
public struct FaceMatches: Hashable, Sendable {
    public var face: FaceNumber
    public var matches: [FaceMatch]

    /// Those that agree best: one when the question is settled.
    public var best: [FaceMatch] {
        matches.prefix { $0.digitsAgreed == matches.first?.digitsAgreed }.map { $0 }
    }

    /// Those of ``matches`` that agree with another reading of the same place, taken later, as well.
    ///
    /// Only a number that has changed tells two readings apart.
    public func confirmed(by second: FaceMatches) -> FaceMatches {
        let later = Dictionary(second.matches.map { ($0.place, $0.digitsAgreed) }, uniquingKeysWith: max)
        var kept = matches.compactMap { match -> FaceMatch? in
            guard let agreed = later[match.place] else { return nil }
            var both = match
            both.digitsAgreed = min(match.digitsAgreed, agreed)
            return both
        }
        kept.sort { ($1.digitsAgreed, $0.oddity) < ($0.digitsAgreed, $1.oddity) }
        return FaceMatches(face: face, matches: kept)
    }
}

extension FaceMatch {
    /// What makes two matches the same reading, whatever the value.
    fileprivate var place: [FacePart] {
        parts.map { part in
            var plain = part
            plain.alsoType = nil
            return plain
        }
    }
}
