// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

private let day = 1440

/// A garden whose runs are due at 05:00 local time, an hour ahead of UTC, on every day.
private struct Garden {
    var site: SiteDescription
    let meter = AssetIdentifier("garden")

    init(litresPerCount: Double = 10, everySeconds period: Int = 60, zone: ZoneOffsets? = nil) {
        site = SiteDescription(
            zone: zone ?? ZoneOffsets(name: "test", initialOffsetSeconds: 3600, transitions: []),
            meters: [unit("garden", litresPerCount: litresPerCount, role: .irrigation, everySeconds: period)], gates: [])
        site.sensors = [SensorDescription(asset: AssetIdentifier("sky"))]
        site.irrigation = [
            IrrigationSchedule(
                meter: meter, weekdays: Set(1...7), startMinute: 300, longestMinutes: 45, skippedAfterRain: 1,
                rainWindow: .seconds(12 * 3600))
        ]
        site.signals = [Signal.rain, .soilMoisture].map {
            SignalDescription(asset: AssetIdentifier("sky"), signal: $0, period: .seconds(900))
        }
    }

    /// - Parameters:
    ///   - flow: Litres an hour at a minute since Monday, UTC.
    ///   - rain: Millimetres of the quarter that ends at a minute.
    func rows(
        days: Int, every step: Int = 1, flow: (Int) -> Double, rain: (Int) -> Double? = { _ in 0 },
        soil: ((Int) -> Double)? = nil
    ) -> [AnalyzerReading] {
        var rows: [AnalyzerReading] = []
        var litres = 0.0
        for minute in 0..<days * day {
            if minute % step == 0 {
                let count = Int64(litres / site.meters[0].litresPerCount)
                rows.append(AnalyzerReading(channel: 0, value: .count(700 + count), at: monday + minute))
            }
            litres += flow(minute) / 60
            guard minute % 15 == 0 else { continue }
            if let rain = rain(minute) {
                rows.append(AnalyzerReading(channel: 1, value: .measure(rain), at: monday + minute))
            }
            if let soil {
                rows.append(AnalyzerReading(channel: 2, value: .measure(soil(minute)), at: monday + minute))
            }
        }
        for place in rows.indices { rows[place].sequence = SequenceNumber(Int64(place) + 1) }
        return rows
    }

    func run(
        _ rows: [AnalyzerReading], announced: [Announcement] = [], reloadingEvery step: Int = 5003
    ) throws -> (changes: [FindingChange], analyzer: Analyzer) {
        var analyzer = Analyzer(site: site, calendar: AnnouncedCalendar(announced))
        return (try analyzer.ingest(rows, reloadingEvery: step), analyzer)
    }

    /// A run of 25 minutes at 04:00 UTC.
    static func usual(_ minute: Int) -> Double { (240..<265).contains(minute % day) ? 1500 : 0 }
}

@Suite struct IrrigationStuckOpenTests {
    @Test func `a valve that does not close is found within the hour, with its flow`() throws {
        let garden = Garden()
        let start = 3 * day + 240
        let rows = garden.rows(days: 6) { (start..<start + 600).contains($0) ? 1500 : Garden.usual($0) }
        let (changes, analyzer) = try garden.run(rows)
        let found = changes.of(.irrigationStuckOpen)
        let finding = try #require(found.raised.first)
        #expect(found.raised.count == 1)
        // The longest run is over after 45 minutes, the slack after 15 more.
        #expect(finding.startedAt.minutesSinceMonday == Double(start + 45))
        #expect((start + 60...start + 64).contains(Int(finding.raisedAt.minutesSinceMonday)))
        let loss = try #require(finding.loss)
        #expect(loss.rateLow.value < 1500 && loss.rateHigh.value > 1450 && loss.rateHigh.value < 1600)
        let over = try #require(found.cleared.first)
        #expect(abs(try #require(over.clearedAt).minutesSinceMonday - Double(start + 600)) <= 2)
        #expect(abs(try #require(over.loss).litres.value - 25 * 555) < 200)
        #expect(found.cleared.count == 1)
        #expect(analyzer.statistics.evaluations.irrigationStuckOpen > 0)
        #expect(changes.of(.irrigationFlow).isEmpty)
    }

    @Test func `a valve that weeps is found by a meter of one litre`() throws {
        let garden = Garden(litresPerCount: 1)
        let start = 2 * day + 700
        let (changes, _) = try garden.run(
            garden.rows(days: 4) { Garden.usual($0) + ((start..<start + 900).contains($0) ? 30 : 0) })
        let finding = try #require(changes.of(.irrigationStuckOpen).raised.first)
        #expect((start...start + 12).contains(Int(finding.raisedAt.minutesSinceMonday)))
        #expect(changes.of(.irrigationStuckOpen).cleared.count == 1)
    }

    @Test func `runs by the schedule are none, nor what was announced`() throws {
        let garden = Garden()
        let announced = Announcement(
            kind: .manualIrrigation, start: monday + (day + 900), end: monday + (day + 1000), asset: garden.meter)
        let rows = garden.rows(days: 5) { minute in
            // Up to an hour longer than announced is allowed.
            (day + 900..<day + 1050).contains(minute) ? 2000 : Garden.usual(minute)
        }
        #expect(try garden.run(rows, announced: [announced]).changes.of(.irrigationStuckOpen).isEmpty)
        #expect(try garden.run(rows).changes.of(.irrigationStuckOpen).raised.count == 1)
    }

