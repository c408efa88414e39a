// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// The form by which anybody reports a fault.
@Suite struct FaultPageTests {
    @Test func `the code beside a machine chooses it beforehand, and each form has a name of its own`() async throws {
        let (first, second, chinese) = try await withDashboard {
            (
                try await $0.get("/report?asset=lift-1&lang=en"), try await $0.get("/report?lang=en"),
                try await $0.get("/report?lang=zh-Hans")
            )
        }
        #expect(first.body.contains("<option value=\"lift-1\" selected>Lift 1</option>"))
        #expect(first.body.components(separatedBy: "<option value=\"lift-1\"").count == 2)
        #expect(!second.body.contains(" selected>"))
        for text in ["Water leaks", "No water or low pressure", "it is shown masked"] {
            #expect(second.body.contains(text), "\(text)")
        }
        #expect(chinese.body.contains("<h1>报修</h1>") && chinese.body.contains("停水或水压低"))
        func token(_ answer: Answer) -> String? {
            answer.body.firstMatch(of: /name="token" value="([0-9a-f]+)"/).map { String($0.output.1) }
        }
        #expect(token(first) != nil && token(first) != token(second))
    }

    @Test func `a form becomes a ticket, and the page names its number and who is accountable`() async throws {
        let (answer, page, report) = try await withDashboard { dashboard in
            let answer = try await dashboard.postForm(
                "/report",
                "token=a7&asset=lift-1&mode=reported_lift&text=It+stands.&reporter=Mrs+Chen&phone=13812345621")
            return (
                answer, try await dashboard.get(answer.header("location") ?? "", ["Accept-Language: en"]),
                await dashboard.estate.lastReport
            )
        }
        #expect(answer.status == 303 && answer.header("location") == "/report?ticket=20261122-002")
        #expect(report?.key == "form:a7" && report?.person == nil && report?.phone == "13812345621")
        #expect(report?.text == "It stands." && report?.failureMode.text == "reported_lift")
        #expect(page.body.contains("Thank you. Your report is ticket 20261122-002."))
        #expect(page.body.contains("Wang Fang is accountable until it is done."))
        #expect(!page.body.contains("<form"))
    }

    @Test(arguments: [
        "token=a&asset=lift-1&mode=reported_lift&text=+%0A", "token=a&asset=lift-1&mode=burst&text=x",
        "asset=lift-1&mode=reported_lift&text=x", "token=a&asset=lift-9&mode=reported_lift&text=x",
        "token=a&asset=lift-1&mode=reported_lift&text=" + String(repeating: "x", count: 2001),
        "token=a&asset=lift-1&mode=reported_lift&text=x&phone=" + String(repeating: "1", count: 41),
    ])
    func `a form that does not fit is shown again with what was typed`(body: String) async throws {
        let (answer, report) = try await withDashboard { dashboard in
            let answer = try await dashboard.postForm(
                "/report", body + "&reporter=%3Cb%3EChen", ["Accept-Language: en"])
            return (answer, await dashboard.estate.lastReport)
        }
        #expect(answer.status == 422 && report == nil)
        #expect(answer.body.contains("role=\"alert\"") && answer.body.contains("value=\"&lt;b&gt;Chen\""))
    }

    @Test func `a ticket that is not there is not thanked for`() async throws {
        #expect(try await withDashboard { try await $0.get("/report?ticket=x") }.status == 404)
    }
}
