// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusCodec
import Model
import Pipeline
import SiteFiles
import Synchronization
import Testing

@testable import Gateway

/// A clock that goes on only when the test's bus or poller takes time.
final class MovedClock: ClockSource, BusPace {
    let boot = BootIdentifier("test")
    private let nanoseconds = Mutex<Int64>(1_000_000_000)

    func now() -> ClockReading {
        let now = nanoseconds.withLock { $0 }
        return ClockReading(
            instant: MonotonicInstant(nanoseconds: now),
            wall: Timestamp(milliseconds: 1_800_000_000_000 + now / 1_000_000),
            timeQuality: .synced)
    }

    func advance(_ span: Duration) {
        nanoseconds.withLock { $0 += Int64(span / .nanoseconds(1)) }
    }

    nonisolated(nonsending) func pause(for span: Duration) async { advance(span) }
    let canBeEnded = true
    func endPause() {}
    func end() {}
}

/// A bus on which one unit takes twenty seconds for each answer; it ends the poller after a number of visits.
private final class SluggishBus: ModbusPort {
    let clock: MovedClock
    private let visitsLeft: Mutex<Int>

    init(clock: MovedClock, visits: Int) {
        self.clock = clock
        visitsLeft = Mutex(visits)
    }

    nonisolated(nonsending) func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer {
        clock.advance(unit.value == 2 ? .seconds(20) : .milliseconds(2))
        let left = visitsLeft.withLock { left in
            left -= 1
            return left
        }
        if left <= 0 { withUnsafeCurrentTask { $0?.cancel() } }
        return SweepAnswer(
            results: spans.map { .success(Array(repeating: 0, count: Int($0.count))) }, firstByteNanoseconds: nil,
            finishedNanoseconds: clock.now().instant.nanoseconds)
    }

    func close() async {}
}

@Suite struct StalePointsTests {
    private static let site = """
        site: {id: lab, name: Lab}
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        polling: {fast_seconds: 1, normal_seconds: 2, slow_seconds: 4}
        persons:
          wang-fang: {name: Wang Fang, role: receiver}
        duty: {owner: wang-fang}
        buses:
          line: {tcp: 127.0.0.1, port: 1502}
        devices:
          quick: {profile: tuf-2000-ultrasonic, bus: line, unit: 1, area: main, asset: quick, responsible: contractor}
          slow: {profile: tuf-2000-ultrasonic, bus: line, unit: 2, area: main, asset: slow, responsible: contractor}
        """

    @Test func `a point without a reading for three periods is bad once, until it brings one`() async throws {
        let folder = try TestFolder()
        try folder.write("site.yaml", Self.site)
        let loaded = loadSite(
            at: "\(folder.path)/site.yaml", profileFolders: ["\(Programs.root)/DeviceProfiles"])
        let configuration = try #require(loaded.configuration, "\(loaded.problems)")
        let catalogue = configuration.makeCatalogue()
        let clock = MovedClock()
        let delivered = Mutex<[Sweep]>([])
        let poller = BusPoller(
            bus: configuration.buses[0], port: SluggishBus(clock: clock, visits: 12),
            devices: configuration.devices.enumerated().map {
                PolledDevice($0.element, at: $0.offset, in: catalogue, polling: configuration.polling)
            }, clock: clock, catalogue: catalogue, pace: clock, logger: Logger(label: "test"),
            deliver: { sweep in delivered.withLock { $0.append(sweep) } }, availability: { _, _, _ in },
            lateness: { _ in })
        await Task { await poller.run() }.value

        let readings = delivered.withLock { $0 }.flatMap(\.readings)
        let quick = Set(catalogue.assets[0].points.map { PointIndex($0) })
        #expect(readings.allSatisfy { $0.quality == .good || $0.reason == .stale })
        for point in quick {
            let history = readings.filter { $0.point == point }.map { $0.reason == .stale }
            #expect(history.contains(true), "\(catalogue[point].name) never became stale")
            #expect(!zip(history, history.dropFirst()).contains { $0 && $1 }, "\(catalogue[point].name): \(history)")
        }
        #expect(readings.allSatisfy { $0.reason != .stale || $0.quantity == nil })
    }
}
