// SPDX-License-Identifier: Apache-2.0

import Analysis
import Glibc
import Model

/// Runs of a pump in a test loop, read each second, with one fault each (the Skoltech anomaly benchmark, SKAB).
///
/// Each run is a pump of its own that learns for 400 seconds, as is usual with this set. A second is told while the
/// finding of the pump's condition is open.
struct PumpLoop {
    static let learning = 400

    private(set) var rightlyTold = 0
    private(set) var wronglyTold = 0
    private(set) var missed = 0
    private(set) var rightlySilent = 0
    private(set) var byRun: [(name: String, told: Int, faulty: Int, false: Int)] = []

    var f1: Double { 2 * Double(rightlyTold) / Double(max(1, 2 * rightlyTold + wronglyTold + missed)) }
    var falseShare: Double { Double(wronglyTold) / Double(max(1, wronglyTold + rightlySilent)) }
    var missedShare: Double { Double(missed) / Double(max(1, missed + rightlyTold)) }

    private static let columns: [(name: String, signal: Signal)] = [
        ("Accelerometer1RMS", .vibration), ("Accelerometer2RMS", .secondVibration), ("Current", .current),
        ("Pressure", .pressure), ("Volume Flow RateRMS", .flow),
    ]

    static func score(_ folder: String) throws -> PumpLoop {
        var score = PumpLoop()
        for name in try RecordedTable.names(in: folder) where name.hasSuffix(".csv.gz") {
            guard !name.hasPrefix("anomaly-free") else { continue }
            try score.add(String(name.dropLast(7)), "\(folder)/\(name)")
        }
        return score
    }

    private mutating func add(_ name: String, _ path: String) throws {
        let pump = AssetIdentifier("pump")
        var site = SiteDescription(zone: .utc, meters: [], gates: [])
        site.pumps = [
            PumpDescription(
                asset: pump, set: nil, ratedPower: nil, conditionLearning: .seconds(Int64(Self.learning)))
        ]
        site.signals = Self.columns.map {
            SignalDescription(asset: pump, signal: $0.signal, period: .seconds(1))
        }
        var replay = Replay(site)
        let table = try RecordedTable(
            path, columns: Self.columns.map(\.name) + ["datetime", "anomaly"], separator: ";")
        var run = (name: name, told: 0, faulty: 0, false: 0)
        table.forEach { row in
            guard let at = Self.second(row.text("datetime")) else { return }
            for (channel, column) in Self.columns.enumerated() {
                replay.take(channel, .measure(row.number(column.name)), at: at)
            }
            let isTold = replay.isOpen(.pumpCondition)
            switch (isTold, row.number("anomaly") == 1) {
            case (true, true): (rightlyTold, run.told, run.faulty) = (rightlyTold + 1, run.told + 1, run.faulty + 1)
            case (false, true): (missed, run.faulty) = (missed + 1, run.faulty + 1)
            case (true, false): (wronglyTold, run.false) = (wronglyTold + 1, run.false + 1)
            case (false, false): rightlySilent += 1
            }
        }
        byRun.append(run)
    }

    /// `2020-03-01 15:44:06`, taken for UTC.
    private static func second(_ text: String) -> Int64? {
        let parts = text.split { !$0.isNumber }.compactMap { Int32($0) }
        guard parts.count == 6 else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (parts[0] - 1900, parts[1] - 1, parts[2])
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (parts[3], parts[4], parts[5])
        return Int64(timegm(&fields))
    }
}
