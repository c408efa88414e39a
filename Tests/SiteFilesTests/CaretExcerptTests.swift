// SPDX-License-Identifier: Apache-2.0

import SiteFiles
import Model
import Testing

@Suite struct CaretExcerptTests {
    private func excerpt(_ text: String, line: Int, column: Int, code: String = "SL-1102") -> String {
        caretExcerpt(
            of: FileProblem(path: "f", line: line, column: column, code: code, message: ""), in: SourceLines(text))
    }

    @Test func `the word is underlined, with the line and its number`() {
        let text = String(repeating: "\n", count: 13) + "      profile: grundfos-cim-boster\n"
        #expect(
            excerpt(text, line: 14, column: 16) == """
                   14 |       profile: grundfos-cim-boster
                      |                ^^^^^^^^^^^^^^^^^^^
                """)
    }

    @Test(arguments: [
        ("unit: 300 # too large", 7, "    1 | unit: 300 # too large\n      |       ^^^"),
        ("{role: bluk, parent: a}", 8, "    1 | {role: bluk, parent: a}\n      |        ^^^^"),
        ("zone: \"Asia / X\", id", 7, "    1 | zone: \"Asia / X\", id\n      |       ^^^^^^^^^^"),
        ("adress: 12", 1, "    1 | adress: 12\n      | ^^^^^^"),
        ("url: mqtt://host:1", 6, "    1 | url: mqtt://host:1\n      |      ^^^^^^^^^^^^^"),
        ("limits: [20]", 9, "    1 | limits: [20]\n      |         ^"),
        ("end:", 5, "    1 | end:\n      |     ^"),
        ("\tkey: 1", 2, "    1 | \tkey: 1\n      | \t^^^"),
    ])
    func `the carets end with the word`(line: String, column: Int, expected: String) {
        #expect(excerpt(line, line: 1, column: column) == expected)
    }

    @Test func `Chinese characters take two columns`() {
        #expect(excerpt("zh: 湖畔, en: 花园", line: 1, column: 13) == "    1 | zh: 湖畔, en: 花园\n      |               ^^^^")
    }

    @Test func `Windows line ends and places beyond the text do no harm`() {
        #expect(excerpt("a: 1\r\nb: 2\r\n", line: 2, column: 4) == "    2 | b: 2\n      |    ^")
        #expect(excerpt("a: 1", line: 9, column: 1) == "")
        #expect(excerpt("a: 1", line: 1, column: 99) == "")
        #expect(excerpt("a: 1", line: 0, column: 0) == "")
    }

    @Test func `a line with a password is not shown`() {
        #expect(excerpt("url: mqtt://a:secret@b", line: 1, column: 6, code: "SL-1127") == "")
    }
}
