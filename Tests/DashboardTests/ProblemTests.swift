// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Pipeline
import Testing

@testable import Dashboard

@Suite struct ProblemTests {
    @Test(arguments: Language.allCases)
    func `every type is documented with its status and title, and no other`(language: Language) throws {
        let folder = language == .english ? "" : language.rawValue + "/"
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/\(folder)http.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
        let rows = text.matches(of: /\| `([a-z-]+)` \| (\d{3}) \| (.+) \|/).map {
            "\($0.output.1) \($0.output.2) \($0.output.3)"
        }
        #expect(
            rows.sorted()
                == Problem.Kind.allCases.map { kind in
                    let problem = Problem(kind)
                    return "\(kind.rawValue) \(problem.status.code) \(problem.title(in: wording))"
                }.sorted())
    }

    @Test(arguments: [
        (text: "\"3\"", tags: ["\"3\""]), (text: " \"3\" , W/\"4\",", tags: ["\"3\"", "W/\"4\""]), (text: "", tags: []),
        (text: "3", tags: nil), (text: "\"3", tags: nil), (text: "\"3\"\"4\"", tags: nil), (text: "w/\"3\"", tags: nil),
    ])
    func `a list of entity tags is read as RFC 9110 writes it`(text: String, tags: [String]?) {
        #expect(RequestHeaders.entityTags(in: text) == tags)
    }
}
