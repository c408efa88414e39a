// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Outbox
import Pipeline
import TestKit
import Testing

@Suite(.serialized) struct DiscoveryTests {
    private static let discovery = HomeAssistantDiscovery(
        catalogue: Site.catalogue, siteName: BilingualText("Lakeside"), version: "0.1.0", silences: [],
        name: { $0.en })

    @Test func `Home Assistant is told after the births, and again when the broker has forgotten`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber("homeassistant/#")
        let site = Site(port: mosquitto.port) { $0.homeAssistant = Self.discovery }
        let last = Self.discovery.topic(at: Self.discovery.count - 1)
        try await site.whilePublishing { site in
            try await subscriber.log.wait(for: "the last message") { $0.contains(last) && $0.hasPrefix("MSG") }
            let later = try await mosquitto.subscriber("homeassistant/#")
            try await later.log.wait(for: "the kept one") { $0.hasPrefix("MSG 1 \(last) {") }
            // The session is kept, and so are the messages.
            site.broker.drop()
            try await site.notices.wait("the second connection", counting: 0) { count, line in
                if line.hasPrefix("connected") { count += 1 }
                return count == 2
            }
            await site.commit([site.riser(100)])
            let all = try await mosquitto.subscriber()
            try await all.log.wait(for: "row 100") { Received($0)?.sequence == 100 }
        }
        let told = await subscriber.log.lines.filter { $0.hasPrefix("MSG") }
        #expect(told.count == Self.discovery.count, "\(told)")
    }

    @Test func `what a former configuration has retained is emptied, once`() async throws {
        let mosquitto = try await Mosquitto()
        let gone = [
            "homeassistant/sensor/lakeside/old--flow/config", "sluice/lakeside/b3/old", "sluice/lakeside/b3/old/_meta",
        ]
        for topic in gone { try mosquitto.publish(topic, ["-r", "-m", "{}"]) }
        let site = Site(port: mosquitto.port) { $0.maintenancePeriod = .milliseconds(50) }
        _ = await site.outbox.noteRetained(gone)
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the emptying") { $0 == "emptied(topics: 3)" }
        }
        let later = try await mosquitto.subscriber("#")
        try await later.log.wait(for: "what is kept") { $0.hasPrefix("MSG 1 sluice/lakeside/_state") }
        let kept = await later.log.lines.filter { $0.hasPrefix("MSG 1") }
        for topic in gone { #expect(!kept.contains { $0.hasPrefix("MSG 1 \(topic) ") }, "\(topic)") }
        let noted = await site.outbox.retained
        #expect(noted.isDisjoint(with: gone))
        #expect(noted.contains("sluice/lakeside/b3/riser-2") && noted.contains("sluice/lakeside/_health"))
    }
}
