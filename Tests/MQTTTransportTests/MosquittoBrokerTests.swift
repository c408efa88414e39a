// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import TestKit
import Testing

@testable import MQTTTransport

/// Takes the events of a broker one after another, each within a deadline.
private actor Ears {
    private var seen: [BrokerEvent] = []
    private var taken = 0
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ broker: MosquittoBroker) { Task { for await event in broker.events { await self.hear(event) } } }

    private func hear(_ event: BrokerEvent) {
        seen.append(event)
        wake()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }

    func next(seconds: Double = 30) async throws -> BrokerEvent {
        let deadline = Task {
            try await Task.sleep(for: .seconds(seconds))
            wake()
        }
        defer { deadline.cancel() }
        if taken >= seen.count { await withCheckedContinuation { waiter = $0 } }
        guard taken < seen.count else { throw PeerProblem("no event in \(seconds) s") }
        taken += 1
        return seen[taken - 1]
    }
}

private func settings(port: Int, identifier: String = "sluice-\(UUID().uuidString.prefix(8))") -> BrokerSettings {
    BrokerSettings(host: "127.0.0.1", port: port, clientIdentifier: identifier) {
        OutboundMessage(topic: "sluice/lakeside/_state", payload: Array("lost".utf8), isRetained: true)
    }
}

private func message(_ text: String, topic: String = "sluice/lakeside/b3/riser-2") -> OutboundMessage {
    OutboundMessage(topic: topic, payload: Array(text.utf8), isRetained: true)
}

