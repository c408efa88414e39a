// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Tickets

/// What a setting is for, in the language of the page.
enum SettingWords {
    /// The settings that both catalogues describe, all of one value; a target is described by its figure.
    static let described = [
        "site.name.zh", "site.name.en", "site.language", "site.id", "site.zone", "site.company", "site.area",
        "storage.directory", "storage.reading_days", "storage.alarm_days", "storage.maximum_megabytes",
        "storage.reserve_megabytes", "storage.policy", "storage.gather_seconds", "mqtt.maximum_silence_seconds",
        "mqtt.home_assistant", "mqtt.units", "mqtt.url", "mqtt.replay_window_seconds", "mqtt.ca_file",
        "mqtt.certificate_file", "mqtt.key_file", "mqtt.user_name", "mqtt.password_file", "delivery.backlog_rate",
        "delivery.confirm", "dashboard.address", "dashboard.port", "dashboard.public_url",
        "dashboard.certificate_file", "dashboard.key_file", "dashboard.behind_proxy", "dashboard.sign_in",
        "polling.fast_seconds", "polling.normal_seconds", "polling.slow_seconds", "duty.owner",
        "tickets.verify_for_minutes", "tickets.verify_leak_for_hours", "tickets.feedback_hours", "tickets.photo_days",
        "tariff.estate_price", "tariff.electricity_price", "tariff.lifting_kilowatt_hours_per_cubic_metre",
        "tariff.currency", "alarms.shelve_at_most_hours", "alarms.flap_quiet_minutes", "alarms.standing_after_hours",
        "alarms.hold_seconds", "alarms.symptom_before_seconds", "alarms.symptom_after_minutes", "alarms.storm_begins",
        "alarms.storm_ends", "service_levels.version", "service_levels.level.acknowledge_minutes",
        "service_levels.level.on_site_minutes", "service_levels.level.repair_hours",
        "service_levels.level.repair_working_days", "service_levels.level.repeat_minutes",
        "service_levels.level.repeats", "service_levels.level.repeat_days", "reports.targets.least_satisfaction",
    ]

    /// `nil` where the catalogue has none.
    static func text(_ setting: SiteSetting, _ wording: Wording) -> String? {
        let key = SettingKey.text(setting.path.count == 3 ? ofAnyLevel(setting.path) : setting.path)
        if described.contains(key) { return wording.word(.setting, key) }
        guard setting.path.starts(with: ["reports", "targets"]), let name = setting.path.last else { return nil }
        let bare = name.replacing(/_minutes$/, with: "").replacing("_", with: "")
        return FigureKey.allCases.first { $0.rawValue.lowercased() == bare }.map { figure in
            let unit = name.hasSuffix("_minutes") ? Phrase.settingsMinutes : .settingsPercent
            return wording.text(unit, ["figure": wording.word(.figure, figure.rawValue)])
        }
    }

    /// The promises of all priorities are described alike.
    private static func ofAnyLevel(_ path: [String]) -> [String] {
        path[0] == "service_levels" ? [path[0], "level", path[2]] : path
    }

    /// As the site's file writes them.
    static let flags = ["true", "false"]

    /// A value as people read it: a flag in the language of the page, everything else as it is written.
    static func value(_ text: String, _ input: SiteSetting.Input?, _ wording: Wording) -> String {
        input == .flag && flags.contains(text) ? wording.word(.flag, text) : text
    }

    /// As the site's file would write it.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}
