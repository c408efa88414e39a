// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import Model
import People
import Pipeline
import Testing

@testable import Dashboard

/// Every route that the port serves, asked as every role.
@Suite struct RoleRouteTests {
    /// Routes as the running server has them, with two estates so that each page is there.
    private static func routes(_ people: TestPeople) async throws -> [String] {
        let estates = ["lakeside", "hillside"].map {
            Neighbourhood.Estate(
                site: SiteIdentifier($0), name: BilingualText($0), area: nil, publicAddress: nil)
        }
        let site = Dashboard(
            view: TestEstate(), hub: EventHub(),
            resources: try await PageResources(chartLibraryFolder: RunningDashboard.chartLibraryFolder),
            defaultLanguage: .english, ownHost: "127.0.0.1",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: { TestEstate.now },
            neighbourhood: Neighbourhood(estates), door: people.door(), settings: TestSettings())
        return site.router(for: .tcp).routes.filter { $0.method != .head }
            .map { "\($0.method.rawValue) \(Doorkeeper.path("\($0.path)"))" }.sorted()
    }

    @Test func `ASVS 8.3.1: every route stands in the table, and nothing else does`() async throws {
        let routes = try await Self.routes(try await TestPeople())
        #expect(routes.count > 55)
        #expect(routes == AccessTable.rules.keys.sorted())
    }

    private struct Outcome: Hashable, Sendable {
        var route: String
        /// `in`, `refused`, or `sent away`.
        var what: String
    }

    /// Asks for each route; answers of routes that are granted may be refusals of another kind.
    private static func outcomes(
        _ routes: [String], _ dashboard: RunningDashboard, _ session: (cookie: String, form: String)?
    ) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for route in routes {
            let parts = route.split(separator: " ").map(String.init)
            let isPage = !parts[1].hasPrefix("/api/") && !parts[1].hasPrefix("/v2/")
            var path = parts[1].replacing(/\{[a-z]+\}/, with: "x")
            if isPage, parts[0] != "GET", let session { path += "?form=" + session.form }
            var headers = [
                "Host: 127.0.0.1:\(dashboard.port)", "Origin: http://127.0.0.1:\(dashboard.port)", "Connection: close",
            ]
            if let session { headers.append("Cookie: sluice_session=\(session.cookie)") }
            if parts[0] != "GET" {
                headers += ["Content-Length: 0", "Content-Type: application/x-www-form-urlencoded"]
            }
            // Streams do not end, so the beginning must do.
            let request = RunningDashboard.head(parts[0], path, headers)
            let head = try await TestClient.open(request, to: .port(dashboard.port)) { text in
                guard let end = text.range(of: "\r\n\r\n") else { return false }
                let length = text[..<end.lowerBound].lowercased().firstMatch(of: /content-length: (\d+)/)
                    .flatMap { Int($0.output.1) }
                return text[end.upperBound...].utf8.count >= length ?? 0
            }.firstText
            let what: String
            if head.contains(" 401 ")
                || head.lowercased().contains("location: /sign-in") && !route.hasSuffix("/first-run")
            {
                what = "sent away"
            } else if head.hasPrefix("HTTP/1.1 403"), head.contains("Not permitted") {
                what = "refused"
            } else {
                what = "in"
            }
            outcomes.append(Outcome(route: route, what: what))
        }
        return outcomes
    }

    @Test(arguments: Role.allCases)
    func `ASVS 8.3.1: a role is let in where its permissions say so, and nowhere else`(role: Role) async throws {
        let people = try await TestPeople()
        let session = try await people.enter("somebody", [role])
        // Signing out, and what ends the session, would change what is asked after it.
        let routes = try await Self.routes(people).filter { $0 != "POST /sign-out" && $0 != "GET /estates" }
        let outcomes = try await withDashboard(door: people.door()) {
            try await Self.outcomes(routes, $0, session)
        }
        let expected = routes.map { route in
            Outcome(
                route: route,
                what: AccessTable.access(to: route)?.isGranted(to: role.permissions) == true ? "in" : "refused")
        }
        #expect(outcomes == expected)
    }

    @Test func `ASVS 8.3.1: without signing in there is only what is open`() async throws {
        let people = try await TestPeople()
        _ = try await people.enter("boss", [.administrator])
        let routes = try await Self.routes(people)
        let outcomes = try await withDashboard(door: people.door()) { try await Self.outcomes(routes, $0, nil) }
        let open = outcomes.filter { $0.what == "in" }.map(\.route)
        #expect(
            open == [
                "GET /first-run", "GET /healthz", "GET /help", "GET /help/{page}", "GET /help/{page}/{part}",
                "GET /report", "GET /sign-in", "GET /static/{name}",
                "POST /first-run", "POST /report", "POST /sign-in",
            ])
        #expect(outcomes.allSatisfy { $0.what != "refused" })
    }

    @Test func `a route that is in no table is nobody's`() {
        #expect(AccessTable.access(to: "GET /new") == nil)
        #expect(AccessTable.access(to: "DELETE /tickets/{number}") == nil)
    }

    @Test func `a page that is not there is told to those who are in, and a stranger is sent to the sign-in`()
        async throws
    {
        let people = try await TestPeople()
        let session = try await people.enter("somebody", [.auditor])
        let (known, stranger) = try await withDashboard(door: people.door()) { dashboard in
            (
                try await dashboard.get("/nothing/here", session: session.cookie),
                try await dashboard.get("/nothing/here")
            )
        }
        #expect(known.status == 404)
        #expect(stranger.status == 307 || stranger.status == 303 || stranger.status == 302)
        #expect(stranger.header("location") == "/sign-in?next=%2Fnothing%2Fhere")
    }

    @Test func `docs: the table of roles is what the program does`() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/people.md").standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let rows = text.matches(of: /\| `([a-zA-Z]+)` \| [^|]+ \| ([a-zA-Z, ]+) \|/).map {
            "\($0.output.1): \($0.output.2)"
        }
        #expect(
            rows
                == Permission.allCases.map { permission in
                    let roles = Role.allCases.filter { $0.permissions.contains(permission) }.map(\.rawValue)
                    return "\(permission.rawValue): \(roles.joined(separator: ", "))"
                })
    }
}
