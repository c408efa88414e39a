// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit

@testable import Analysis

/// An inlet, a tank that a float valve fills, and two risers behind it, all read each minute.
struct TankEstate {
    var seed: UInt64 = 1
    var days = 6
    /// Minutes in which the valve does not close, and what it passes then in L/h.
    var failed: [SteadyFlow] = []
    /// What is lost between inlet and tank.
    var leak: [SteadyFlow] = []
    /// Height of the edge by the description; in truth it is two metres.
    var describedEdge = 2.0
    var hasLevel = true
    /// Minutes from which the second riser counts nothing, and its dwellings are read.
    var stuckFrom: Int?
    var announced: [Announcement] = []

    private static let litres = 10_000.0
    private static let homes = 8

    var site: SiteDescription {
        var meters = [
            unit("inlet", litresPerCount: 10, role: .bulk, everySeconds: 60),
            unit("riser-1", parent: "inlet", role: .riser, everySeconds: 60),
            unit("riser-2", parent: "inlet", role: .riser, everySeconds: 60),
        ]
        if stuckFrom != nil { meters += (0..<Self.homes).map { unit("home-\($0)", parent: "riser-2") } }
        var site = SiteDescription(zone: .utc, meters: meters, gates: [])
        site.tanks = [
            TankDescription(
                asset: AssetIdentifier("tank"), meter: AssetIdentifier("inlet"), volume: Litres(Self.litres),
                overflowLevel: describedEdge)
        ]
        if hasLevel {
            site.signals = [
                SignalDescription(asset: AssetIdentifier("tank"), signal: .level, period: .seconds(60))
            ]
        }
        return site
    }

    /// The readings, and when water first ran over.
    func rows() -> (rows: [AnalyzerReading], spiltAt: Int?) {
        var random = SeededGenerator(seed: seed)
        let minutes = days * 1440
        let homes = (0..<2 * Self.homes).map { _ in WaterCourse.home(minutes: minutes, using: &random) }
        let risers = [WaterCourse(sum: Array(homes[..<Self.homes])), WaterCourse(sum: Array(homes[Self.homes...]))]
        var passing = [Double](repeating: 0, count: minutes)
        for part in failed {
            for minute in part.minutes.clamped(to: 0..<minutes) { passing[minute] = part.litresPerHour / 60 }
        }
        var inflow = [Double](repeating: 0, count: minutes)
        var rows: [AnalyzerReading] = []
        var spiltAt: Int?
        var stored = 0.9 * Self.litres
        var isOpen = false
        let level = site.channelCount - 1
        for minute in 0..<minutes {
            if hasLevel {
                let steps = (stored / Self.litres * 2 / 0.005).rounded()
                rows.append(
                    AnalyzerReading(
                        channel: level, value: .measure(steps * 0.005), at: monday + .seconds(60 * minute + 5)))
            }
            if stored < 0.8 * Self.litres { isOpen = true }
            if stored > 0.95 * Self.litres { isOpen = false }
            inflow[minute] = max(isOpen ? 50 : 0, passing[minute])
            for riser in risers { stored -= riser.litres[minute + 1] - riser.litres[minute] }
            stored += inflow[minute]
            if stored > Self.litres {
                spiltAt = spiltAt ?? minute
                stored = Self.litres
            }
        }
        let inlet = WaterCourse(flow: inflow, added: leak)
        for (channel, course) in ([inlet] + risers).enumerated() {
            var own = readings(
                channel, course, at: stamps(everySeconds: 60, to: minutes, phase: 3 * channel, using: &random),
                litresPerCount: channel == 0 ? 10 : 1)
            if let stuckFrom, channel == 2 {
                let last = own.last { $0.at.minutesSinceMonday < Double(stuckFrom) }?.value
                for place in own.indices where own[place].at.minutesSinceMonday >= Double(stuckFrom) {
                    own[place].value = last ?? own[place].value
                }
            }
            rows += own
        }
        if stuckFrom != nil {
            for (home, course) in homes[Self.homes...].enumerated() {
                let moments = stamps(everySeconds: 900, to: minutes, phase: 100 * home, jitter: 20, using: &random)
                rows += readings(3 + home, course, at: moments, litresPerCount: 1)
            }
        }
        return (arrived(rows), spiltAt)
    }

    func run() -> (changes: [FindingChange], analyzer: Analyzer, spiltAt: Int?) {
        let (rows, spiltAt) = rows()
        var analyzer = Analyzer(site: site, calendar: AnnouncedCalendar(announced))
        return (analyzer.ingest(rows), analyzer, spiltAt)
    }
}
