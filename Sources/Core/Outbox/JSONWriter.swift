// SPDX-License-Identifier: Apache-2.0

public import Model

/// Writes JSON text straight into bytes, commas included.
///
/// It is for the path that every reading takes; the caller keeps brackets in pairs and keys before values.
public struct JSONWriter: Sendable {
    /// The text so far, UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// The largest magnitude at which every whole number is exact in a reader's `Double`.
    static let largestExactInteger: Int64 = 1 << 53

    public init(reserving capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    public mutating func key(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key that ``preparedKey(_:)`` wrote beforehand.
    public mutating func key(prepared: [UInt8]) {
        separate()
        bytes.append(contentsOf: prepared)
        needsComma = false
    }

    /// `"name":`, escaped.
    public static func preparedKey(_ name: String) -> [UInt8] {
        var writer = JSONWriter(reserving: name.utf8.count + 3)
        writer.key(name)
        return writer.bytes
    }

    /// A key and its value that ``preparedMember(_:_:)`` wrote beforehand.
    mutating func member(prepared: [UInt8]) {
        separate()
        bytes.append(contentsOf: prepared)
    }

    /// `"name":"text"`, escaped.
    static func preparedMember(_ name: String, _ text: String) -> [UInt8] {
        var writer = JSONWriter(reserving: name.utf8.count + text.utf8.count + 5)
        writer.key(name)
        writer.string(text)
        return writer.bytes
    }

    public mutating func string(_ text: String) {
        separate()
        appendQuoted(text)
    }

    /// A string of which the caller knows that nothing in it needs escaping.
    public mutating func plain(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? Self.trueWord : Self.falseWord)
    }

    /// The shortest decimal that reads back as `value`; `null` when it is not finite, since JSON knows no NaN.
    public mutating func number(_ value: Double) {
        separate()
        if value.isFinite {
            bytes.append(contentsOf: value.description.utf8)
        } else {
            bytes.append(contentsOf: Self.nullWord)
        }
    }

    /// A whole number; beyond 2^53 as a string, because readers that keep numbers as `Double` would round it.
    public mutating func integer(_ value: Int64) {
        separate()
        let isExact = -Self.largestExactInteger...Self.largestExactInteger ~= value
        if !isExact { bytes.append(UInt8(ascii: "\"")) }
        appendDecimal(value)
        if !isExact { bytes.append(UInt8(ascii: "\"")) }
    }

    /// RFC 3339 in UTC with milliseconds, as a string.
    public mutating func timestamp(_ moment: Timestamp) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        let c = moment.civil()
        if (0...9999).contains(c.date.year) {
            appendPadded(c.date.year, 4)
            bytes.append(UInt8(ascii: "-"))
            appendPadded(c.date.month, 2)
            bytes.append(UInt8(ascii: "-"))
            appendPadded(c.date.day, 2)
            bytes.append(UInt8(ascii: "T"))
            appendPadded(c.hour, 2)
            bytes.append(UInt8(ascii: ":"))
            appendPadded(c.minute, 2)
            bytes.append(UInt8(ascii: ":"))
            appendPadded(c.second, 2)
            bytes.append(UInt8(ascii: "."))
            appendPadded(c.millisecond, 3)
            bytes.append(UInt8(ascii: "Z"))
        } else {
            bytes.append(contentsOf: moment.rfc3339.utf8)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Where the text ends now, to come back to with ``cut(to:)``.
    var mark: (count: Int, needsComma: Bool) { (bytes.count, needsComma) }

    /// Forgets everything written since `mark`.
    mutating func cut(to mark: (count: Int, needsComma: Bool)) {
        bytes.removeLast(bytes.count - mark.count)
        needsComma = mark.needsComma
    }

    private static let trueWord = Array("true".utf8)
    private static let falseWord = Array("false".utf8)
    private static let nullWord = Array("null".utf8)
    private static let hexDigits = Array("0123456789abcdef".utf8)

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func appendQuoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x00...0x1F:
                bytes.append(contentsOf: [0x5C, 0x75, 0x30, 0x30])  // \u00
                bytes.append(Self.hexDigits[Int(byte >> 4)])
                bytes.append(Self.hexDigits[Int(byte & 0x0F)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendDecimal(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// - Parameter value: Not negative.
    private mutating func appendPadded(_ value: Int, _ width: Int) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}

extension JSONWriter {
    /// A member of an object that is text.
    public mutating func text(_ name: String, _ value: String) {
        key(name)
        string(value)
    }
}
