// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Tickets

/// Sentences and words of one language, as the catalogue file gives them.
struct Wording: Sendable {
    let language: Language
    /// By key; sentences hold placeholders such as `{minutes}`.
    let texts: [String: String]

    /// The sentence with its placeholders filled.
    func text(_ phrase: Phrase, _ values: [String: String] = [:]) -> String {
        guard let sentence = texts[phrase.rawValue] else { return phrase.rawValue }
        return Self.fill(sentence, values).text
    }

    /// The sentence for a number of things, which it may name as `{count}`.
    func counted(_ phrase: CountedPhrase, _ count: Int) -> String {
        let key = "\(phrase.rawValue)_\(pluralForm(of: count))"
        guard let sentence = texts[key] else { return "\(count)" }
        return Self.fill(sentence, ["count": NumberText.integer(Int64(count))]).text
    }

    /// The word for a value that a machine gave, such as a ticket's state; the value itself when it is new to us.
    func word(_ family: WordFamily, _ member: String) -> String { texts[family.key(member)] ?? member }

    /// The sentence of a family; `nil` when there is none or when a placeholder has no value.
    func sentence(_ family: WordFamily, _ member: String, _ values: [String: String]) -> String? {
        guard let sentence = texts[family.key(member)] else { return nil }
        let filled = Self.fill(sentence, values)
        return filled.isComplete ? filled.text : nil
    }

    /// Why something was refused; `nil` when the catalogue does not have the reason.
    func refusal(_ reason: RefusalReason) -> String? {
        var values = reason.values
        if !reason.slots.isEmpty {
            values["slots"] = reason.slots.map { "\(word(.noticeSlot, $0.rawValue)) (\($0.rawValue))" }
                .joined(separator: text(.listSeparator))
        }
        return sentence(.refusal, reason.word, values)
    }

    /// One of the two languages of a text from the configuration.
    func pick(_ text: BilingualText) -> String {
        switch language {
        case .chinese: text.zh
        case .english: text.en
        }
    }

    /// `one` or `other` (Unicode CLDR plural rules; Chinese knows `other` only).
    private func pluralForm(of count: Int) -> String {
        switch language {
        case .chinese: "other"
        case .english: count == 1 ? "one" : "other"
        }
    }

    /// Puts values in place of `{name}`, once: a brace inside a value stays what it is.
    private static func fill(_ sentence: String, _ values: [String: String]) -> (text: String, isComplete: Bool) {
        var text = ""
        var isComplete = true
        var rest = sentence[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            let name = String(rest[rest.index(after: open)..<close])
            if let value = values[name] {
                text += value
            } else {
                text += rest[open...close]
                isComplete = false
            }
            rest = rest[rest.index(after: close)...]
        }
        return (text + rest, isComplete)
    }
}
