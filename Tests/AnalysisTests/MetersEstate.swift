// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

extension WaterCourse {
    /// What a register shows that counts only `share` of the water in `minutes`; none of it when it stands still.
    func counted(_ share: Double, in minutes: Range<Int>) -> WaterCourse {
        var shown = self
        for minute in 1..<litres.count {
            let step = litres[minute] - litres[minute - 1]
            shown.litres[minute] = shown.litres[minute - 1] + step * (minutes.contains(minute) ? share : 1)
        }
        return shown
    }

    /// Without any use in `minutes`.
    func away(in minutes: Range<Int>) -> WaterCourse { counted(0, in: minutes) }
}

/// A riser with its dwellings over some weeks, and meters among them that do not tell the truth.
struct MetersEstate {
    static let day = 1440

    var seed: UInt64 = 1
    var homes = 8
    var days = 24
    var riserSeconds = 300
    var homeSeconds = 900
    /// Water that no dwelling takes.
    var loss: [SteadyFlow] = []
    /// Homes where nobody is.
    var away: [(home: Int, minutes: Range<Int>)] = []
    /// Registers that count only a share: 0 is the riser, 1 the first home.
    var faults: [(channel: Int, share: Double, minutes: Range<Int>)] = []
    /// Meters that are not read.
    var lost: [(channel: Int, minutes: Range<Int>)] = []
    var calendar = AnnouncedCalendar()
    var occupants: [Int?] = []
    /// Use of the first home, as a multiple.
    var thirst = 1.0

    var site: SiteDescription {
        var site = SiteDescription(
            zone: .utc,
            meters: [unit("riser", role: .riser, everySeconds: riserSeconds)]
                + (0..<homes).map { unit("home-\($0)", parent: "riser", everySeconds: homeSeconds) },
            gates: [])
        site.dwellings = occupants.enumerated().map {
            DwellingDescription(meter: AssetIdentifier("home-\($0.offset)"), occupants: $0.element)
        }
        return site
    }

    func rows() -> [AnalyzerReading] {
        var random = SeededGenerator(seed: seed)
        let minutes = days * Self.day
        var courses = (0..<homes).map { _ in WaterCourse.home(minutes: minutes, using: &random) }
        if thirst != 1, homes > 0 { courses[0].litres = courses[0].litres.map { $0 * thirst } }
        for (home, range) in away { courses[home] = courses[home].away(in: range) }
        var shown = [WaterCourse(sum: courses, added: loss)] + courses
        for (channel, share, range) in faults { shown[channel] = shown[channel].counted(share, in: range) }
        var rows: [AnalyzerReading] = []
        for (channel, course) in shown.enumerated() {
            let period = channel == 0 ? riserSeconds : homeSeconds
            var moments = stamps(
                everySeconds: period, to: minutes, phase: 97 * channel % period, jitter: min(period / 4, 60),
                using: &random)
            moments.removeAll { moment in
                lost.contains { $0.channel == channel && $0.minutes.contains(Int(moment.minutesSinceMonday)) }
            }
            rows += readings(channel, course, at: moments, litresPerCount: 1)
        }
        return arrived(rows)
    }

    func run() -> (changes: [FindingChange], analyzer: Analyzer) {
        var analyzer = Analyzer(site: site, calendar: calendar)
        return (analyzer.ingest(rows()), analyzer)
    }

    /// The same, saved and loaded after `part` of the readings.
    func runReloaded(after part: Double) throws -> [FindingChange] {
        let rows = rows()
        let cut = Int(Double(rows.count) * part)
        var analyzer = Analyzer(site: site, calendar: calendar)
        let before = analyzer.ingest(rows[..<cut])
        var loaded = try analyzer.reloaded()
        return before + loaded.ingest(rows[cut...])
    }
}

extension Analyzer {
    /// Saved, changed by a hand that should not have, and loaded.
    func reloaded(_ damage: (inout [String: Any]) -> Void) throws -> Analyzer {
        var object = try #require(JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any])
        var state = try #require(object["state"] as? [String: Any])
        damage(&state)
        object["state"] = state
        return try JSONDecoder().decode(Analyzer.self, from: JSONSerialization.data(withJSONObject: object))
    }
}
