// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import TestKit
import Testing

@testable import MQTTTransport

@Suite(.serialized) struct BrokerProbeTests {
    private func probe(_ port: Int) -> [String: BrokerProbe.Line.Outcome] {
        var settings = BrokerSettings(host: "127.0.0.1", port: port, clientIdentifier: "unused")
        settings.connectTimeout = .seconds(1)
        let lines = BrokerProbe(settings, site: SiteIdentifier("lakeside"), run: "7").run()
        return Dictionary(lines.map { ($0.check, $0.outcome) }, uniquingKeysWith: { $1 })
    }

    @Test func `an open mosquitto can everything and limits nothing`() async throws {
        let mosquitto = try await Mosquitto()
        let found = probe(mosquitto.port)
        #expect(
            found == [
                "MQTT 3.1.1": .yes, "MQTT 5": .yes, "QoS 1": .yes, "own messages come back": .yes, "QoS 2": .yes,
                "retained, exact topic": .yes, "retained, wildcard": .yes, "topics with dot and space": .yes,
                "64 kB in one message": .yes, "packets are limited": .no, "session kept": .yes,
                "kept to its own topics": .no,
            ])
        // Nothing is left behind.
        let later = try await mosquitto.subscriber("#")
        try mosquitto.publish("last", ["-m", "x"])
        try await later.log.wait(for: "the last one") { $0.hasPrefix("MSG 0 last") }
        #expect(await !later.log.lines.contains { $0.hasPrefix("MSG 1") })
    }

    @Test func `limits and an access list are seen`() async throws {
        let mosquitto = try await Mosquitto(
            accessList: "topic readwrite sluice/lakeside/#", settings: "max_packet_size 262144")
        let found = probe(mosquitto.port)
        #expect(found["packets are limited"] == .yes)
        #expect(found["kept to its own topics"] == .yes)
        #expect(found["own messages come back"] == .yes)
        let deaf = try await Mosquitto(accessList: "topic read sluice/lakeside/#")
        #expect(probe(deaf.port)["QoS 1"] == .yes)
        #expect(probe(deaf.port)["own messages come back"] == .no)
    }

    @Test func `a broker that is not there is one line`() throws {
        let port = try freePort()
        var settings = BrokerSettings(host: "127.0.0.1", port: port, clientIdentifier: "unused")
        settings.connectTimeout = .seconds(1)
        let lines = BrokerProbe(settings, site: SiteIdentifier("lakeside"), run: "7").run()
        #expect(lines.map(\.outcome) == [.no])
        #expect(lines[0].meaning == "nothing works: Connection refused")
    }
}
