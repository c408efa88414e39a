// SPDX-License-Identifier: Apache-2.0

/// What a file sets, and the defaults that stand for what it leaves out: kept while the file is read, by the reader
/// itself, so that no second list of defaults can differ from the first.
public struct SettingsRecord: Sendable {
    /// Where a setting was read, by its keys from the outside; an item of a list has its number from 0.
    public typealias Path = [String]

    private let root: YAMLNode
    private var paths: [FilePlace: Path] = [:]
    private var defaults: [(path: Path, text: String)] = []

    init(of root: YAMLNode) {
        self.root = root
        find(root, [])
    }

    private mutating func find(_ node: YAMLNode, _ path: Path) {
        switch node.content {
        case .scalar: break
        case .list(let items): for (index, item) in items.enumerated() { find(item, path + ["\(index)"]) }
        case .map(let entries):
            paths[node.place] = path
            for entry in entries { find(entry.value, path + [entry.key]) }
        }
    }

    /// Path of the map at this place.
    func path(of map: YAMLNode) -> Path { paths[map.place] ?? [] }

    mutating func note(_ path: Path, _ text: String) { defaults.append((path, text)) }

    /// Every value that holds, in the order of the file with defaults after what it gives: as people are shown it, with
    /// the whole value beside one of which a part is hidden. Empty maps and lists are values too, before all others; a
    /// key that has no value is no setting.
    public var heldValues: [(path: Path, text: String, hidden: String?, place: FilePlace?)] {
        var held: [(path: Path, text: String, hidden: String?, place: FilePlace?)] = []
        var given: [Path: (text: String, isNothing: Bool)] = [:]
        func gather(_ node: YAMLNode, _ path: Path) {
            switch node.content {
            case .scalar(let text, _): given[path] = (text, node.isNothing)
            case .list(let items):
                if items.isEmpty { held.append((path, "[]", nil, node.place)) }
                for (index, item) in items.enumerated() { gather(item, path + ["\(index)"]) }
            case .map(let entries):
                if entries.isEmpty { held.append((path, "{}", nil, node.place)) }
                for entry in entries { gather(entry.value, path + [entry.key]) }
            }
        }
        gather(root, [])
        for (path, text, place) in settings(isEffective: true).values {
            let scalar = place == nil ? nil : given[path]
            if scalar?.isNothing == true { continue }
            held.append((path, text, scalar.flatMap { $0.text == text ? nil : $0.text }, place))
        }
        return held
    }

    /// The file's settings in its order.
    ///
    /// - Parameter isEffective: Whether defaults stand in it, after what the file says.
    public func settings(isEffective: Bool) -> ShownSetting {
        var shown = ShownSetting(root, key: "")
        guard isEffective else { return shown }
        for (path, text) in defaults { shown.add(text, at: path[...]) }
        return shown
    }
}

