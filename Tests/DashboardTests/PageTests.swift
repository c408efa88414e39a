// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

@Suite struct PageTests {
    @Test func `the overview speaks Chinese`() async throws {
        let page = try await withDashboard { try await $0.get("/?lang=zh-Hans") }
        #expect(page.status == 200)
        #expect(page.header("content-type") == "text/html; charset=utf-8")
        for text in [
            "<html lang=\"zh-Hans\">", "<title>总览 · 湖畔花园</title>", "急需处理", "数据截至 <strong>2026年11月22日 15:59:58</strong>",
            "疑似爆管", "2 张未结工单", "已超时 3 分钟", "还剩 7 小时 54 分钟", "设备拒绝（异常码 2）", "1 台设备离线",
            "15 分钟平均，进入此表的水比各户用水多 1,500 L/h，平时为 12.4 L/h。",
        ] { #expect(page.body.contains(text), "\(text)") }
    }

    @Test func `the overview speaks English`() async throws {
        let page = try await withDashboard { try await $0.get("/?lang=en") }
        for text in [
            "<html lang=\"en\">", "<title>Overview · Lakeside</title>",
            "Data as of <strong>22 Nov 2026 15:59:58</strong>",
            "2 open tickets", "overdue by 3 min", "7 h 54 min left", "the device refused (exception 2)",
            "1,380–1,620 L/h", "about 523 L so far (480–600)", "MQTT broker connected", "0 messages waiting",
            "On average over 15 minutes 1,500 L/h more entered this meter than its dwellings took; 12.4 L/h is usual.",
            "Since 22 Nov 2026 15:39, for 21 min",
        ] { #expect(page.body.contains(text), "\(text)") }
    }

    @Test(arguments: [
        (path: "/", headers: [], tag: "zh-Hans"),
        (path: "/", headers: ["Accept-Language: en-US,en;q=0.9"], tag: "en"),
        (path: "/", headers: ["Accept-Language: fr,zh-TW;q=0.4,en;q=0.3"], tag: "zh-Hans"),
        (path: "/", headers: ["Accept-Language: zh", "Cookie: sluice_language=en"], tag: "en"),
        (path: "/?lang=zh-Hans", headers: ["Cookie: sluice_language=en"], tag: "zh-Hans"),
        (path: "/?lang=xx", headers: ["Cookie: sluice_language=yy"], tag: "zh-Hans"),
    ])
    func `the reader's choice goes before the browser's and the site's`(
        path: String, headers: [String], tag: String
    ) async throws {
        let page = try await withDashboard(language: .chinese) { try await $0.get(path, headers) }
        #expect(page.body.contains("<html lang=\"\(tag)\">"))
    }

    @Test func `a chosen language is remembered and nothing else is`() async throws {
        let (chosen, plain) = try await withDashboard {
            (try await $0.get("/tickets?lang=en"), try await $0.get("/tickets"))
        }
        #expect(
            chosen.cookies == [["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Strict", "sluice_language=en"]])
        #expect(plain.cookies == [])
    }

    @Test func `names from outside are text, never markup`() async throws {
        let hostile = "<script>alert(1)</script>\"'&{{word.product}}"
        var overview = TestEstate.lakeside
        overview.siteName = BilingualText(hostile)
        overview.assets[0].name = BilingualText(hostile)
        overview.persons[0].name = BilingualText(hostile)
        overview.assets[0].points[0].name = hostile
        overview.assets[0].points[1].reason = hostile
        overview.assets[0].points[1].quality = .uncertain
        var ticket = TestEstate.tickets[0]
        ticket.ticket.number = "7/\"><script>alert(2)</script>"
        ticket.ticket.state = hostile
        ticket.history[0].note = hostile
        ticket.findings[0].ticket = ticket.ticket.number
        overview.findings = ticket.findings
        let path = "/tickets/7%2F%22%3E%3Cscript%3Ealert%282%29%3C%2Fscript%3E"
        let pages = try await withDashboard(TestEstate(overview: overview, tickets: [ticket])) { dashboard in
            var pages: [Answer] = []
            for each in ["/", "/tickets", path, "/fragments/assets", "/fragments/findings", "/tickets/<b>x"] {
                pages.append(try await dashboard.get(each))
            }
            return pages
        }
        for page in pages { #expect(!page.body.contains("<script>alert") && !page.body.contains("<b>x")) }
        #expect(pages[0].body.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;{{word.product}}"))
        #expect(pages[1].body.contains("href=\"\(path)\""))
        #expect(pages[2].status == 200)
        #expect(pages[2].body.contains("action=\"\(path)\""))
    }

    @Test func `a bad value is never shown, a stale one is marked, a missing one is named`() async throws {
        let page = try await withDashboard { try await $0.get("/fragments/assets?lang=en") }
        // The snapshot of flat 303 still holds 777; its quality is bad.
        #expect(!page.body.contains("777"))
        #expect(page.body.contains("the device is down"))
        let tank = try #require(page.body.range(of: "id=\"asset-roof-tank\""))
        let row = page.body[tank.upperBound...].prefix(900)
        #expect(row.contains("<tr class=\"stale\">"))
        #expect(row.contains("stale"))
        #expect(row.contains("1 min ago"))
        #expect(page.body.contains("no reading yet"))
    }

    @Test func `without the chart library the page says so and keeps the values`() async throws {
        let (page, script) = try await withDashboard(chartLibraryFolder: "/nowhere") {
            (try await $0.get("/?lang=en"), try await $0.get("/static/dygraph.min.js"))
        }
        #expect(page.body.contains("The chart library is missing"))
        #expect(page.body.contains("libjs-dygraphs"))
        #expect(!page.body.contains("dygraph.min.js"))
        #expect(page.body.contains("<summary>Show the values as a table</summary>"))
        #expect(script.status == 404)
    }

    @Test func `stored values that cannot be read leave the rest of the page`() async throws {
        let page = try await withDashboard(TestEstate(failsToRead: true)) { try await $0.get("/?lang=en") }
        #expect(page.status == 200)
        #expect(page.body.contains("The stored values cannot be read at the moment."))
    }

    @Test func `point and range of the chart come from the address`() async throws {
        let page = try await withDashboard {
            try await $0.get("/?lang=en&point=inlet/main-meter/total&range=7d")
        }
        #expect(page.body.contains("<option value=\"inlet/main-meter/total\" selected>Total (m³)</option>"))
        #expect(page.body.contains("Inlet meter, Total, last 7 days"))
        #expect(page.body.contains("data-point=\"inlet/main-meter/total\""))
    }

    @Test func `an estate with nothing to show has a page too`() async throws {
        var overview = TestEstate.lakeside
        (overview.assets, overview.findings, overview.persons) = ([], [], [])
        overview.isBrokerConnected = false
        overview.outboxRows = 1
        let page = try await withDashboard(TestEstate(overview: overview, tickets: [])) {
            try await $0.get("/?lang=en")
        }
        for text in [
            "No open findings.", "No open tickets.", "There is no point to draw.", "MQTT broker not connected",
            "1 message waiting",
        ] { #expect(page.body.contains(text), "\(text)") }
    }

    @Test(arguments: ["/", "/tickets", "/tickets/20261122-002", "/static/live.js", "/api/v1/overview", "/missing"])
    func `every answer carries the security headers and allows no other origin`(path: String) async throws {
        let answer = try await withDashboard { try await $0.get(path, ["Origin: http://evil.example"]) }
        #expect(
            answer.header("content-security-policy")
                == "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
        #expect(answer.header("x-content-type-options") == "nosniff")
        #expect(answer.header("referrer-policy") == "same-origin")
        #expect(answer.headers.keys.allSatisfy { !$0.hasPrefix("access-control-") })
        #expect(answer.header("server") == nil)
    }

    @Test func `pages hold no inline script, no inline style and no address outside`() async throws {
        let pages = try await withDashboard { dashboard in
            [try await dashboard.get("/"), try await dashboard.get("/tickets/20261122-002")]
        }
        for page in pages {
            #expect(page.body.matches(of: /<script(?![^>]*\bsrc=)/).isEmpty)
            #expect(page.body.matches(of: /\sstyle=|<style|\son[a-z]+=|javascript:/).isEmpty)
            #expect(page.body.matches(of: /(?:src|href|action)="(?![\/?#])/).isEmpty)
        }
    }

    @Test func `an unknown page is refused in the reader's language`() async throws {
        let (chinese, english) = try await withDashboard {
            (try await $0.get("/no-such?lang=zh-Hans"), try await $0.get("/tickets/no-such?lang=en"))
        }
        #expect(chinese.status == 404)
        #expect(chinese.body.contains("此网关没有“/no-such”。"))
        #expect(english.status == 404)
        #expect(english.body.contains("There is no ticket “no-such”."))
    }

    @Test func `a static file is sent again only when it changed`() async throws {
        let (first, second) = try await withDashboard {
            let first = try await $0.get("/static/sluice.css")
            return (first, try await $0.get("/static/sluice.css", ["If-None-Match: \(first.header("etag") ?? "")"]))
        }
        #expect(first.status == 200)
        #expect(first.header("content-type") == "text/css; charset=utf-8")
        #expect(second.status == 304)
        #expect(second.body.isEmpty)
    }

    @Test func `a file outside the folder of static files is never sent`() async throws {
        let answers = try await withDashboard { dashboard in
            var answers: [Answer] = []
            for path in ["/static/../catalogue/en.json", "/static/..%2Fcatalogue%2Fen.json", "/static/layout.mustache"]
            {
                answers.append(try await dashboard.get(path))
            }
            return answers
        }
        #expect(answers.map(\.status) == [404, 404, 404])
    }
}
