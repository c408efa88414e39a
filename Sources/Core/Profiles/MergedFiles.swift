// SPDX-License-Identifier: Apache-2.0

/// A file that is read after another one and adds to it.
public struct LaterFile: Sendable {
    public var path: String
    public var text: String
    public init(path: String, text: String) { (self.path, self.text) = (path, text) }

    /// Whether all of it is blank or a comment, which a file that adds nothing may be.
    var saysNothing: Bool {
        text.split(whereSeparator: \.isNewline).allSatisfy { line in
            line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }.first.map { $0 == "#" } ?? true
        }
    }
}

/// The key by which an entry says that it goes over one of the same name in an earlier file.
public let overrideKey = SchemaKey(
    "override", .boolean, "true: these keys go over those of the same name in an earlier file.")

/// Several files that are read as one: maps merge, and a later scalar or list stands in the place of an earlier one.
extension FileReader {
    /// The outermost map of `text` and of the files after it, in their order.
    ///
    /// - Parameters:
    ///   - keys: Keys whose values have names that the file chooses decide what is an entry of its own: two files must not
    ///     have one of the same name, unless the later says ``overrideKey``.
    ///   - overlay: The file to lay over all of them, chosen by what they say.
    public mutating func root(
        of text: String, and later: [LaterFile] = [], keys: [SchemaKey],
        overlay: (YAMLNode) -> Overlay? = { _ in nil }
    ) -> Section? {
        var merged = tree(of: text, file: 0)
        for file in later {
            laterPaths.append(file.path)
            guard !file.saysNothing, let tree = tree(of: file.text, file: laterPaths.count) else { continue }
            guard case .map = tree.content else {
                error(.shape, at: tree.place, "the file must be a map of keys, not \(tree.description).")
                continue
            }
            merged = merged.map { merge(tree, into: $0, .section(keys), "") }
        }
        guard var merged else { return nil }
        if let overlay = overlay(merged) { merged = lay(overlay, over: merged) }
        beginRecord(of: merged)
        return section(merged, "", at: merged.place, keys: keys)
    }

    /// `later` over `earlier`. A map without keys and a key without a value leave a map as it was.
    private mutating func merge(
        _ later: YAMLNode, into earlier: YAMLNode, _ shape: SchemaShape, _ subject: String
    ) -> YAMLNode {
        guard case .map(let additions) = later.content, case .map(var entries) = earlier.content else { return later }
        let places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
        for var addition in additions {
            let head = subject.isEmpty ? addition.key : "\(subject): \(addition.key)"
            let isEntry = shape.isNamed && addition.value.isMap
            let permission = isEntry ? addition.value.takeOverride() : nil
            guard let place = places[addition.key] else {
                if let permission {
                    error(
                        .value, at: permission,
                        "\(subject): no earlier file has '\(addition.key)', so there is nothing to override. "
                            + "Mend the name, or take 'override' out.")
                }
                entries.append(addition)
                continue
            }
            guard entries[place].value.isMap else {
                entries[place] = addition
                continue
            }
            if addition.value.isNothing { continue }
            if isEntry, permission == nil {
                error(
                    .duplicateKey, at: addition.keyPlace,
                    "\(subject): '\(addition.key)' is already in \(name(of: entries[place].keyPlace)). Choose another name, "
                        + "or write override: true into this one, whose keys then go over those of the earlier.")
                continue
            }
            guard let inner = shape.shape(of: addition.key), inner.hasKeys else {
                entries[place] = addition
                continue
            }
            entries[place].value = merge(addition.value, into: entries[place].value, inner, head)
        }
        return YAMLNode(content: .map(entries), place: earlier.place)
    }

    /// `line 12` of the file that `reader` is in, or the file and the line.
    public func name(of place: FilePlace, seenFrom reader: FilePlace) -> String {
        place.file == reader.file ? "line \(place.line)" : name(of: place)
    }

    /// The file and the line.
    public func name(of place: FilePlace) -> String { "\(path(of: place)):\(place.line)" }
}

extension YAMLNode {
    fileprivate var isMap: Bool { if case .map = content { true } else { false } }

    /// Takes `override: true` out of a map; the place of the key, `nil` when it is not there.
    fileprivate mutating func takeOverride() -> FilePlace? {
        guard case .map(var entries) = content,
            let index = entries.firstIndex(where: { entry in
                guard entry.key == overrideKey.name, case .scalar("true", isQuoted: false) = entry.value.content else {
                    return false
                }
                return true
            })
        else { return nil }
        let place = entries.remove(at: index).keyPlace
        content = .map(entries)
        return place
    }
}

extension SchemaShape {
    /// Whether the keys are names that the file chooses.
    fileprivate var isNamed: Bool { if case .map = self { true } else { false } }

    /// Whether it can be a map.
    fileprivate var hasKeys: Bool {
        switch self {
        case .map, .section: true
        case .either(let shapes): shapes.contains { $0.hasKeys }
        default: false
        }
    }

    /// What may stand at the key of a map; `nil` for a key that is not known.
    fileprivate func shape(of key: String) -> SchemaShape? {
        switch self {
        case .map(_, let shape): shape
        case .section(let keys, _): keys.first { $0.name == key }?.shape
        case .either(let shapes): shapes.lazy.compactMap { $0.shape(of: key) }.first
        default: nil
        }
    }

    /// The same for a file that only adds to an earlier one: no key has to be there, and an entry may go over one.
    func asLaterFile(isEntry: Bool = false) -> SchemaShape {
        switch self {
        case .section(let keys, _):
            let inner = keys.map { key in
                var key = key
                (key.isRequired, key.shape) = (false, key.shape.asLaterFile())
                return key
            }
            return .section(isEntry ? inner + [overrideKey] : inner)
        case .map(let keys, let shape): return .map(keys: keys, shape.asLaterFile(isEntry: true))
        case .either(let shapes): return .either(shapes.map { $0.asLaterFile(isEntry: isEntry) })
        // A list is given whole.
        default: return self
        }
    }
}

extension [SchemaKey] {
    /// The keys of a file that only adds to an earlier one.
    public var ofLaterFile: [SchemaKey] {
        guard case .section(let keys, _) = SchemaShape.section(self).asLaterFile() else { return self }
        return keys
    }
}
