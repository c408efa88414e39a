// SPDX-License-Identifier: Apache-2.0

/// A name for some bytes that tells contents apart and has to resist nobody: FNV-1a (64 bit), in hexadecimal.
enum ContentHash {
    static func text(of bytes: some Sequence<UInt8>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
