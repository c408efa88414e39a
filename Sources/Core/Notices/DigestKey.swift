// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The key of a digest: the same members in the same order have the same.
enum DigestKey {
    /// The first 16 bytes of SHA-256 over the keys, each with a line's end, in hexadecimal, after `digest-`.
    static func of(_ keys: [String]) -> String {
        var sha = SHA256()
        for key in keys { sha.update(data: Array("\(key)\n".utf8)) }
        return "digest-" + sha.finalize().prefix(16).map(Hexadecimal.pair).joined()
    }
}

enum Hexadecimal {
    private static let digits = Array("0123456789abcdef")

    /// Two lower-case digits.
    static func pair(_ byte: UInt8) -> String { String([digits[Int(byte >> 4)], digits[Int(byte & 15)]]) }

    static func text(_ bytes: some Sequence<UInt8>) -> String { bytes.map(pair).joined() }
}
