// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Outbox
import Pipeline
import TestKit
import Testing

@Suite(.serialized) struct PublisherBesideTests {
    private func command(_ identifier: String, expires: Timestamp) -> [String] {
        ["-m", #"{"id":"\#(identifier)","expires":"\#(expires.rfc3339)","by":"test"}"#]
    }

    /// Waits for the `count`-th line of the subscriber that is a message.
    private func messages(_ peer: Peer, _ wanted: Int) async throws -> [Received] {
        let lines = try await peer.log.wait("\(wanted) messages", counting: 0) { count, line in
            if Received(line) != nil { count += 1 }
            return count == wanted
        }
        return Array(Received.all(lines).prefix(wanted))
    }

    @Test func `ping is accepted, a write refused, and the same id gets its first answer again`() async throws {
        let mosquitto = try await Mosquitto()
        let replies = try await mosquitto.subscriber("sluice/lakeside/cmd/+/reply")
        let births = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            // Births come after the subscriptions.
            try await births.log.wait(for: "the birth") { $0.contains("gate-1/_availability") }
            let soon = site.clocks.now().wall + .seconds(60)
            try mosquitto.publish("sluice/lakeside/cmd/ping", command("a", expires: soon))
            try mosquitto.publish("sluice/lakeside/cmd/write", command("b", expires: soon))
            try mosquitto.publish("sluice/lakeside/cmd/ping", command("c", expires: soon - .seconds(120)))
            try mosquitto.publish("sluice/lakeside/cmd/ping", command("b", expires: soon))
            let answers = try await messages(replies, 4)
            #expect(answers.map { $0.payload["id"] as? String } == ["a", "b", "c", "b"])
            #expect(answers.map(\.state) == ["accepted", "refused", "expired", "refused"])
            #expect(answers[1].payload["reason"] as? String == "writes_not_supported")
            #expect(answers[3].payload["ts"] as? String == answers[1].payload["ts"] as? String)
            #expect(answers.allSatisfy { !$0.isRetained })
            #expect(answers.map(\.topic).last == "sluice/lakeside/cmd/ping/reply")
        }
    }

