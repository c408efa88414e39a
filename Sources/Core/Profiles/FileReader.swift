// SPDX-License-Identifier: Apache-2.0

public import Model

/// Reads values out of one file that a person wrote and gathers everything that is wrong with it.
///
/// Each reading function notes a problem and returns `nil` when what it finds is not what it needs, so that a
/// loader goes on to the end of the file and reports all problems at once.
public struct FileReader: Sendable {
    /// What the file is, which decides the first digits of the codes.
    public enum Document: Hashable, Sendable { case site, profile }

    public let path: String
    public let document: Document
    /// Files that are read as one with this, in their order.
    var laterPaths: [String] = []
    private var found: [FileProblem] = []
    /// Whether a record of settings is kept, for people who want to see what holds.
    public let keepsRecord: Bool
    /// `nil` unless one is kept and the file could be read as YAML.
    public internal(set) var record: SettingsRecord?

    public init(path: String, document: Document, keepsRecord: Bool = false) {
        (self.path, self.document, self.keepsRecord) = (path, document, keepsRecord)
    }

    /// Everything that is wrong, in the order of the file and of those read as one with it.
    public var problems: [FileProblem] {
        let files = Dictionary(laterPaths.enumerated().map { ($1, $0 + 1) }) { first, _ in first }
        let order = found.enumerated().sorted { a, b in
            (files[a.element.path] ?? 0, a.element.line, a.element.column, a.offset)
                < (files[b.element.path] ?? 0, b.element.line, b.element.column, b.offset)
        }
        return order.map(\.element)
    }

    /// How many errors there are so far.
    var errorCount: Int { found.count { $0.severity == .error } }

    public var hasErrors: Bool { found.contains { $0.severity == .error } }

    public mutating func error(_ code: ErrorCode, at place: FilePlace, _ message: String) {
        note(code, place, .error, message)
    }

    public mutating func warn(_ code: ErrorCode, at place: FilePlace, _ message: String) {
        note(code, place, .warning, message)
    }

    public mutating func error(_ mistake: ShapeMistake, at place: FilePlace, _ message: String) {
        note(mistake.code(in: document), place, .error, message)
    }

    /// Adds what is wrong with another file that this one names.
    public mutating func take(_ other: FileReader) { found += other.found }

    private mutating func note(
        _ code: ErrorCode, _ place: FilePlace, _ severity: FileProblem.Severity, _ message: String
    ) {
        found.append(
            FileProblem(
                path: path(of: place), line: place.line, column: place.column, severity: severity, code: code.rawValue,
                message: message))
    }

    /// The file's outermost map; keys beyond `keys` are refused.
    public mutating func root(of text: String, keys: [String]) -> Section? {
        root(of: text).flatMap { section($0, "", at: $0.place, keys: keys) }
    }

    /// The file's outermost value, whatever it is; a record of its settings begins where one is kept.
    mutating func root(of text: String) -> YAMLNode? {
        let root = tree(of: text, file: 0)
        if let root { beginRecord(of: root) }
        return root
    }

    mutating func beginRecord(of root: YAMLNode) {
        if keepsRecord { record = SettingsRecord(of: root) }
    }

    /// What the text of one of the files says.
    ///
    /// - Parameter file: Its number in ``FilePlace``.
    mutating func tree(of text: String, file: Int) -> YAMLNode? {
        let (root, mistakes) = composeYAML(text)
        for mistake in mistakes { error(mistake.kind, at: mistake.place.inFile(file), mistake.message) }
        return file == 0 ? root : root?.inFile(file)
    }

    /// The file that a place is in.
    public func path(of place: FilePlace) -> String {
        laterPaths.indices.contains(place.file - 1) ? laterPaths[place.file - 1] : path
    }

