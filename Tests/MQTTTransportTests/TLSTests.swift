// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import TestKit
import Testing

@testable import MQTTTransport

@Suite(.serialized) struct TLSTests {
    private func broker(_ authority: Authority, server: String, clients: Bool = false) async throws
        -> (mosquitto: Mosquitto, port: Int)
    {
        let port = try freePort()
        let mosquitto = try await Mosquitto(
            settings: """
                listener \(port) 127.0.0.1
                cafile \(authority.file("ca.pem"))
                certfile \(authority.file("\(server).pem"))
                keyfile \(authority.file("\(server).key"))
                require_certificate \(clients)
                """)
        return (mosquitto, port)
    }

    /// The first event of a connection.
    private func firstEvent(host: String = "localhost", port: Int, tls: BrokerTLS) async throws -> BrokerEvent {
        var settings = BrokerSettings(
            host: host, port: port, clientIdentifier: "sluice-\(UUID().uuidString.prefix(8))")
        settings.tls = tls
        let broker = MosquittoBroker(settings)
        try broker.connect()
        var iterator = broker.events.makeAsyncIterator()
        let event = try #require(await iterator.next())
        await broker.disconnect()
        return event
    }

    @Test func `over TLS messages go and come, many at once, and the session ends cleanly`() async throws {
        let authority = try Authority()
        try authority.issue("server", common: "localhost", names: "DNS:localhost")
        let (mosquitto, port) = try await broker(authority, server: "server")
        let subscriber = try await mosquitto.subscriber("out/#")
        var settings = BrokerSettings(host: "localhost", port: port, clientIdentifier: "sluice-tls")
        settings.tls = BrokerTLS(caFile: authority.file("ca.pem"))
        let broker = MosquittoBroker(settings)
        try broker.connect()
        var iterator = broker.events.makeAsyncIterator()
        #expect(await iterator.next() == .connected(isSessionPresent: false))
        try broker.subscribe(to: ["in/#"])
        var waiting: Set<Int32> = []
        for round in 0..<20 {
            broker.hold()
            for number in 0..<20 {
                let text = "\(round * 20 + number) " + String(repeating: "x", count: 2000)
                waiting.insert(
                    try broker.publish(OutboundMessage(topic: "out/x", payload: Array(text.utf8), isRetained: false)))
            }
            broker.release(awaitsRoom: true)
            while !waiting.isEmpty, case .acknowledged(let together)? = await iterator.next() {
                waiting.subtract(together)
            }
        }
        try await subscriber.log.wait(for: "the last one") { $0.hasPrefix("MSG 0 out/x 399 ") }
        let numbers = await subscriber.log.lines.filter { $0.hasPrefix("MSG") }.map { $0.split(separator: " ")[3] }
        #expect(numbers == (0..<400).map { "\($0)" })
        try mosquitto.publish("in/x", ["-m", "hello"])
        #expect(await iterator.next() == .received)
        #expect(broker.takeReceived().messages.map(\.payload) == [Array("hello".utf8)])
        await broker.disconnect()
        #expect(await iterator.next() == .disconnected(isClean: true, reason: "closed by Sluice"))
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var name: String
        var server = "good"
        var host = "localhost"
        var certificate: String?
        var demands = false
        var isForeign = false
        var isPlain = false
        var says: String
        var testDescription: String { name }
    }

