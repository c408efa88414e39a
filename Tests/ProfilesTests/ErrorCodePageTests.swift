// SPDX-License-Identifier: Apache-2.0

import Foundation
import Profiles
import Testing

/// The pages of error codes name every code once, with what is wrong and an example.
@Suite struct ErrorCodePageTests {
    private struct Row {
        var code, meaning, example: String
    }

    private func rows(_ page: String) throws -> [Row] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/\(page)").standardized
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, cells[1].hasPrefix("SL-") else { return nil }
            return Row(code: cells[1], meaning: cells[2], example: cells[3])
        }
    }

    @Test func `the English page says of each code what the program says`() throws {
        let rows = try rows("error-codes.md")
        #expect(rows.map(\.code).sorted() == ErrorCode.allCases.map(\.rawValue).sorted())
        for row in rows {
            #expect(row.meaning == ErrorCode(rawValue: row.code)?.explanation)
            let kinds = ["`error: \(row.code): ", "`warning: \(row.code): "]
            #expect(kinds.contains { row.example.hasPrefix($0) && row.example.count > $0.count + 20 }, "\(row)")
        }
    }

    @Test func `the Chinese page has the same codes and examples`() throws {
        let (english, chinese) = (try rows("error-codes.md"), try rows("zh-Hans/error-codes.md"))
        #expect(chinese.map(\.code) == english.map(\.code))
        #expect(chinese.map(\.example) == english.map(\.example))
        for row in chinese { #expect(row.meaning.unicodeScalars.contains { $0.value > 0x4E00 }, "\(row)") }
    }
}
