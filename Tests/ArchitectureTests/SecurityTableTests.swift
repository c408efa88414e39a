// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The table of checks in `docs/people.md` names suites; each has a test that carries the number in its name.
@Suite struct SecurityTableTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Texts of the files with tests, by the suites they hold.
    private static func suites() throws -> [String: String] {
        let folder = root.appendingPathComponent("Tests")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var suites: [String: String] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            // The part of a suite ends where the next one begins.
            for part in text.components(separatedBy: "@Suite").dropFirst() {
                guard let name = part.firstMatch(of: /struct ([A-Za-z]+)/)?.output.1 else { continue }
                suites[String(name), default: ""] += part
            }
        }
        return suites
    }

    @Test func `every number of the security checklist has its tests`() throws {
        let page = try String(contentsOf: Self.root.appendingPathComponent("docs/people.md"), encoding: .utf8)
        let suites = try Self.suites()
        var numbers: [String] = []
        for row in page.matches(of: /\| (\d+\.\d+\.\d+) \| [^|]+ \| ([A-Za-z, ]+) \|/) {
            let number = String(row.output.1)
            numbers.append(number)
            for suite in row.output.2.components(separatedBy: ", ") {
                let text = try #require(suites[suite], "there is no \(suite)")
                #expect(text.contains("func `ASVS \(number): "), "\(suite) has no test of \(number)")
            }
        }
        #expect(
            numbers == [
                "3.2.1", "3.2.2", "3.3.1", "3.4.2", "3.5.1", "3.5.3", "6.2.1", "6.2.4", "6.3.2", "6.4.1", "7.2.3",
                "7.4.1", "8.3.1",
            ])
    }
}