@Suite struct MosquittoBrokerTests {
    @Test func `a message reaches an independent client, and its PUBACK comes under its identifier`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        #expect(try await ears.next() == .connected(isSessionPresent: false))
        let identifier = try broker.publish(message("12.345"))
        #expect(try await ears.next() == .acknowledged([identifier]))
        try await subscriber.log.wait(for: "the message") { $0 == "MSG 0 sluice/lakeside/b3/riser-2 12.345" }
        await broker.disconnect()
        #expect(try await ears.next() == .disconnected(isClean: true, reason: "closed by Sluice"))
    }

    @Test func `a session is kept over a clean disconnect, and no will appears`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        #expect(try await ears.next() == .connected(isSessionPresent: false))
        await broker.disconnect()
        _ = try await ears.next()
        try broker.connect()
        #expect(try await ears.next() == .connected(isSessionPresent: true))
        _ = try broker.publish(message("after"))
        let lines = try await subscriber.log.wait(for: "the message") { $0.hasSuffix("riser-2 after") }
        #expect(!lines.contains { $0.contains("_state") })
        await broker.disconnect()
    }

    @Test func `the last will appears, retained, when the connection is cut`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        _ = try await ears.next()
        broker.drop()
        #expect(
            try await ears.next()
                == .disconnected(
                    isClean: false,
                    reason:
                        "MQTT broker 127.0.0.1:\(mosquitto.port): connection lost (cut on purpose). Check that the broker "
                        + "still runs and that no other client uses the same client identifier."))
        try await subscriber.log.wait(for: "the will") { $0 == "MSG 0 sluice/lakeside/_state lost" }
        let later = try await mosquitto.subscriber()
        try await later.log.wait(for: "the retained will") { $0 == "MSG 1 sluice/lakeside/_state lost" }
    }

    @Test func `a broker that dies is noticed, and the next connection works`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        _ = try await ears.next()
        mosquitto.cut()
        guard case .disconnected(isClean: false, let reason) = try await ears.next() else {
            Issue.record("no loss was told")
            return
        }
        #expect(reason.hasPrefix("MQTT broker 127.0.0.1:\(mosquitto.port): connection lost ("))
        try await mosquitto.start()
        try broker.connect()
        guard case .connected = try await ears.next() else {
            Issue.record("no second connection")
            return
        }
        await broker.disconnect()
    }

    @Test func `a closed port is told with what to check`() async throws {
        let port = try freePort()
        let broker = MosquittoBroker(settings(port: port))
        let ears = Ears(broker)
        try broker.connect()
        #expect(
            try await ears.next()
                == .disconnected(
                    isClean: false,
                    reason:
                        "MQTT broker 127.0.0.1:\(port): no connection (Connection refused). Check that the broker runs "
                        + "there, that 'mqtt.url' is right, and that no firewall is between."))
    }

    @Test func `a name that cannot be resolved is told with what to check`() async throws {
        // Longer than any name may be, so that no name server is asked.
        let host = String(repeating: "a", count: 300)
        let broker = MosquittoBroker(BrokerSettings(host: host, port: 1883, clientIdentifier: "sluice-x"))
        let ears = Ears(broker)
        try broker.connect()
        #expect(
            try await ears.next()
                == .disconnected(
                    isClean: false,
                    reason:
                        "MQTT broker \(host):1883: the name '\(host)' cannot be resolved (Name or service not known). "
                        + "Check 'mqtt.url' and the name server."))
    }

    @Test func `a broker that takes the connection and says nothing is given up`() async throws {
        let mosquitto = try await Mosquitto()
        mosquitto.signal(SIGSTOP)
        var silent = settings(port: mosquitto.port)
        silent.connectTimeout = .seconds(1)
        let broker = MosquittoBroker(silent)
        let ears = Ears(broker)
        try broker.connect()
        #expect(
            try await ears.next()
                == .disconnected(
                    isClean: false,
                    reason:
                        "MQTT broker 127.0.0.1:\(mosquitto.port): no CONNACK in 1 s. Check that this port speaks plain "
                        + "MQTT and that the broker is not overloaded."))
        mosquitto.signal(SIGCONT)
    }

    @Test func `a second connection is refused while the first one lives`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        _ = try await ears.next()
        let problem = #expect(throws: BrokerFailure.self) { try broker.connect() }
        #expect(
            problem?.description
                == "MQTT broker 127.0.0.1:\(mosquitto.port): the attempt before this one has not ended. "
                + "Check the name server if this stays.")
        await broker.disconnect()
    }

    @Test func `what can never be published is told apart from a missing connection`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        let problem = #expect(throws: BrokerFailure.self) { try broker.publish(message("early")) }
        #expect(
            problem?.description
                == "MQTT broker 127.0.0.1:\(mosquitto.port): not connected. Wait for the connection.")
        try broker.connect()
        _ = try await ears.next()
        #expect(throws: UnpublishableMessage("Invalid function arguments provided.")) {
            try broker.publish(message("x", topic: "sluice/+/x"))
        }
        let identifier = try broker.publish(message("good"))
        #expect(try await ears.next() == .acknowledged([identifier]))
        await broker.disconnect()
    }

    @Test func `a socket with a high descriptor is refused`() async throws {
        let mosquitto = try await Mosquitto()
        var limited = settings(port: mosquitto.port)
        limited.descriptorLimit = 3
        let broker = MosquittoBroker(limited)
        let ears = Ears(broker)
        try broker.connect()
        guard case .disconnected(isClean: false, let reason) = try await ears.next() else {
            Issue.record("the connection was taken")
            return
        }
        #expect(
            reason.contains(
                try Regex(
                    "^MQTT broker 127\\.0\\.0\\.1:\(mosquitto.port): the socket got descriptor [0-9]+, and 1000 and above are "
                        + "not used\\. Check for files or connections that are opened and never closed\\.$")))
    }

    @Test func `settings out of range are told`() async throws {
        for (port, keepAlive, text) in [
            (0, 30, "port 0 is outside 1...65535"), (70_000, 30, "port 70000 is outside 1...65535"),
            (1883, 2, "a keep-alive of 2 s is outside 5...65535"),
        ] {
            var wrong = settings(port: port)
            wrong.keepAliveSeconds = keepAlive
            let broker = MosquittoBroker(wrong)
            let ears = Ears(broker)
            try broker.connect()
            #expect(
                try await ears.next()
                    == .disconnected(
                        isClean: false,
                        reason:
                            "MQTT broker 127.0.0.1:\(port): libmosquitto: \(text). Check host, port and client identifier."
                    ))
        }
    }

    @Test func `when events are not taken the connection is cut and its end is still told`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        try broker.connect()
        let deadline = ContinuousClock.now + .seconds(30)
        var published = 0
        var isCut = false
        while !isCut, ContinuousClock.now < deadline {
            do {
                _ = try broker.publish(message("x"))
                published += 1
            } catch {
                isCut = published > 0
            }
            await Task.yield()
        }
        #expect(isCut && published > MosquittoBroker.eventLimit)
        let ears = Ears(broker)
        var events: [BrokerEvent] = []
        while events.count <= MosquittoBroker.eventLimit { events.append(try await ears.next()) }
        #expect(events.first == .connected(isSessionPresent: false))
        #expect(
            events.last
                == .disconnected(
                    isClean: false,
                    reason:
                        "MQTT broker 127.0.0.1:\(mosquitto.port): acknowledgements came faster than they were taken, so "
                        + "the connection was cut. Check the load of this machine."))
    }

    @Test(arguments: [false, true])
    func `messages held together all arrive in order, and every PUBACK is told once`(awaitsRoom: Bool) async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        var patient = settings(port: mosquitto.port)
        patient.acknowledgementGathering = .milliseconds(20)
        let broker = MosquittoBroker(patient)
        let ears = Ears(broker)
        try broker.connect()
        _ = try await ears.next()
        broker.hold()
        let identifiers = try (0..<20).map { try broker.publish(message("held \($0)")) }
        broker.release(awaitsRoom: awaitsRoom)
        var acknowledged: [Int32] = []
        while acknowledged.count < identifiers.count, case .acknowledged(let together) = try await ears.next() {
            acknowledged += together
        }
        #expect(acknowledged == identifiers)
        let lines = try await subscriber.log.wait(for: "the last message") { $0.hasSuffix("riser-2 held 19") }
        let wanted = (0..<20).map { "MSG 0 sluice/lakeside/b3/riser-2 held \($0)" }
        #expect(lines.filter { $0.contains("held") } == wanted)
        await broker.disconnect()
    }

    @Test func `what the kernel cannot take at once is sent all the same`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = MosquittoBroker(settings(port: mosquitto.port))
        let ears = Ears(broker)
        try broker.connect()
        _ = try await ears.next()
        broker.hold()
        // Far more than a socket buffers.
        let large = OutboundMessage(
            topic: "sluice/lakeside/b3/riser-2", payload: Array(repeating: 65, count: 16 << 20), isRetained: false)
        var waiting = Set(try (0..<4).map { _ in try broker.publish(large) })
        broker.release(awaitsRoom: true)
        while !waiting.isEmpty, case .acknowledged(let together) = try await ears.next() { waiting.subtract(together) }
        #expect(waiting.isEmpty)
        await broker.disconnect()
    }

    @Test func `connections leave no thread behind`() async throws {
        let mosquitto = try await Mosquitto()
        let identifier = "sluice-leak-test"
        let broker = MosquittoBroker(settings(port: mosquitto.port, identifier: identifier))
        let ears = Ears(broker)
        func threads() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").filter { task in
                let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
                return name?.hasPrefix(String(identifier.suffix(15))) == true
            }.count
        }
        func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        let before = try descriptors()
        for round in 0..<100 {
            try broker.connect()
            guard case .connected = try await ears.next() else {
                Issue.record("round \(round) did not connect")
                return
            }
            if round % 2 == 0 { await broker.disconnect() } else { _ = try broker.publish(message("x")); broker.drop() }
            while case .acknowledged = try await ears.next() {}
        }
        // The last threads may still be on their way out; a leak would be one a round.
        #expect(try threads() < 20)
        // Other tests open files meanwhile; a leak would be three descriptors a round.
        #expect(try descriptors() - before < 100)
    }
}