    /// `node` as a map. Keys beyond `keys` are refused with the nearest one; `nil` lets every key be.
    ///
    /// - Parameters:
    ///   - subject: What heads each message about this map, such as `device 'pump-1'`.
    ///   - place: Where a missing key is reported: the key that the map belongs to.
    public mutating func section(
        _ node: YAMLNode, _ subject: String, at place: FilePlace, keys: [String]?
    ) -> Section? {
        guard case .map(let entries) = node.content else {
            let what = subject.isEmpty ? "the file must be a map of keys" : "\(subject) must be a map of keys"
            error(.shape, at: node.place, "\(what), not \(node.description).")
            return nil
        }
        let section = Section(
            subject: subject, place: place, entries: entries, path: record.map { $0.path(of: node) } ?? [])
        if let keys {
            for entry in entries where !keys.contains(entry.key) {
                if let reason = Self.impossibleKeys[entry.key] {
                    error(.unknownKey, at: entry.keyPlace, section.says("'\(entry.key)' is not possible: \(reason)"))
                    continue
                }
                error(
                    .unknownKey, at: entry.keyPlace,
                    section.says("key '\(shortened(entry.key))' is not known.\(suggestion(for: entry.key, in: keys))"))
            }
        }
        return section
    }

    /// Keys that maps of registers suggest and that Sluice cannot do.
    private static let impossibleKeys = [
        "index_then_value":
            "the index would have to be written before each read, and Sluice writes to no device. "
            + "Leave such points out."
    ]

    /// The map at `key`; `nil` when there is none. Its messages begin with `subject`.
    public mutating func section(_ key: String, in section: Section, _ subject: String, keys: [String]?) -> Section? {
        guard let entry = section.entry(key) else { return nil }
        return self.section(entry.value, subject, at: entry.keyPlace, keys: keys)
    }

    /// Notes a missing key.
    ///
    /// - Parameter hint: How to mend it, a whole sentence.
    public mutating func require(_ key: String, in section: Section, _ hint: String) {
        guard section.entry(key) == nil else { return }
        error(.missingKey, at: section.place, section.says("key '\(key)' is missing. \(hint)"))
    }

    public mutating func list(_ key: String, in section: Section) -> [YAMLNode]? {
        guard let entry = section.entry(key) else { return nil }
        guard case .list(let items) = entry.value.content else {
            error(
                .shape, at: entry.value.place, section.says("'\(key)' must be a list, not \(entry.value.description)."))
            return nil
        }
        return items
    }

    /// The scalar at `key`, which is never empty.
    public mutating func text(_ key: String, in section: Section) -> Located<String>? {
        guard let entry = section.entry(key) else { return nil }
        return text(entry.value, "'\(key)'", in: section)
    }

    public mutating func text(_ node: YAMLNode, _ what: String, in section: Section) -> Located<String>? {
        guard case .scalar(let text, let isQuoted) = node.content else {
            error(.shape, at: node.place, section.says("\(what) must be a text, not \(node.description)."))
            return nil
        }
        guard !text.isEmpty else {
            error(.value, at: node.place, section.says("\(what) must not be empty."))
            return nil
        }
        if !isQuoted, isBareWord(text) {
            note(
                ShapeMistake.bareWord.code(in: document), node.place, .warning,
                section.says("\(what) is read as the text '\(text)'; put it in quotes to say so."))
        }
        return Located(text, node.place)
    }

    /// One of a closed list of words.
    ///
    /// - Parameter noun: What a word of the list is, such as `register table`.
    public mutating func word<Word>(_ key: String, in section: Section, _ noun: String, code: ErrorCode? = nil) -> Word?
    where Word: RawRepresentable<String> & CaseIterable {
        guard let entry = section.entry(key) else { return nil }
        return word(entry.value, in: section, noun, code: code)
    }

    public mutating func word<Word>(
        _ node: YAMLNode, in section: Section, _ noun: String, code: ErrorCode? = nil
    ) -> Word? where Word: RawRepresentable<String> & CaseIterable {
        guard case .scalar(let text, _) = node.content else {
            error(.shape, at: node.place, section.says("\(noun) must be a word, not \(node.description)."))
            return nil
        }
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        error(
            code ?? ShapeMistake.value.code(in: document), at: node.place,
            section.says("\(noun) '\(shortened(text))' is not known.\(suggestion(for: text, in: known))"))
        return nil
    }

    /// A whole number, decimal or `0x` hexadecimal.
    public mutating func integer(_ key: String, in section: Section, _ range: ClosedRange<Int>) -> Located<Int>? {
        guard let entry = section.entry(key) else { return nil }
        return integer(entry.value, key, in: section, range)
    }

