// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// Each section of the site's file as a table, with a form for what may be changed.
struct SettingsPage: Sendable {
    struct Row: Sendable {
        var settingKey, settingText: String
        /// Whether the description is English on a page that is not.
        var isForeign: Bool
        var valueText, usualText, rangeText, originText: String
    }

    struct Field: Sendable {
        var fieldKey, fieldText, fieldValue: String
        var isChoice = false
        var isNumber = false
        var isPlain = false
        var leastText = ""
        var mostText = ""
        var stepText = ""
        var options: [Choice] = []
        var problemText: String?
        /// Whether the page has set it.
        var isOfPage: Bool
    }

    struct Choice: Sendable {
        /// As the file writes it; empty says nothing.
        var choiceValue: String
        var choiceText: String
        var isSelected: Bool
    }

    struct Part: Sendable {
        var sectionKey: String
        var rows: [Row]
        var fields: [Field]
        var hasFields: Bool
        var isOpen: Bool
    }

    struct Change: Sendable { var changeKey, changeText: String }

    var frame: PageFrame
    var word: [String: String]
    var parts: [Part]
    var isReadOnly: Bool
    var problemTitle: String?
    var problems: [String]
    var hasChanges: Bool
    var changes: [Change]
    var changesNothing: Bool

    init(
        frame: PageFrame, wording: Wording, settings: [SiteSetting], mayChange: Bool, trial: SettingsTrial?,
        draft: [[String]: String?], refusal: String?
    ) {
        (self.frame, word, isReadOnly) = (frame, wording.texts, !mayChange)
        let faults = trial?.problems ?? []
        problems = faults.filter { $0.path == nil }.map(\.text) + [refusal].compactMap(\.self)
        problemTitle = faults.isEmpty && refusal == nil ? nil : wording.text(.settingsRefused)
        let made = faults.isEmpty ? trial?.changes ?? [] : []
        hasChanges = !made.isEmpty
        changesNothing = faults.isEmpty && trial?.changes.isEmpty == true
        changes = made.map { change in
            let input = settings.first { $0.path == change.path }?.input
            let old = change.old.map { SettingWords.value($0, input, wording) } ?? "—"
            let new = change.new.map { SettingWords.value($0, input, wording) } ?? wording.text(.settingsFileValue)
            return Change(
                changeKey: SettingKey.text(change.path),
                changeText: wording.text(.settingsStep, ["old": old, "new": new]))
        }
        var sections: [String] = []
        for setting in settings where !sections.contains(setting.path[0]) { sections.append(setting.path[0]) }
        parts = sections.map { name in
            let own = settings.filter { $0.path[0] == name }
            let fields =
                mayChange
                ? own.filter(\.isOffered).map { setting in
                    Field(
                        setting, draft: draft[setting.path] ?? nil,
                        problem: faults.first { $0.path == setting.path }?.text, wording)
                } : []
            return Part(
                sectionKey: name, rows: own.map { Row($0, wording) }, fields: fields, hasFields: !fields.isEmpty,
                isOpen: fields.contains { $0.problemText != nil })
        }
    }
}

extension SettingsPage.Row {
    init(_ setting: SiteSetting, _ wording: Wording) {
        settingKey = SettingKey.text(setting.path)
        let own = SettingWords.text(setting, wording)
        settingText = own ?? setting.meaning
        isForeign = own == nil && wording.language != .english
        valueText = setting.value ?? "—"
        usualText = setting.usual ?? "—"
        rangeText =
            switch setting.input {
            case .text: "—"
            case .number(let range, _):
                SettingWords.number(range.lowerBound) + " … " + SettingWords.number(range.upperBound)
            case .words(let words): words.joined(separator: wording.text(.listSeparator))
            case .flag: SettingWords.flags.joined(separator: wording.text(.listSeparator))
            }
        originText =
            switch setting.origin {
            case .file(let place): place
            case .page(let place): wording.text(.settingsOfPage, ["place": place])
            case .usual: wording.text(.settingsUsual)
            case .nowhere: "—"
            }
    }
}

extension SettingsPage.Field {
    init(_ setting: SiteSetting, draft: String?, problem: String?, _ wording: Wording) {
        fieldKey = SettingKey.text(setting.path)
        fieldText = SettingWords.text(setting, wording) ?? setting.meaning
        fieldValue = draft ?? setting.value ?? ""
        problemText = problem
        if case .page = setting.origin { isOfPage = true } else { isOfPage = false }
        switch setting.input {
        case .text: isPlain = true
        case .number(let range, let isWhole):
            isNumber = true
            (leastText, mostText) = (SettingWords.number(range.lowerBound), SettingWords.number(range.upperBound))
            stepText = isWhole ? "1" : "any"
        case .words(let words): choose(among: words, setting, wording)
        case .flag: choose(among: SettingWords.flags, setting, wording)
        }
    }

    private mutating func choose(among words: [String], _ setting: SiteSetting, _ wording: Wording) {
        isChoice = true
        // Where nothing holds the form must not say something by itself.
        let none =
            setting.value == nil ? [SettingsPage.Choice(choiceValue: "", choiceText: "—", isSelected: false)] : []
        options =
            none
            + words.map { word in
                .init(
                    choiceValue: word, choiceText: SettingWords.value(word, setting.input, wording),
                    isSelected: word == fieldValue)
            }
    }
}
