// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object (RFC 8259) that a channel answers with, as far as its outcome stands in them.
///
/// The whole text is checked: one that breaks off or goes on after its end is no answer. Numbers with a fraction,
/// nested values and texts with escapes count as present but are not kept.
struct JSONGlance {
    enum Value: Hashable { case integer(Int64), text(String), other }

    private(set) var members: [String: Value] = [:]

    private let bytes: [UInt8]
    private var place = 0
    private static let deepest = 32

    /// - Returns: `nil` when the bytes are no JSON object, or nested more than 32 deep.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        skipSpace()
        guard take("{"), object(depth: 1, keeps: true) else { return nil }
        skipSpace()
        guard place == bytes.count else { return nil }
    }

    func integer(_ name: String) -> Int64? {
        if case .integer(let value)? = members[name] { return value }
        return nil
    }

    func text(_ name: String) -> String? {
        if case .text(let value)? = members[name] { return value }
        return nil
    }

    private mutating func object(depth: Int, keeps: Bool) -> Bool {
        skipSpace()
        if take("}") { return true }
        while true {
            skipSpace()
            guard take("\""), let name = string() else { return false }
            skipSpace()
            guard take(":"), let value = value(depth: depth) else { return false }
            if keeps { members[name] = value }
            skipSpace()
            if take("}") { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func array(depth: Int) -> Bool {
        skipSpace()
        if take("]") { return true }
        while true {
            guard value(depth: depth) != nil else { return false }
            skipSpace()
            if take("]") { return true }
            guard take(",") else { return false }
        }
    }

    private mutating func value(depth: Int) -> Value? {
        guard depth < Self.deepest else { return nil }
        skipSpace()
        if take("\"") { return string().map { Value.text($0) } }
        if take("{") { return object(depth: depth + 1, keeps: false) ? .other : nil }
        if take("[") { return array(depth: depth + 1) ? .other : nil }
        for word in ["true", "false", "null"] where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return .other
        }
        return number()
    }

    private mutating func number() -> Value? {
        let start = place
        _ = take("-")
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { return nil }
        let end = place
        if take(".") { guard digits() > 0 else { return nil } }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            guard digits() > 0 else { return nil }
        }
        guard place == end else { return .other }
        return Int64(String(decoding: bytes[start..<end], as: UTF8.self)).map { .integer($0) } ?? .other
    }

    private mutating func digits() -> Int {
        let start = place
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
        return place - start
    }

    /// The rest of a string after its opening quote; escapes are passed over as `?`.
    private mutating func string() -> String? {
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard place < bytes.count else { return nil }
                if bytes[place] == UInt8(ascii: "u") {
                    guard place + 4 < bytes.count, bytes[(place + 1)...(place + 4)].allSatisfy(Self.isHex) else {
                        return nil
                    }
                    place += 4
                } else if !"\"\\/bfnrt".utf8.contains(bytes[place]) {
                    return nil
                }
                place += 1
                text.append(UInt8(ascii: "?"))
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }
}
