// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc

/// Why a recorded set cannot be scored.
struct RecordedSetError: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "\(path): error: \(reason)" }
}

/// The rows of a CSV file, packed by gzip or not, after its header.
struct RecordedTable {
    let path: String
    private let text: String
    private let columns: [Substring: Int]
    private let separator: UInt8

    /// Names of the files of a folder, in order.
    static func names(in folder: String) throws(RecordedSetError) -> [String] {
        guard let directory = opendir(folder) else {
            throw RecordedSetError(path: folder, reason: "cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.sorted()
    }

    /// - Parameters:
    ///   - columns: Names that the header must hold.
    ///   - separator: Between the fields of a row; an ASCII character.
    init(_ path: String, columns wanted: [String], separator: Character = ",") throws(RecordedSetError) {
        self.path = path
        self.separator = separator.asciiValue ?? UInt8(ascii: ",")
        guard let file = gzopen(path, "rb") else {
            throw RecordedSetError(path: path, reason: "cannot be opened: \(String(cString: strerror(errno))).")
        }
        defer { gzclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = gzread(file, &buffer, UInt32(buffer.count))
            guard count >= 0 else { throw RecordedSetError(path: path, reason: "the gzip data are damaged.") }
            if count == 0 { break }
            bytes += buffer[0..<Int(count)]
        }
        text = String(decoding: bytes, as: UTF8.self)
        let header = text.prefix { !$0.isNewline }
        columns = Dictionary(header.split(separator: separator).enumerated().map { ($1, $0) }) { first, _ in first }
        for name in wanted where columns[name[...]] == nil {
            throw RecordedSetError(path: path, reason: "the column '\(name)' is missing.")
        }
    }

    /// Hands out each row as its fields.
    func forEach(_ body: (Row) throws -> Void) rethrows {
        var isHeader = true
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            defer { isHeader = false }
            if isHeader { continue }
            let fields = line.split(separator: separator, omittingEmptySubsequences: false)
            try body(Row(fields: fields, columns: columns))
        }
    }

    struct Row {
        let fields: [Substring.UTF8View.SubSequence]
        let columns: [Substring: Int]

        func text(_ column: Int) -> String { column < fields.count ? String(Substring(fields[column])) : "" }
        func number(_ column: Int) -> Double { Double(Substring(fields[column])) ?? .nan }
        func text(_ name: String) -> String { columns[name[...]].map { text($0) } ?? "" }
        func number(_ name: String) -> Double { columns[name[...]].map { number($0) } ?? .nan }
        func seconds(_ name: String) -> Int64 { Int64(number(name)) }
    }
}
