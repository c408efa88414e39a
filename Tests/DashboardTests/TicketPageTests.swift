// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

@Suite struct TicketPageTests {
    @Test func `the page shows clocks, evidence, history and only what is allowed`() async throws {
        let page = try await withDashboard { try await $0.get("/tickets/20261122-002?lang=en") }
        for text in [
            "Ticket 20261122-002", "Riser of block 2", "P1 emergency", "2 alarms",
            "It waits for somebody to accept it.", "<dt>Owner</dt><dd>Wang Fang</dd>", "<dd>nobody yet</dd>",
            "overdue by 3 min", "<progress max=\"100\" value=\"100\" aria-hidden=\"true\">", "7 h 54 min left",
            "<progress max=\"100\" value=\"1\" aria-hidden=\"true\">", "22 Nov 2026 15:57", "Deadline missed",
            "Usual excess", "12.4 L/h", "<option value=\"li-wei\">Li Wei (technician)</option>",
            "<input type=\"hidden\" name=\"version\" value=\"2\">", "<button type=\"submit\">Accept</button>",
        ] { #expect(page.body.contains(text), "\(text)") }
        #expect(page.body.components(separatedBy: "<form").count == 2)
        #expect(!page.body.contains("value=\"resolve\""))
    }

    @Test func `what the gateway notes is told in the reader's language`() async throws {
        let (english, chinese) = try await withDashboard { dashboard in
            let english = try await dashboard.get("/tickets/20261122-002?lang=en")
            return (english, try await dashboard.get("/tickets/20261122-002?lang=zh-Hans"))
        }
        for text in ["answer", "answer 100 % Li Wei"] {
            #expect(english.body.contains("<p class=\"note\">\(text)</p>"), "\(text)")
        }
        #expect(chinese.body.contains("<p class=\"note\">接单 100 % 李伟</p>"))
    }

    @Test func `a form works without script`() async throws {
        let (answer, page) = try await withDashboard { dashboard in
            let answer = try await dashboard.postForm(
                "/tickets/20261122-002", "event=accept&version=2&person=li-wei&note=on+my+way%21")
            return (answer, try await dashboard.get("/tickets/20261122-002?lang=en", ["Cookie: sluice_person=li-wei"]))
        }
        #expect(answer.status == 303)
        #expect(answer.header("location") == "/tickets/20261122-002")
        #expect(
            answer.cookies == [["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=Strict", "sluice_person=li-wei"]])
        #expect(page.body.contains("<p class=\"note\">on my way!</p>"))
        #expect(page.body.contains("<span class=\"state open\">accepted</span>"))
        #expect(page.body.contains("done 22 Nov 2026 16:00, 3 min late"))
        // The one who acted last from this browser is chosen beforehand.
        #expect(page.body.contains("<option value=\"li-wei\" selected>"))
    }

