// SPDX-License-Identifier: Apache-2.0

/// A setting of the site as its page shows it.
public struct SiteSetting: Sendable {
    public enum Origin: Hashable, Sendable {
        /// File and line.
        case file(String)
        case page(String)
        case usual
        case nowhere
    }

    /// What may stand there.
    public enum Input: Hashable, Sendable {
        case text
        case number(ClosedRange<Double>, isWhole: Bool)
        case words([String])
        /// `true` or `false`.
        case flag
    }

    /// Its keys from the outside.
    public var path: [String]
    /// In English, as the schema says it.
    public var meaning: String
    /// `nil` where nothing holds.
    public var value: String?
    public var usual: String?
    public var origin: Origin
    public var input: Input
    /// Whether it may be changed at the page.
    public var isOffered: Bool

    public init(
        path: [String], meaning: String, value: String?, usual: String?, origin: Origin, input: Input, isOffered: Bool
    ) {
        (self.path, self.meaning, self.value, self.usual) = (path, meaning, value, usual)
        (self.origin, self.input, self.isOffered) = (origin, input, isOffered)
    }
}

/// What would hold if somebody's changes were taken over.
public struct SettingsTrial: Sendable {
    public struct Change: Hashable, Sendable {
        public var path: [String]
        /// `nil` where nothing held.
        public var old: String?
        /// `nil` where the file's value, or the default, holds again.
        public var new: String?
        public init(path: [String], old: String?, new: String?) { (self.path, self.old, self.new) = (path, old, new) }
    }

    public var changes: [Change]
    /// In the words of the loader; by the setting where the place is one that was changed.
    public var problems: [(path: [String]?, text: String)]
    /// What the page's file held, and would hold.
    public var before: String?
    public var text: String

    public init(
        changes: [Change], problems: [(path: [String]?, text: String)], before: String?, text: String
    ) {
        (self.changes, self.problems, self.before, self.text) = (changes, problems, before, text)
    }
}

/// Where settings that the page offers are read and kept.
public protocol SettingsDesk: Sendable {
    /// All scalars of the site's sections, in the order of the schema.
    func settings() async -> [SiteSetting]
    /// Checks changes together with all that stays as it is. Writes nothing.
    ///
    /// - Parameter values: By path; `nil` returns to the file's value. What is not offered is passed over.
    func trial(of values: [[String]: String?]) async -> SettingsTrial
    /// Keeps what was tried, and lets the gateway take it over.
    ///
    /// - Throws: When somebody else was quicker or the file cannot be written; then nothing has changed.
    func keep(_ trial: SettingsTrial) async throws
}
