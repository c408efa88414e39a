// SPDX-License-Identifier: Apache-2.0

import Crypto

/// Random texts that stand for somebody, and what is kept of them.
public enum Secret {
    /// Bytes of a session, a form's token, a first-run token or a program's token: 256 bits, twice what ASVS 7.2.3 asks
    /// for.
    public static let byteCount = 32

    /// SHA-256 of a text: what is looked up, so that neither memory nor the time of a comparison gives the text away.
    public static func digest(of text: String) -> String { hexadecimal(Array(SHA256.hash(data: Array(text.utf8)))) }

    /// Whether two texts are the same, in a time that does not tell where they differ.
    public static func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    static func bytes(ofHexadecimal text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.count <= 256 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    /// A password for the first sign-in: four groups of five letters and digits that are not mistaken for each other,
    /// from 20 random bytes (about 98 bits).
    public static func oneTimePassword(_ random: [UInt8]) -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let text = random.prefix(20).map { letters[Int($0) % letters.count] }
        return stride(from: 0, to: text.count, by: 5).map { String(text[$0..<min($0 + 5, text.count)]) }
            .joined(separator: "-")
    }
}
