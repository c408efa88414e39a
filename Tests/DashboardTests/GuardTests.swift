// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Dashboard

@Suite struct GuardTests {
    @Test(arguments: [
        (host: "127.0.0.1:8420", status: 200), (host: "localhost", status: 200), (host: "LOCALHOST:80", status: 200),
        (host: "[::1]:8420", status: 200), (host: "evil.example", status: 403),
        (host: "127.0.0.1.evil.example", status: 403),
        (host: "localhost:80@evil.example", status: 403), (host: "localhost:", status: 403),
        (host: "192.168.1.5:8420", status: 403),
    ])
    func `only loopback names are served`(host: String, status: Int) async throws {
        let answer = try await withDashboard {
            try await TestClient.send(
                RunningDashboard.head("GET", "/healthz", ["Host: \(host)", "Connection: close"]), to: .port($0.port))
        }
        #expect(answer.status == status)
    }

    @Test(arguments: [
        (source: "Origin: http://HOST", status: 200), (source: "Referer: http://HOST/tickets/1?x#y", status: 200),
        (source: "Origin: http://evil.example", status: 403), (source: "Origin: null", status: 403),
        (source: "Origin: https://HOST", status: 403), (source: "Origin: http://HOST.evil.example", status: 403),
        (source: "Referer: http://evil.example/http://HOST", status: 403), (source: "X-Nothing: 1", status: 403),
        (source: "Origin: http://localhost:1", status: 403),
    ])
    func `ASVS 3.5.1: a change needs a page of the same origin`(source: String, status: Int) async throws {
        let (answer, version) = try await withDashboard { dashboard in
            let host = "127.0.0.1:\(dashboard.port)"
            let answer = try await dashboard.send(
                "POST", "/api/v1/tickets/20261122-002/events", #"{"event":"accept","person":"li-wei"}"#,
                [
                    "Host: \(host)", source.replacing("HOST", with: host), "If-Match: *",
                    "Content-Type: application/json",
                ], to: .port(dashboard.port))
            return (answer, await dashboard.estate.ticket("20261122-002")?.ticket.version)
        }
        #expect(answer.status == status)
        #expect(version == (status == 200 ? 3 : 2))
        if status == 403 {
            #expect(
                answer.body
                    == #"{"detail":"Changes are accepted from this gateway's own pages only.","instance":"/api/v1/tickets/20261122-002/events","status":403,"title":"Origin refused","type":"urn:sluice:problem:origin-refused"}"#
            )
        }
    }

    @Test func `an origin is right or wrong even where a second one would help`() async throws {
        let answer = try await withDashboard { dashboard in
            let host = "127.0.0.1:\(dashboard.port)"
            return try await dashboard.send(
                "POST", "/tickets/20261122-002", "event=accept&person=li-wei",
                ["Host: \(host)", "Origin: http://evil.example", "Referer: http://\(host)/"], to: .port(dashboard.port))
        }
        #expect(answer.status == 403)
        #expect(answer.body.contains("Changes are accepted from this gateway&#39;s own pages only."))
    }

    @Test func `a command on the local socket needs neither host nor origin`() async throws {
        try await withTemporaryFolder { folder in
            let answer = try await withDashboard(socketPath: folder + "/s") { dashboard in
                try await dashboard.send(
                    "POST", "/api/v1/tickets/20261122-002/events", #"{"event":"accept","person":"li-wei"}"#,
                    ["Host: sluice", "If-Match: *", "Content-Type: application/json"],
                    to: .path(dashboard.socketPath ?? ""))
            }
            #expect(answer.status == 200)
            #expect(answer.body.contains(#""state":"accepted""#))
        }
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
    func `ASVS 3.5.3: nothing but POST changes a ticket`(method: String) async throws {
        let (answer, version) = try await withDashboard { dashboard in
            let answer = try await dashboard.get(
                "/api/v1/tickets/20261122-002/events?event=accept&person=li-wei",
                ["Origin: http://127.0.0.1:\(dashboard.port)"], method: method)
            return (answer, await dashboard.estate.ticket("20261122-002")?.ticket.version)
        }
        #expect(answer.status == 405)
        #expect(answer.header("allow") == "POST")
        #expect(version == 2)
    }
}
