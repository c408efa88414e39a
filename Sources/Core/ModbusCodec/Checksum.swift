// SPDX-License-Identifier: Apache-2.0

/// The checksum of an RTU frame: CRC-16 with the reflected polynomial 0xA001 and the start value 0xFFFF
/// (Modbus over Serial Line V1.02, section 6.2.2).
///
/// - Returns: The value whose low byte goes on the wire first. Zero for a whole frame that ends in its own checksum.
public func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var sum: UInt16 = 0xFFFF
    for byte in bytes { sum = (sum >> 8) ^ remainders[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
    return sum
}

/// What each value of one byte adds to the checksum.
private let remainders: [UInt16] = (0..<256 as Range<UInt16>).map { byte in
    (0..<8).reduce(byte) { sum, _ in sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0xA001 }
}

extension [UInt8] {
    /// These bytes and their checksum, low byte first.
    package var withChecksum: [UInt8] {
        let sum = crc16(self)
        return self + [UInt8(truncatingIfNeeded: sum), UInt8(truncatingIfNeeded: sum >> 8)]
    }
}
