// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// What a person says about a finding, on its page and through the interface.
@Suite struct FindingPageTests {
    private static let leak = TestEstate.leak.finding.identifier.text
    private static let burst = TestEstate.burst.finding.identifier.text

    @Test func `a page shows the figures and asks only what the rule takes`() async throws {
        let (leak, burst) = try await withDashboard { dashboard in
            (
                try await dashboard.get("/findings/\(Self.leak)?lang=en"),
                try await dashboard.get("/findings/\(Self.burst)")
            )
        }
        for text in [
            "Continuous flow", "Meter of flat 301", "name=\"verdict\" value=\"expected\"",
            "name=\"verdict\" value=\"confirm\"", "name=\"verdict\" value=\"not-a-leak\"",
            "Expected to the end of (day; empty: for good)", "<input type=\"date\" name=\"until\"></label>",
            "<option value=\"li-wei\">Li Wei (technician)</option>", "Figures behind this", "14 L/h",
        ] { #expect(leak.body.contains(text), "\(text)") }
        #expect(leak.body.components(separatedBy: "<form").count == 4)
        // A burst is a plain limit: it can be expected until a day and confirmed.
        #expect(burst.body.components(separatedBy: "<form").count == 3)
        #expect(burst.body.contains("<input type=\"date\" name=\"until\" required>"))
    }

    @Test func `a form without script is taken in, and the page shows who said it`() async throws {
        let (answer, page, verdict) = try await withDashboard { dashboard in
            let answer = try await dashboard.postForm(
                "/findings/\(Self.leak)",
                "verdict=expected&person=li-wei&until=2026-12-01&reason=Pipe+is+renewed.")
            return (
                answer, try await dashboard.get("/findings/\(Self.leak)?lang=en"), await dashboard.estate.lastVerdict
            )
        }
        #expect(answer.status == 303)
        #expect(answer.header("location") == "/findings/\(Self.leak)")
        #expect(answer.cookies.first?.contains("sluice_person=li-wei") == true)
        // To the end of the first of December in Shanghai.
        #expect(verdict?.until == Timestamp(rfc3339: "2026-12-01T16:00:00Z"))
        #expect(page.body.contains("22 Nov 2026 16:00, Li Wei: expected until 2 Dec 2026 00:00"))
        #expect(page.body.contains("<span class=\"note\">Pipe is renewed.</span>"))
        #expect(page.body.contains("This finding is over; there is nothing to say of it any more."))
    }

    @Test func `a refused form says why in the reader's language and keeps what was typed`() async throws {
        let (english, chinese) = try await withDashboard { dashboard in
            let body = "verdict=not-a-leak&person=li-wei&reason=%3Chose%3E"
            return (
                try await dashboard.postForm("/findings/\(Self.burst)", body, ["Accept-Language: en"]),
                try await dashboard.postForm("/findings/\(Self.burst)", body, ["Accept-Language: zh"])
            )
        }
        #expect(english.status == 409)
        for text in [
            "<p><strong>This rule does not learn</strong></p>",
            "<p>“Burst” does not learn and would tell the same again. Say until when it is expected, or mend the cause. These rules learn: Leak, ",
            ">&lt;hose&gt;</textarea>", "<option value=\"li-wei\" selected>",
        ] { #expect(english.body.contains(text), "\(text)") }
        #expect(chinese.body.contains("<p><strong>此规则不学习</strong></p>"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var finding = FindingPageTests.leak
        var status: Int
        var problem: String
        var testDescription: String { problem + body }
    }

    @Test(arguments: [
        Refusal(
            body: #"{"verdict":"confirm","person":"li-wei"}"#, finding: "0", status: 404, problem: "finding-unknown"),
        Refusal(body: #"{"verdict":"confirm","person":"nobody"}"#, status: 422, problem: "person-unknown"),
        Refusal(body: #"{"verdict":"expected","person":"li-wei"}"#, status: 422, problem: "reason-missing"),
        Refusal(
            body: #"{"verdict":"expected","person":"li-wei","reason":"x","until":"2026-11-21"}"#, status: 422,
            problem: "time-passed"),
        Refusal(
            body: #"{"verdict":"expected","person":"li-wei","reason":"x","until":"soon"}"#, status: 422,
            problem: "verdict-invalid"),
        Refusal(body: #"{"verdict":"maybe","person":"li-wei"}"#, status: 422, problem: "verdict-invalid"),
        Refusal(body: "no", status: 400, problem: "json-invalid"),
        Refusal(body: "[]", status: 422, problem: "verdict-invalid"),
    ])
    func `the interface says why not`(_ refusal: Refusal) async throws {
        let answer = try await withDashboard {
            try await $0.postJSON("/api/v1/findings/\(refusal.finding)/verdicts", refusal.body)
        }
        #expect(answer.status == refusal.status)
        #expect(answer.body.contains("urn:sluice:problem:\(refusal.problem)\""), "\(answer.body)")
    }

    @Test func `the interface takes a verdict in and tells the finding`() async throws {
        let (told, read, again, unstored) = try await withDashboard { dashboard in
            let path = "/api/v1/findings/\(Self.leak)"
            let told = try await dashboard.postJSON(
                path + "/verdicts", #"{"verdict":"not-a-leak","person":"li-wei","reason":"A pool."}"#)
            let again = try await dashboard.postJSON(path + "/verdicts", #"{"verdict":"confirm","person":"li-wei"}"#)
            let unstored = try await withDashboard(TestEstate(failsToStore: true)) {
                try await $0.postJSON(path + "/verdicts", #"{"verdict":"confirm","person":"li-wei"}"#)
            }
            return (told, try await dashboard.get(path), again, unstored)
        }
        #expect(told.status == 200 && read.status == 200)
        #expect(told.body == read.body)
        #expect(told.body.contains(#""allowed":[]"#) && told.body.contains(#""reason":"A pool.""#))
        #expect(told.body.contains(#""schema":1"#))
        #expect(again.status == 409 && again.body.contains("finding-over"))
        #expect(unstored.status == 503 && unstored.body.contains("disk full"))
    }
}
