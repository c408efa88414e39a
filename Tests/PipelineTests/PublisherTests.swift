// SPDX-License-Identifier: Apache-2.0

import Foundation
import MQTTTransport
import Model
import Outbox
import Pipeline
import Synchronization
import Telemetry
import TestKit
import Testing

/// The clocks of this machine.
struct SystemClocks: ClockSource {
    let boot = BootIdentifier("boot-1")
    func now() -> ClockReading {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return ClockReading(
            instant: MonotonicInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)),
            wall: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), timeQuality: .synced)
    }
}

/// The real connection, with a list of what was handed to it.
final class RecordingBroker: BrokerPort {
    let inner: MosquittoBroker
    private let handed = Mutex<[OutboundMessage]>([])
    init(_ inner: MosquittoBroker) { self.inner = inner }

    var messages: [OutboundMessage] { handed.withLock { $0 } }
    var events: AsyncStream<BrokerEvent> { inner.events }
    func connect() throws { try inner.connect() }
    func disconnect() async { await inner.disconnect() }
    func drop() { inner.drop() }
    func hold() { inner.hold() }
    func release(awaitsRoom: Bool) { inner.release(awaitsRoom: awaitsRoom) }
    func subscribe(to filters: [String]) throws { try inner.subscribe(to: filters) }
    func takeReceived() -> InboundBatch { inner.takeReceived() }

    func publish(_ message: OutboundMessage) throws -> Int32 {
        let identifier = try inner.publish(message)
        handed.withLock { $0.append(message) }
        return identifier
    }
}

/// A site of two assets, its outbox, its publisher and the notices that one gave.
final class Site: Sendable {
    static let riser = AssetIndex(0)
    static let gate = AssetIndex(1)
    static let catalogue = Catalogue(
        site: SiteIdentifier("lakeside"),
        assets: [
            Asset(
                identifier: AssetIdentifier("riser-2"), area: AreaIdentifier("b3"), device: DeviceIdentifier("m17"),
                profile: "water-meter/acme-wm40", name: BilingualText(zh: "二号立管", en: "Riser 2"), points: 0..<2),
            Asset(
                identifier: AssetIdentifier("gate-1"), area: AreaIdentifier("north"), device: DeviceIdentifier("io1"),
                profile: "gate/acme-io", name: BilingualText("Gate 1"), points: 2..<3),
        ],
        points: [
            Point(
                asset: riser, name: "flow", signal: "water.flow", unit: .cubicMetrePerHour, stateLabels: [],
                period: .seconds(10)),
            Point(
                asset: riser, name: "total", signal: "water.total", unit: .litre, stateLabels: [], period: .seconds(10)),
            Point(
                asset: gate, name: "door", signal: "gate.door", unit: .none, stateLabels: ["closed", "open"],
                period: .seconds(10)),
        ])

    let clocks = SystemClocks()
    let outbox = MemoryOutbox()
    let broker: RecordingBroker
    let publisher: Publisher<ContinuousClock>
    let notices: LineLog

    init(port: Int, adjust: (inout PublisherSettings) -> Void = { _ in }) {
        let clocks = clocks
        let connection = BrokerSettings(host: "127.0.0.1", port: port, clientIdentifier: "sluice-lakeside") {
            siteStateMessage(
                .lost, of: SiteIdentifier("lakeside"), epoch: 3, boot: clocks.boot, version: "0.1.0",
                at: clocks.now().wall)
        }
        broker = RecordingBroker(MosquittoBroker(connection))
        var settings = PublisherSettings(
            catalogue: Self.catalogue, siteName: BilingualText(zh: "湖畔", en: "Lakeside"), version: "0.1.0")
        settings.settleDelay = .milliseconds(20)
        adjust(&settings)
        let notices = LineLog()
        self.notices = notices
        let (stream, continuation) = AsyncStream<String>.makeStream()
        Task { for await line in stream { await notices.append(line) } }
        publisher = Publisher(
            store: outbox, broker: broker, clocks: clocks, timer: ContinuousClock(), settings: settings,
            random: { 0.2 },
            onNotice: { continuation.yield("\($0)") })
    }

    /// Runs the publisher around `body`, then stops it.
    func whilePublishing(_ body: @Sendable (Site) async throws -> Void) async throws {
        try await whileRunning(publisher) { try await body(self) }
    }

    func riser(_ sequence: Int64, age: Duration = .zero) -> StoredSweep { Self.sweep(sequence, age: age, clocks) }

