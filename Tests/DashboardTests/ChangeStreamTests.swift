// SPDX-License-Identifier: Apache-2.0

import Alarms
import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// What programs hear of tickets and alarms as it happens.
@Suite(.timeLimit(.minutes(2))) struct ChangeStreamTests {
    private static func request(_ port: Int, _ headers: [String] = []) -> String {
        RunningDashboard.head("GET", "/api/v1/events/stream", ["Host: localhost:\(port)"] + headers)
    }

    private static func open(
        _ dashboard: RunningDashboard, _ headers: [String] = [], until text: String
    ) async throws -> TestClient.Stream {
        try await TestClient.open(
            request(dashboard.port, headers), to: .port(dashboard.port), until: { $0.contains(text) })
    }

    private static func acknowledge(_ dashboard: RunningDashboard) async throws {
        _ = try await dashboard.estate.act(
            AlarmAction(.acknowledge, alarm: "riser-2/burst", person: TestEstate.person), key: nil)
        await dashboard.estate.tell(.alarms)
    }

    private static func accept(_ dashboard: RunningDashboard) async throws {
        _ = try await dashboard.estate.act(
            TicketAction(number: "20261122-002", verb: .accept, person: TestEstate.person, note: "", version: nil))
        await dashboard.estate.tell(.tickets)
    }

    private static let run = TestEstate.now.milliseconds

    @Test func `a deed reaches the reader whole and once, and one that comes back hears what it missed`() async throws {
        let (first, live, missed) = try await withDashboard { dashboard in
            let stream = try await Self.open(dashboard, until: "event: start\n")
            try await Self.acknowledge(dashboard)
            let alarm = try await stream.read(until: { $0.contains("\"acknowledgedAt\":") })
            // A sign without a change tells nothing.
            await dashboard.estate.tell(.alarms)
            try await Self.accept(dashboard)
            let live = alarm + (try await stream.read(until: { $0.contains("\"alarmCount\":2,") }))
            let again = try await Self.open(
                dashboard, ["Last-Event-ID: \(Self.run)-1"], until: "event: ticket\n")
            return (stream.firstText, live, again.firstText)
        }
        #expect(first.lowercased().contains("content-type: text/event-stream; charset=utf-8\r\n"))
        #expect(first.contains("id: \(Self.run)-0\nevent: start\ndata: {}\n\n"))
        #expect(live.contains("id: \(Self.run)-1\nevent: alarm\ndata: {\"acknowledgedAt\":"))
        #expect(live.contains("id: \(Self.run)-2\nevent: ticket\ndata: {\"alarmCount\":2,"))
        #expect(live.components(separatedBy: "event: ").count == 3)
        #expect(!missed.contains("event: alarm") && !missed.contains("event: start"))
        #expect(missed.contains("id: \(Self.run)-2\nevent: ticket\n"))
    }

    @Test(arguments: ["1-1", "x", "\(run)-7", "\(run)--1", "\(run)-1-1", ""])
    func `a reader from another run, or from nowhere, is told to read again`(identifier: String) async throws {
        let text = try await withDashboard { dashboard in
            try await Self.open(dashboard, ["Last-Event-ID: \(identifier)"], until: "\ndata: {}").firstText
        }
        #expect(text.contains("id: \(Self.run)-0\nevent: reset\n"))
    }

    @Test func `only the last thousand events are known, and who is too slow is let go`() async throws {
        let estate = TestEstate()
        let feed = ChangeFeed(run: 5)
        await feed.follow(estate)
        let slow = try #require(feed.subscribe(after: nil))
        for _ in 0..<700 {
            for verb in [AlarmAction.Verb.shelve, .unshelve] {
                _ = try await estate.act(
                    AlarmAction(
                        verb, alarm: "riser-2/burst", person: TestEstate.person, reason: "x", span: .seconds(60)),
                    key: nil)
                await feed.follow(estate)
            }
        }
        var heard: [String] = []
        for await text in slow.texts { heard.append(text) }
        #expect(heard.count == ChangeFeed.memory + ChangeFeed.backlog)
        func opening(_ identifier: String) async throws -> [String] {
            let reader = try #require(feed.subscribe(after: identifier))
            reader.leave()
            var texts: [String] = []
            for await text in reader.texts { texts.append(text) }
            return texts
        }
        let known = try await opening("5-400")
        #expect(known.count == 1000 && known[0].hasPrefix("id: 5-401\nevent: alarm\n"))
        #expect(try await opening("5-399") == ["id: 5-1400\nevent: reset\ndata: {}\n\n"])
        #expect(try await opening("5-1400") == [])
        feed.finish()
        #expect(feed.subscribe(after: nil) == nil)
    }

    @Test func `the 65th reader is asked to come back`() async throws {
        try await withDashboard { dashboard in
            var streams: [TestClient.Stream] = []
            for _ in 0..<ChangeFeed.capacity { streams.append(try await Self.open(dashboard, until: "event: start")) }
            let refused = try await dashboard.get("/api/v1/events/stream")
            #expect(refused.status == 503 && refused.header("retry-after") == "30")
            streams.removeAll()
        }
    }
}
