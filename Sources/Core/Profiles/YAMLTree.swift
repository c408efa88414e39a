// SPDX-License-Identifier: Apache-2.0

import Yams

/// A place in a text; line and column count from 1.
public struct FilePlace: Hashable, Comparable, Sendable {
    public var line: Int
    /// In Unicode scalars.
    public var column: Int
    /// Which of the files that are read as one, in their order; 0 for the first.
    public var file: Int
    public init(line: Int, column: Int, file: Int = 0) { (self.line, self.column, self.file) = (line, column, file) }
    public static let start = FilePlace(line: 1, column: 1)
    public static func < (a: Self, b: Self) -> Bool { (a.file, a.line, a.column) < (b.file, b.line, b.column) }

    func inFile(_ file: Int) -> FilePlace { FilePlace(line: line, column: column, file: file) }
}

/// A YAML text as a tree: every scalar as it was written, with its place, and no type guessed from its looks.
public struct YAMLNode: Sendable {
    public enum Content: Sendable {
        case scalar(String, isQuoted: Bool)
        case list([YAMLNode])
        /// In the order of the file, each key once.
        case map([YAMLEntry])
    }
    public var content: Content
    public var place: FilePlace

    /// Whether nothing stands here: an empty value, `~` or `null`.
    public var isNothing: Bool {
        guard case .scalar(let text, isQuoted: false) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The same tree as that of another file.
    func inFile(_ file: Int) -> YAMLNode {
        var node = YAMLNode(content: content, place: place.inFile(file))
        switch content {
        case .scalar: break
        case .list(let items): node.content = .list(items.map { $0.inFile(file) })
        case .map(let entries):
            node.content = .map(
                entries.map {
                    YAMLEntry(key: $0.key, keyPlace: $0.keyPlace.inFile(file), value: $0.value.inFile(file))
                })
        }
        return node
    }

    /// What a message calls it.
    var description: String {
        switch content {
        case .scalar(let text, _): isNothing ? "nothing" : "'\(shortened(text))'"
        case .list: "a list"
        case .map: "a map"
        }
    }
}

public struct YAMLEntry: Sendable {
    public var key: String
    public var keyPlace: FilePlace
    public var value: YAMLNode
}

/// What is wrong with the YAML itself.
struct YAMLMistake: Error, Hashable {
    var kind: ShapeMistake
    var place: FilePlace
    var message: String
}

/// The tree of `text`, and what had to be left out of it; no tree when the text cannot be read at all.
func composeYAML(_ text: String) -> (root: YAMLNode?, mistakes: [YAMLMistake]) {
    var text = text
    if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
    if let mistake = firstForbiddenCharacter(text) { return (nil, [mistake]) }
    var renamed = RenamedKeys(text)
    while true {
        do {
            // The basic resolver guesses no types, so that `no` and `0123` stay what they are.
            guard let root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                return (nil, [YAMLMistake(kind: .shape, place: .start, message: "the file is empty.")])
            }
            var growth = TreeGrowth(renamed: renamed)
            let tree = growth.grow(root, depth: 0)
            return (tree, growth.mistakes)
        } catch let error as YamlError {
            // The parser stops at the first map with a key given twice. The first of the two gets a name of its
            // own in the text that is parsed, so that everything else in the file can be checked as well.
            if case .duplicatedKeysInMapping(_, let context) = error,
                let mended = renamed.renameKey(at: FilePlace(context.mark), in: text)
            {
                text = mended
                continue
            }
            return (nil, [YAMLMistake(error, in: text)])
        } catch {
            return (nil, [YAMLMistake(kind: .syntax, place: .start, message: "this is not YAML.")])
        }
    }
}

/// Most values in one file; aliases can make a short text into an endless tree.
private let maximumNodes = 200_000
/// No file of ours nests deeper than ten.
private let maximumDepth = 64

extension FilePlace {
    fileprivate init(_ mark: Mark) { self.init(line: max(1, mark.line), column: max(1, mark.column)) }
}

/// Keys that were renamed while parsing: each stands for a scalar that had been there.
private struct RenamedKeys {
    /// By the private character that replaces the first one of a key.
    private(set) var originals: [Unicode.Scalar: Unicode.Scalar] = [:]
    private var free: [Unicode.Scalar]

    init(_ text: String) {
        let used = Set(text.unicodeScalars.filter { (0xE000...0xE3FF).contains($0.value) })
        free = (0xE000...0xE3FF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init).filter { !used.contains($0) }
    }

    /// `text` with the first character of the key at `place` replaced; `nil` when there is no such key.
    mutating func renameKey(at place: FilePlace, in text: String) -> String? {
        guard let stand = free.popLast() else { return nil }
        var scalars = Array(text.unicodeScalars)
        guard var index = scalarIndex(of: place, in: scalars), index < scalars.count else { return nil }
        if scalars[index] == "'" || scalars[index] == "\"" { index += 1 }
        guard index < scalars.count, !"\\'\" :{}[],&*!?\n\r".unicodeScalars.contains(scalars[index]),
            originals[scalars[index]] == nil
        else { return nil }
        originals[stand] = scalars[index]
        scalars[index] = stand
        var mended = String.UnicodeScalarView()
        mended.append(contentsOf: scalars)
        return String(mended)
    }

    func original(of key: String) -> String {
        guard let first = key.unicodeScalars.first, let original = originals[first] else { return key }
        var scalars = String.UnicodeScalarView()
        scalars.append(original)
        scalars.append(contentsOf: key.unicodeScalars.dropFirst())
        return String(scalars)
    }
}

