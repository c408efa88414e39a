// SPDX-License-Identifier: Apache-2.0

import Pipeline

/// Settings of a site whose page may change some of them, and that nobody keeps.
struct TestSettings: SettingsDesk {
    func settings() -> [SiteSetting] {
        [
            SiteSetting(
                path: ["storage", "directory"], meaning: "State directory.", value: "state", usual: nil,
                origin: .file("site.yaml:3"), input: .text, isOffered: false),
            SiteSetting(
                path: ["polling", "fast_seconds"], meaning: "Period of the class fast.", value: "1", usual: "1",
                origin: .usual, input: .number(0.05...86_400, isWhole: false), isOffered: true),
            SiteSetting(
                path: ["mqtt", "units"], meaning: "Whether each value carries its unit.", value: "false", usual: "true",
                origin: .file("site.yaml:4"), input: .flag, isOffered: true),
            SiteSetting(
                path: ["mqtt", "home_assistant"], meaning: "Whether Home Assistant is told what there is.", value: nil,
                usual: nil, origin: .nowhere, input: .flag, isOffered: true),
        ]
    }

    func trial(of values: [[String]: String?]) -> SettingsTrial {
        let changes = settings().compactMap { setting -> SettingsTrial.Change? in
            guard let wanted = values[setting.path], let new = wanted, !new.isEmpty, new != setting.value else {
                return nil
            }
            return .init(path: setting.path, old: setting.value, new: new)
        }
        return SettingsTrial(changes: changes, problems: [], before: nil, text: "")
    }

    func keep(_ trial: SettingsTrial) {}
}
