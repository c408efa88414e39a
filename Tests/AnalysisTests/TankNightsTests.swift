// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

/// A tank whose outflow nobody meters, by its level and the meter above it.
@Suite struct TankNightsTests {
    private static let litres = 10_000.0
    private static let day = 1440

    /// - Parameter leaking: Minutes in which so much more leaves the tank, in L/h.
    private static func run(
        days: Int, seed: UInt64, leaking: SteadyFlow? = nil, party: Int? = nil
    ) -> (changes: [FindingChange], analyzer: Analyzer) {
        var site = SiteDescription(zone: .utc, meters: [unit("inlet", role: .bulk, everySeconds: 60)], gates: [])
        site.tanks = [
            TankDescription(
                asset: AssetIdentifier("tank"), meter: AssetIdentifier("inlet"), volume: Litres(litres),
                overflowLevel: 2)
        ]
        site.signals = [SignalDescription(asset: AssetIdentifier("tank"), signal: .level, period: .seconds(60))]
        var analyzer = Analyzer(site: site)
        var changes: [FindingChange] = []
        var random = SeededGenerator(seed: seed)
        var (stored, passed, isOpen, people) = (0.9 * litres, 0.0, false, 1.0)
        for minute in 0..<days * day {
            if minute % day == 0 { people = Double.random(in: 0.85...1.15, using: &random) }
            let isNight = minute % day / 60 < 6
            let wild = party == minute / day ? 3.0 : 1
            var out = (isNight ? 60 * wild : 400) * people / 60
            if let leaking, leaking.minutes.contains(minute) { out += leaking.litresPerHour / 60 }
            isOpen = stored < 0.8 * litres || isOpen && stored < 0.95 * litres
            stored -= out
            if isOpen {
                stored += 50
                passed += 50
            }
            let level = (stored / litres * 2 / 0.005).rounded() * 0.005
            changes += analyzer.ingest(
                AnalyzerReading(channel: 0, value: .count(Int64(passed)), at: monday + minute))
            changes += analyzer.ingest(
                AnalyzerReading(channel: 1, value: .measure(level), at: monday + .seconds(60 * minute + 5)))
        }
        return (changes, analyzer)
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `water that leaves by night is found after the second night, with its size`(seed: UInt64) throws {
        let leak = SteadyFlow(minutes: 10 * Self.day + 700..<16 * Self.day + 700, litresPerHour: 150)
        let (changes, analyzer) = Self.run(days: 20, seed: seed, leaking: leak)
        let raised = changes.of(.nightRise).raised
        let finding = try #require(raised.first)
        #expect(raised.count == 1 && finding.asset == AssetIdentifier("tank"))
        let day = Int(finding.raisedAt.minutesSinceMonday) / Self.day
        #expect((11...12).contains(day))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value <= 150 && (120...180).contains(loss.rateHigh.value))
        let over = try #require(changes.of(.nightRise).cleared.first?.clearedAt)
        #expect((17...19).contains(Int(over.minutesSinceMonday) / Self.day))
        #expect(analyzer.statistics.evaluations.nightRise > 15)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `usual nights and one night of guests say nothing`(seed: UInt64) {
        #expect(Self.run(days: 25, seed: seed, party: 15).changes.of(.nightRise).isEmpty)
    }
}

@Suite struct PressureNightsTests {
    /// Findings of days with so much pressure by night, and 3.5 bar by day.
    private static func verdicts(_ nights: [Double]) -> [String] {
        var pressures = PressureNights()
        return nights.enumerated().flatMap { day, night in
            (0..<96).compactMap { quarter -> String? in
                let at = monday + (day * 1440 + quarter * 15)
                let observation = Observation(
                    signal: .pressure, value: (4..<20).contains(quarter) ? night : 3.5, at: at, sequence: nil)
                switch pressures.take(observation, at: LocalMoment(at, in: .utc)) {
                case .arises(let grounds): return "\(day) arises \(grounds.size?.value ?? 0)"
                case .ends: return "\(day) ends"
                case .persists, nil: return nil
                }
            }
        }
    }

    @Test func `three nights above 5 bar, or 0.8 bar above the day, are told`() {
        let usual = [Double](repeating: 3.9, count: 4)
        #expect(Self.verdicts(usual + [5.2, 5.2, 5.2, 5.2] + usual) == ["6 arises 5.25", "10 ends"])
        #expect(Self.verdicts(usual + [4.5, 4.5, 4.5] + usual) == ["6 arises 4.55", "9 ends"])
        #expect(Self.verdicts(usual + [5.2, 5.2, 3.9, 5.2, 5.2, 3.9]) == [])
        #expect(Self.verdicts([Double](repeating: 4.2, count: 12)) == [])
    }
}
