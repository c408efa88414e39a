// SPDX-License-Identifier: Apache-2.0

import Pipeline

/// Settings of a site whose page may change one of them, and that nobody keeps.
struct TestSettings: SettingsDesk {
    func settings() -> [SiteSetting] {
        [
            SiteSetting(
                path: ["storage", "directory"], meaning: "State directory.", value: "state", usual: nil,
                origin: .file("site.yaml:3"), input: .text, isOffered: false),
            SiteSetting(
                path: ["polling", "fast_seconds"], meaning: "Period of the class fast.", value: "1", usual: "1",
                origin: .usual, input: .number(0.05...86_400, isWhole: false), isOffered: true),
        ]
    }

    func trial(of values: [[String]: String?]) -> SettingsTrial {
        SettingsTrial(changes: [], problems: [], before: nil, text: "")
    }

    func keep(_ trial: SettingsTrial) {}
}
