// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import People
import Pipeline
import Testing

@testable import Dashboard

/// Signing in and out over HTTP, with a clock that the test turns.
@Suite struct SignInTests {
    private static func signIn(
        _ dashboard: RunningDashboard, _ name: String, _ password: String, next: String = "/"
    ) async throws -> Answer {
        try await dashboard.postForm(
            "/sign-in",
            "name=\(PercentText.encoded(name))&password=\(PercentText.encoded(password))&next=\(PercentText.encoded(next))"
        )
    }

    @Test func `ASVS 3.3.1: on loopback the cookie is HttpOnly and SameSite=Strict, and has no prefix`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("li-wei", [.technician])
        let answer = try await withDashboard(door: people.door()) {
            try await Self.signIn($0, "li-wei", people.password)
        }
        #expect(answer.status == 303)
        let cookie = try #require(answer.headers["set-cookie"]?.first { $0.hasPrefix("sluice_session=") })
        let parts = Set(cookie.components(separatedBy: "; ").dropFirst())
        #expect(parts == ["HttpOnly", "SameSite=Strict", "Path=/"])
        #expect(answer.session?.count == 64)
        #expect(answer.header("cache-control") == "no-store")
    }

    @Test func `ASVS 3.3.1: behind a proxy with TLS the cookie is Secure with the prefix __Host-`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("li-wei", [.technician])
        let (answer, page, plain) = try await withDashboard(door: people.door(proxy: "https://estate.example/")) {
            dashboard in
            let body = "name=li-wei&password=\(PercentText.encoded(people.password))"
            let headers = ["Host: estate.example", "Content-Type: application/x-www-form-urlencoded"]
            let answer = try await dashboard.send(
                "POST", "/sign-in", body, headers + ["Origin: https://estate.example"], to: .port(dashboard.port))
            let page = try await TestClient.send(
                RunningDashboard.head(
                    "GET", "/tickets",
                    [
                        "Host: estate.example", "Connection: close",
                        "Cookie: __Host-sluice_session=\(answer.session ?? "")",
                    ]), to: .port(dashboard.port))
            // What came by plain HTTP, past the proxy, is no page of it.
            let plain = try await dashboard.send(
                "POST", "/sign-in", body, headers + ["Origin: http://estate.example"], to: .port(dashboard.port))
            return (answer, page, plain)
        }
        let cookie = try #require(answer.headers["set-cookie"]?.first { $0.hasPrefix("__Host-sluice_session=") })
        #expect(
            Set(cookie.components(separatedBy: "; ").dropFirst()) == [
                "HttpOnly", "Secure", "SameSite=Strict", "Path=/",
            ])
        #expect(answer.header("strict-transport-security") == "max-age=31536000")
        #expect(page.status == 200)
        #expect(plain.status == 403)
    }

    @Test func `ASVS 3.2.1: every answer says what it is, and is not taken for anything else`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician])
        let answers = try await withDashboard(door: people.door()) { dashboard in
            var answers: [Answer] = []
            for path in ["/", "/sign-in", "/api/v1/overview", "/static/sluice.css", "/healthz", "/nothing", "/account"]
            {
                answers.append(try await dashboard.get(path, session: session.cookie))
                answers.append(try await dashboard.get(path))
            }
            return answers
        }
        for answer in answers {
            #expect(answer.header("x-content-type-options") == "nosniff")
            #expect(answer.status == 303 || answer.header("content-type") != nil)
            #expect(answer.header("content-security-policy")?.contains("default-src 'self'") == true)
        }
    }

    @Test func `ASVS 3.2.2: what somebody types comes back as text, never as a part of the page`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("boss", [.administrator])
        let evil = "<script>alert(1)</script>\"'"
        let answers = try await withDashboard(door: people.door()) { dashboard in
            [
                try await Self.signIn(dashboard, evil, evil, next: "/x\(evil)"),
                try await dashboard.submit(
                    "/people", "do=make&name=\(PercentText.encoded(evil))&role=auditor", session: session),
                try await dashboard.submit("/account", "do=token&label=\(PercentText.encoded(evil))", session: session),
            ]
        }
        for answer in answers {
            #expect(!answer.body.contains("<script>alert"))
        }
        #expect(answers[1].body.contains("&lt;script&gt;alert(1)"))
        #expect(answers[2].body.contains("&lt;script&gt;alert(1)"))
    }

    @Test func `ASVS 3.4.2: no answer opens the page to scripts of other origins`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician])
        let answers = try await withDashboard(door: people.door()) { dashboard in
            var answers: [Answer] = []
            for method in ["GET", "OPTIONS"] {
                for path in ["/", "/api/v1/tickets", "/sign-in", "/events/none"] {
                    answers.append(
                        try await dashboard.get(
                            path,
                            [
                                "Origin: http://127.0.0.1:\(dashboard.port)", "Access-Control-Request-Method: POST",
                                "Cookie: sluice_session=\(session.cookie)",
                            ], method: method))
                }
            }
            return answers
        }
        for answer in answers {
            #expect(answer.headers.keys.filter { $0.hasPrefix("access-control") }.isEmpty)
        }
    }

    @Test func `ASVS 3.5.1: a form needs the origin of the page and the token of the session`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician], person: "li-wei")
        let other = try await people.enter("zhao-lei", [.technician], person: "zhao-lei")
        let form = "event=accept&person=li-wei"
        let (without, foreign, stale, empty, right) = try await withDashboard(door: people.door()) { dashboard in
            let path = "/tickets/20261122-002"
            let cookie = "Cookie: sluice_session=\(session.cookie)"
            return (
                try await dashboard.postForm(path, form, [cookie]),
                try await dashboard.send(
                    "POST", path + "?form=" + session.form, form,
                    ["Host: 127.0.0.1:\(dashboard.port)", "Origin: http://evil.example", cookie],
                    to: .port(dashboard.port)),
                try await dashboard.postForm(path + "?form=" + other.form, form, [cookie]),
                try await dashboard.postForm(path + "?form=", form, [cookie]),
                try await dashboard.submit(path, form, session: session)
            )
        }
        #expect([without, foreign, stale, empty].map(\.status) == [403, 403, 403, 403])
        #expect(without.body.contains("Form out of date") && stale.body.contains("Form out of date"))
        #expect(foreign.body.contains("Origin refused"))
        #expect(right.status == 303)
    }

    @Test func `ASVS 3.5.3: nothing changes by GET, and every form of a page carries its token`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("boss", [.administrator, .shiftLeader], person: "wang-fang")
        let (pages, after) = try await withDashboard(door: people.door()) { dashboard in
            var pages: [Answer] = []
            for path in ["/", "/tickets/20261122-002", "/alarms", "/planned-work", "/people", "/account", "/report"] {
                pages.append(try await dashboard.get(path, session: session.cookie))
            }
            for path in [
                "/sign-out", "/people?do=disable&name=boss", "/tickets/20261122-002?event=accept&person=wang-fang",
                "/account?do=token&label=x",
            ] {
                _ = try await dashboard.get(
                    path + (path.contains("?") ? "&" : "?") + "form=" + session.form, session: session.cookie)
            }
            return (pages, try await dashboard.get("/account", session: session.cookie))
        }
        for page in pages {
            #expect(page.status == 200)
            for form in page.body.matches(of: /<form method="post" action="([^"]*)"/) {
                #expect(
                    form.output.1.hasSuffix("?form=\(session.form)")
                        || form.output.1.hasSuffix("&#x3D;\(session.form)"), "\(form.output.1)")
            }
        }
        #expect(after.status == 200, "still signed in")
        #expect(await people.desk.accounts.allSatisfy { $0.isEnabled && $0.tokens.isEmpty })
    }

    @Test func `ASVS 6.3.2: there is no account that nobody made, whatever name and password are tried`() async throws {
        let people = try await TestPeople()
        let answers = try await withDashboard(door: people.door()) { dashboard in
            var answers: [Answer] = []
            for name in ["admin", "root", "sluice", "administrator", "boss", ""] {
                answers.append(try await Self.signIn(dashboard, name, name))
            }
            return answers
        }
        #expect(answers.allSatisfy { $0.status == 403 && $0.session == nil })
        #expect(await people.desk.accounts.isEmpty)
    }

    @Test func `ASVS 6.4.1: the first-run token makes one administrator, within a day`() async throws {
        let people = try await TestPeople()
        let late = try #require(await people.desk.open())
        people.time.pass(.seconds(24 * 3600))
        @Sendable func form(_ token: String, _ name: String, _ password: String) -> String {
            "token=\(token)&name=\(name)&password=\(PercentText.encoded(password))"
        }
        let token = Token()
        let answers = try await withDashboard(door: people.door()) { dashboard in
            let tooLate = try await dashboard.postForm("/first-run", form(late, "boss", people.password))
            token.text = await people.desk.open() ?? ""
            let page = try await dashboard.get("/sign-in")
            let wrong = try await dashboard.postForm("/first-run", form(late, "boss", people.password))
            let weak = try await dashboard.postForm("/first-run", form(token.text, "boss", "lakeside2026"))
            let right = try await dashboard.postForm("/first-run", form(token.text, "boss", people.password))
            let again = try await dashboard.postForm("/first-run", form(token.text, "second", people.password))
            let list = try await dashboard.get("/people", session: right.session ?? "")
            return [tooLate, page, wrong, weak, right, again, list]
        }
        #expect(answers.map(\.status) == [403, 303, 403, 422, 303, 403, 200])
        #expect(answers[1].header("location") == "/first-run")
        #expect(answers[3].body.contains("made of what is tried first"))
        #expect(await people.desk.accounts.map(\.name.text) == ["boss"])
        #expect(await people.desk.open() == nil, "no token while there is an administrator")
        #expect(await people.accounts.audit.map(\.action) == ["first-run token used", "sign-in"])
    }

    private final class Token: @unchecked Sendable { var text = "" }

    @Test func `ASVS 6.4.1: a given password must be changed before anything else is answered`() async throws {
        let people = try await TestPeople()
        let boss = try await people.enter("boss", [.administrator])
        let own = "three grey herons stand still"
        let answers = try await withDashboard(door: people.door()) { dashboard in
            let made = try await dashboard.submit(
                "/people", "do=make&name=li-wei&person=li-wei&role=technician", session: boss)
            let password = made.body.firstMatch(of: /<code>([a-z0-9-]+)<\/code>/).map { String($0.output.1) } ?? ""
            let entered = try await Self.signIn(dashboard, "li-wei", password)
            let session = entered.session ?? ""
            let page = try await dashboard.get("/tickets", session: session)
            let program = try await dashboard.get("/api/v1/tickets", session: session)
            let form = await people.desk.visitor(session: session, isDeed: true)?.formToken ?? ""
            func change(_ new: String) -> String {
                "do=password&old=\(password)&new=\(PercentText.encoded(new))&again=\(PercentText.encoded(new))"
            }
            let same = try await dashboard.submit("/account", change(password), session: (session, form))
            let changed = try await dashboard.submit("/account", change(own), session: (session, form))
            let after = try await dashboard.get("/tickets", session: changed.session ?? "")
            let old = try await dashboard.get("/tickets", session: session)
            return [made, entered, page, program, same, changed, after, old]
        }
        #expect(answers.map(\.status) == [200, 303, 303, 403, 403, 303, 200, 303])
        #expect(answers[2].header("location") == "/account")
        #expect(answers[3].body.contains("password-must-change"))
        #expect(answers[7].header("location") == "/sign-in?next=%2Ftickets")
    }

    @Test func `ASVS 7.4.1: after signing out the cookie is worth nothing, and a stream ends`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician])
        let (out, after, rest) = try await withDashboard(door: people.door()) { dashboard in
            let request = RunningDashboard.head(
                "GET", "/events",
                ["Host: 127.0.0.1:\(dashboard.port)", "Cookie: sluice_session=\(session.cookie)", "Connection: close"])
            let stream = try await TestClient.open(request, to: .port(dashboard.port)) { $0.contains("retry: 2000") }
            let out = try await dashboard.submit("/sign-out", "", session: session)
            let after = try await dashboard.get("/api/v1/overview", session: session.cookie)
            await dashboard.estate.tell(.tickets)
            // It ends before it tells anything.
            let heard = try? await stream.read { $0.contains("tickets") }
            return (out, after, heard)
        }
        #expect(out.status == 303 && out.header("location") == "/sign-in")
        #expect(
            out.headers["set-cookie"]?.contains { $0.hasPrefix("sluice_session=;") && $0.contains("Max-Age=0") } == true
        )
        #expect(after.status == 401)
        #expect(rest == nil, "nothing is told any more")
    }

    @Test func `a session ends after half an hour in which nobody did anything`() async throws {
        let people = try await TestPeople()
        let session = try await people.enter("li-wei", [.technician])
        let statuses = try await withDashboard(door: people.door()) { dashboard in
            var statuses: [Int] = []
            for (minutes, path) in [(29, "/tickets"), (29, "/fragments/ticket-list"), (2, "/tickets")] {
                people.time.pass(.seconds(minutes * 60))
                statuses.append(try await dashboard.get(path, session: session.cookie).status)
            }
            return statuses
        }
        #expect(statuses == [200, 200, 303])
    }

    @Test func `a resident gets to the form and sees nothing else, a stranger no places of the page`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("resident", [.resident])
        let (entered, form, page, open) = try await withDashboard(door: people.door()) { dashboard in
            let entered = try await Self.signIn(dashboard, "resident", people.password)
            let session = entered.session ?? ""
            return (
                entered, try await dashboard.get("/report", session: session),
                try await dashboard.get("/tickets", session: session), try await dashboard.get("/report")
            )
        }
        #expect(entered.header("location") == "/report")
        #expect(form.status == 200 && page.status == 403 && open.status == 200)
        for page in [form, open] { #expect(!page.body.contains(#"href="/tickets""#)) }
    }

    @Test func `two estates under one host name have a session each`() async throws {
        let people = try await TestPeople()
        let names = ["lakeside", "hillside"].map {
            SignInDoor(desk: people.desk, isRequired: true, estate: $0).cookieName
        }
        #expect(names == ["sluice_session_lakeside", "sluice_session_hillside"])
        let proxied = SignInDoor(
            desk: people.desk, isRequired: true, encryptedAddress: "https://estate.example:8443/x", estate: "lakeside")
        #expect(proxied.cookieName == "__Host-sluice_session_lakeside")
        #expect(proxied.encryptedOrigin == "https://estate.example:8443")
        #expect(proxied.encryptedHost == "estate.example")
    }

    @Test func `sessions go on at a door with the same cookie by the same way, and where sign-in was never off`()
        async throws
    {
        let desk = try await TestPeople().desk
        func door(_ isRequired: Bool = true, _ address: String? = nil, _ estate: String? = nil) -> SignInDoor {
            SignInDoor(desk: desk, isRequired: isRequired, encryptedAddress: address, estate: estate)
        }
        let tls = "https://estate.example/"
        #expect(door().keepsSessions(of: door()))
        #expect(door(true, tls, "lakeside").keepsSessions(of: door(true, tls, "lakeside")))
        #expect(!door().keepsSessions(of: door(false)) && !door(false).keepsSessions(of: door()))
        #expect(!door(true, tls).keepsSessions(of: door()) && !door().keepsSessions(of: door(true, tls)))
        #expect(!door(true, tls).keepsSessions(of: door(true, "https://other.example/")))
        #expect(!door(true, nil, "lakeside").keepsSessions(of: door()))
    }

    @Test func `after five failures a name waits, right password or not, and then gets in`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("li-wei", [.technician])
        let answers = try await withDashboard(door: people.door()) { dashboard in
            var answers: [Answer] = []
            for _ in 0..<5 { answers.append(try await Self.signIn(dashboard, "li-wei", "wrong password here")) }
            answers.append(try await Self.signIn(dashboard, "li-wei", people.password))
            people.time.pass(.seconds(30))
            answers.append(try await Self.signIn(dashboard, "li-wei", people.password))
            return answers
        }
        #expect(answers.map(\.status) == [403, 403, 403, 403, 403, 429, 303])
        #expect(answers[5].header("retry-after") == "30")
        let lines = await people.accounts.audit.suffix(6)
        #expect(
            lines.map(\.action) == Array(repeating: "sign-in failed", count: 4) + ["sign-in failed, locked", "sign-in"])
        #expect(!lines.contains { "\($0)".contains("wrong password") }, "no password stands in the audit")
    }

    @Test func `a name that nobody has gets the answers of one that somebody has`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("li-wei", [.technician])
        let (known, unknown) = try await withDashboard(door: people.door()) { dashboard in
            var (known, unknown): ([Answer], [Answer]) = ([], [])
            for _ in 0..<6 {
                known.append(try await Self.signIn(dashboard, "li-wei", "wrong password here"))
                unknown.append(try await Self.signIn(dashboard, "nobody", "wrong password here"))
            }
            return (known, unknown)
        }
        #expect(known.map(\.status) == unknown.map(\.status))
        #expect(known.map(\.body) == unknown.map(\.body))
    }

    @Test(arguments: [
        ("/tickets", "/tickets"), ("/tickets?x=1", "/tickets?x=1"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example", "/"), ("/a\r\nSet-Cookie: x=y", "/"), ("", "/"), ("/\t/evil.example", "/"),
    ])
    func `whoever signs in is led back to a page of this gateway only`(next: String, place: String) async throws {
        let people = try await TestPeople()
        _ = try await people.enter("li-wei", [.technician])
        let answer = try await withDashboard(door: people.door()) {
            try await Self.signIn($0, "li-wei", people.password, next: next)
        }
        #expect(answer.header("location") == place)
        #expect(answer.session != nil)
    }
}
