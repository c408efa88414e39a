// SPDX-License-Identifier: Apache-2.0

import Alarms
import Pipeline
import Profiles

extension SiteReader {
    /// What the site says of its alarms; what it leaves out is as usual.
    mutating func readAlarms(_ root: Section) -> AlarmSettings {
        let section = file.section(
            "alarms", in: root, "alarms",
            keys: [
                "shelve_at_most_hours", "flap_quiet_minutes", "standing_after_hours", "hold_seconds",
                "symptom_before_seconds", "symptom_after_minutes", "storm_begins", "storm_ends",
            ])
        var settings = AlarmSettings()
        settings.alarms.longestShelf = span(
            "shelve_at_most_hours", in: section, 0.25...24, unitMilliseconds: 3_600_000, default: 24)
        settings.alarms.flapQuiet = span(
            "flap_quiet_minutes", in: section, 1...1440, unitMilliseconds: 60_000, default: 30)
        settings.alarms.standingAfter = span(
            "standing_after_hours", in: section, 1...720, unitMilliseconds: 3_600_000, default: 24)
        settings.correlation.hold = span("hold_seconds", in: section, 0...600, unitMilliseconds: 1000, default: 30)
        settings.correlation.windowBefore = span(
            "symptom_before_seconds", in: section, 0...3600, unitMilliseconds: 1000, default: 120)
        settings.correlation.windowAfter = span(
            "symptom_after_minutes", in: section, 0...120, unitMilliseconds: 60_000, default: 10)
        if let section {
            settings.correlation.surgeBegins = Int(file.number("storm_begins", in: section, 1...1000)?.value ?? 10)
            settings.correlation.surgeEnds = Int(file.number("storm_ends", in: section, 1...1000)?.value ?? 5)
        }
        return settings
    }
}
