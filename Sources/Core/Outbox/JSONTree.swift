// SPDX-License-Identifier: Apache-2.0

/// A JSON text (RFC 8259) that came from outside, read within bounds.
public indirect enum JSONTree: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: JSONTree
    }

    case null
    case boolean(Bool)
    /// As it was written, for instance `1e3`.
    case number(String)
    case text(String)
    case array([JSONTree])
    /// Names are unique.
    case object([Member])

    /// The member of an object; `nil` when there is none, or this is no object.
    public subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var text: String? { if case .text(let text) = self { text } else { nil } }
    public var integer: Int64? { if case .number(let text) = self { Int64(text) } else { nil } }
    public var elements: [JSONTree]? { if case .array(let elements) = self { elements } else { nil } }

    /// - Parameter deepest: Most arrays and objects inside each other, 1 and more. It bounds the stack as well.
    public init(_ bytes: [UInt8], deepest: Int = 16) throws(JSONFault) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = JSONTreeReader(bytes: bytes, deepest: deepest)
        self = try reader.whole()
    }
}

/// Why a text is no JSON, or none that is read.
public enum JSONFault: Error, Hashable, Sendable {
    case notUTF8
    case tooDeep(limit: Int)
    /// Byte at which it is no JSON any more.
    case malformed(at: Int)
    /// A name stands twice in one object: readers differ in which one they take.
    case twice(String)
}

private struct JSONTreeReader {
    let bytes: [UInt8]
    let deepest: Int
    var place = 0

    mutating func whole() throws(JSONFault) -> JSONTree {
        let tree = try value(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw .malformed(at: place) }
        return tree
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONFault) -> JSONTree {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < deepest else { throw .tooDeep(limit: deepest) }
            return take("{") ? try object(depth: depth + 1) : try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> JSONTree {
        var members: [JSONTree.Member] = []
        var names: Set<String> = []
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw .malformed(at: place) }
            let name = try string()
            guard names.insert(name).inserted else { throw .twice(name) }
            skipSpace()
            guard take(":") else { throw .malformed(at: place) }
            members.append(JSONTree.Member(name: name, value: try value(depth: depth)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw .malformed(at: place) }
        }
    }

    private mutating func array(depth: Int) throws(JSONFault) -> JSONTree {
        var elements: [JSONTree] = []
        _ = take("[")
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw .malformed(at: place) }
        }
    }

    private mutating func word(_ word: StaticString, _ tree: JSONTree) throws(JSONFault) -> JSONTree {
        let end = place + word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { end <= bytes.count && bytes[place..<end].elementsEqual($0) }
        guard matches else { throw .malformed(at: place) }
        place = end
        return tree
    }

    private mutating func number() throws(JSONFault) -> String {
        let start = place
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
        _ = take("-")
        guard isDigit(next) else { throw .malformed(at: place) }
        if !take("0") { while isDigit(next) { place += 1 } }
        if take(".") {
            guard isDigit(next) else { throw .malformed(at: place) }
            while isDigit(next) { place += 1 }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard isDigit(next) else { throw .malformed(at: place) }
            while isDigit(next) { place += 1 }
        }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func string() throws(JSONFault) -> String {
        var text: [UInt8] = []
        place += 1
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                place += 1
                try escape(into: &text)
            case 0x00...0x1F: throw .malformed(at: place)
            default:
                text.append(byte)
                place += 1
            }
        }
        throw .malformed(at: place)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONFault) {
        guard let letter = next else { throw .malformed(at: place) }
        place += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800...0xDBFF).contains(code) {
                // Half of a pair; the other half has to follow.
                guard take("\\"), take("u") else { throw .malformed(at: place) }
                let low = try hexadecimal()
                guard (0xDC00...0xDFFF).contains(low) else { throw .malformed(at: place) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .malformed(at: place) }
            text.append(contentsOf: Character(scalar).utf8)
        default: throw .malformed(at: place - 1)
        }
    }

    private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
        guard place + 4 <= bytes.count else { throw .malformed(at: place) }
        let digits = String(decoding: bytes[place..<place + 4], as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let code = UInt32(digits, radix: 16)
        else { throw .malformed(at: place) }
        place += 4
        return code
    }
}
