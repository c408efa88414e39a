// SPDX-License-Identifier: Apache-2.0

import Model

@testable import Analysis
import TestKit

/// A booster with two pumps and the meter behind it, minute by minute.
struct PumpHouse {
    /// What one minute shows.
    struct Minute {
        /// Whether each pump is on.
        var on = [false, false]
        var power = [0.0, 0.0]
        var pressure: Double? = 4.5
        var litres = 0.0
        /// Starts of each pump in this minute.
        var starts = [0, 0]
    }

    static let first = AssetIdentifier("pump-1")
    static let second = AssetIdentifier("pump-2")
    static let set = AssetIdentifier("booster")

    var site: SiteDescription

    init(_ control: PumpSetDescription.Control, setPressure: Double? = 4.5, rated: Double? = 1) {
        site = SiteDescription(zone: .utc, meters: [unit("riser", role: .riser, everySeconds: 60)], gates: [])
        site.pumpSets = [
            PumpSetDescription(
                asset: Self.set, control: control, setPressure: setPressure, boosted: [AssetIdentifier("riser")])
        ]
        let minute = Duration.seconds(60)
        for pump in [Self.first, Self.second] {
            site.pumps.append(PumpDescription(asset: pump, set: Self.set, ratedPower: rated))
            for signal in [Signal.isRunning, .power] {
                site.signals.append(SignalDescription(asset: pump, signal: signal, period: minute))
            }
            site.signals.append(SignalDescription(asset: pump, signal: .startCount, period: .seconds(900)))
        }
        site.signals.append(SignalDescription(asset: Self.set, signal: .pressure, period: minute))
    }

    /// Rows of a stretch of minutes.
    func rows(_ minutes: Range<Int>, _ course: (Int) -> Minute) -> [AnalyzerReading] {
        var rows: [AnalyzerReading] = []
        var (litres, starts, wasOn) = (0.0, [0, 0], [false, false])
        for minute in minutes {
            let now = course(minute)
            let at = monday + minute
            litres += now.litres
            rows.append(AnalyzerReading(channel: 0, value: .count(5000 + Int64(litres)), at: at))
            for pump in 0..<2 {
                starts[pump] += now.starts[pump] + (now.on[pump] && !wasOn[pump] ? 1 : 0)
                rows.append(tell(1 + 3 * pump, now.on[pump] ? 1 : 0, at))
                rows.append(tell(2 + 3 * pump, now.power[pump], at))
                if minute % 15 == 0 { rows.append(tell(3 + 3 * pump, Double(starts[pump] + 100), at)) }
            }
            wasOn = now.on
            rows.append(now.pressure.map { tell(7, $0, at) } ?? AnalyzerReading(channel: 7, value: .none, at: at))
        }
        for place in rows.indices { rows[place].sequence = SequenceNumber(Int64(place) + 1) }
        return rows
    }

    private func tell(_ channel: Int, _ value: Double, _ at: Timestamp) -> AnalyzerReading {
        AnalyzerReading(channel: channel, value: .measure(value), at: at)
    }

    /// Flow of a house in litres a minute.
    static func demand(_ minute: Int, _ random: inout SeededGenerator) -> Double {
        let hour = minute / 60 % 24
        return (hour < 5 ? 3 : 12) * Double.random(in: 0.6..<1.4, using: &random)
    }

    /// A set with variable speed that works as it should; its pumps take turns day by day.
    static func steady(_ minute: Int, _ random: inout SeededGenerator) -> Minute {
        var now = Minute()
        let pump = minute / 1440 % 2
        now.litres = demand(minute, &random)
        now.on[pump] = true
        now.power[pump] = (0.25 + 0.02 * now.litres) * Double.random(in: 0.98..<1.02, using: &random)
        now.pressure = 4.5 + Double.random(in: -0.02..<0.02, using: &random)
        return now
    }
}

extension Analyzer {
    /// Goes on after saving and loading between rows, every so many.
    mutating func ingest(_ rows: [AnalyzerReading], reloadingEvery step: Int) throws -> [FindingChange] {
        var changes: [FindingChange] = []
        for (place, row) in rows.enumerated() {
            if place % step == 0 { self = try reloaded() }
            changes += ingest(row)
        }
        return changes
    }
}
