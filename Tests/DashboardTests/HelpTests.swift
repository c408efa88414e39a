// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import Testing

@testable import Dashboard

/// Documents at /help.
@Suite struct HelpTests {
    private static let shelf = HelpShelf(folder: HelpShelf.standardFolder)

    @Test func `tables, code and headings are shown, and HTML in a document is not`() {
        let html = Markdown.html(
            """
            # One `code` heading

            | a | b |
            |---|---|
            | 1 | `x < y` |

            <script>alert(1)</script>

            ## Same

            ## Same

                sluice demo
            """, tableName: "Table"
        ) { _ in nil }
        for text in [
            "<h1 id=\"one-code-heading\">", "<th scope=\"col\">a</th>", "<code>x &lt; y</code>", "<h2 id=\"same\">",
            "<h2 id=\"same-1\">", "<pre tabindex=\"0\"><code>sluice demo",
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>",
        ] { #expect(html.contains(text), "\(text)") }
        #expect(!html.contains("<script"))
    }

    @Test(arguments: [
        ("tickets.md", "help", "/help/tickets"), ("../tickets.md#clocks", "tutorials/demo", "/help/tickets#clocks"),
        ("help.md", "tickets", "/help"), ("#clocks", "tickets", "#clocks"),
        ("https://www.swift.org/", "help", "https://www.swift.org/"), ("../README.md", "help", nil),
        ("../../etc/passwd", "help", nil), ("site.schema.json", "help", nil), ("javascript:alert(1)", "help", nil),
        ("data:text/html,x.md", "help", nil), ("nowhere.md", "help", nil),
    ])
    func `links lead to documents and nowhere else`(link: String, name: String, target: String?) {
        #expect(Self.shelf.target(of: link, in: name, .english) == target)
    }

    @Test func `a link of a Chinese document leads to the document, whatever its language`() {
        #expect(Self.shelf.target(of: "../metrics.md", in: "people", .chinese) == "/help/metrics")
        #expect(Self.shelf.target(of: "tickets.md", in: "people", .chinese) == "/help/tickets")
    }

    @Test func `every document is shown in both languages, and every link in it is answered`() async throws {
        let names = Self.shelf.names
        #expect(names.count > 20 && names.contains("tickets") && names.contains("help"))
        try await withDashboard { dashboard in
            var targets: Set<String> = []
            var anchors: [String: Set<String>] = [:]
            for name in names {
                for tag in Language.allCases.map(\.rawValue) {
                    let page = try await dashboard.get(HelpPages.path(of: name) + "?lang=" + tag)
                    #expect(page.status == 200 && page.body.contains("<article class=\"document\""), "\(name)")
                    let article = page.body.components(separatedBy: "<article").last ?? ""
                    targets.formUnion(
                        article.matches(of: /href="(\/help[^"]*)"/).map { "\($0.output.1)" }
                            .filter { _ in page.body.contains("lang=\"\(tag)\">\n<h1") })
                    anchors["\(HelpPages.path(of: name)) \(tag)"] = Set(
                        article.matches(of: /<h[1-6] id="([^"]*)"/).map { "\($0.output.1)" })
                }
            }
            #expect(targets.count > 10)
            for target in targets {
                let parts = target.split(separator: "#").map(String.init)
                let answer = try await dashboard.get(parts[0])
                #expect(answer.status == 200, "\(target)")
                guard parts.count > 1 else { continue }
                let anchor = parts[1].removingPercentEncoding ?? parts[1]
                #expect(
                    Language.allCases.contains { anchors["\(parts[0]) \($0.rawValue)"]?.contains(anchor) ?? false },
                    "\(target)")
            }
        }
    }

    @Test func `a document without a translation says so`() async throws {
        try await withDashboard { dashboard in
            let (chinese, english) = (
                try await dashboard.get("/help/benchmarks?lang=zh-Hans"),
                try await dashboard.get("/help/tickets?lang=zh-Hans")
            )
            #expect(
                chinese.body.contains("本文档目前只有英文版。")
                    && chinese.body.contains("<article class=\"document\" lang=\"en\">"))
            #expect(!english.body.contains("本文档目前只有英文版。"))
            #expect(english.body.contains("<article class=\"document\" lang=\"zh-Hans\">"))
        }
    }

    @Test(arguments: ["/help/nothing", "/help/..%2F..%2FPackage", "/help/tutorials/nothing", "/help/zh-Hans/tickets"])
    func `nothing but documents is shown`(path: String) async throws {
        let answer = try await withDashboard { try await $0.get(path) }
        #expect(answer.status == 404)
    }

    @Test func `without documents the rest of the page works`() async throws {
        #expect(HelpShelf(folder: nil).names == [] && HelpShelf(folder: "/nowhere").names == [])
        #expect(HelpShelf(folder: nil).document("help", in: .english) == nil)
    }
}
