// SPDX-License-Identifier: Apache-2.0

/// The settings that hold, as a running gateway tells them to a command that compares them with a file: without secrets.
public struct HeldSettings: Hashable, Codable, Sendable {
    public struct Setting: Hashable, Codable, Sendable {
        /// Its keys from the outside; an item of a list has its number from 0.
        public var path: [String]
        /// As it is written, or `***` in place of what must not be read by everybody.
        public var value: String
        /// Stands for what `value` hides: the same for the same, and nothing can be told from it. `nil` when nothing is
        /// hidden.
        public var mark: String?
        /// Where it was read; `nil` for a default.
        public var line: Int?
        /// The file it was read from; `nil` for a default.
        public var file: String?

        public init(path: [String], value: String, mark: String? = nil, line: Int?, file: String? = nil) {
            (self.path, self.value, self.mark, self.line, self.file) = (path, value, mark, line, file)
        }
    }

    /// The site's file.
    public var file: String
    /// What the marks were made with, anew at each reading.
    public var key: String
    /// In the order of the file.
    public var settings: [Setting]
    /// A mark of the text of each profile in use, by the profile's name.
    public var profiles: [String: String]

    public init(file: String, key: String, settings: [Setting], profiles: [String: String]) {
        (self.file, self.key, self.settings, self.profiles) = (file, key, settings, profiles)
    }
}

/// What differs between the settings that a gateway holds and those of a file, whose marks were made with the same key.
public struct SettingsDifference: Sendable {
    public struct Change: Hashable, Sendable {
        public var path: [String]
        /// What the gateway holds; `nil` for a setting that the file adds.
        public var running: HeldSettings.Setting?
        /// What the file says; `nil` for one that it does not have any more.
        public var file: HeldSettings.Setting?
    }

    /// In the order of the file, then what it lacks in the order of the gateway's.
    public var changes: [Change] = []
    /// Profiles that both use and whose texts differ, by name.
    public var profiles: [String]

    public var isEmpty: Bool { changes.isEmpty && profiles.isEmpty }

    /// A value that is written out and the same as the default before is no difference.
    public init(from running: HeldSettings, to file: HeldSettings) {
        let before = Dictionary(running.settings.map { ($0.path, $0) }) { first, _ in first }
        for setting in file.settings {
            let held = before[setting.path]
            if held?.value == setting.value, held?.mark == setting.mark { continue }
            changes.append(Change(path: setting.path, running: held, file: setting))
        }
        let after = Set(file.settings.map(\.path))
        for setting in running.settings where !after.contains(setting.path) {
            changes.append(Change(path: setting.path, running: setting, file: nil))
        }
        profiles = running.profiles.filter { name, mark in file.profiles[name].map { $0 != mark } ?? false }.keys
            .sorted()
    }
}

extension EstateView {
    /// A view that was not made from a file holds no settings of one.
    public var heldSettings: HeldSettings? { get async { nil } }
}