    /// A sweep of the riser's two points.
    static func sweep(_ sequence: Int64, age: Duration = .zero, _ clocks: some ClockSource) -> StoredSweep {
        let now = clocks.now()
        let wall = now.wall - age
        return StoredSweep(
            firstSequence: SequenceNumber(sequence),
            sweep: Sweep(
                asset: riser, receivedAt: now.instant + (.zero - age), receivedWall: wall, timeQuality: .synced,
                readings: [
                    Reading(point: PointIndex(0), good: .number(Double(sequence)), sourceTime: wall),
                    Reading(point: PointIndex(1), good: .integer(sequence), sourceTime: wall),
                ]))
    }

    /// Stores sweeps and tells the publisher, as the pipeline does after a commit.
    func commit(_ sweeps: [StoredSweep]) async {
        await outbox.add(sweeps.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
        await publisher.committed(sweeps)
    }
}

/// One message as the subscriber wrote it down.
struct Received {
    var isRetained: Bool
    var topic: String
    var payload: [String: Any]

    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count == 4, parts[0] == "MSG" else { return nil }
        isRetained = parts[1] == "1"
        topic = String(parts[2])
        payload = (try? JSONSerialization.jsonObject(with: Data(parts[3].utf8)) as? [String: Any]) ?? [:]
    }

    /// The same of a message that is handed to the broker.
    init?(_ message: OutboundMessage) {
        self.init("MSG 1 \(message.topic) \(String(decoding: message.payload, as: UTF8.self))")
    }

    static func all(_ lines: [String]) -> [Received] { lines.compactMap { Received($0) } }

    var state: String? { payload["state"] as? String }
    var sequence: Int64? { (payload["seq"] as? NSNumber)?.int64Value }
    /// First numbers of the sweeps in it, in order.
    var live: [Int64] { topic == riserTopic ? sequence.map { [$0] } ?? [] : [] }
    var backfilled: [Int64] {
        guard topic == backfillTopic else { return [] }
        return (payload["rows"] as? [[String: Any]] ?? []).compactMap { ($0["seq"] as? NSNumber)?.int64Value }
    }
}

private let riserTopic = "sluice/lakeside/b3/riser-2"
private let backfillTopic = "sluice/lakeside/_backfill"

private func live(_ lines: [String]) -> [Int64] { Received.all(lines).flatMap(\.live) }
private func backfilled(_ lines: [String]) -> [Int64] { Received.all(lines).flatMap(\.backfilled) }

extension LineLog {
    /// Waits for the live message of one sweep.
    @discardableResult
    fileprivate func waitForLive(_ sequence: Int64) async throws -> [String] {
        try await wait(for: "live row \(sequence)") { Received($0)?.live == [sequence] }
    }

    /// Waits until so many sweeps came, live or not.
    @discardableResult
    fileprivate func waitForRows(_ wanted: Set<Int64>, seconds: Double = 60) async throws -> [String] {
        try await wait("\(wanted.count) rows", seconds: seconds, counting: wanted) { missing, line in
            if let message = Received(line) { missing.subtract(message.live + message.backfilled) }
            return missing.isEmpty
        }
    }

    /// Waits until the topic that this subscriber follows has said these states, and nothing else.
    @discardableResult
    fileprivate func waitForStates(_ wanted: [String]) async throws -> [String] {
        let lines = try await wait("states \(wanted)", counting: 0) { count, line in
            if Received(line) != nil { count += 1 }
            return count == wanted.count
        }
        #expect(Received.all(lines).compactMap(\.state) == wanted)
        return lines
    }
}

