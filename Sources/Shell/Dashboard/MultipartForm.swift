// SPDX-License-Identifier: Apache-2.0

/// The parts of a form that a browser sends with a file (RFC 7578).
struct MultipartForm: Sendable {
    struct Part: Sendable, Hashable {
        var name: String
        /// `nil` for a field that is no file.
        var fileName: String?
        var bytes: ArraySlice<UInt8>
    }

    /// More parts than any form here has.
    static let mostParts = 20
    static let mostHeadBytes = 4096

    var parts: [Part]

    /// - Parameter contentType: `multipart/form-data; boundary=...`.
    /// - Returns: `nil` when it is no such form.
    init?(contentType: String, body: [UInt8]) {
        guard let boundary = Self.boundary(in: contentType) else { return nil }
        let dash = Array("--".utf8)
        let mark = dash + Array(boundary.utf8)
        let delimiter: [UInt8] = [0x0D, 0x0A] + mark
        guard body.starts(with: mark) else { return nil }
        var place = mark.count
        parts = []
        while true {
            if body[place...].starts(with: dash) { return }
            guard parts.count < Self.mostParts, body[place...].starts(with: [0x0D, 0x0A]),
                let head = Self.place(of: [0x0D, 0x0A, 0x0D, 0x0A], in: body, from: place, within: Self.mostHeadBytes),
                let end = Self.place(of: delimiter, in: body, from: head + 2, within: .max)
            else { return nil }
            guard
                let part = Self.part(
                    body[place + 2..<max(place + 2, head)], content: head + 4 <= end ? body[head + 4..<end] : [])
            else { return nil }
            parts.append(part)
            place = end + delimiter.count
        }
    }

    /// The text of a field; `nil` when there is none or it is no UTF-8.
    func text(_ name: String) -> String? {
        parts.first { $0.name == name && $0.fileName == nil }.flatMap { String(validating: $0.bytes, as: UTF8.self) }
    }

    /// The first file of a field.
    func file(_ name: String) -> Part? { parts.first { $0.name == name && $0.fileName != nil } }

    private static func boundary(in contentType: String) -> String? {
        let pieces = contentType.split(separator: ";").map { $0.trimmed }
        guard pieces.first?.lowercased() == "multipart/form-data" else { return nil }
        for piece in pieces.dropFirst() where piece.lowercased().hasPrefix("boundary=") {
            let value = piece.dropFirst("boundary=".count).filter { $0 != "\"" }
            return (1...70).contains(value.utf8.count) ? String(value) : nil
        }
        return nil
    }

    private static func part(_ head: ArraySlice<UInt8>, content: ArraySlice<UInt8>) -> Part? {
        guard let text = String(validating: head, as: UTF8.self) else { return nil }
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "content-disposition" else {
                continue
            }
            let values = parameters(of: line[line.index(after: colon)...])
            guard let name = values["name"] else { return nil }
            return Part(name: name, fileName: values["filename"], bytes: content)
        }
        return nil
    }

    /// `name="photo"; filename="a.jpg"`: browsers write `%22` for a quotation mark.
    private static func parameters(of text: Substring) -> [String: String] {
        var values: [String: String] = [:]
        var rest = text
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...]
            guard let equals = rest.firstIndex(of: "=") else { break }
            let name = rest[..<equals].trimmed.lowercased()
            rest = rest[rest.index(after: equals)...]
            guard rest.first == "\"" else { continue }
            let quoted = rest.dropFirst()
            guard let end = quoted.firstIndex(of: "\"") else { break }
            values[name] = String(quoted[..<end])
            rest = quoted[quoted.index(after: end)...]
        }
        return values
    }

    /// Where `pattern` begins, at `start` or later; `nil` when it does not begin within so many bytes.
    private static func place(of pattern: [UInt8], in body: [UInt8], from start: Int, within limit: Int) -> Int? {
        guard start >= 0, start <= body.count else { return nil }
        let last = min(body.count - pattern.count, limit == .max ? .max : start + limit)
        return body.withUnsafeBufferPointer { bytes in
            var place = start
            while place <= last {
                if bytes[place] == pattern[0] {
                    var count = 1
                    while count < pattern.count, bytes[place + count] == pattern[count] { count += 1 }
                    if count == pattern.count { return place }
                }
                place += 1
            }
            return nil
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
