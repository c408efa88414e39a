// SPDX-License-Identifier: Apache-2.0

import CZlib
import Glibc
public import Model

/// Writes the findings that were raised, and what they said last of their water, as a replay of a folder does.
///
/// - Parameter losses: File for the water; `nil` for none.
/// - Throws: `LeakbenchError` for a file that cannot be written.
public func writeFindings(_ changes: [FindingChange], findings path: String, losses: String?) throws {
    let output = try FindingLines(path: path)
    var latest = LossLines()
    for change in changes {
        if case .raised(let finding) = change { try output.write(finding) }
        latest.note(change)
    }
    if let losses { try latest.write(to: losses) }
}

/// Hands every line of a text file, packed by gzip or not, to `body` with its number from 1.
///
/// - Throws: `LeakbenchError` for a file that is missing or damaged, and what `body` throws.
public func forEachLineOfText(in path: String, _ body: (String, Int) throws -> Void) throws {
    guard let file = gzopen(path, "rb") else {
        throw LeakbenchError(path: path, "cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { gzclose_r(file) }
    gzbuffer(file, 1 << 17)
    var buffer = [CChar](repeating: 0, count: GzipLines.longestLine)
    var number = 0
    while gzgets(file, &buffer, Int32(buffer.count)) != nil {
        number += 1
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard line.count < bytes.count || gzeof(file) != 0 else {
            throw LeakbenchError(path: path, line: number, "the line is longer than \(GzipLines.longestLine) bytes.")
        }
        try body(String(decoding: line, as: UTF8.self), number)
    }
    guard gzeof(file) != 0 else {
        throw LeakbenchError(path: path, line: number, "the file is damaged after this line. Fetch it again.")
    }
}
