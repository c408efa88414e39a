// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// Alarms as persons meet them, on their pages and through the interface.
@Suite struct AlarmPageTests {
    @Test func `the list names every state, what stands and what is shelved`() async throws {
        let (english, chinese) = try await withDashboard {
            (try await $0.get("/alarms?lang=en"), try await $0.get("/alarms?lang=zh-Hans"))
        }
        for text in [
            "active, unacknowledged", "active, acknowledged", "returned, unacknowledged", "latched, waits for reset",
            ">shelved<", ">out of service<", ">normal<", "1 alarm shelved", "6 alarms that are not normal",
            "Act within 15 min", "Li Wei on 22 Nov 2026 15:10, until 22 Nov 2026 21:10: Vessel is charged on Monday.",
            "Time in flood (target: below 1 %)", "<a href=\"/alarms\" aria-current=\"page\">Alarms</a>",
            "form=\"acknowledge\" name=\"alarm\" value=\"1 riser-2/burst\"", "20261122-002",
        ] { #expect(english.body.contains(text), "\(text)") }
        for text in ["激活未确认", "激活已确认", "已恢复未确认", "锁存待复位", "已搁置", "停用", "1 条告警已搁置", "须在 15 分钟内处理"] {
            #expect(chinese.body.contains(text), "\(text)")
        }
        let standing = try #require(english.body.components(separatedBy: "Standing for more than a day").last)
        #expect(standing.components(separatedBy: "</section>")[0].contains("/alarms/unit-301/continuous_flow"))
        #expect(!english.body.contains("Alarm flood"))
    }

    @Test func `a flood is told at the top, and none shelved is told as well`() async throws {
        let estate = TestEstate(isInFlood: true)
        let page = try await withDashboard(estate) { dashboard in
            _ = try await dashboard.postForm(
                "/alarms/booster-1/pump_short_cycling", "event=unshelve&person=li-wei&version=2")
            return try await dashboard.get("/alarms?lang=en")
        }
        #expect(page.body.contains("Alarm flood: more than 10 alarms in 10 minutes."))
        #expect(page.body.contains("0 alarms shelved"))
    }

    @Test func `what other points explain and what is under work is told with who, when and why`() async throws {
        let estate = TestEstate()
        var book = await estate.alarmBook
        _ = book.explain("riser-2/burst", by: "pump-1/running is off", at: TestEstate.now)
        book.plan([
            WorkWindow(
                number: 3, scope: "zone/riser-2", assets: [AssetIdentifier("unit-301")],
                from: TestEstate.minutesAgo(60), to: TestEstate.now + .seconds(3600), person: TestEstate.person,
                reason: "Pipe <b>new</b>.")
        ])
        _ = book.tick(at: TestEstate.now)
        await estate.set(book)
        let (english, chinese, list) = try await withDashboard(estate) {
            (
                try await $0.get("/alarms?lang=en"), try await $0.get("/alarms?lang=zh-Hans"),
                try await $0.get("/api/v1/alarms?state=withheld")
            )
        }
        for text in [
            "Suppressed by design while: pump-1/running is off", ">suppressed by design<", "<h2>Under work</h2>",
            "<strong>zone/riser-2</strong> <span>Li Wei, ", ": Pipe &lt;b&gt;new&lt;/b&gt;.</span>",
        ] { #expect(english.body.contains(text), "\(text)") }
        for text in ["按设计抑制，条件：pump-1/running is off", "检修中及计划检修"] { #expect(chinese.body.contains(text), "\(text)") }
        let page = try #require(
            try JSONSerialization.jsonObject(with: Data(list.body.utf8)) as? [String: Any])
        let works = try #require(page["works"] as? [[String: Any]])
        #expect(works.compactMap { $0["scope"] as? String } == ["zone/riser-2"])
        let alarms = try #require(page["alarms"] as? [[String: Any]])
        let burst = alarms.first { $0["identifier"] as? String == "riser-2/burst" }
        #expect(burst?["explanation"] as? String == "pump-1/running is off")
        let leak = alarms.first { $0["identifier"] as? String == "unit-301/continuous_flow" }
        #expect((leak?["maintenance"] as? [String: Any])?["person"] as? String == "li-wei")
    }

    @Test func `an alarm's page says what to do, what else comes, and by when`() async throws {
        let (page, chinese) = try await withDashboard {
            (
                try await $0.get("/alarms/booster-1/pump_short_cycling?lang=en"),
                try await $0.get("/alarms/booster-1/pump_short_cycling?lang=zh-Hans")
            )
        }
        #expect(page.status == 200)
        for text in [
            "Check the pressure vessel", "Motor and contactor wear out in weeks.", "Act within 4 h",
            "<strong>shelved</strong> <span>Li Wei</span>", "raised: active, unacknowledged",
            "Vessel is charged on Monday.",
            "name=\"event\" value=\"unshelve\"", "name=\"event\" value=\"shelve\"",
            // Eight hours from now, a day at most, on the site's wall.
            "name=\"until\" value=\"2026-11-23T00:00\" max=\"2026-11-23T16:00\" required",
        ] { #expect(page.body.contains(text), "\(text)") }
        #expect(!page.body.contains("name=\"event\" value=\"return\""))
        #expect(chinese.body.contains("检查气压罐充气") && chinese.body.contains("结束搁置"))
    }

    @Test func `the list's buttons acknowledge without script, once`() async throws {
        let (done, again, page) = try await withDashboard { dashboard in
            let body = "person=zhao-lei&alarm=1+riser-2%2Fburst"
            return (
                try await dashboard.postForm("/alarms", body), try await dashboard.postForm("/alarms", body),
                try await dashboard.get("/alarms/riser-2/burst?lang=en")
            )
        }
        #expect(done.status == 303 && done.header("location") == "/alarms")
        #expect(done.cookies.first?.contains("sluice_person=zhao-lei") == true)
        #expect(again.status == 412 && again.body.contains("it is at version 2 now"))
        #expect(page.body.contains("active, acknowledged"))
    }

    @Test func `a shelf by form ends when the person says`() async throws {
        let (answer, refused, alarms) = try await withDashboard { dashboard in
            let path = "/alarms/riser-2/burst"
            let refused = try await dashboard.postForm(
                path, "event=shelve&person=li-wei&version=1&reason=%3Cvalve%3E&until=2026-11-24T16:00",
                ["Accept-Language: en"])
            let answer = try await dashboard.postForm(
                path, "event=shelve&person=li-wei&version=1&reason=Valve.&until=2026-11-22T18:30")
            return (answer, refused, await dashboard.estate.alarms())
        }
        #expect(refused.status == 422)
        #expect(refused.body.contains("at most 24 hours later") && refused.body.contains(">&lt;valve&gt;</textarea>"))
        #expect(answer.status == 303 && answer.header("location") == "/alarms/riser-2/burst")
        let alarm = try #require(alarms.alarms.first { $0.identifier == "riser-2/burst" })
        #expect(alarm.state == .shelved && alarm.shelf?.until == Timestamp(rfc3339: "2026-11-22T10:30:00Z"))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var body: String
        var alarm = "riser-2/burst"
        var condition: String? = "*"
        var status: Int
        var text: String
        var testDescription: String { "\(status) \(body) \(condition ?? "")" }
    }

    @Test(arguments: [
        Refusal(
            body: #"{"event":"acknowledge","person":"li-wei"}"#, alarm: "riser-9/burst", status: 404,
            text:
                #"{"detail":"There is no alarm “riser-9/burst”; one comes to be when it is first raised.","instance":"/api/v1/alarms/riser-9/burst/events","status":404,"title":"Alarm not known","type":"urn:sluice:problem:alarm-unknown"}"#
        ),
        Refusal(
            body: #"{"event":"acknowledge","person":"li-wei"}"#, condition: "\"7\"", status: 412,
            text:
                #"{"detail":"Alarm riser-2/burst has changed in the meantime; it is at version 1 now. Look at it again, then act.","instance":"/api/v1/alarms/riser-2/burst/events","status":412,"title":"Alarm has changed","type":"urn:sluice:problem:alarm-changed","version":1}"#
        ),
        Refusal(
            body: #"{"event":"unshelve","person":"li-wei"}"#, status: 409,
            text:
                #"{"allowed":["acknowledge","shelve","out-of-service"],"detail":"Alarm riser-2/burst is “active, unacknowledged”, which does not allow “End the shelf”. Possible now: Acknowledge, Shelve, Take out of service.","instance":"/api/v1/alarms/riser-2/burst/events","state":"unacknowledgedActive","status":409,"title":"Not possible now","type":"urn:sluice:problem:alarm-action-not-allowed"}"#
        ),
        Refusal(
            body: #"{"event":"shelve","person":"li-wei","reason":"x","until":"2026-11-25T00:00:00Z"}"#, status: 422,
            text:
                #"{"detail":"An alarm comes back after now and at most 24 hours later. Give a nearer time.","instance":"/api/v1/alarms/riser-2/burst/events","status":422,"title":"Shelf not possible","type":"urn:sluice:problem:shelf-too-long"}"#
        ),
        Refusal(
            body: #"{"event":"shelve","person":"li-wei","reason":" "}"#, status: 422,
            text: "urn:sluice:problem:reason-missing"),
        Refusal(
            body: #"{"event":"acknowledge","person":"nobody"}"#, status: 422, text: "urn:sluice:problem:person-unknown"),
        Refusal(
            body: #"{"event":"acknowledge","person":"li-wei"}"#, condition: nil, status: 428,
            text: "urn:sluice:problem:version-missing"),
        Refusal(body: #"{"event":"acknowledge"}"#, status: 422, text: ##""pointer":"#/person""##),
        Refusal(body: "{", status: 400, text: "urn:sluice:problem:json-invalid"),
    ])
    func `the interface says why not`(_ refusal: Refusal) async throws {
        let answer = try await withDashboard {
            try await $0.postJSON(
                "/api/v1/alarms/\(refusal.alarm)/events", refusal.body, ifMatch: refusal.condition)
        }
        #expect(answer.status == refusal.status)
        if refusal.text.hasPrefix("{") {
            #expect(answer.body == refusal.text)
        } else {
            #expect(answer.body.contains(refusal.text), "\(answer.body)")
        }
    }

    @Test func `alarms come in pages, by state, and each with its version`() async throws {
        let (pages, states, one) = try await withDashboard { dashboard in
            var (pages, cursor) = ([[String]](), "")
            while true {
                let answer = try await dashboard.get("/api/v1/alarms?limit=3" + cursor)
                let page = try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8))
                pages.append(page.alarms.map(\.identifier))
                guard let next = page.next else { break }
                cursor = "&cursor=" + PercentText.encoded(next)
            }
            var states: [String: [String]] = [:]
            for state in ["active", "withheld", "latched", "unusual"] {
                let answer = try await dashboard.get("/api/v1/alarms?state=\(state)")
                states[state] = try JSONDecoder().decode(Page.self, from: Data(answer.body.utf8)).alarms.map(
                    \.identifier)
            }
            return (
                pages, states, try await dashboard.get("/api/v1/alarms/east-gate/gate_forced", ["Accept-Language: en"])
            )
        }
        #expect(pages.map(\.count) == [3, 3, 1])
        #expect(pages.flatMap { $0 } == pages.flatMap { $0 }.sorted())
        #expect(states["latched"] == ["east-gate/gate_forced"])
        #expect(states["withheld"] == ["booster-1/pump_short_cycling", "lift-1/lift_door_anomaly"])
        #expect(states["active"]?.count == 4 && states["unusual"]?.count == 6)
        #expect(one.header("etag") == "\"2\"")
        #expect(one.body.contains(#""guidance":{"action":"Send security there now"#))
        #expect(one.body.contains(#""timeToRespond":"Act within 15 min""#))
    }

    private struct Page: Decodable {
        var alarms: [AlarmSnapshot]
        var next: String?
    }
}
