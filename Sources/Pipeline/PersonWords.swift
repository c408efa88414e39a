// SPDX-License-Identifier: Apache-2.0

import Model

/// Words by which a person stands in what a gateway keeps, and what is to stand in their place.
public struct PersonWords: Sendable {
    /// A word that would take out more than a person.
    public struct Refusal: Error, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// Those that were given, and those by which the site's file knows the same person.
    public let words: [String]
    private var hidden = HiddenWords(hasDashesInWords: true)

    /// - Parameters:
    ///   - given: Identifiers, names as they were written, and numbers to call.
    ///   - persons: Those of the site's file; whoever is given by the identifier goes with names and number.
    ///   - known: Identifiers and names that persons have in what is kept. A single word of ASCII must be one, for it may
    ///     be a word of the log as well.
    ///   - mark: Stands in the place of identifiers, with a number behind it where there are several.
    public init(_ given: [String], persons: [Person], known: Set<String>, mark: String) throws(Refusal) {
        var (words, identifiers): ([String], [String]) = ([], [])
        for word in given {
            try Self.check(word, persons, known)
            words.append(word)
            if Self.isIdentifier(word) { identifiers.append(word) }
            for person in persons where person.identifier.text == word {
                words += [person.name.zh, person.name.en, person.phone ?? ""]
            }
        }
        self.words = words.reduce(into: []) { if !$1.isEmpty, !$0.contains($1) { $0.append($1) } }
        for word in self.words {
            if let place = identifiers.firstIndex(of: word) {
                hidden.hide(word, as: identifiers.count > 1 ? "\(mark)-\(place + 1)" : mark)
            } else {
                for form in Self.forms(of: word) { hidden.hide(form) }
            }
        }
    }

    /// `text` without the person's words.
    public func taken(outOf text: String) -> String { hidden.withoutWords(text) }

    private static func check(_ word: String, _ persons: [Person], _ known: Set<String>) throws(Refusal) {
        let digits = word.filter(\.isNumber).count
        let isNumber = word.allSatisfy { $0.isNumber || "+ -.()".contains($0) }
        if word.count < 2 || isNumber && digits < 7 {
            throw Refusal(
                description: "'\(word)' is too short: it would be taken out of many other words. "
                    + "Give the whole name, or the whole number with at least 7 digits.")
        }
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        guard isPlain, !isNumber else { return }
        guard word != "engine", known.contains(word) || persons.contains(where: { $0.identifier.text == word }) else {
            throw Refusal(
                description: "'\(word)' is no person that is known here. Give an identifier, a name as it was written, "
                    + "or a number to call.")
        }
    }

    /// A name has capital letters, spaces or other letters than an identifier.
    private static func isIdentifier(_ word: String) -> Bool {
        word.first.map { $0.isASCII && $0.isLowercase } ?? false
            && word.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-" || $0 == "_") }
    }

    /// A mobile number of China is also written in groups.
    private static func forms(of word: String) -> [String] {
        let digits = word.filter { $0.isASCII && $0.isNumber }
        guard digits.count == 11, word.allSatisfy({ $0.isNumber || " -".contains($0) }) else { return [word] }
        let groups = [digits.prefix(3), digits.dropFirst(3).prefix(4), digits.suffix(4)]
        return [digits, groups.joined(separator: " "), groups.joined(separator: "-")] + [word]
    }
}
