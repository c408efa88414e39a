// SPDX-License-Identifier: Apache-2.0

import Model

/// The profiles that another one may extend.
public struct ProfileBases: Sendable {
    public var names: [String]
    /// The whole file of the profile of this name; `nil` when it cannot be read.
    public var text: @Sendable (String) -> String?

    public init(names: [String], text: @escaping @Sendable (String) -> String?) {
        (self.names, self.text) = (names, text)
    }

    public static let none = ProfileBases(names: []) { _ in nil }
}

extension ProfileReader {
    /// Maps of which a profile and its base each give a part, by name.
    private static let sharedMaps: Set = ["points", "signals", "sets", "limits", "site", "sources"]
    /// What a profile never takes from its base.
    private static let ownKeys: Set = ["profile", "kind", "name", "bench", "identify", "examples"]

    /// The file with what it takes from the profile that it extends, one level deep.
    ///
    /// - Returns: `nil` with a problem when the base cannot be used; nothing else is known of the file then.
    mutating func extended(_ root: Section, by bases: ProfileBases) -> Section? {
        guard let entry = root.entry("extends") else { return root }
        guard let name = file.text("extends", in: root) else { return nil }
        func refuse(_ message: String) { file.error(.baseProfile, at: name.place, message) }
        guard file.text("profile", in: root)?.value != name.value else {
            refuse("extends: a profile cannot extend itself. Name another one.")
            return nil
        }
        guard bases.names.contains(name.value), let text = bases.text(name.value) else {
            let help = bases.names.isEmpty ? "" : suggestion(for: name.value, in: bases.names)
            refuse("extends: profile '\(shortened(name.value))' is in no profile folder.\(help)")
            return nil
        }
        let base = composeYAML(text)
        guard case .map(let inherited) = base.root?.content, base.mistakes.isEmpty else {
            refuse("extends: profile '\(name.value)' cannot be read. Mend it first.")
            return nil
        }
        guard !inherited.contains(where: { $0.key == "extends" }) else {
            refuse("extends: profile '\(name.value)' extends another one itself; only one level is read.")
            return nil
        }
        guard !readProfile(text, path: "").problems.contains(where: { $0.severity == .error }) else {
            refuse("extends: profile '\(name.value)' has mistakes of its own. Mend them first.")
            return nil
        }
        var entries = root.entries.filter { $0.key != "extends" }
        for old in inherited where !Self.ownKeys.contains(old.key) {
            let old = old.moved(to: entry.keyPlace)
            guard let index = entries.firstIndex(where: { $0.key == old.key }) else {
                entries.append(old)
                continue
            }
            if Self.sharedMaps.contains(old.key), case .map(let theirs) = old.value.content,
                case .map(let mine) = entries[index].value.content
            {
                entries[index].value.content = .map(merged(theirs, mine))
            }
        }
        return Section(subject: root.subject, place: root.place, entries: entries)
    }

    /// What the base gives, each overridden by what the file gives of the same name, then what only the file gives.
    private func merged(_ theirs: [YAMLEntry], _ mine: [YAMLEntry]) -> [YAMLEntry] {
        theirs.map { old in mine.first { $0.key == old.key } ?? old }
            + mine.filter { new in !theirs.contains { $0.key == new.key } }
    }
}

extension YAMLEntry {
    /// The same with one place for everything in it: that at which the file of the problem refers to another one.
    fileprivate func moved(to place: FilePlace) -> YAMLEntry {
        YAMLEntry(key: key, keyPlace: place, value: value.moved(to: place))
    }
}

extension YAMLNode {
    fileprivate func moved(to place: FilePlace) -> YAMLNode {
        switch content {
        case .scalar: YAMLNode(content: content, place: place)
        case .list(let items): YAMLNode(content: .list(items.map { $0.moved(to: place) }), place: place)
        case .map(let entries): YAMLNode(content: .map(entries.map { $0.moved(to: place) }), place: place)
        }
    }
}
