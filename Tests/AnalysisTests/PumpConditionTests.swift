// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

/// A pump whose vibration, current and flow are read every ten seconds.
private struct WatchedPump {
    static let asset = AssetIdentifier("pump-1")
    var site = SiteDescription(zone: .utc, meters: [], gates: [])
    var random = SeededGenerator(seed: 7)

    init(signals: [Signal] = [.vibration, .current, .flow]) {
        site.pumps = [
            PumpDescription(asset: Self.asset, set: nil, ratedPower: 1, conditionLearning: .seconds(2 * 3600))
        ]
        site.signals = (signals + [.isRunning]).map {
            SignalDescription(asset: Self.asset, signal: $0, period: .seconds(10))
        }
    }

    /// Readings of some stretches of ten seconds; more flow takes more current, and everything has noise.
    mutating func rows(
        _ looks: Range<Int>, vibration: Double = 1, isOn: (Int) -> Bool = { _ in true }, isHeard: Bool = true
    ) -> [AnalyzerReading] {
        var rows: [AnalyzerReading] = []
        for look in looks {
            let on = isOn(look)
            let load = on ? 1 + 0.1 * Double.random(in: -1...1, using: &random) : 0
            let values: [Signal: Double] = [
                .vibration: on ? vibration * Double.random(in: 1.9...2.1, using: &random) : 0,
                .current: 5 * load + (on ? Double.random(in: -0.02...0.02, using: &random) : 0),
                .flow: 10 * load + (on ? Double.random(in: -0.05...0.05, using: &random) : 0),
                .isRunning: on ? 1 : 0,
            ]
            let at = monday + .seconds(10 * Int64(look))
            // The state first: what a pump shows while it stands says nothing of it.
            for channel in site.signals.indices.reversed() {
                let value = values[site.signals[channel].signal]
                let isLost = !isHeard && site.signals[channel].signal == .vibration
                rows.append(
                    AnalyzerReading(channel: channel, value: isLost ? .none : .measure(value ?? 0), at: at))
            }
        }
        return rows
    }
}

private let hour = 360

@Suite struct PumpConditionTests {
    @Test func `a pump that shakes is told within two minutes, and no longer when it is mended`() throws {
        var pump = WatchedPump()
        var analyzer = Analyzer(site: pump.site)
        let healthy = analyzer.ingest(pump.rows(0..<12 * hour)).of(.pumpCondition)
        #expect(healthy.isEmpty)
        #expect(analyzer.statistics.evaluations.pumpCondition > 9 * hour)
        let shaking = analyzer.ingest(pump.rows(12 * hour..<13 * hour, vibration: 1.5)).of(.pumpCondition)
        let finding = try #require(shaking.raised.first)
        #expect(shaking.raised.count == 1 && finding.asset == WatchedPump.asset)
        let onset = monday + .seconds(12 * 3600)
        #expect(finding.raisedAt >= onset && finding.raisedAt <= onset + .seconds(120))
        let change = try #require(finding.evidence.measures.first { $0.name == "vibration_change" })
        #expect(change.unit == .percent && (25...55).contains(change.value))
        let mended = analyzer.ingest(pump.rows(13 * hour..<14 * hour)).of(.pumpCondition)
        let over = try #require(mended.cleared.first?.clearedAt)
        #expect(over >= onset + .seconds(3600) && over <= onset + .seconds(3720))
    }

    /// Neither is out of the ordinary by itself: the flow of a light load with the current of a heavy one.
    @Test func `signals that do not belong together are told`() {
        var pump = WatchedPump()
        var analyzer = Analyzer(site: pump.site)
        _ = analyzer.ingest(pump.rows(0..<4 * hour))
        let flow = pump.site.signals.firstIndex { $0.signal == .flow } ?? 0
        let throttled = pump.rows(4 * hour..<5 * hour).map { row in
            guard row.channel == flow, case .measure(let value) = row.value else { return row }
            return AnalyzerReading(channel: flow, value: .measure(0.95 * value), at: row.at)
        }
        #expect(analyzer.ingest(throttled).of(.pumpCondition).raised.count == 1)
    }