    /// F55.
    @Test(arguments: [
        Wrong(
            name: "expired", server: "expired",
            says: "the broker's certificate has expired. Renew it, or check this machine's clock."),
        Wrong(
            name: "another authority", isForeign: true,
            says:
                "the broker's certificate was issued by an authority that is not in 'mqtt.ca_file'. Give the right one."
        ),
        Wrong(
            name: "another name", server: "elsewhere",
            says: "the broker's certificate is not for 'localhost'. Use the name in the certificate in 'mqtt.url'"),
        Wrong(
            name: "an address that is not in it", host: "127.0.0.1",
            says: "the broker's certificate is not for '127.0.0.1'"),
        Wrong(name: "no client certificate", demands: true, says: "the broker refused this client's certificate"),
        Wrong(
            name: "an expired client certificate", certificate: "old", demands: true,
            says: "the broker refused this client's certificate"),
        Wrong(name: "a port without TLS", isPlain: true, says: "MQTT broker"),
        Wrong(name: "a missing file", certificate: "absent", says: "'mqtt.certificate_file'"),
    ])
    func `what is not proved is not connected, and the text says why`(_ c: Wrong) async throws {
        let (authority, foreign) = (try Authority(), try Authority("Another authority"))
        try authority.issue("good", common: "localhost", names: "DNS:localhost")
        try authority.issue("expired", common: "localhost", names: "DNS:localhost", days: -1)
        try authority.issue("elsewhere", common: "broker.example", names: "DNS:broker.example")
        try authority.issue("old", common: "lakeside", days: -1)
        let (mosquitto, port) = try await broker(authority, server: c.server, clients: c.demands)
        let tls = BrokerTLS(
            caFile: (c.isForeign ? foreign : authority).file("ca.pem"),
            certificateFile: c.certificate.map { authority.file("\($0).pem") },
            keyFile: c.certificate.map { authority.file("\($0).key") })
        let event = try await firstEvent(host: c.host, port: c.isPlain ? mosquitto.port : port, tls: tls)
        guard case .disconnected(isClean: false, let reason) = event else {
            Issue.record("it connected: \(event)")
            return
        }
        #expect(reason.contains(c.says), "\(reason)")
    }

    @Test func `with the right certificates both sides are known`() async throws {
        let authority = try Authority()
        try authority.issue("good", common: "localhost", names: "DNS:localhost")
        try authority.issue("lakeside", common: "lakeside")
        let (mosquitto, port) = try await broker(authority, server: "good", clients: true)
        let tls = BrokerTLS(
            caFile: authority.file("ca.pem"), certificateFile: authority.file("lakeside.pem"),
            keyFile: authority.file("lakeside.key"))
        #expect(try await firstEvent(port: port, tls: tls) == .connected(isSessionPresent: false))
        _ = mosquitto
    }

    @Test func `the last day of a certificate is read`() throws {
        let authority = try Authority()
        let path = try authority.issue("soon", common: "lakeside", days: 20)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let end = try #require(CertificateDates.expiry(ofFile: path))
        #expect(abs((end - (now + .seconds(20 * 86_400))).inSeconds) < 60)
        #expect(CertificateDates.expiry(ofFile: authority.file("soon.key")) == nil)
        #expect(CertificateDates.expiry(ofFile: authority.file("absent")) == nil)
        // The earliest of a file that holds several.
        let both = authority.file("both.pem")
        let text =
            try String(contentsOfFile: authority.file("ca.pem"), encoding: .utf8)
            + String(contentsOfFile: path, encoding: .utf8)
        try text.write(toFile: both, atomically: true, encoding: .utf8)
        #expect(CertificateDates.expiry(ofFile: both) == end)
    }

    /// The files of deploy/mosquitto, with other paths and another port.
    @Test func `the access list that comes with Sluice keeps a site to itself`() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let authority = try Authority()
        try authority.issue("server", common: "localhost", names: "DNS:localhost")
        for site in ["lakeside", "hillside", "head-office"] { try authority.issue(site, common: site) }
        let port = try freePort()
        let list = try String(contentsOf: root.appendingPathComponent("deploy/mosquitto/sluice.acl"), encoding: .utf8)
        try (list + "\nuser head-office\ntopic read #\n").write(
            toFile: authority.file("sluice.acl"), atomically: true, encoding: .utf8)
        let file = try String(contentsOf: root.appendingPathComponent("deploy/mosquitto/sluice.conf"), encoding: .utf8)
            .replacing("listener 8883", with: "listener \(port) 127.0.0.1")
            .replacing("/etc/mosquitto", with: authority.folder.path)
        try "\(file)\npersistence_location \(authority.folder.path)/\n\(getuid() == 0 ? "user root" : "")\n".write(
            toFile: authority.file("broker.conf"), atomically: true, encoding: .utf8)
        let peer = try Peer(["mosquitto", "-v", "-c", authority.file("broker.conf")])
        try await peer.log.wait(for: "mosquitto") { $0.contains(" running") }