    @Test func `a refused form says why on the page and keeps what was typed`() async throws {
        let page = try await withDashboard {
            try await $0.postForm(
                "/tickets/20261120-001", "event=resolve&version=3&person=zhao-lei&note=valve+%3Cnew%3E",
                ["Accept-Language: en"])
        }
        #expect(page.status == 412)
        for text in [
            "<p><strong>Ticket has changed</strong></p>",
            "<p>Ticket 20261120-001 has changed in the meantime; it is at version 4 now. Look at it again, then act.</p>",
            ">valve &lt;new&gt;</textarea>", "<option value=\"zhao-lei\" selected>",
            "<input type=\"hidden\" name=\"version\" value=\"4\">",
        ] { #expect(page.body.contains(text), "\(text)") }
    }

    @Test func `a refused form speaks Chinese to a Chinese reader`() async throws {
        let page = try await withDashboard(language: .chinese) {
            try await $0.postForm("/tickets/20261122-002", "event=arrive&person=li-wei")
        }
        #expect(page.status == 409)
        #expect(page.body.contains("工单 20261122-002 的状态是“待派单”，不能进行“到场”。现在可以：接单。"))
    }

    @Test(arguments: ["", "person=li-wei", "event=explode&person=li-wei", "event"])
    func `a form without a known action is refused`(body: String) async throws {
        let page = try await withDashboard { try await $0.postForm("/tickets/20261122-002", body) }
        #expect(page.status == 422)
        #expect(page.body.contains("What was sent cannot be understood."))
    }

    @Test func `sign-off has two buttons and the second sends the ticket back`() async throws {
        var ticket = TestEstate.tickets[1]
        (ticket.ticket.state, ticket.ticket.allowed) = ("awaitingSignOff", ["sign-off"])
        let (page, answer, state) = try await withDashboard(TestEstate(tickets: [ticket])) { dashboard in
            let page = try await dashboard.get("/tickets/20261120-001?lang=en")
            let answer = try await dashboard.postForm(
                "/tickets/20261120-001", "event=sign-off&version=4&person=zhao-lei&note=&passed=false")
            return (page, answer, await dashboard.estate.ticket("20261120-001")?.ticket.state)
        }
        #expect(page.body.contains("<button type=\"submit\" name=\"passed\" value=\"true\">Pass</button>"))
        #expect(page.body.contains("name=\"passed\" value=\"false\" class=\"second\">Fail: back to work</button>"))
        #expect(answer.status == 303)
        #expect(state == "onSite")
    }

    @Test func `forms ask for what each action needs, in both languages`() async throws {
        var ticket = TestEstate.tickets[1]
        ticket.ticket.allowed = TicketAction.Verb.allCases.map(\.rawValue)
        let estate = TestEstate(tickets: [ticket])
        let (english, chinese) = try await withDashboard(estate) { dashboard in
            (
                try await dashboard.get("/tickets/20261120-001?lang=en"),
                try await dashboard.get("/tickets/20261120-001?lang=zh-Hans")
            )
        }
        #expect(english.body.components(separatedBy: "<form").count == TicketAction.Verb.allCases.count + 1)
        for text in [
            "<summary>More actions</summary>", "<option value=\"parts\">waits for parts</option>",
            "<input type=\"datetime-local\" name=\"until\" required>", "<select name=\"to\" required>",
            "<select name=\"score\">", "<input name=\"other\" required>", "<button type=\"submit\">Hand over</button>",
            "<span>Why (required)</span>",
        ] { #expect(english.body.contains(text), "\(text)") }
        for text in ["更多操作", "待配件", "移交负责人", "回访"] { #expect(chinese.body.contains(text), "\(text)") }
    }

    @Test func `a form's time is that of the site's wall`() async throws {
        var ticket = TestEstate.tickets[1]
        ticket.ticket.allowed = ["hold", "postpone"]
        let (answer, action, refused) = try await withDashboard(TestEstate(tickets: [ticket])) { dashboard in
            let answer = try await dashboard.postForm(
                "/tickets/20261120-001",
                "event=hold&version=4&person=zhao-lei&reason=parts&until=2026-11-27T09%3A00&approver=&note=order+7")
            let refused = try await dashboard.postForm(
                "/tickets/20261120-001", "event=postpone&person=zhao-lei&until=2026-11-27T09%3A00&note=x",
                ["Accept-Language: en"])
            return (answer, await dashboard.estate.lastAction, refused)
        }
        #expect(answer.status == 303)
        #expect(action?.until == Timestamp(rfc3339: "2026-11-27T01:00:00Z"))
        #expect(action?.reason == "parts" && action?.approver == nil)
        #expect(refused.status == 409)
        #expect(refused.body.contains("was postponed before and cannot be again. The shift leader was told."))
    }

    @Test func `a closed ticket has no form`() async throws {
        let page = try await withDashboard { try await $0.get("/tickets/20261118-001?lang=en") }
        #expect(!page.body.contains("<form"))
        #expect(page.body.contains("Nothing to do at the moment."))
    }

    @Test func `the list has open tickets by urgency and closed ones below`() async throws {
        let page = try await withDashboard { try await $0.get("/tickets?lang=en") }
        let places = ["20261122-002", "20261120-001", ">Closed<", "20261118-001"].map {
            page.body.range(of: $0)?.lowerBound
        }
        #expect(!places.contains(nil))
        #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    }
}

/// What the points of a ticket's asset showed around the firing.
@Suite struct TicketTrendTests {
    private static let page = "/tickets/20261122-002"

    @Test func `the ticket's page shows a picture and a table of its asset's points`() async throws {
        let (page, picture, table) = try await withDashboard { dashboard in
            let page = try await dashboard.get(Self.page + "?lang=en")
            let links = page.body.matches(of: /(src|href)="([^"]*trend\.(svg|csv)[^"]*)"/).map { String($0.output.2) }
            let picture = try await dashboard.get(try #require(links.first { $0.contains(".svg") }))
            let table = try await dashboard.get(try #require(links.first { $0.contains(".csv") }))
            return (page, picture, table)
        }
        #expect(page.body.contains("Riser of block 2, Flow, 24 hours before to 1 hour after"))
        #expect(picture.status == 200 && picture.body.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
        #expect(picture.body.contains("class=\"fired\"") && picture.body.contains("class=\"curve\""))
        let lines = table.body.split(separator: "\r\n")
        #expect(lines.first == "time,value,unit,quality" && lines.count > 1)
    }

    @Test(arguments: ["/tickets/none/trend.svg", page + "/trend.csv?point=none"])
    func `an unknown ticket or point is refused`(path: String) async throws {
        #expect(try await withDashboard { try await $0.get(path).status } == 404)
    }
}