    @Test func `starts, stops and failed polls are no news`() {
        var pump = WatchedPump()
        var analyzer = Analyzer(site: pump.site)
        let rows = pump.rows(0..<12 * hour, isOn: { $0 % 90 >= 30 })
        #expect(analyzer.ingest(rows).of(.pumpCondition).isEmpty)
        #expect(analyzer.statistics.evaluations.pumpCondition > hour)
        #expect(analyzer.ingest(pump.rows(12 * hour..<13 * hour, isHeard: false)).of(.pumpCondition).isEmpty)
    }

    @Test(arguments: [OperatorVerdict.Judgement.expected, .notALeak])
    func `what a person calls usual is learned anew`(_ judgement: OperatorVerdict.Judgement) throws {
        var pump = WatchedPump()
        var analyzer = Analyzer(site: pump.site)
        _ = analyzer.ingest(pump.rows(0..<4 * hour))
        let found = analyzer.ingest(pump.rows(4 * hour..<5 * hour, vibration: 1.5)).of(.pumpCondition)
        let finding = try #require(found.raised.first)
        let verdict: OperatorVerdict =
            judgement == .expected ? .expected(finding.identifier) : .notALeak(finding.identifier)
        let now = monday + .seconds(5 * 3600)
        #expect(analyzer.refusal(of: verdict, at: now) == nil)
        #expect(analyzer.apply(verdict, at: now).of(.pumpCondition).cleared.count == 1)
        #expect(analyzer.ingest(pump.rows(5 * hour..<9 * hour, vibration: 1.5)).of(.pumpCondition).isEmpty)
        // As it was before is unlike what it has learned now.
        #expect(analyzer.ingest(pump.rows(9 * hour..<10 * hour)).of(.pumpCondition).raised.count == 1)
    }

    @Test(arguments: [[Signal.current, .flow], [.vibration]])
    func `without vibration, or with nothing beside it, nothing is judged`(_ signals: [Signal]) {
        var pump = WatchedPump(signals: signals)
        var analyzer = Analyzer(site: pump.site)
        _ = analyzer.ingest(pump.rows(0..<4 * hour))
        #expect(analyzer.ingest(pump.rows(4 * hour..<5 * hour, vibration: 3)).of(.pumpCondition).isEmpty)
        #expect(analyzer.statistics.evaluations.pumpCondition == 0)
    }

    @Test func `a restart at any moment changes nothing`() throws {
        var pump = WatchedPump()
        let rows = pump.rows(0..<3 * hour) + pump.rows(3 * hour..<4 * hour, vibration: 1.5)
        var (whole, parted) = (Analyzer(site: pump.site), Analyzer(site: pump.site))
        let once = whole.ingest(rows).of(.pumpCondition)
        #expect(once.raised.count == 1)
        #expect(try parted.ingest(rows, reloadingEvery: 701).of(.pumpCondition) == once)
    }
}

@Suite struct GaussianModelTests {
    @Test func `distance is counted along the direction in which the features move together`() {
        var model = GaussianModel(features: 2)
        // Two features with a correlation of 0.8 and unit variances: (+-1, +-1) weighted 9 to 1.
        for _ in 0..<1000 {
            for _ in 0..<9 { for side in [-1.0, 1] { model.learn([side, side]) } }
            for side in [-1.0, 1] { model.learn([side, -side]) }
        }
        model.finish(ridge: 0, resolution: 0)
        let along = model.distance(of: [2, 2])
        let across = model.distance(of: [2, -2])
        #expect(abs(along - (2 * 4 / 1.8).squareRoot()) < 0.01)
        #expect(abs(across - (2 * 4 / 0.2).squareRoot()) < 0.05)
        #expect(model.distance(of: [0, 0]) < 1e-9)
    }

    @Test func `features that never move, or always together, trap nothing`() {
        var model = GaussianModel(features: 3)
        for value in 0..<100 { model.learn([5, Double(value), Double(value) * 2]) }
        model.finish(ridge: 0.01, resolution: 0.001)
        for features in [[5.0, 50, 100], [6, 50, 100], [5, 50, 0], [1e300, -1e300, 1e300]] {
            #expect(model.distance(of: features).isFinite, "\(features)")
        }
        #expect(model.isWellFormed(features: 3) && !model.isWellFormed(features: 2))
    }
}