@Suite(.serialized) struct PublisherTests {
    @Test func `after the CONNACK come state, births and availability, then readings, all retained`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            await site.commit([site.riser(100)])
            await site.commit([site.riser(102)])
            let lines = try await subscriber.log.waitForLive(102)
            let messages = Received.all(lines)
            #expect(
                messages.map(\.topic).prefix(6) == [
                    "sluice/lakeside/_state", "sluice/lakeside/_meta", "\(riserTopic)/_meta",
                    "sluice/lakeside/north/gate-1/_meta", "\(riserTopic)/_availability",
                    "sluice/lakeside/north/gate-1/_availability",
                ])
            let state = try #require(messages.first?.payload)
            #expect(state["state"] as? String == "online")
            #expect(state["ep"] as? Int == 3)
            #expect(state["boot"] as? String == "boot-1")
            #expect(state["version"] as? String == "0.1.0")
            #expect(messages[4].state == "unknown")
            let later = try await mosquitto.subscriber()
            let kept = try await later.log.waitForLive(102)
            let message = try #require(Received.all(kept).first { $0.topic == riserTopic })
            #expect(message.isRetained)
            #expect((message.payload["flow"] as? [String: Any])?["v"] as? Double == 102)
            #expect((message.payload["total"] as? [String: Any])?["u"] as? String == "L")
        }
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `a clean stop says disconnected and leaves no row waiting`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port) { $0.drainTime = .seconds(30) }
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the connection") { $0.hasPrefix("connected") }
            await site.commit((0..<500).map { site.riser(1000 + $0 * 2) })
        }
        let lines = try await subscriber.log.wait(for: "the end") { $0.contains("\"disconnected\"") }
        #expect(Received.all(lines).last?.topic == "sluice/lakeside/_state")
        #expect((live(lines) + backfilled(lines)).count == 500)
        #expect(live(lines) == live(lines).sorted())
        #expect(await site.outbox.waiting.isEmpty)
        #expect(await site.outbox.transactions < 250)
        #expect(await site.publisher.status.acknowledgedRows == 500)
        #expect(await site.publisher.status.inFlight == 0)
    }

    @Test func `a stop does not wait longer than its drain time`() async throws {
        let mosquitto = try await Mosquitto()
        let site = Site(port: mosquitto.port) { $0.drainTime = .milliseconds(500) }
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the connection") { $0.hasPrefix("connected") }
            mosquitto.signal(SIGSTOP)
            await site.commit([site.riser(1)])
        }
        #expect(await site.outbox.waiting == [SequenceNumber(1)])
        mosquitto.signal(SIGCONT)
    }

    @Test func `the will appears when the gateway dies, and online again after it`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber("sluice/lakeside/_state")
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            try await subscriber.log.waitForStates(["online"])
            site.broker.drop()
            let lines = try await subscriber.log.waitForStates(["online", "lost", "online"])
            let will = try #require(Received.all(lines).dropFirst().first)
            #expect(will.payload["ep"] as? Int == 3)
            #expect(will.payload["boot"] as? String == "boot-1")
        }
    }

    @Test func `old rows go to the backfill topic in order, after alarms, by pages`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        let old = (0..<3000).map { site.riser(Int64($0) * 2, age: .seconds(3600)) }
        await site.outbox.add(old.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
        let ticket = OutboundMessage(
            topic: "sluice/lakeside/ticket/event", payload: Array(#"{"number":"7"}"#.utf8), isRetained: false)
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(9000), content: .message(ticket))])
        try await site.whilePublishing { site in
            let lines = try await subscriber.log.waitForRows(Set(old.map(\.firstSequence.value)))
            #expect(backfilled(lines) == old.map(\.firstSequence.value))
            #expect(live(lines).isEmpty)
            let messages = Received.all(lines)
            let batches = messages.filter { $0.topic == backfillTopic }
            #expect(batches.allSatisfy { $0.payload["hist"] as? Bool == true && $0.payload["ep"] as? Int == 3 })
            #expect(batches.count < 60)
            let firstBatch = try #require(messages.firstIndex { $0.topic == backfillTopic })
            let event = try #require(messages.firstIndex { $0.topic == ticket.topic })
            #expect(event < firstBatch)
        }
        #expect(await site.outbox.largestPage == 200)
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `a live reading overtakes the backlog`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port) { $0.backlogRate = 10 }
        let old = (0..<3000).map { site.riser(Int64($0) * 2, age: .seconds(3600)) }
        await site.outbox.add(old.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
        try await site.whilePublishing { site in
            try await subscriber.log.waitForRows([0])
            await site.commit([site.riser(20_000)])
            let lines = try await subscriber.log.waitForLive(20_000)
            #expect(backfilled(lines).count < 3000)
            let rest = try await subscriber.log.waitForRows(Set(old.map(\.firstSequence.value)))
            #expect(backfilled(rest) == old.map(\.firstSequence.value))
        }
    }

    @Test func `a broker that dies in mid-stream loses no row, and its topics never go back in time`() async throws {
        let mosquitto = try await Mosquitto(savesSessions: true)
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the connection") { $0.hasPrefix("connected") }
            await site.commit((0..<100).map { site.riser(1000 + $0 * 2) })
            try await subscriber.log.waitForLive(1040)
            mosquitto.cut()
            // While nobody listens: rows that will be old when the broker is back.
            await site.commit((0..<300).map { site.riser(2000 + $0 * 2, age: .seconds(3600)) })
            try await mosquitto.start()
            let old = Set((0..<300).map { 2000 + $0 * 2 } as [Int64])
            try await subscriber.log.waitForRows(old.union((0..<100).map { 1000 + $0 * 2 }))
            await site.commit([site.riser(4000)])
            let lines = try await subscriber.log.waitForLive(4000)
            #expect(old.isSubset(of: backfilled(lines)))
            #expect(old.isDisjoint(with: live(lines)))
            // The subscriber may hear things twice, for the broker repeats what it had queued; the gateway does not go back.
            let handed = site.broker.messages.compactMap { Received($0) }.flatMap(\.live)
            #expect(handed == handed.sorted())
            #expect(handed.last == 4000)
            // What the broker had acknowledged before it died goes out again.
            #expect(backfilled(lines).contains(1000))
            let status = await site.publisher.status
            #expect(status.connects == 2 && status.replayedRows > 0)
            #expect(status.latency.count > 10 && status.latency.sum > 0)
        }
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `a broker that stops acknowledging is left, and every row arrives later`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port) { $0.window.patience = .seconds(1) }
        try await site.whilePublishing { site in
            try await subscriber.log.wait(for: "the birth") { $0.contains("gate-1/_availability") }
            mosquitto.signal(SIGSTOP)
            await site.commit((0..<100).map { site.riser(1000 + $0 * 2) })
            try await site.notices.wait(for: "the loss") { $0.contains("no PUBACK for 1 s") }
            mosquitto.signal(SIGCONT)
            try await subscriber.log.waitForRows(Set((0..<100).map { 1000 + $0 * 2 }))
        }
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `availability is published when it changes, and again after a loss`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber("\(riserTopic)/_availability")
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            try await subscriber.log.waitForStates(["unknown"])
            let now = site.clocks.now().wall
            await site.publisher.setAvailability(.online, of: Site.riser, since: now)
            try await subscriber.log.waitForStates(["unknown", "online"])
            await site.publisher.setAvailability(.online, of: Site.riser, since: now)
            await site.publisher.setAvailability(.offline, of: Site.riser, reason: .deviceDown, since: now)
            try await subscriber.log.waitForStates(["unknown", "online", "offline"])
            site.broker.drop()
            let lines = try await subscriber.log.waitForStates(["unknown", "online", "offline", "offline"])
            #expect(Received.all(lines).last?.payload["reason"] as? String == "device_down")
        }
    }

    @Test func `a row that can never be published is given up and holds up nothing`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        let good = OutboundMessage(
            topic: "sluice/lakeside/ticket/event", payload: Array("{}".utf8), isRetained: false)
        var bad = good
        bad.topic = "sluice/lakeside/+"
        var stranger = site.riser(3)
        stranger.sweep.asset = AssetIndex(77)
        await site.outbox.add([
            OutboxRow(sequence: SequenceNumber(1), content: .message(bad)),
            OutboxRow(sequence: SequenceNumber(2), content: .message(good)),
            OutboxRow(sequence: SequenceNumber(3), content: .sweep(stranger)),
            OutboxRow(sequence: SequenceNumber(5), content: .sweep(site.riser(5, age: .seconds(3600)))),
        ])
        try await site.whilePublishing { site in
            try await subscriber.log.wait(for: "the good message") { Received($0)?.topic == good.topic }
            try await subscriber.log.waitForRows([5])
            try await site.notices.wait(for: "the bad topic") {
                $0.contains("sluice/lakeside/+: Invalid function arguments provided.")
            }
            try await site.notices.wait(for: "the stranger") {
                $0.contains("the configuration no longer has the asset of this row")
            }
        }
        #expect(await site.publisher.status.refusedRows == 2)
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `a store that fails is tried again`() async throws {
        let mosquitto = try await Mosquitto()
        let site = Site(port: mosquitto.port)
        await site.outbox.fail(times: 1)
        try await site.whilePublishing { site in
            try await site.notices.wait(for: "the connection") { $0.hasPrefix("connected") }
            await site.commit([site.riser(1)])
            try await site.notices.wait(for: "the failure") { $0 == #"storeFailed("disk full")"# }
        }
        #expect(await site.outbox.waiting.isEmpty)
    }

    @Test func `rows are removed when the replay window has passed`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber(riserTopic)
        let site = Site(port: mosquitto.port) {
            $0.replayWindow = .milliseconds(100)
            $0.maintenancePeriod = .milliseconds(50)
        }
        try await site.whilePublishing { site in
            var next: Int64 = 1
            // Each row gives the publisher a moment; in the end the first ones are gone from the store.
            while await site.outbox.removed == 0, next < 4000 {
                await site.commit([site.riser(next)])
                try await subscriber.log.waitForLive(next)
                next += 2
            }
            #expect(await site.outbox.removed > 0)
        }
    }

    @Test func `without a broker it waits, says why, and stops at once`() async throws {
        let port = try freePort()
        let site = Site(port: port)
        try await site.whilePublishing { site in
            let notices = try await site.notices.wait("two attempts", counting: 0) { count, _ in
                count += 1
                return count == 2
            }
            #expect(
                notices.allSatisfy { $0.contains("MQTT broker 127.0.0.1:\(port): no connection (Connection refused)") })
            #expect(await site.publisher.status.isConnected == false)
        }
    }
}
