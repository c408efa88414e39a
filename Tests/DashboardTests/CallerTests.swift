// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import People
import Pipeline
import Testing

@testable import Dashboard

/// In whose name something may be done, and what programs with tokens may.
@Suite struct CallerTests {
    struct Deed: Sendable, CustomTestStringConvertible {
        var method = "POST"
        var path: String
        var body: String
        var type = "application/json"
        var headers: [String] = []
        var testDescription: String { "\(method) \(path)" }
    }

    /// Everything that is done in somebody's name, in the name of `zhao-lei`.
    static let deeds: [Deed] = [
        Deed(
            path: "/api/v1/tickets",
            body: #"{"person":"zhao-lei","asset":"riser-1","failure_mode":"reported_leak","text":"Water."}"#,
            headers: ["Idempotency-Key: k1"]),
        Deed(
            path: "/api/v1/tickets/20261122-002/events", body: #"{"event":"accept","person":"zhao-lei"}"#,
            headers: ["If-Match: *"]),
        Deed(
            path: "/api/v1/tickets/20261122-002/events",
            body:
                #"{"event":"hold","person":"li-wei","reason":"parts","until":"2026-11-25T08:00:00Z","approver":"zhao-lei"}"#,
            headers: ["If-Match: *"]),
        Deed(
            path: "/api/v1/alarms/riser-1/burst/events", body: #"{"event":"acknowledge","person":"zhao-lei"}"#,
            headers: ["If-Match: *"]),
        Deed(path: "/api/v1/findings/x/verdicts", body: #"{"verdict":"confirm","person":"zhao-lei"}"#),
        Deed(
            path: "/api/v1/announcements",
            body: #"{"kind":"poolFilling","start":"2026-12-01","end":"2026-12-02","person":"zhao-lei"}"#),
        Deed(path: "/api/v1/announcements/1/withdrawal", body: #"{"person":"zhao-lei","reason":"Off."}"#),
        Deed(path: "/api/v1/planned-work/clean/records", body: #"{"person":"zhao-lei"}"#),
        Deed(
            path: "/api/v1/tickets/20261122-002/resident-notices",
            body: #"{"kind":"water-outage","approver":"zhao-lei"}"#),
        Deed(
            path: "/v2/enqueue",
            body:
                #"{"routing_key":"zhao-lei","event_action":"trigger","payload":{"summary":"W","source":"riser-1","severity":"error"}}"#
        ),
        Deed(
            method: "PUT", path: "/api/v1/tickets/20261122-002/photos/a.jpg?person=zhao-lei", body: "x",
            type: "image/jpeg"),
        Deed(path: "/tickets/20261122-002", body: "event=accept&person=zhao-lei", type: "form"),
        Deed(path: "/alarms", body: "person=zhao-lei&alarm=1+riser-1/burst", type: "form"),
        Deed(path: "/alarms/riser-1/burst", body: "event=acknowledge&person=zhao-lei", type: "form"),
        Deed(path: "/findings/FINDING", body: "verdict=confirm&person=zhao-lei", type: "form"),
        Deed(path: "/planned-work", body: "work=clean&person=zhao-lei", type: "form"),
        Deed(path: "/resident-notice", body: "ticket=20261122-002&kind=water-outage&approver=zhao-lei", type: "form"),
    ]

    private static func send(
        _ deed: Deed, _ dashboard: RunningDashboard, _ session: (cookie: String, form: String)
    ) async throws -> Answer {
        let finding = await dashboard.estate.current.findings.first?.finding.identifier.text ?? ""
        var path = deed.path.replacing("FINDING", with: PercentText.encoded(finding))
        path = path.replacing("/findings/x/", with: "/findings/\(PercentText.encoded(finding))/")
        let isForm = deed.type == "form"
        if isForm { path += "?form=" + session.form }
        return try await dashboard.send(
            deed.method, path, deed.body,
            [
                "Host: 127.0.0.1:\(dashboard.port)", "Origin: http://127.0.0.1:\(dashboard.port)",
                "Cookie: sluice_session=\(session.cookie)",
                "Content-Type: \(isForm ? "application/x-www-form-urlencoded" : deed.type)",
            ] + deed.headers, to: .port(dashboard.port))
    }

    /// May do everything, but not in another's name.
    private static let able: Set<Role> = [.technician, .manager, .engineer]

    @Test(arguments: deeds)
    func `nobody acts in another's name`(deed: Deed) async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", Self.able, person: "li-wei")
        let answer = try await withDashboard(door: people.door()) { try await Self.send(deed, $0, session) }
        #expect(answer.status == 403)
        #expect(answer.body.contains("other-person") || answer.body.contains("Not in another&#39;s name"))
    }

    @Test(arguments: deeds)
    func `a shift leader enters what another did`(deed: Deed) async throws {
        let people = try await TestPeople()
        let session = try await people.enter("wang-fang", [.shiftLeader], person: "wang-fang")
        let answer = try await withDashboard(door: people.door()) { try await Self.send(deed, $0, session) }
        #expect(!answer.body.contains("other-person") && !answer.body.contains("Not in another&#39;s name"))
    }

    @Test func `a form that names nobody is of the one who is signed in`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician], person: "li-wei")
        let (page, answer, action) = try await withDashboard(door: people.door()) { dashboard in
            let page = try await dashboard.get("/tickets/20261122-002", session: session.cookie)
            let answer = try await dashboard.submit("/tickets/20261122-002", "event=accept", session: session)
            return (page, answer, await dashboard.estate.lastAction)
        }
        #expect(answer.status == 303)
        #expect(action?.person.text == "li-wei")
        #expect(page.body.contains(#"<input type="hidden" name="person" value="li-wei">"#))
        #expect(!page.body.contains(#"<select name="person""#))
    }

    @Test func `signing off needs its own permission, whatever the route`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician], person: "li-wei")
        let answer = try await withDashboard(door: people.door()) {
            try await $0.send(
                "POST", "/api/v1/tickets/20261122-002/events", #"{"event":"sign-off","person":"li-wei"}"#,
                [
                    "Host: 127.0.0.1:\($0.port)", "Origin: http://127.0.0.1:\($0.port)", "If-Match: *",
                    "Cookie: sluice_session=\(session.cookie)", "Content-Type: application/json",
                ], to: .port($0.port))
        }
        #expect(answer.status == 403)
        #expect(answer.body.contains("urn:sluice:problem:not-permitted"))
    }

    @Test func `a program with a token may what its account may, until the token is ended`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician], person: "li-wei")
        let answers = try await withDashboard(door: people.door()) { dashboard in
            let made = try await dashboard.submit("/account", "do=token&label=home", session: session)
            let token =
                made.body.firstMatch(of: /<code>(sluice_[0-9a-f]{64})<\/code>/).map { String($0.output.1) } ?? ""
            let bearer = "Authorization: Bearer \(token)"
            func act(_ header: String) async throws -> Answer {
                try await dashboard.post(
                    "/api/v1/tickets/20261122-002/events", #"{"event":"accept","person":"li-wei"}"#,
                    type: "application/json", ["If-Match: *", header])
            }
            let read = try await dashboard.get("/api/v1/tickets", [bearer])
            let wrong = try await dashboard.get("/api/v1/tickets", [bearer + "0"])
            let deed = try await act(bearer)
            let notAllowed = try await dashboard.get("/metrics", [bearer])
            _ = try await dashboard.submit("/account", "do=end-token&label=home", session: session)
            let after = try await dashboard.get("/api/v1/tickets", [bearer])
            return [made, read, wrong, deed, notAllowed, after]
        }
        #expect(answers.map(\.status) == [200, 200, 401, 200, 403, 401])
        #expect(answers[2].header("www-authenticate") == #"Bearer realm="sluice""#)
        let stored = await people.accounts.stored.values.map { "\($0)" }.joined()
        #expect(!stored.contains("sluice_"), "only its digest is kept")
    }

    @Test func `a change of roles, or disabling, ends the sessions of the account`() async throws {
        let people = try await TestPeople()
        let boss = try await people.enter("boss", [.administrator])
        let one = try await people.enter("li-wei", [.technician], person: "li-wei")
        let two = try await people.enter("zhao-lei", [.technician], person: "zhao-lei")
        let statuses = try await withDashboard(door: people.door()) { dashboard in
            _ = try await dashboard.submit("/people", "do=change&name=li-wei&person=li-wei&role=manager", session: boss)
            _ = try await dashboard.submit("/people", "do=disable&name=zhao-lei", session: boss)
            let last = try await dashboard.submit("/people", "do=disable&name=boss", session: boss)
            return [
                try await dashboard.get("/tickets", session: one.cookie).status,
                try await dashboard.get("/tickets", session: two.cookie).status, last.status,
                try await dashboard.get("/people/audit", session: boss.cookie).status,
            ]
        }
        #expect(statuses == [303, 303, 422, 200])
        #expect(
            await people.accounts.audit.suffix(2).map { "\($0.actor) \($0.action) \($0.subject) \($0.result)" } == [
                "boss account changed li-wei manager as li-wei",
                "boss account disabled zhao-lei technician as zhao-lei",
            ])
    }

    @Test func `what could not be stored does not hold`() async throws {
        let people = try await TestPeople()
        let boss = try await people.enter("boss", [.administrator])
        await people.accounts.fill(true)
        let answer = try await withDashboard(door: people.door()) {
            try await $0.submit("/people", "do=make&name=li-wei&role=technician", session: boss)
        }
        #expect(answer.status == 503)
        #expect(await people.desk.accounts.map(\.name.text) == ["boss"])
    }
}