    @Test(arguments: [15, 60]) func `a meter read seldom does not spread a run beyond its end`(step: Int) throws {
        let garden = Garden(litresPerCount: 1, everySeconds: 60 * step)
        let rows = garden.rows(days: 6, every: step) { (240..<285).contains($0 % day) ? 1500 : 0 }
        #expect(try garden.run(rows).changes.of(.irrigationStuckOpen).isEmpty)
    }

    @Test(arguments: [3600, -3600]) func `the clock changes, and controllers may not know`(jump: Int) throws {
        let change = monday + (3 * day + 60)
        let zone = ZoneOffsets(
            name: "test", initialOffsetSeconds: 3600, transitions: [.init(at: change, offsetSeconds: 3600 + jump)])
        let garden = Garden(zone: zone)
        // The controller follows on the second morning.
        let rows = garden.rows(days: 7) { minute in
            Garden.usual(minute >= 4 * day ? minute + jump / 60 : minute)
        }
        #expect(try garden.run(rows).changes.of(.irrigationStuckOpen).isEmpty)
    }
}

@Suite struct IrrigationInRainTests {
    struct Case {
        var name: String
        /// Rain in millimetres by the minute, before the run of the fourth day at 240, at which its quarter ends.
        var rain: [Int: Double]
        var soil: Double?
        var isFound: Bool
    }

    @Test(arguments: [
        Case(name: "enough rain", rain: [-300: 0.6, -285: 0.7], isFound: true),
        Case(name: "rain up to the very start", rain: [-15: 0.6, 0: 0.7], isFound: true),
        Case(name: "a little rain", rain: [-300: 0.4, -285: 0.4], isFound: false),
        Case(name: "rain of the day before", rain: [-900: 5], isFound: false),
        Case(name: "a quarter that ended as the window began", rain: [-720: 0.9, -300: 0.4], isFound: false),
        Case(name: "rain after the run", rain: [60: 5], isFound: false),
        Case(name: "wet soil", rain: [:], soil: 75, isFound: true),
        Case(name: "dry soil", rain: [:], soil: 20, isFound: false),
        Case(name: "rain that no sky brings", rain: [-300: 4000], isFound: false),
    ])
    func `a run that rain should have stopped is found`(_ c: Case) throws {
        let garden = Garden()
        let start = 4 * day + 240
        let rows = garden.rows(
            days: 5, flow: Garden.usual,
            rain: { minute in c.rain.first { abs(start + $0.key - minute) < 15 && (minute - start - $0.key) >= 0 }?.value ?? 0 },
            soil: c.soil.map { soil in { _ in soil } })
        let (changes, analyzer) = try garden.run(rows, reloadingEvery: 2003)
        let found = changes.of(.irrigationInRain)
        let isLate = c.soil == nil
        #expect(found.raised.isEmpty == !c.isFound, "\(c.name)")
        #expect(analyzer.statistics.evaluations.irrigationInRain > 0)
        guard c.isFound, isLate else { return }
        let finding = try #require(found.raised.first)
        #expect((start...start + 5).contains(Int(finding.raisedAt.minutesSinceMonday)), "\(c.name)")
        // The volume of such runs is known, and the run's own in the end.
        #expect(abs(try #require(finding.size).value - 625) < 40)
        #expect(found.cleared.count == 1)
        #expect(abs(try #require(found.cleared.first?.size).value - 625) < 20)
        #expect(finding.evidence.firstSequence != nil)
    }
}

@Suite struct IrrigationFlowTests {
    @Test func `a broken head and a blockage are found, and end with a good run`() throws {
        for (factor, change) in [(1.6, 60.0), (0.1, -90.0)] {
            let garden = Garden(litresPerCount: 1)
            let rows = garden.rows(days: 10) { minute in
                Garden.usual(minute) * ((6..<8).contains(minute / day) ? factor : 1)
            }
            let (changes, analyzer) = try garden.run(rows)
            let found = changes.of(.irrigationFlow)
            let finding = try #require(found.raised.first)
            #expect(finding.raisedAt >= monday + (6 * day + 265) && finding.raisedAt <= monday + (7 * day + 330))
            #expect(abs(try #require(finding.size).value - change) < 8)
            #expect(found.cleared.count == 1)
            #expect(analyzer.statistics.evaluations.irrigationFlow > 0)
        }
    }

    @Test func `two runs without water are found, unless rain or silence explains them`() throws {
        let garden = Garden()
        func flow(_ minute: Int) -> Double { (7..<9).contains(minute / day) ? 0 : Garden.usual(minute) }
        let dry = try garden.run(garden.rows(days: 10, flow: flow)).changes.of(.irrigationFlow)
        #expect(dry.raised.count == 1 && dry.cleared.count == 1)
        #expect(dry.raised.first?.evidence.value("missed_runs") == 2)
        let wet = garden.rows(days: 10, flow: flow, rain: { $0 / day == 7 && $0 % 60 == 0 ? 0.5 : 0 })
        #expect(try garden.run(wet).changes.of(.irrigationFlow).isEmpty)
        let silent = garden.rows(days: 10, flow: flow, rain: { (7..<8).contains($0 / day) ? nil : 0 })
        #expect(try garden.run(silent).changes.of(.irrigationFlow).isEmpty)
    }

    @Test func `five runs of another flow are how the garden is now`() throws {
        let garden = Garden(litresPerCount: 1)
        let rows = garden.rows(days: 20) { Garden.usual($0) * ($0 / day >= 8 ? 1.5 : 1) }
        let found = try garden.run(rows).changes.of(.irrigationFlow)
        #expect(found.raised.count == 1 && found.cleared.count == 1)
        #expect(try #require(found.cleared.first?.clearedAt) < monday + 13 * day)
    }
}
