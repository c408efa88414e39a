// SPDX-License-Identifier: Apache-2.0

/// Why the bytes of a file are no text, and where.
public struct UnreadableText: Error, Hashable, Sendable {
    public var place: FilePlace
    public var message: String
}

/// The text of a file in UTF-8, with or without a byte order mark at its start, which is left out.
public func decodeText(_ bytes: [UInt8]) throws(UnreadableText) -> String {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        throw UnreadableText(place: .start, message: "the file is UTF-16. Save it as UTF-8.")
    }
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    var text = String.UnicodeScalarView()
    var lines = LineCounter()
    var iterator = content.makeIterator()
    var decoder = UTF8()
    while true {
        switch decoder.decode(&iterator) {
        case .scalarValue(let scalar):
            text.append(scalar)
            lines.pass(scalar)
        case .emptyInput: return String(text)
        case .error:
            throw UnreadableText(
                place: lines.place,
                message: "this is not UTF-8. Save the file as UTF-8; GBK and other encodings are not read.")
        }
    }
}
