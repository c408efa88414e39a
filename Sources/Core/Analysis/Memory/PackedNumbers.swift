// SPDX-License-Identifier: Apache-2.0

/// A number whose bits are saved as they are.
protocol PackedNumber: Hashable, Sendable {
    associatedtype Bits: FixedWidthInteger & UnsignedInteger
    var packed: Bits { get }
    init(packed: Bits)
}

extension UInt8: PackedNumber {
    var packed: UInt8 { self }
    init(packed: UInt8) { self = packed }
}

extension UInt16: PackedNumber {
    var packed: UInt16 { self }
    init(packed: UInt16) { self = packed }
}

extension Int16: PackedNumber {
    var packed: UInt16 { UInt16(bitPattern: self) }
    init(packed: UInt16) { self = Int16(bitPattern: packed) }
}

extension Int32: PackedNumber {
    var packed: UInt32 { UInt32(bitPattern: self) }
    init(packed: UInt32) { self = Int32(bitPattern: packed) }
}

extension Float: PackedNumber {
    var packed: UInt32 { bitPattern }
    init(packed: UInt32) { self = Float(bitPattern: packed) }
}

/// Numbers as text: the bits of each, least byte first, in the alphabet of RFC 4648 for addresses, without padding.
///
/// A saved state holds thousands of small numbers; as a list they take up to three times as many characters, and a
/// number with a fraction is not rounded on its way.
enum PackedText {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// For each byte the place of its letter; 255 for any other.
    private static let places: [UInt8] = {
        var places = [UInt8](repeating: 255, count: 256)
        for (place, letter) in letters.enumerated() { places[Int(letter)] = UInt8(place) }
        return places
    }()

    static func text<Number: PackedNumber>(_ numbers: some Sequence<Number>) -> String {
        var text: [UInt8] = []
        var (bits, count) = (UInt32(0), 0)
        for number in numbers {
            var rest = number.packed
            for _ in 0..<(Number.Bits.bitWidth / 8) {
                bits = bits << 8 | UInt32(truncatingIfNeeded: rest & 0xFF)
                if Number.Bits.bitWidth > 8 { rest >>= 8 }
                count += 8
                while count >= 6 {
                    count -= 6
                    text.append(letters[Int(bits >> UInt32(count) & 63)])
                }
                bits &= 1 << UInt32(count) &- 1
            }
        }
        if count > 0 { text.append(letters[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: `nil` when the text is not made of whole numbers.
    static func numbers<Number: PackedNumber>(_ text: String) -> [Number]? {
        let width = Number.Bits.bitWidth / 8
        let letters = text.utf8
        let bytes = letters.count * 6 / 8
        guard bytes % width == 0, (bytes * 8 + 5) / 6 == letters.count else { return nil }
        var numbers: [Number] = []
        numbers.reserveCapacity(bytes / width)
        var (bits, count) = (UInt32(0), 0)
        var (number, filled) = (Number.Bits(0), 0)
        for letter in letters {
            let place = places[Int(letter)]
            guard place < 64 else { return nil }
            bits = bits << 6 | UInt32(place)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            number |= Number.Bits(truncatingIfNeeded: bits >> UInt32(count) & 0xFF) << Number.Bits(8 * filled)
            bits &= 1 << UInt32(count) &- 1
            filled += 1
            guard filled == width else { continue }
            numbers.append(Number(packed: number))
            (number, filled) = (0, 0)
        }
        return numbers
    }

    static func decode<Number: PackedNumber>(_ decoder: any Decoder) throws -> [Number] {
        let container = try decoder.singleValueContainer()
        guard let numbers: [Number] = numbers(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "These are no packed numbers.")
        }
        return numbers
    }
}

/// A list of numbers that is saved as packed text.
@propertyWrapper
struct Packed<Number: PackedNumber>: Hashable, Codable, Sendable {
    var wrappedValue: [Number]

    init(wrappedValue: [Number]) { self.wrappedValue = wrappedValue }

    init(from decoder: any Decoder) throws { wrappedValue = try PackedText.decode(decoder) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(PackedText.text(wrappedValue))
    }
}

/// A fixed number of numbers in the place where they are used, with no block of the heap.
struct Fixed<let size: Int, Number: PackedNumber>: RandomAccessCollection, Hashable, Codable, Sendable {
    private var numbers: InlineArray<size, Number>

    init(repeating number: Number) { numbers = InlineArray(repeating: number) }

    var startIndex: Int { 0 }
    var endIndex: Int { size }

    subscript(place: Int) -> Number {
        get { numbers[place] }
        set { numbers[place] = newValue }
    }

    /// Puts a number behind the last one that is known; of a full list the first one goes.
    ///
    /// - Parameter known: How many are known.
    /// - Returns: How many are known now.
    mutating func append(_ number: Number, after known: Int) -> Int {
        if known >= size { for place in 1..<size { numbers[place - 1] = numbers[place] } }
        let place = Swift.min(known, size - 1)
        numbers[place] = number
        return place + 1
    }

    static func == (a: Self, b: Self) -> Bool { (0..<size).allSatisfy { a[$0] == b[$0] } }

    func hash(into hasher: inout Hasher) { for place in 0..<size { hasher.combine(numbers[place]) } }

    init(from decoder: any Decoder) throws {
        let list: [Number] = try PackedText.decode(decoder)
        guard list.count == size, let first = list.first else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "There are not \(size) numbers."))
        }
        numbers = InlineArray(repeating: first)
        for place in 0..<size { numbers[place] = list[place] }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(PackedText.text(self))
    }
}
