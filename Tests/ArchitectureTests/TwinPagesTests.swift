// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A page of `docs/zh-Hans` says what its English twin says: the same parts, tables, commands and examples.
@Suite struct TwinPagesTests {
    private static let docs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../docs").standardized.path
    private static let pages =
        (try? FileManager.default.contentsOfDirectory(atPath: docs + "/zh-Hans").filter { $0.hasSuffix(".md") }.sorted())
        ?? []

    private struct Shape: Equatable {
        /// Levels of the headings.
        var headings: [Int] = []
        /// Rows of each table.
        var tables: [Int] = []
        /// Examples, to the letter but for remarks behind a command.
        var examples: [String] = []

        init(_ text: String) {
            var (isTable, isFenced, example) = (false, false, [String]())
            for line in text.components(separatedBy: "\n") {
                let isMark = line.hasPrefix("```")
                if isFenced || isMark || line.hasPrefix("    ") {
                    // What stands behind a command, some blanks away, is said in the page's language.
                    example.append(String(line.replacing(/(\S) {3,}.*/) { "\($0.output.1)" }))
                    if isMark { isFenced.toggle() }
                    isTable = false
                    continue
                }
                if !example.isEmpty, !line.isEmpty {
                    examples.append(example.joined(separator: "\n"))
                    example = []
                }
                if line.hasPrefix("#") { headings.append(line.prefix { $0 == "#" }.count) }
                if line.hasPrefix("|") {
                    if isTable { tables[tables.count - 1] += 1 } else { tables.append(1) }
                }
                isTable = line.hasPrefix("|")
            }
            if !example.isEmpty { examples.append(example.joined(separator: "\n")) }
        }
    }

    @Test func `there are pages in Chinese`() { #expect(Self.pages.contains("channels.md")) }

    @Test(arguments: pages)
    func `both have the same parts`(page: String) throws {
        let chinese = try String(contentsOfFile: "\(Self.docs)/zh-Hans/\(page)", encoding: .utf8)
        let english = try String(contentsOfFile: "\(Self.docs)/\(page)", encoding: .utf8)
        let (zh, en) = (Shape(chinese), Shape(english))
        #expect(zh.headings == en.headings)
        #expect(zh.tables == en.tables)
        #expect(zh.examples == en.examples)
        #expect(chinese.contains("](../\(page))") && english.contains("](zh-Hans/\(page))"), "each leads to the other")
    }

    @Test(arguments: pages)
    func `whatever a page links to is there`(page: String) throws {
        let text = try String(contentsOfFile: "\(Self.docs)/zh-Hans/\(page)", encoding: .utf8)
        for match in text.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
            #expect(
                FileManager.default.fileExists(atPath: "\(Self.docs)/zh-Hans/\(match.output.1)"), "\(match.output.1)")
        }
    }
}
