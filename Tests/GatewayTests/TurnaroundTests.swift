// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusCodec
import Model
import Pipeline
import SiteFiles
import Synchronization
import Testing

@testable import Gateway

/// A bus on which every unit begins its answer after the same time; it ends the poller after a number of visits.
private final class EvenBus: ModbusPort {
    let clock: MovedClock
    let turnaround: Duration
    private let visitsLeft: Mutex<Int>
    let asked = Mutex<[[RegisterSpan]]>([])

    init(clock: MovedClock, turnaround: Duration, visits: Int) {
        (self.clock, self.turnaround) = (clock, turnaround)
        visitsLeft = Mutex(visits)
    }

    nonisolated(nonsending) func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer {
        asked.withLock { $0.append(spans) }
        clock.advance(turnaround + .milliseconds(20))
        let left = visitsLeft.withLock { left in
            left -= 1
            return left
        }
        if left <= 0 { withUnsafeCurrentTask { $0?.cancel() } }
        return SweepAnswer(
            results: spans.map { .success(Array(repeating: 0, count: Int($0.count))) },
            turnarounds: spans.map { _ in Int64(turnaround / .nanoseconds(1)) }, firstByteNanoseconds: nil,
            finishedNanoseconds: clock.now().instant.nanoseconds)
    }

    func close() async {}
}

/// How long devices take to answer, as it is learned, kept and used again.
@Suite struct TurnaroundTests {
    private func configuration() throws -> SiteConfiguration {
        let folder = try TestFolder()
        try folder.write(
            "profiles/level/acme-l1/profile.yaml",
            """
            profile: acme-l1
            kind: level
            name: {zh: 液位, en: Level}
            points:
              near: {table: holding, address: 0, type: uint16, poll: fast}
              far: {table: holding, address: 25, type: uint16, poll: fast}
            """)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            polling: {fast_seconds: 1}
            buses: {wire: {serial: /dev/ttyUSB0, baud: 9600, turnaround_milliseconds: 5}}
            devices:
              tank: {profile: acme-l1, bus: wire, unit: 1, area: roof, asset: tank, responsible: utility}
            persons: {wang-fang: {name: Wang Fang, role: receiver}}
            duty: {owner: wang-fang}
            mqtt: {url: "mqtt://127.0.0.1:1883"}
            """)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        return try #require(loaded.configuration, "\(loaded.problems)")
    }

    /// Polls for some visits. Returns what was kept, and the requests of the first and of the last visit.
    private func poll(
        visits: Int, known: Duration? = nil
    ) async throws -> (kept: [Duration], first: Int, last: Int) {
        let configuration = try configuration()
        let catalogue = configuration.makeCatalogue()
        let clock = MovedClock()
        let port = EvenBus(clock: clock, turnaround: .milliseconds(60), visits: visits)
        let kept = Mutex<[Duration]>([])
        var poller = BusPoller(
            bus: configuration.buses[0], port: port,
            devices: [PolledDevice(configuration.devices[0], at: 0, in: catalogue, polling: configuration.polling)],
            clock: clock, catalogue: catalogue, pace: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            deliver: { _ in }, availability: { _, _, _ in }, lateness: { _ in })
        poller.turnarounds = [known]
        poller.rememberTurnaround = { _, median, _, _ in kept.withLock { $0.append(median) } }
        let running = poller
        await Task { await running.run() }.value
        let asked = port.asked.withLock { $0 }
        return (kept.withLock { $0 }, asked.first?.count ?? 0, asked.last?.count ?? 0)
    }

    @Test func `a turnaround is kept once it is learned, and not at each visit`() async throws {
        #expect(try await poll(visits: 90).kept == [], "200 answers are needed")
        let long = try await poll(visits: 2000)
        #expect(long.kept.count == 1)
        // Rounded up by an eighth at most.
        #expect(long.kept.allSatisfy { (Duration.milliseconds(60)...(.milliseconds(68))).contains($0) }, "\(long.kept)")
        #expect(long.first == 2 && long.last == 1, "a slow answer is worth bridging 24 registers")
    }

    @Test func `a run begins with what the one before has learned`() async throws {
        let again = try await poll(visits: 2000, known: .milliseconds(64))
        #expect(again.first == 1 && again.last == 1)
        #expect(again.kept == [], "the same again is not written")
    }

    @Test func `a changed turnaround is written, but not more often than each ten minutes`() {
        func instant(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }
        var kept = KeptTurnarounds([.milliseconds(10), nil], of: 2, at: instant(0))
        let news = [
            kept.isNews(.milliseconds(20), of: 0, at: instant(599)),
            kept.isNews(.milliseconds(12), of: 0, at: instant(600)),
            kept.isNews(.milliseconds(20), of: 0, at: instant(600)),
            kept.isNews(.milliseconds(10), of: 0, at: instant(700)),
            kept.isNews(.milliseconds(5), of: 1, at: instant(1)),
            kept.isNews(.milliseconds(5), of: 1, at: instant(9999)),
        ]
        #expect(news == [false, false, true, false, true, false])
    }
}