    public mutating func integer(
        _ node: YAMLNode, _ what: String, in section: Section, _ range: ClosedRange<Int>
    ) -> Located<Int>? {
        guard case .scalar(let text, isQuoted: false) = node.content, let value = wholeNumber(text) else {
            error(.value, at: node.place, section.says("\(what) must be a whole number, not \(node.description)."))
            return nil
        }
        guard range.contains(value) else {
            error(
                .range, at: node.place,
                section.says(
                    "\(what) \(value) is out of range; allowed: \(range.lowerBound) to \(range.upperBound)."))
            return nil
        }
        return Located(value, node.place)
    }

    /// A finite real number.
    public mutating func number(_ key: String, in section: Section, _ range: ClosedRange<Double>) -> Located<Double>? {
        guard let entry = section.entry(key) else { return nil }
        return number(entry.value, key, in: section, range)
    }

    public mutating func number(
        _ node: YAMLNode, _ what: String, in section: Section, _ range: ClosedRange<Double>
    ) -> Located<Double>? {
        guard case .scalar(let text, isQuoted: false) = node.content, let value = realNumber(text) else {
            error(.value, at: node.place, section.says("\(what) must be a number, not \(node.description)."))
            return nil
        }
        guard range.contains(value) else {
            error(
                .range, at: node.place,
                section.says(
                    "\(what) \(text) is out of range; "
                        + "allowed: \(plain(range.lowerBound)) to \(plain(range.upperBound))."
                ))
            return nil
        }
        return Located(value, node.place)
    }

    /// `true` or `false`, and nothing else that YAML once read as one of them.
    public mutating func boolean(_ key: String, in section: Section) -> Bool? {
        guard let entry = section.entry(key) else { return nil }
        if case .scalar(let text, isQuoted: false) = entry.value.content {
            if text == "true" { return true }
            if text == "false" { return false }
        }
        error(
            .value, at: entry.value.place, section.says("\(key) must be true or false, not \(entry.value.description).")
        )
        return nil
    }

    /// A text in both languages, `{zh: ..., en: ...}`, or one text for both.
    public mutating func bilingual(_ key: String, in section: Section) -> BilingualText? {
        guard let entry = section.entry(key) else { return nil }
        guard case .map = entry.value.content else { return text(key, in: section).map { BilingualText($0.value) } }
        let subject = section.subject.isEmpty ? key : "\(section.subject): \(key)"
        guard let both = self.section(entry.value, subject, at: entry.keyPlace, keys: ["zh", "en"]) else { return nil }
        require("zh", in: both, "Give the name in both languages, or one text for both.")
        require("en", in: both, "Give the name in both languages, or one text for both.")
        guard let zh = text("zh", in: both), let en = text("en", in: both) else { return nil }
        return BilingualText(zh: zh.value, en: en.value)
    }
}

/// One map of a file, with the words that head its messages.
public struct Section: Sendable {
    public let subject: String
    /// Where a missing key is reported.
    public let place: FilePlace
    public let entries: [YAMLEntry]
    /// Its keys from the outside, where a record of settings is kept.
    let path: SettingsRecord.Path
    /// The keys that it was opened with; none where every key is let be, or where they have no ranges and defaults.
    var keys: [SchemaKey] = []

    init(subject: String, place: FilePlace, entries: [YAMLEntry], path: SettingsRecord.Path = []) {
        (self.subject, self.place, self.entries, self.path) = (subject, place, entries, path)
    }

    /// The entry of this key; `nil` when it is absent or has no value.
    public func entry(_ key: String) -> YAMLEntry? { entries.first { $0.key == key && !$0.value.isNothing } }

    /// Whether the key has a value.
    public func has(_ key: String) -> Bool { entry(key) != nil }

    /// A message about this map.
    public func says(_ message: String) -> String { subject.isEmpty ? message : "\(subject): \(message)" }
}

/// A value and the place it was read at.
public struct Located<Value: Sendable>: Sendable {
    public var value: Value
    public var place: FilePlace
    public init(_ value: Value, _ place: FilePlace) { (self.value, self.place) = (value, place) }
}
