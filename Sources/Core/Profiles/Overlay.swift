// SPDX-License-Identifier: Apache-2.0

/// A file that is laid over another one: its scalars hold in place of those below.
public struct Overlay: Sendable {
    public var path: String
    public var text: String
    /// The scalars it may set, by their keys from the outside.
    public var offered: Set<[String]>

    public init(path: String, text: String, offered: Set<[String]>) {
        (self.path, self.text, self.offered) = (path, text, offered)
    }
}

extension FileReader {
    /// The tree of the first file with the scalars that the other may set and sets; what it may not is an error.
    mutating func lay(_ overlay: Overlay, over first: YAMLNode) -> YAMLNode {
        laterPaths.append(overlay.path)
        guard let root = tree(of: overlay.text, file: laterPaths.count) else { return first }
        guard case .map(let entries) = root.content else {
            error(.shape, at: root.place, "the file must be a map of keys, not \(root.description).")
            return first
        }
        var merged = first
        for entry in entries { lay(entry, at: [entry.key], overlay, over: &merged) }
        return merged
    }

    private mutating func lay(
        _ entry: YAMLEntry, at path: [String], _ overlay: Overlay, over first: inout YAMLNode
    ) {
        let name = path.joined(separator: ".")
        switch entry.value.content {
        case .map(let inner) where overlay.offered.contains { $0.count > path.count && $0.starts(with: path) }:
            for entry in inner { lay(entry, at: path + [entry.key], overlay, over: &first) }
        case .scalar where overlay.offered.contains(path):
            guard !entry.value.isNothing else { return }
            if let place = first.set(entry, at: path[...]) {
                warn(
                    .pageSetting, at: place,
                    "'\(name)' of this file does not hold: \(overlay.path):\(entry.value.place.line) was set at the "
                        + "page. Return to the file's value there, or take the line out here.")
            }
        default:
            error(
                .unknownKey, at: entry.keyPlace,
                "'\(shortened(name))' is nothing that can be set at the page. Take it out; it belongs in \(self.path).")
        }
    }
}

extension YAMLNode {
    /// The scalar at this path; `nil` where there is none or it has no value.
    public func scalar(at path: some Sequence<String>) -> YAMLNode? {
        var node = self
        for key in path {
            guard case .map(let entries) = node.content, let entry = entries.first(where: { $0.key == key }) else {
                return nil
            }
            node = entry.value
        }
        guard case .scalar = node.content, !node.isNothing else { return nil }
        return node
    }

    /// The text of a scalar.
    public var scalarText: String? { if case .scalar(let text, _) = content { text } else { nil } }

    /// Puts a scalar at the path. One text for both languages on the way to it is first taken apart.
    ///
    /// - Returns: Where a value stood that does not hold any more.
    fileprivate mutating func set(_ new: YAMLEntry, at path: ArraySlice<String>) -> FilePlace? {
        guard let key = path.first else { return nil }
        var entries: [YAMLEntry] = []
        switch content {
        case .map(let given): entries = given
        case .scalar where path.count == 1 && !isNothing && ["zh", "en"].contains(key):
            entries = ["zh", "en"].map { YAMLEntry(key: $0, keyPlace: place, value: self) }
        case .scalar where isNothing: break
        case .scalar, .list: return nil
        }
        let index = entries.firstIndex { $0.key == key }
        var old: FilePlace?
        if path.count == 1 {
            if let index {
                old = entries[index].value.isNothing ? nil : entries[index].value.place
                entries[index].value = new.value
            } else {
                entries.append(new)
            }
        } else {
            var inner = index.map { entries[$0].value } ?? YAMLNode(content: .map([]), place: new.keyPlace)
            old = inner.set(new, at: path.dropFirst())
            if let index {
                entries[index].value = inner
            } else {
                entries.append(YAMLEntry(key: key, keyPlace: new.keyPlace, value: inner))
            }
        }
        content = .map(entries)
        return old
    }
}
