// SPDX-License-Identifier: Apache-2.0

/// The whole number that a scalar writes: `-12`, `4294967296` or `0xFFFF`; `nil` for `0123`, `1_000` and texts.
public func wholeNumber(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    guard let (magnitude, _) = unsignedNumber(isNegative ? String(text.dropFirst()) : text) else { return nil }
    if isNegative { return magnitude <= UInt64(Int.max) ? -Int(magnitude) : nil }
    return Int(exactly: magnitude)
}

/// Digits without a sign, and whether they were hexadecimal.
func unsignedNumber(_ text: String) -> (value: UInt64, isHexadecimal: Bool)? {
    if text.hasPrefix("0x") {
        let digits = text.dropFirst(2)
        guard !digits.isEmpty, digits.utf8.allSatisfy(isHexDigit) else { return nil }
        return UInt64(digits, radix: 16).map { ($0, true) }
    }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || !text.hasPrefix("0")
    else { return nil }
    return UInt64(text).map { ($0, false) }
}

/// The finite number that a scalar writes in decimal; `nil` for `inf`, `0x1p3`, `0123` and texts.
public func realNumber(_ text: String) -> Double? {
    var digits = Substring(text)
    if digits.first == "-" || digits.first == "+" { digits.removeFirst() }
    guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
    if first == UInt8(ascii: "0"), let second = digits.utf8.dropFirst().first, (0x30...0x39).contains(second) {
        return nil
    }
    let allowed = "0123456789.eE+-".utf8
    guard digits.utf8.count <= 40, digits.utf8.allSatisfy({ allowed.contains($0) }), let value = Double(text),
        value.isFinite
    else { return nil }
    return value
}

/// Bytes written as hexadecimal digits with spaces anywhere between two bytes; `nil` for anything else.
func hexBytes(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for unit in text.utf8 {
        if unit == UInt8(ascii: " ") {
            guard high == nil else { return nil }
            continue
        }
        guard isHexDigit(unit) else { return nil }
        let digit = unit < 0x3A ? unit - 0x30 : (unit | 0x20) - 0x57
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return high == nil ? bytes : nil
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
}

/// Whether an unquoted text looks like a Boolean or an octal number to other readers of YAML.
func isBareWord(_ text: String) -> Bool {
    if ["yes", "no", "on", "off", "y", "n", "true", "false"].contains(text.lowercased()) { return true }
    return text.utf8.count > 1 && text.hasPrefix("0") && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

/// A limit as a message writes it: without a needless `.0`.
func plain(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return "\(value)"
}