/// Turns the parser's nodes into a bounded tree of our own.
private struct TreeGrowth {
    let renamed: RenamedKeys
    var mistakes: [YAMLMistake] = []
    private var nodes = 0

    init(renamed: RenamedKeys) { self.renamed = renamed }

    mutating func grow(_ node: Node, depth: Int) -> YAMLNode {
        let place = node.mark.map(FilePlace.init) ?? .start
        nodes += 1
        guard nodes <= maximumNodes, depth <= maximumDepth else {
            if mistakes.last?.kind != .unsupported {
                refuse(place, "the file nests deeper than \(maximumDepth) or has more than \(maximumNodes) values.")
            }
            return YAMLNode(content: .scalar("", isQuoted: false), place: place)
        }
        switch node {
        case .scalar(let scalar):
            checkTag(scalar.tag, place)
            let isPlain = scalar.style == .plain || scalar.style == .any
            return YAMLNode(content: .scalar(scalar.string, isQuoted: !isPlain), place: place)
        case .sequence(let list):
            checkTag(list.tag, place)
            var items: [YAMLNode] = []
            for item in list where nodes <= maximumNodes { items.append(grow(item, depth: depth + 1)) }
            return YAMLNode(content: .list(items), place: place)
        case .mapping(let map):
            checkTag(map.tag, place)
            return YAMLNode(content: .map(entries(of: map, depth: depth)), place: place)
        case .alias:
            refuse(place, "an alias stands where a value is needed.")
            return YAMLNode(content: .scalar("", isQuoted: false), place: place)
        }
    }

    private mutating func entries(of map: Node.Mapping, depth: Int) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        var places: [String: FilePlace] = [:]
        for (key, value) in map where nodes <= maximumNodes {
            let place = key.mark.map(FilePlace.init) ?? .start
            guard case .scalar(let scalar) = key else {
                mistakes.append(YAMLMistake(kind: .shape, place: place, message: "a key has to be a plain word."))
                continue
            }
            let name = renamed.original(of: scalar.string)
            if let first = places[name] {
                mistakes.append(
                    YAMLMistake(
                        kind: .duplicateKey, place: place,
                        message: "key '\(shortened(name))' stands here again; it was given in line \(first.line)."))
                continue
            }
            places[name] = place
            entries.append(YAMLEntry(key: name, keyPlace: place, value: grow(value, depth: depth + 1)))
        }
        return entries
    }

    private mutating func checkTag(_ tag: Tag, _ place: FilePlace) {
        let name = tag.description
        guard !name.isEmpty, name != "!", !name.hasPrefix("tag:yaml.org,2002:") else { return }
        refuse(place, "tag '\(shortened(name))' is not read here; write the value itself.")
    }

    private mutating func refuse(_ place: FilePlace, _ message: String) {
        mistakes.append(YAMLMistake(kind: .unsupported, place: place, message: message))
    }
}

extension YAMLMistake {
    fileprivate init(_ error: YamlError, in text: String) {
        func wording(_ problem: String, _ context: YamlError.Context?, _ place: FilePlace) -> String {
            guard let context else { return problem }
            let isElsewhere = context.mark.line != place.line
            return "\(problem) \(context.text)" + (isElsewhere ? ", which begins in line \(context.mark.line)" : "")
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let place = FilePlace(mark)
            var message = "this is not YAML: \(wording(problem, context, FilePlace(mark)))."
            let scalars = Array(text.unicodeScalars)
            if let index = scalarIndex(of: place, in: scalars), index < scalars.count, scalars[index] == "\t" {
                message += " Indent with spaces, not with tabs."
            } else if problem.hasPrefix("mapping values are not allowed") {
                message += " Put a text that contains ': ' into quotes, or mend the indentation."
            }
            self.init(kind: .syntax, place: place, message: message)
        case .composer(let context, let problem, let mark, _):
            let isSecond = problem == "but found another document"
            self.init(
                kind: .unsupported, place: FilePlace(mark),
                message: isSecond
                    ? "a second document begins here; one file holds one."
                    : "this is not YAML: \(wording(problem, context, FilePlace(mark))).")
        case .duplicatedKeysInMapping(let names, let context):
            self.init(
                kind: .duplicateKey, place: FilePlace(context.mark),
                message: "key '\(shortened(names.first ?? ""))' stands twice in this map.")
        case .no, .memory, .reader, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(kind: .syntax, place: .start, message: "this is not YAML.")
        }
    }
}

/// The first character that YAML does not allow in a text (YAML 1.2.2, section 5.1), as a mistake.
private func firstForbiddenCharacter(_ text: String) -> YAMLMistake? {
    var lines = LineCounter()
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            lines.pass(scalar)
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return YAMLMistake(
                kind: .syntax, place: lines.place, message: "character U+\(code) is not allowed in YAML; remove it.")
        }
    }
    return nil
}

/// Counts lines and columns as the parser does.
struct LineCounter {
    private(set) var place = FilePlace.start
    private var last: Unicode.Scalar?

    mutating func pass(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x0A where last == "\r": break
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: place = FilePlace(line: place.line + 1, column: 1)
        default: place.column += 1
        }
        last = scalar
    }
}

/// Where `place` is in the text; `nil` beyond its end.
private func scalarIndex(of place: FilePlace, in scalars: [Unicode.Scalar]) -> Int? {
    var counter = LineCounter()
    for (index, scalar) in scalars.enumerated() {
        if counter.place == place { return index }
        counter.pass(scalar)
    }
    return nil
}

/// A text of a file as a message quotes it: on one line and not endless.
func shortened(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(60) {
        result.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
    }
    return text.unicodeScalars.count > 60 ? result + "..." : result
}