    /// F56, F57.
    @Test func `retained commands and garbage are ignored and told once, and what follows is answered`() async throws {
        let mosquitto = try await Mosquitto()
        let soon = SystemClocks().now().wall + .seconds(60)
        try mosquitto.publish("sluice/lakeside/cmd/ping", ["-r"] + command("kept", expires: soon))
        try mosquitto.publish("sluice/lakeside/cmd/rubbish", ["-r", "-m", "rubbish"])
        let replies = try await mosquitto.subscriber("sluice/lakeside/cmd/+/reply")
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the retained command") {
                $0.contains("a retained message is no command") && $0.contains("cmd/ping")
            }
            let garbage = mosquitto.folder.appendingPathComponent("garbage")
            for bytes in [Data([0xFF, 0xFE, 0x00]), Data(repeating: 0x5B, count: 10_000), Data("{}".utf8)] {
                try bytes.write(to: garbage)
                for _ in 0..<3 { try mosquitto.publish("sluice/lakeside/cmd/ping", ["-f", garbage.path]) }
            }
            try Data(repeating: 0x20, count: 70_000).write(to: garbage)
            try mosquitto.publish("sluice/lakeside/cmd/ping", ["-f", garbage.path])
            try mosquitto.publish("sluice/lakeside/cmd/ping", command("last", expires: soon))
            let answers = try await messages(replies, 1)
            #expect(answers.map { $0.payload["id"] as? String } == ["last"])
            let told = await site.notices.lines.filter { $0.hasPrefix("commandIgnored") }
            #expect(told.count == 6, "\(told)")
            for reason in ["it is not UTF-8", "nested more than 16 deep", "has no", "larger than the 65536"] {
                #expect(told.contains { $0.contains(reason) }, "\(reason)")
            }
        }
    }

    @Test func `without a synchronised clock no command is carried out`() async throws {
        let mosquitto = try await Mosquitto()
        let replies = try await mosquitto.subscriber("sluice/lakeside/cmd/+/reply")
        var clocks = FastClocks()
        clocks.timeQuality = .unsynced
        let site = FastSite(port: mosquitto.port, clocks: clocks)
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the connection") { $0.hasPrefix("connected") }
            let births = try await mosquitto.subscriber("sluice/lakeside/_meta")
            _ = try await messages(births, 1)
            let soon = site.clocks.now().wall + .seconds(600)
            try mosquitto.publish("sluice/lakeside/cmd/ping", command("a", expires: soon))
            let answer = try await messages(replies, 1)[0]
            #expect(answer.payload["reason"] as? String == "clock_unsynced")
        }
    }

    /// F58.
    @Test func `what an access list refuses is told within a minute, kept, and sent when it is allowed`() async throws {
        let mosquitto = try await Mosquitto(accessList: "topic readwrite #")
        let subscriber = try await mosquitto.subscriber()
        let site = FastSite(port: mosquitto.port) { $0.replayWindow = .seconds(120) }
        try await site.whilePublishing { site in
            await site.commit([1])
            try await subscriber.log.wait(for: "row 1") { Received($0)?.sequence == 1 }
            try await subscriber.log.wait(for: "the heartbeat") { $0.contains("_state/echo") }
            try await mosquitto.change(accessList: "topic read #")
            let began = site.clocks.now().instant
            await site.commit([3])
            try await site.notices.wait(for: "the notice") { $0 == "forbidden" }
            #expect(site.clocks.now().instant - began < .seconds(60))
            #expect(await site.publisher.status.isForbidden)
            // Longer than the replay window: every 10 s the store is asked what waits, every 60 s for the health.
            try await site.outbox.log.wait("fifteen looks", counting: 0) { count, _ in
                count += 1
                return count == 20
            }
            #expect(site.clocks.now().instant - began > .seconds(130))
            #expect(await site.outbox.count >= 1)
            #expect(await !site.outbox.waiting.contains(SequenceNumber(3)), "the broker acknowledged it all the same")
            try await mosquitto.change(accessList: "topic readwrite #")
            try await site.notices.wait(for: "the return") { $0.hasPrefix("admitted") }
            try await subscriber.log.wait(for: "row 3") {
                ($0.contains("_backfill") || $0.contains("riser-2 ")) && $0.contains(#""seq":3,"#)
            }
            #expect(await !site.publisher.status.isForbidden)
        }
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `a run that begins after one that was refused sends what that one kept`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber("sluice/lakeside/_backfill")
        let site = FastSite(port: mosquitto.port) {
            $0.replayWindow = .seconds(1)
            $0.maintenancePeriod = .seconds(1)
        }
        let long = site.clocks.now().wall - .seconds(3600)
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(9), content: .sweep(Site.sweep(9, site.clocks)))])
        await site.outbox.markSentBefore(SequenceNumber(9), at: long + .seconds(60))
        await site.outbox.noteForbidden(since: long)
        // What was sent just now goes out again by the replay window, the other one by what is known of that run.
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(10), content: .sweep(Site.sweep(10, site.clocks)))])
        await site.outbox.markSentBefore(SequenceNumber(10), at: site.clocks.now().wall)
        try await site.whilePublishing { site in
            let rows = try await messages(subscriber, 2).flatMap { $0.payload["rows"] as? [[String: Any]] ?? [] }
            #expect(rows.compactMap { $0["seq"] as? Int }.contains(9))
            try await site.notices.wait(for: "the return") { $0.hasPrefix("admitted") }
        }
        #expect(await site.outbox.forbiddenSince() == nil)
    }

    @Test func `health is published, retained, and says what the machine says`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber("sluice/lakeside/_health")
        let site = FastSite(port: mosquitto.port) {
            $0.healthFacts = {
                var facts = HealthReport.Facts()
                facts.buses = [.init(name: "line-1", units: 4, down: 1)]
                return facts
            }
        }
        try await site.whilePublishing { site in
            // The second one comes a minute after the first.
            let lines = try await subscriber.log.wait("two reports", counting: 0) { count, line in
                if line.hasPrefix("MSG") { count += 1 }
                return count == 2
            }
            let both = try lines.filter { $0.hasPrefix("MSG") }.map { line in
                try JSONTree(Array(line.drop { $0 != "{" }.utf8))
            }
            #expect(both.map { $0["units_down"]?.integer } == [1, 1])
            #expect(both[1]["outbox"]?["echo"]?.text == "good")
            let ages = both.compactMap { $0["uptime_seconds"]?.integer }
            #expect(ages.count == 2 && (59...65).contains(ages[1] - ages[0]), "\(ages)")
            let later = try await mosquitto.subscriber("sluice/lakeside/_health")
            try await later.log.wait(for: "the kept one") { $0.hasPrefix("MSG 1 sluice/lakeside/_health {") }
        }
    }
}
