// SPDX-License-Identifier: Apache-2.0

import Aggregation
import ArgumentParser
import Foundation
import Logging
import Model
import Pipeline
import Store

/// What history costs: nanoseconds a reading, bytes a point and year, and how long an answer takes.
@main
struct HistoryCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what history costs for made-up meters that are read once a minute.",
        discussion: """
            Each meter has a total in steps of a litre and a flow. The readings go into a real store, and history follows
            it as in a gateway that was away for all the days. Everything is on the disk of --folder, which must be empty.

            Example:
              HistoryCost --meters 20 --days 31
            """)

    @Option(help: "Meters, two points each.") var meters = 20
    @Option(help: "Days of readings.") var days = 31
    @Option(help: "Folder to work in (default: a temporary one, removed at the end).") var folder: String?

    func validate() throws {
        guard (1...500).contains(meters), (1...400).contains(days) else {
            throw ValidationError("meters 1-500, days 1-400.")
        }
    }

    func run() async throws {
        let place = folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID())").path
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: place) } }
        let start = Timestamp(CivilTime(date: CivilDate(year: 2026, month: 10, day: 1), hour: 0, minute: 0))
        let clock = ContinuousClock()
        let shanghai = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 28_800, transitions: [])
        print("core      \(foldNanoseconds(shanghai)) ns a reading, four resolutions")

        var logger = Logger(label: "history")
        logger.logLevel = .error
        let store = try SluiceStore.open(
            directory: place, boot: BootIdentifier("benchmark"),
            now: ClockReading(instant: MonotonicInstant(nanoseconds: 0), wall: start, timeQuality: .synced),
            logger: logger)
        try store.bind(catalogue: catalogue)
        let count = try await fill(store, from: start)
        let keeper = try HistoryKeeper(
            store: store, directory: place, zone: shanghai, logger: logger, isTotal: { $0.hasSuffix("/total") },
            now: { start })
        let elapsed = try await withTaskExecutorPreference(keeper.thread) {
            let begun = clock.now
            while try await keeper.follow(awaitsClock: false) {}
            try await keeper.save()
            return clock.now - begun
        }
        print(
            "follow    \(count) readings in \(seconds(elapsed)) s, \(Int(elapsed / .nanoseconds(1)) / count) ns each, "
                + "reading and writing with it")
        let bytes = Double(store.historyBytes)
        let pointYears = Double(meters * 2 * days) / 365
        print(
            "room      \(store.historyBytes) bytes for \(days) days of \(meters * 2) points, "
                + "\(Int(bytes / pointYears)) bytes a point and year")
        for resolution in HistoryResolution.allCases {
            let question = HistoryQuestion(
                path: "plant/meter-0/total", resolution: resolution, from: start, to: start + .seconds(86_400 * days))
            var fastest = Duration.seconds(1000)
            var rows = 0
            for _ in 0..<5 {
                let begun = clock.now
                rows = try await keeper.answer(question).rows.count
                fastest = min(fastest, clock.now - begun)
            }
            print("answer    \(days) days by \(resolution.rawValue): \(rows) pieces in \(milliseconds(fastest)) ms")
        }
        try await keeper.close()
        try store.close()
    }

    private var catalogue: Catalogue {
        Catalogue(
            site: SiteIdentifier("benchmark"),
            assets: (0..<meters).map {
                Asset(
                    identifier: AssetIdentifier("meter-\($0)"), area: AreaIdentifier("plant"),
                    device: DeviceIdentifier("meter-\($0)"), profile: "none", name: BilingualText("meter \($0)"),
                    points: $0 * 2..<$0 * 2 + 2)
            },
            points: (0..<meters * 2).map {
                Point(
                    asset: AssetIndex($0 / 2), name: $0.isMultiple(of: 2) ? "total" : "flow", signal: nil,
                    unit: $0.isMultiple(of: 2) ? .cubicMetre : .cubicMetrePerHour, stateLabels: [],
                    period: .seconds(60))
            })
    }

    /// Flow in litres an hour over a day with two peaks, and hours of nothing.
    private func litresPerHour(_ minute: Int, _ meter: Int) -> Int {
        let ofDay = (minute + meter * 37) % 1440
        guard ofDay > 330 else { return 0 }
        return 40 + (ofDay % 97) * (ofDay > 1050 ? 9 : 4)
    }

    private func fill(_ store: SluiceStore, from start: Timestamp) async throws -> Int {
        var totals = [Double](repeating: 812_345, count: meters)
        var batch: [Sweep] = []
        for minute in 0..<days * 1440 {
            let at = start + .seconds(60 * minute)
            for meter in 0..<meters {
                let flow = litresPerHour(minute, meter)
                totals[meter] += Double(flow) / 60
                batch.append(
                    Sweep(
                        asset: AssetIndex(meter),
                        receivedAt: MonotonicInstant(nanoseconds: Int64(minute) * 60_000_000_000),
                        receivedWall: at, timeQuality: .synced,
                        readings: [
                            Reading(
                                point: PointIndex(meter * 2), good: .number(totals[meter].rounded(.down) / 1000),
                                sourceTime: at),
                            Reading(
                                point: PointIndex(meter * 2 + 1), good: .number(Double(flow) / 1000), sourceTime: at),
                        ]))
            }
            if batch.count >= 5000 || minute == days * 1440 - 1 {
                _ = try await store.append(batch, publishes: false)
                batch.removeAll(keepingCapacity: true)
            }
        }
        return days * 1440 * meters * 2
    }

    private func foldNanoseconds(_ zone: ZoneOffsets) -> Int {
        var folder = HistoryFolder(zone: zone)
        let count = 2_000_000
        let elapsed = ContinuousClock().measure {
            for place in 0..<count {
                let (point, minute) = (place % 200, place / 200)
                folder.fold(
                    point: point, at: Timestamp(milliseconds: 1_790_000_000_000 + Int64(minute) * 60_000),
                    value: Double(minute), isGood: true)
                if folder.waiting >= 32_768 { _ = folder.take() }
            }
        }
        return Int(elapsed / .nanoseconds(1)) / count
    }

    private func seconds(_ span: Duration) -> Double { (span / .seconds(1) * 100).rounded() / 100 }
    private func milliseconds(_ span: Duration) -> Double { (span / .milliseconds(1) * 10).rounded() / 10 }
}
