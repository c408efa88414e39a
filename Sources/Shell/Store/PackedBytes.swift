// SPDX-License-Identifier: Apache-2.0

/// Why a packed row cannot be read. The bytes came from a disk, so any of them may be wrong.
enum PackedFault: Error, Hashable, Sendable {
    /// The first byte names a format that this program does not know.
    case unknownVersion(UInt8)
    /// The bytes end inside a field.
    case ended
    /// A number is longer than 64 bits.
    case overlong
    /// A field holds what no version has written.
    case invalid(String)
    /// The row holds another number of readings than it says.
    case miscounted(expected: Int, found: Int)
}

/// Appends numbers to a buffer that is used again and again.
struct PackedWriter {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Seven bits a byte, the lowest first; the high bit says that more follow.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A small magnitude is short, whatever its sign: 0, -1, 1, -2 become 0, 1, 2, 3.
    mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    mutating func append(fixed value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<value.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}

/// Takes numbers off bytes and never reads beyond them.
struct PackedReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(PackedFault) -> UInt8 {
        guard position < bytes.count else { throw .ended }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func varint() throws(PackedFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            // The tenth byte has room for one bit only.
            guard shift < 63 || (shift == 63 && next <= 1) else { throw .overlong }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
            shift += 7
        }
    }

    mutating func signed() throws(PackedFault) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func fixed<Value: FixedWidthInteger>(_: Value.Type) throws(PackedFault) -> Value {
        let width = Value.bitWidth / 8
        guard bytes.count - position >= width else { throw .ended }
        defer { position += width }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
    }
}
