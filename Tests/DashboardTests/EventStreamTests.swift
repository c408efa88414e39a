// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import Testing

@testable import Dashboard

@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    private static func request(_ port: Int, _ headers: [String] = []) -> String {
        RunningDashboard.head("GET", "/events", ["Host: localhost:\(port)", "Accept: text/event-stream"] + headers)
    }

    @Test func `a change reaches the reader`() async throws {
        let text = try await withDashboard { dashboard in
            let stream = try await TestClient.open(
                Self.request(dashboard.port), to: .port(dashboard.port), until: { $0.contains("retry: 2000") })
            await dashboard.estate.tell(.tickets)
            await dashboard.estate.tell(.readings)
            return try await stream.read(until: { $0.contains("data: readings") })
        }
        #expect(text.contains("id: 1\nevent: tickets\ndata: tickets\n\n"))
        #expect(text.contains("id: 2\nevent: readings\ndata: readings\n\n"))
    }

    @Test func `the stream says what it is`() async throws {
        let head = try await withDashboard { dashboard in
            try await TestClient.open(
                Self.request(dashboard.port), to: .port(dashboard.port), until: { $0.contains("retry") }
            ).firstText
        }
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.lowercased().contains("content-type: text/event-stream; charset=utf-8\r\n"))
        #expect(head.lowercased().contains("cache-control: no-store\r\n"))
    }

    @Test func `a reader that missed something is told everything`() async throws {
        let text = try await withDashboard { dashboard in
            try await TestClient.open(
                Self.request(dashboard.port, ["Last-Event-ID: 41"]), to: .port(dashboard.port),
                until: { $0.contains("data: tickets") }
            ).firstText
        }
        #expect(text.contains("id: 0\nevent: readings\n"))
        #expect(text.contains("id: 0\nevent: findings\n"))
    }

    @Test func `the 65th reader is asked to come back and a place is free again when one leaves`() async throws {
        try await withDashboard { dashboard in
            var streams: [TestClient.Stream] = []
            for _ in 0..<EventHub.capacity {
                streams.append(
                    try await TestClient.open(
                        Self.request(dashboard.port), to: .port(dashboard.port), until: { $0.contains("retry") }))
            }
            let refused = try await dashboard.get("/events", ["Accept-Language: en"])
            #expect(refused.status == 503)
            #expect(refused.header("retry-after") == "30")
            #expect(
                refused.body
                    == #"{"detail":"At most 64 live connections are open at once. Try again later.","instance":"/events","status":503,"title":"Too many live connections","type":"urn:sluice:problem:too-many-streams"}"#
            )
            streams.removeLast()
            // The place is free as soon as the server has seen the connection end.
            var isOpen = false
            for _ in 0..<200 where !isOpen {
                let again = try await TestClient.open(
                    Self.request(dashboard.port), to: .port(dashboard.port),
                    until: { $0.contains("retry") || $0.contains("too-many-streams") })
                isOpen = again.firstText.contains("200 OK")
                streams.append(again)
                if !isOpen { streams.removeLast() }
            }
            #expect(isOpen)
        }
    }

    @Test func `open streams do not keep the server from ending`() async throws {
        let stream = try await withDashboard { dashboard in
            try await TestClient.open(
                Self.request(dashboard.port), to: .port(dashboard.port), until: { $0.contains("retry") })
        }
        // The dashboard has been stopped; the stream must have come to its end.
        _ = try await stream.readToEnd()
    }

    @Test func `a slow reader loses the oldest events`() async throws {
        let hub = EventHub()
        let subscription = try #require(hub.subscribe(after: nil))
        for _ in 0..<40 { hub.publish(.readings) }
        hub.finish()
        var identifiers: [Int64] = []
        for await case .change(_, let identifier) in subscription.events { identifiers.append(identifier) }
        #expect(identifiers == Array(25...40))
    }

    @Test func `a sign of life is a comment`() async throws {
        let hub = EventHub()
        let subscription = try #require(hub.subscribe(after: nil))
        hub.keepAlive()
        hub.finish()
        var texts: [String] = []
        for await event in subscription.events { texts.append(event.text) }
        #expect(texts == [": keep-alive\n\n"])
        #expect(hub.openStreams == 0)
        #expect(hub.subscribe(after: nil) == nil)
    }
}
