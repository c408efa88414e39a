// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Testing

/// What a file and a running gateway have different.
@Suite struct SettingsDifferenceTests {
    private func held(_ settings: [HeldSettings.Setting], profiles: [String: String] = [:]) -> HeldSettings {
        HeldSettings(file: "site.yaml", key: "k", settings: settings, profiles: profiles)
    }

    private func setting(_ path: String, _ value: String, mark: String? = nil, line: Int? = 1) -> HeldSettings.Setting {
        HeldSettings.Setting(path: path.split(separator: "/").map(String.init), value: value, mark: mark, line: line)
    }

    @Test func `a default that is written out is no difference, and neither is another line`() {
        let difference = SettingsDifference(
            from: held([setting("a/b", "1", line: nil), setting("c", "x", line: 4)]),
            to: held([setting("a/b", "1", line: 7), setting("c", "x", line: 9)]))
        #expect(difference.isEmpty)
    }

    @Test func `changes stand in the order of the file, then what it lacks`() {
        let running = [
            setting("gone", "1"), setting("same", "2"), setting("other", "3"), setting("default", "4", line: nil),
        ]
        let file = [setting("new", "5"), setting("other", "6"), setting("same", "2"), setting("default", "7")]
        let difference = SettingsDifference(from: held(running), to: held(file))
        #expect(difference.changes.map { $0.path } == [["new"], ["other"], ["default"], ["gone"]])
        #expect(difference.changes.map { $0.running?.value } == [nil, "3", "4", "1"])
        #expect(difference.changes.map { $0.file?.value } == ["5", "6", "7", nil])
    }

    @Test func `hidden values are compared by their marks, and profiles by those of their texts`() {
        let difference = SettingsDifference(
            from: held(
                [setting("a", "***", mark: "m"), setting("b", "***", mark: "n")], profiles: ["p": "1", "q": "2"]),
            to: held([setting("a", "***", mark: "m"), setting("b", "***", mark: "o")], profiles: ["p": "3", "r": "4"]))
        #expect(difference.changes.map { $0.path } == [["b"]])
        // A profile that only one of them uses is named by its device.
        #expect(difference.profiles == ["p"])
    }
}
