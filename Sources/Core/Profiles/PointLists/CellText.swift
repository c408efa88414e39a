// SPDX-License-Identifier: Apache-2.0

/// A cell with full-width characters as plain ones and without blanks around it.
///
/// - Returns: The text, and whether a full-width character was replaced.
func plainCell(_ text: String) -> (text: String, wasWide: Bool) {
    var (scalars, wasWide) = (String.UnicodeScalarView(), false)
    for scalar in text.unicodeScalars {
        // The block of full-width forms repeats ASCII, 0xFEE0 further up.
        if (0xFF01...0xFF5E).contains(scalar.value), let plain = Unicode.Scalar(scalar.value - 0xFEE0) {
            scalars.append(plain)
            wasWide = true
        } else if scalar.value == 0x3000 || scalar.value == 0xA0 {
            scalars.append(" ")
        } else {
            scalars.append(scalar)
        }
    }
    return (trimmed(String(scalars)), wasWide)
}

/// `text` without blanks, tabs and breaks around it.
func trimmed(_ text: String) -> String {
    let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\u{3000}", "\u{A0}", "\u{FEFF}"]
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, blanks.contains(first) { scalars.removeFirst() }
    while let last = scalars.last, blanks.contains(last) { scalars.removeLast() }
    return String(scalars)
}

/// As names are compared: small letters, without blanks, `_`, `-` and dots.
func comparable(_ text: String) -> String {
    let ignored: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "_", "-", "."]
    return String(String.UnicodeScalarView(text.unicodeScalars.filter { !ignored.contains($0) })).lowercased()
}

/// `text` in one line of a YAML comment, or inside double quotes: characters that YAML refuses are left out.
func oneLine(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: scalars.append(" ")
        case 0x20...0x7E, 0xA0...0xD7FF, 0xF900...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: scalars.append(scalar)
        default: break
        }
    }
    return trimmed(String(scalars))
}

/// `text` as a YAML scalar between double quotes.
func quotedScalar(_ text: String) -> String {
    let escaped = oneLine(text).map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return "\"\(escaped)\""
}

/// A whole number as lists write it: `12`, `0012`, `0x0C`, `0CH`; `nil` for anything else.
///
/// - Parameter isHexadecimal: Whether bare digits are hexadecimal.
func listNumber(_ text: String, isHexadecimal: Bool = false) -> Int? {
    let small = text.lowercased()
    if small.hasPrefix("0x") { return hexadecimal(small.dropFirst(2)) }
    if small.hasSuffix("h") { return hexadecimal(small.dropLast()) }
    if isHexadecimal { return hexadecimal(small[...]) }
    guard !small.isEmpty, small.utf8.count <= 18, small.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    return Int(small)
}

/// Whether bare digits can only be hexadecimal: `0A`, `1F40`.
func looksHexadecimal(_ text: String) -> Bool {
    let isDigits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return !isDigits && text.utf8.count <= 4 && hexadecimal(text.lowercased()[...]) != nil
}

private func hexadecimal(_ digits: Substring) -> Int? {
    guard !digits.isEmpty, digits.utf8.count <= 15,
        digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return Int(digits, radix: 16)
}

extension DecimalNumber {
    /// As a file writes it, without an exponent; read again it is the same.
    var text: String {
        let digits = String(mantissa.magnitude)
        let sign = mantissa < 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
