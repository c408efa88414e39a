// SPDX-License-Identifier: Apache-2.0

import Foundation
import MQTTTransport
import Model
import Outbox
import TestKit

@testable import Pipeline

/// Clocks on which time passes faster, so that a test of half a minute takes a second.
struct FastClocks: ClockSource {
    static let speed = 20.0
    let boot = BootIdentifier("boot-1")
    var timeQuality = TimeQuality.synced
    private let start = Self.uptime()
    private let wallStart = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    func now() -> ClockReading {
        let passed = Duration.nanoseconds(Int64(Double(Self.uptime() - start) * Self.speed))
        return ClockReading(
            instant: MonotonicInstant(nanoseconds: start) + passed, wall: wallStart + passed, timeQuality: timeQuality)
    }

    private static func uptime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// What sleeps by ``FastClocks``.
struct FastTimer: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .nanoseconds(1) }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await Task.sleep(for: (deadline - .now) / FastClocks.speed, clock: .continuous)
    }
}

/// The site of the other tests on fast clocks.
final class FastSite: Sendable {
    let clocks: FastClocks
    let outbox = MemoryOutbox()
    let publisher: Publisher<FastTimer>
    let notices = LineLog()

    init(
        port: Int, clocks: FastClocks = FastClocks(), outbox: MemoryOutbox? = nil,
        adjust: (inout PublisherSettings) -> Void = { _ in }
    ) {
        self.clocks = clocks
        var settings = PublisherSettings(
            catalogue: Site.catalogue, siteName: BilingualText(zh: "湖畔", en: "Lakeside"), version: "0.1.0")
        settings.settleDelay = .milliseconds(20)
        adjust(&settings)
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let notices = notices
        Task { for await line in stream { await notices.append(line) } }
        publisher = Publisher(
            store: outbox ?? self.outbox,
            broker: MosquittoBroker(
                BrokerSettings(host: "127.0.0.1", port: port, clientIdentifier: "sluice-lakeside")),
            clocks: clocks, timer: FastTimer(), settings: settings, random: { 0.2 },
            onNotice: { continuation.yield("\($0)") })
    }

    func whilePublishing(_ body: @Sendable (FastSite) async throws -> Void) async throws {
        try await whileRunning(publisher) { try await body(self) }
    }

    func commit(_ sequences: [Int64]) async {
        let sweeps = sequences.map { Site.sweep($0, clocks) }
        await outbox.add(sweeps.map { OutboxRow(sequence: $0.firstSequence, content: .sweep($0)) })
        await publisher.committed(sweeps)
    }
}
