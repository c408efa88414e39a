// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// Bytes written as in a manual: `01 03 00 00`.
func hex(_ text: String) -> [UInt8] { text.split(separator: " ").compactMap { UInt8($0, radix: 16) } }

/// A request that is known to be short enough.
func read(
    _ table: RegisterTable, _ address: UInt16, _ count: UInt16, of unit: UInt8 = 1, aliases: [UInt8] = []
) throws -> ReadRequest {
    struct SpanTooLong: Error {}
    let span = RegisterSpan(table, at: address, count: count)
    guard let request = ReadRequest(span, of: UnitIdentifier(unit), aliases: aliases.map(UnitIdentifier.init)) else {
        throw SpanTooLong()
    }
    return request
}

/// The checksum as the standard words it, bit by bit: slow, and not the way the codec does it.
func checksumByTheBook(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var register = 0xFFFF
    for byte in bytes {
        register ^= Int(byte)
        for _ in 0..<8 {
            let carry = register % 2
            register /= 2
            if carry == 1 { register ^= 0xA001 }
        }
    }
    return [UInt8(register % 256), UInt8(register / 256)]
}
