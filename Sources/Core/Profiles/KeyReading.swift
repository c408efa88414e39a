// SPDX-License-Identifier: Apache-2.0

/// Sections whose keys carry ranges and defaults, and values read as their keys say: what is refused here and what the
/// schema refuses come from one declaration.
extension FileReader {
    /// `node` as a map.
    ///
    /// - Parameter traps: Further keys that the reader refuses itself, with better words than that they are not known.
    public mutating func section(
        _ node: YAMLNode, _ subject: String, at place: FilePlace, keys: [SchemaKey], traps: [String] = []
    ) -> Section? {
        var section = self.section(node, subject, at: place, keys: Optional(keys.names + traps))
        section?.keys = keys
        return section
    }

    /// The map at `key`; `nil` when there is none. Its messages begin with `subject`.
    public mutating func section(
        _ key: String, in section: Section, _ subject: String, keys: [SchemaKey], traps: [String] = []
    ) -> Section? {
        guard let entry = section.entry(key) else { return nil }
        return self.section(entry.value, subject, at: entry.keyPlace, keys: keys, traps: traps)
    }

    /// The map at `key`; one without entries where there is none or none that can be read, so that all its defaults hold.
    public mutating func settings(
        _ key: String, in section: Section, _ subject: String, keys: [SchemaKey], traps: [String] = []
    ) -> Section {
        if let given = self.section(key, in: section, subject, keys: keys, traps: traps) { return given }
        var empty = Section(subject: subject, place: section.place, entries: [], path: section.path + [key])
        empty.keys = keys
        return empty
    }

    /// A whole number within the range of its key.
    public mutating func integer(_ key: String, in section: Section) -> Located<Int>? {
        guard case .integer(let range) = section.key(key).shape else {
            preconditionFailure("key '\(key)' is read as a whole number and declared as another thing")
        }
        return integer(key, in: section, range)
    }

    /// A number within the range of its key.
    public mutating func number(_ key: String, in section: Section) -> Located<Double>? {
        guard case .quantity(let range) = section.key(key).shape else {
            preconditionFailure("key '\(key)' is read as a number and declared as another thing")
        }
        return number(key, in: section, range)
    }

    /// What is given at the key, else its default.
    public mutating func setting(_ key: String, in section: Section) -> Int {
        guard case .whole(let usual) = section.usual(key) else { section.hasNoUsual(key) }
        return integer(key, in: section, default: usual)
    }

    public mutating func setting(_ key: String, in section: Section) -> Double {
        switch section.usual(key) {
        case .whole(let usual): return number(key, in: section, default: Double(usual))
        case .real(let usual): return number(key, in: section, default: usual)
        case .flag, .word: section.hasNoUsual(key)
        }
    }

    public mutating func setting(_ key: String, in section: Section) -> Bool {
        guard case .flag(let usual) = section.usual(key) else { section.hasNoUsual(key) }
        return boolean(key, in: section, default: usual)
    }

    public mutating func setting(_ key: String, in section: Section) -> String {
        guard case .word(let usual) = section.usual(key) else { section.hasNoUsual(key) }
        return text(key, in: section, default: usual)
    }

    public mutating func setting<Word>(_ key: String, in section: Section, _ noun: String) -> Word
    where Word: RawRepresentable<String> & CaseIterable {
        guard case .word(let usual) = section.usual(key), let word = Word(rawValue: usual) else {
            section.hasNoUsual(key)
        }
        return self.word(key, in: section, noun, default: word)
    }

    /// Records the default of the key itself while it is not given.
    public mutating func noteUsual(_ key: String, in section: Section) {
        noteDefault(key, in: section, section.usual(key).text)
    }
}

extension Section {
    /// The declaration of a key that a reader asks for.
    fileprivate func key(_ name: String) -> SchemaKey {
        guard let key = keys.first(where: { $0.name == name }) else {
            preconditionFailure("key '\(name)' is read in '\(subject)' and not declared")
        }
        return key
    }

    fileprivate func usual(_ name: String) -> UsualValue {
        guard let usual = key(name).usual else { hasNoUsual(name) }
        return usual
    }

    fileprivate func hasNoUsual(_ name: String) -> Never {
        preconditionFailure("key '\(name)' of '\(subject)' has no default of the kind that is read")
    }
}
