// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import TestKit
import Testing

@testable import MQTTTransport

/// Collects what comes, and waits for the end of it.
private actor Inbox {
    private var seen = InboundBatch()
    private let broker: MosquittoBroker
    private let log = LineLog()

    init(_ broker: MosquittoBroker) {
        self.broker = broker
        Task { for await event in broker.events { await self.hear(event) } }
    }

    private func hear(_ event: BrokerEvent) async {
        if event == .received {
            let batch = broker.takeReceived()
            seen.messages += batch.messages
            seen.tooLarge += batch.tooLarge
            seen.tooMany += batch.tooMany
            for message in batch.messages { await log.append("GOT \(message.topic)") }
        }
        await log.append("\(event)")
    }

    /// Everything up to a message of this topic.
    func upTo(_ topic: String) async throws -> InboundBatch {
        try await log.wait(for: topic) { $0 == "GOT \(topic)" }
        return seen
    }

    func connect(_ filters: [String]) async throws {
        try broker.connect()
        try await log.wait(for: "the connection") { $0.hasPrefix("connected") }
        try broker.subscribe(to: filters)
    }
}

@Suite(.serialized) struct InboundTests {
    private func makeBroker(_ mosquitto: Mosquitto, _ adjust: (inout BrokerSettings) -> Void = { _ in })
        -> MosquittoBroker
    {
        var settings = BrokerSettings(
            host: "127.0.0.1", port: mosquitto.port, clientIdentifier: "sluice-\(UUID().uuidString.prefix(8))")
        adjust(&settings)
        return MosquittoBroker(settings)
    }

    @Test func `a message comes with its topic, its bytes and the word that it was kept`() async throws {
        let mosquitto = try await Mosquitto()
        try mosquitto.publish("in/kept", ["-r", "-m", "old"])
        let broker = makeBroker(mosquitto)
        let inbox = Inbox(broker)
        try await inbox.connect(["in/#"])
        _ = try await inbox.upTo("in/kept")
        try mosquitto.publish("in/now", ["-m", "new"])
        let batch = try await inbox.upTo("in/now")
        #expect(
            batch.messages == [
                InboundMessage(topic: "in/kept", payload: Array("old".utf8), isRetained: true),
                InboundMessage(topic: "in/now", payload: Array("new".utf8), isRetained: false),
            ])
        await broker.disconnect()
    }

    @Test func `nothing comes of what was not asked for, and asking needs a connection`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = makeBroker(mosquitto)
        #expect(throws: BrokerFailure.self) { try broker.subscribe(to: ["in/#"]) }
        let inbox = Inbox(broker)
        try await inbox.connect(["in/#"])
        try mosquitto.publish("out/x", ["-m", "not for us"])
        try mosquitto.publish("in/x", ["-m", "for us"])
        #expect(try await inbox.upTo("in/x").messages.map(\.topic) == ["in/x"])
        #expect(throws: BrokerFailure.self) { try broker.subscribe(to: ["in/#/wrong"]) }
        await broker.disconnect()
    }

    /// F57.
    @Test func `a message of hundreds of megabytes is dropped and counted, and its memory is given back`() async throws
    {
        let mosquitto = try await Mosquitto()
        let broker = makeBroker(mosquitto)
        let inbox = Inbox(broker)
        try await inbox.connect(["in/#"])
        let file = mosquitto.folder.appendingPathComponent("large")
        #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
        try FileHandle(forWritingTo: file).truncate(atOffset: 255_000_000)
        try mosquitto.publish("in/first", ["-m", "x"])
        _ = try await inbox.upTo("in/first")
        let before = try residentMegabytes()
        try mosquitto.publish("in/large", ["-f", file.path])
        try mosquitto.publish("in/limit", ["-m", String(repeating: "x", count: 65_536)])
        try mosquitto.publish("in/beyond", ["-m", String(repeating: "x", count: 65_537)])
        try mosquitto.publish("in/last", ["-m", "x"])
        let batch = try await inbox.upTo("in/last")
        #expect(batch.messages.map(\.topic) == ["in/first", "in/limit", "in/last"])
        #expect(batch.tooLarge == 2)
        #expect(try residentMegabytes() - before < 32)
        await broker.disconnect()
    }

    private func residentMegabytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) / 1_000_000
    }

    @Test func `what nobody takes is dropped beyond the limit and counted, and the connection stays`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = makeBroker(mosquitto) { $0.waitingMessages = 4 }
        try broker.connect()
        var iterator = broker.events.makeAsyncIterator()
        #expect(await iterator.next() == .connected(isSessionPresent: false))
        try broker.subscribe(to: ["in/#"])
        // One event tells of all of them.
        for number in 0..<10 { try mosquitto.publish("in/\(number)", ["-m", "x"]) }
        let identifier = try broker.publish(OutboundMessage(topic: "out", payload: [], isRetained: false))
        #expect(await iterator.next() == .received)
        #expect(await iterator.next() == .acknowledged([identifier]))
        let batch = broker.takeReceived()
        #expect(batch.messages.map(\.topic) == ["in/0", "in/1", "in/2", "in/3"])
        #expect(batch.tooMany == 6)
        #expect(broker.takeReceived().isEmpty)
        await broker.disconnect()
    }

    @Test func `who waits for room loses nothing`() async throws {
        let mosquitto = try await Mosquitto()
        let broker = makeBroker(mosquitto) {
            $0.waitingMessages = 4
            $0.waitsForRoom = true
        }
        try broker.connect()
        var iterator = broker.events.makeAsyncIterator()
        #expect(await iterator.next() == .connected(isSessionPresent: false))
        try broker.subscribe(to: ["in/#"])
        for number in 0..<20 { try mosquitto.publish("in/\(number)", ["-m", "x"]) }
        var topics: [String] = []
        while topics.count < 20, await iterator.next() != nil { topics += broker.takeReceived().messages.map(\.topic) }
        #expect(topics == (0..<20).map { "in/\($0)" })
        await broker.disconnect()
    }
}
