// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Profiles

/// How the characters of a list are written as bytes.
public enum ListEncoding: String, Hashable, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    /// Reads GBK and GB 2312 as well, of which it is the larger set.
    case gb18030

    /// The encoding that a person names; `nil` for any other word.
    public init?(named word: String) {
        let small = word.lowercased()
        let names: [String: ListEncoding] = [
            "utf8": .utf8, "utf-8-bom": .utf8, "utf-16": .utf16LittleEndian, "utf16": .utf16LittleEndian,
            "gbk": .gb18030,
            "gb2312": .gb18030, "cp936": .gb18030,
        ]
        guard let found = ListEncoding(rawValue: small) ?? names[small] else { return nil }
        self = found
    }
}

/// The text of a list, and how that was found.
public struct ListText: Sendable {
    public var text: String
    public var encoding: ListEncoding
    /// `said by its byte order mark`, `guessed`, `as told`.
    public var reason: String
}

/// Reads a list of points.
///
/// - Parameters:
///   - path: `-` reads standard input.
///   - told: The encoding; `nil` looks at the byte order mark, then takes UTF-8 when all of it is, then GB18030.
public func readListFile(at path: String, encoding told: ListEncoding? = nil) throws(ListProblem) -> ListText {
    func problem(_ message: String) -> ListProblem {
        ListProblem(
            path: path, row: 0, column: nil, severity: .error, code: ErrorCode.listUnreadable.rawValue,
            message: message)
    }
    let bytes: [UInt8]
    do {
        bytes =
            path == "-"
            ? try readToEnd(of: STDIN_FILENO, limit: ListLimits.bytes)
            : try readBytes(at: path, limit: ListLimits.bytes)
    } catch {
        switch error {
        case .missing: throw problem("the file does not exist.")
        case .noFile: throw problem("this is no file with a list in it.")
        case .tooLarge(let limit): throw problem("the file is larger than \(limit / 1_048_576) MiB.")
        case .system(let text): throw problem("the file cannot be read: \(text).")
        }
    }
    return try decodeList(bytes, path: path, encoding: told)
}

/// The text of these bytes.
public func decodeList(
    _ bytes: [UInt8], path: String, encoding told: ListEncoding? = nil
) throws(ListProblem) -> ListText {
    func problem(_ message: String) -> ListProblem {
        ListProblem(
            path: path, row: 0, column: nil, severity: .error, code: ErrorCode.listUnreadable.rawValue,
            message: message)
    }
    guard bytes.count <= ListLimits.bytes else { throw problem("the file is larger than 16 MiB.") }
    // A zip archive, and the format before it.
    if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
        throw problem("this is a workbook of a spreadsheet. Save it as CSV (UTF-8) and import that file.")
    }
    let marks: [([UInt8], ListEncoding)] = [
        ([0xEF, 0xBB, 0xBF], .utf8), ([0xFF, 0xFE], .utf16LittleEndian), ([0xFE, 0xFF], .utf16BigEndian),
    ]
    let marked = marks.first { bytes.starts(with: $0.0) }
    let content = marked.map { bytes.dropFirst($0.0.count) } ?? bytes[...]
    let found: ListText
    if let told {
        // A mark belongs to its own encoding only.
        let rest = marked.map { $0.1 == told } == true ? content : bytes[...]
        guard let text = decoded(rest, told) else { throw problem("this is not \(told.rawValue) (--encoding).") }
        found = ListText(text: text, encoding: told, reason: "as told")
    } else if let marked {
        guard let text = decoded(content, marked.1) else {
            throw problem("its byte order mark says \(marked.1.rawValue), and it is not. Save it as UTF-8.")
        }
        found = ListText(text: text, encoding: marked.1, reason: "said by its byte order mark")
    } else if let text = decoded(bytes[...], .utf8) {
        found = ListText(text: text, encoding: .utf8, reason: "all of it is valid")
    } else if let text = decoded(bytes[...], .gb18030) {
        found = ListText(text: text, encoding: .gb18030, reason: "it is not UTF-8; read as GBK is")
    } else if !hasConverter {
        throw problem("this is not UTF-8, and libc has no converter here to read GBK. Save it as UTF-8.")
    } else {
        throw problem("this is neither UTF-8 nor GBK (GB18030). Save it as UTF-8, or name its encoding: --encoding.")
    }
    if found.text.unicodeScalars.contains("\u{0}") {
        throw problem(
            "it contains zero bytes, so it is no text, or UTF-16 without a byte order mark: --encoding utf-16le reads that."
        )
    }
    return found
}

/// The text, when every byte of it belongs to a character.
private func decoded(_ bytes: ArraySlice<UInt8>, _ encoding: ListEncoding) -> String? {
    switch encoding {
    case .utf8: return String(validating: bytes, as: UTF8.self)
    case .utf16LittleEndian, .utf16BigEndian:
        guard bytes.count.isMultiple(of: 2) else { return nil }
        let isLittle = encoding == .utf16LittleEndian
        let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { place -> UInt16 in
            let (low, high) = isLittle ? (bytes[place], bytes[place + 1]) : (bytes[place + 1], bytes[place])
            return UInt16(high) << 8 | UInt16(low)
        }
        return String(validating: units, as: UTF16.self)
    case .gb18030: return converted(Array(bytes), from: "GB18030")
    }
}

/// Whether libc reads GB18030; a system without its converters does not.
private var hasConverter: Bool {
    guard let converter = iconv_open("UTF-8", "GB18030"), converter != iconv_t(bitPattern: -1) else { return false }
    iconv_close(converter)
    return true
}

/// By iconv of libc; `nil` when a byte does not fit, or when libc has no such converter.
private func converted(_ bytes: [UInt8], from encoding: String) -> String? {
    guard let converter = iconv_open("UTF-8", encoding), converter != iconv_t(bitPattern: -1) else { return nil }
    defer { iconv_close(converter) }
    var input = bytes.map { CChar(bitPattern: $0) }
    var output: [UInt8] = []
    var buffer = [CChar](repeating: 0, count: 65_536)
    let isWhole = input.withUnsafeMutableBufferPointer { source -> Bool in
        var from = source.baseAddress
        var left = source.count
        while left > 0 {
            let before = left
            let (isSound, written) = buffer.withUnsafeMutableBufferPointer { target -> (Bool, Int) in
                var to = target.baseAddress
                var room = target.count
                let result = iconv(converter, &from, &left, &to, &room)
                // A full buffer is emptied and filled again; anything else is a byte that does not fit.
                let isSound = result != Int(bitPattern: UInt.max) || errno == E2BIG
                return (isSound, target.count - room)
            }
            output += buffer[..<written].map { UInt8(bitPattern: $0) }
            guard isSound, left < before || written > 0 else { return false }
        }
        return true
    }
    return isWhole ? String(validating: output, as: UTF8.self) : nil
}