/// A setting as people are shown it: without secrets, and with the place it was read at.
public indirect enum ShownSetting: Sendable {
    case map([(key: String, value: ShownSetting)])
    case list([ShownSetting])
    /// The place is `nil` for a default.
    case value(String, isQuoted: Bool, place: FilePlace?)

    init(_ node: YAMLNode, key: String) {
        switch node.content {
        case .scalar(let text, let isQuoted):
            let shown = node.isNothing ? "null" : withoutSecrets(text, key: key)
            self = .value(shown, isQuoted: isQuoted || shown == "***", place: node.place)
        case .list(let items): self = .list(items.map { ShownSetting($0, key: key) })
        case .map(let entries): self = .map(entries.map { ($0.key, ShownSetting($0.value, key: $0.key)) })
        }
    }

    /// Adds a default where nothing is set.
    fileprivate mutating func add(_ text: String, at path: ArraySlice<String>) {
        guard let key = path.first else { return }
        switch self {
        case .list(var items):
            guard let index = Int(key), items.indices.contains(index) else { return }
            items[index].add(text, at: path.dropFirst())
            self = .list(items)
        case .map(var entries):
            let isLast = path.count == 1
            let place = entries.firstIndex { $0.key == key }
            if let place, case .value("null", isQuoted: false, _) = entries[place].value {
                entries[place].value = isLast ? .value(text, isQuoted: false, place: nil) : .map([])
            } else if place == nil {
                entries.append((key, isLast ? .value(text, isQuoted: false, place: nil) : .map([])))
            }
            if !isLast { entries[place ?? entries.count - 1].value.add(text, at: path.dropFirst()) }
            self = .map(entries)
        case .value: return
        }
    }

    /// Every value by its path, in order.
    public var values: [(path: SettingsRecord.Path, text: String, place: FilePlace?)] {
        switch self {
        case .value(let text, _, let place): [([], text, place)]
        case .list(let items):
            items.enumerated().flatMap { index, item in item.values.map { (["\(index)"] + $0.path, $0.text, $0.place) }
            }
        case .map(let entries):
            entries.flatMap { entry in entry.value.values.map { ([entry.key] + $0.path, $0.text, $0.place) } }
        }
    }

    /// As YAML, a line each value.
    ///
    /// - Parameter origin: What stands behind a value as a comment, by its place; `nil` for no comments.
    public func lines(origin: ((FilePlace?) -> String)?) -> [String] { lines(indent: "", origin) }

    private func lines(indent: String, _ origin: ((FilePlace?) -> String)?) -> [String] {
        func scalar(_ head: String, _ text: String, _ isQuoted: Bool, _ place: FilePlace?) -> String {
            let written = "\(indent)\(head) \(isQuoted || !isPlainScalar(text) ? escapedScalar(text) : text)"
            guard let origin else { return written }
            return written + String(repeating: " ", count: max(2, 56 - written.count)) + "# \(origin(place))"
        }
        switch self {
        case .value(let text, let isQuoted, let place): return [scalar("-", text, isQuoted, place)]
        case .map(let entries):
            return entries.flatMap { key, value -> [String] in
                let name = isPlainScalar(key) ? key : escapedScalar(key)
                switch value {
                case .value(let text, let isQuoted, let place): return [scalar("\(name):", text, isQuoted, place)]
                case .map(let inner) where inner.isEmpty: return ["\(indent)\(name): {}"]
                case .list(let inner) where inner.isEmpty: return ["\(indent)\(name): []"]
                default: return ["\(indent)\(name):"] + value.lines(indent: indent + "  ", origin)
                }
            }
        case .list(let items):
            return items.flatMap { item -> [String] in
                if case .value(let text, let isQuoted, let place) = item { return [scalar("-", text, isQuoted, place)] }
                let inner = item.lines(indent: indent + "  ", origin)
                guard let first = inner.first else { return ["\(indent)- {}"] }
                return ["\(indent)- \(first.dropFirst(indent.count + 2))"] + inner.dropFirst()
            }
        }
    }
}

/// The value without what must not be read by everybody.
private func withoutSecrets(_ text: String, key: String) -> String {
    let name = key.lowercased()
    if ["password", "secret", "secrets", "token", "key", "passphrase", "credential"].contains(where: {
        name == $0 || name.hasSuffix("_\($0)")
    }) {
        return "***"
    }
    guard let scheme = text.firstRange(of: "://") else { return text }
    // A name and a password before the host, and what follows a question mark, open the door they lead to.
    var rest = text[scheme.upperBound...]
    if let at = rest.lastIndex(of: "@") { rest = "***" + rest[at...] }
    if let query = rest.firstIndex(of: "?") { rest = rest[...query] + "***" }
    return String(text[..<scheme.upperBound]) + rest
}

/// Whether a scalar means the same without quotes.
private func isPlainScalar(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return false }
    let risky: Set<Unicode.Scalar> = [
        "-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", " ", "~", "=",
    ]
    if first == "-", wholeNumber(text) != nil || realNumber(text) != nil { return true }
    return !risky.contains(first) && last != ":" && last != " " && !text.contains(": ") && !text.contains(" #")
        && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x85 }
}

private func escapedScalar(_ text: String) -> String {
    var written = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": written += "\\\(scalar)"
        case "\n": written += "\\n"
        case "\t": written += "\\t"
        case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
            written += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: written.unicodeScalars.append(scalar)
        }
    }
    return written + "\""
}
