// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SiteFiles

@Suite struct SourceLinesTests {
    private func lines(_ text: String, _ numbers: Range<Int>) -> [String?] {
        let lines = SourceLines(text)
        return numbers.map { lines[$0].map { String(String.UnicodeScalarView($0)) } }
    }

    @Test(arguments: ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\u{85}b\u{2028}", "a\u{2029}b\r\n"])
    func `lines end as YAML counts them, and there is none before the first and behind the last`(text: String) {
        #expect(lines(text, 0..<5) == [nil, "a", "b", "", nil])
    }

    @Test func `an empty text has one empty line, and empty lines count`() {
        #expect(lines("", 0..<3) == [nil, "", nil])
        #expect(lines("\n\r\n\r\rx", 1..<6) == ["", "", "", "", "x"])
    }
}