        func member(_ name: String) async throws -> Member { try await Member(name, port: port, authority) }
        let (office, lake, hill) = (
            try await member("head-office"), try await member("lakeside"), try await member("hillside")
        )
        try office.broker.subscribe(to: ["#"])
        try lake.broker.subscribe(to: ["#"])
        // Heard by oneself, so the subscriptions stand.
        try await office.publish("sluice/head-office/ready")
        _ = try await office.topics(through: "sluice/head-office/ready")
        try await lake.publish("sluice/lakeside/ready")
        _ = try await lake.topics(through: "sluice/lakeside/ready")
        for topic in [
            "sluice/lakeside/x", "sluice/hillside/x", "homeassistant/sensor/lakeside/a--b/config",
            "homeassistant/sensor/hillside/a--b/config", "other", "sluice/lakeside/last",
        ] { try await lake.publish(topic) }
        try await hill.publish("sluice/hillside/own")
        try await hill.publish("sluice/lakeside/forged")
        try await office.publish("sluice/lakeside/cmd/ping")
        try await hill.publish("sluice/hillside/end")
        let seen = try await office.topics(through: "sluice/hillside/end")
        #expect(
            seen == [
                "sluice/head-office/ready", "sluice/lakeside/ready", "sluice/lakeside/x",
                "homeassistant/sensor/lakeside/a--b/config", "sluice/lakeside/last",
                "sluice/hillside/own", "sluice/hillside/end",
            ])
        // A site hears itself, and nothing of the other.
        try await lake.publish("sluice/lakeside/end")
        #expect(
            try await lake.topics(through: "sluice/lakeside/end") == [
                "sluice/lakeside/ready", "sluice/lakeside/x", "sluice/lakeside/last", "sluice/lakeside/end",
            ])
        for each in [office, lake, hill] { await each.broker.disconnect() }
        peer.end()
    }
}

/// A client that shows a certificate, and the topics that it heard of.
private actor Member {
    nonisolated let broker: MosquittoBroker
    private let log = LineLog()
    private var heard: [String] = []

    init(_ name: String, port: Int, _ authority: Authority) async throws {
        var settings = BrokerSettings(host: "localhost", port: port, clientIdentifier: name)
        settings.tls = BrokerTLS(
            caFile: authority.file("ca.pem"), certificateFile: authority.file("\(name).pem"),
            keyFile: authority.file("\(name).key"))
        broker = MosquittoBroker(settings)
        let broker = broker
        try broker.connect()
        Task { for await event in broker.events { await self.hear(event) } }
        try await log.wait(for: "\(name)'s connection") { $0.hasPrefix("connected") }
    }

    private func hear(_ event: BrokerEvent) async {
        if event == .received {
            for message in broker.takeReceived().messages {
                heard.append(message.topic)
                await log.append("GOT \(message.topic)")
            }
        }
        await log.append("\(event)")
    }

    /// Publishes and waits for the PUBACK, so that messages of several clients keep an order.
    func publish(_ topic: String) async throws {
        let before = await log.lines.count { $0.hasPrefix("acknowledged") }
        _ = try broker.publish(OutboundMessage(topic: topic, payload: Array("x".utf8), isRetained: false))
        try await log.wait("the PUBACK", counting: 0) { count, line in
            if line.hasPrefix("acknowledged") { count += 1 }
            return count > before
        }
    }

    func topics(through last: String) async throws -> [String] {
        try await log.wait(for: last) { $0 == "GOT \(last)" }
        return heard
    }
}
