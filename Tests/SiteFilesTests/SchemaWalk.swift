// SPDX-License-Identifier: Apache-2.0

@testable import Profiles

/// A key of a schema where it stands in a file.
struct KeyInFile: Sendable {
    var key: SchemaKey
    /// Its keys from the outside; an item of a list has its number from 0.
    var path: [String]
    /// The same with `*` for names that the site chooses and `#` for numbers of items.
    var pattern: String
    /// From 1.
    var line: Int
    var column: Int
}

/// A section of a schema where it stands in a file.
struct SectionInFile: Sendable {
    var pattern: String
    /// Where its last key stands; both numbers count from 1.
    var line: Int
    var column: Int
}

/// Finds what a schema speaks of in a file, and the other way round.
struct SchemaWalk {
    private(set) var keys: [KeyInFile] = []
    private(set) var sections: [SectionInFile] = []
    /// Every key that the schema has, by its pattern.
    private(set) var patterns: Set<String> = []

    init(_ shape: SchemaShape, _ root: YAMLNode) {
        collect(shape, "")
        find(shape, root, [], "")
    }

    private mutating func collect(_ shape: SchemaShape, _ pattern: String) {
        switch shape {
        case .section(let keys, _):
            for key in keys {
                patterns.insert("\(pattern)/\(key.name)")
                collect(key.shape, "\(pattern)/\(key.name)")
            }
        case .list(let item, _): collect(item, pattern + "/#")
        case .map(_, let value): collect(value, pattern + "/*")
        case .either(let shapes): for shape in shapes where !shape.isBilingual { collect(shape, pattern) }
        case .text, .form, .name, .word, .integer, .choice, .number, .quantity, .boolean, .nothing: break
        }
    }

    private mutating func find(_ shape: SchemaShape, _ node: YAMLNode, _ path: [String], _ pattern: String) {
        switch (shape, node.content) {
        case (.section(let known, _), .map(let entries)):
            if let last = entries.last, !shape.isBilingual {
                sections.append(
                    SectionInFile(pattern: pattern, line: last.keyPlace.line, column: last.keyPlace.column))
            }
            for entry in entries {
                guard !shape.isBilingual, let key = known.first(where: { $0.name == entry.key }) else { continue }
                let inner = "\(pattern)/\(entry.key)"
                keys.append(
                    KeyInFile(
                        key: key, path: path + [entry.key], pattern: inner, line: entry.keyPlace.line,
                        column: entry.keyPlace.column))
                find(key.shape, entry.value, path + [entry.key], inner)
            }
        case (.list(let item, _), .list(let nodes)):
            for (index, node) in nodes.enumerated() { find(item, node, path + ["\(index)"], pattern + "/#") }
        case (.map(_, let value), .map(let entries)):
            for entry in entries { find(value, entry.value, path + [entry.key], pattern + "/*") }
        case (.either(let shapes), _):
            if let fitting = shapes.first(where: { $0.isOf(kindOf: node) }) { find(fitting, node, path, pattern) }
        default: break
        }
    }
}

extension SchemaShape {
    fileprivate var isBilingual: Bool {
        if case .section(let keys, _) = self { keys.names == ["zh", "en"] } else { false }
    }

    /// Whether it is a section, and of the kind that the node names where it has one.
    fileprivate func isOf(kindOf node: YAMLNode) -> Bool {
        guard case .section(let keys, _) = self, case .map(let entries) = node.content else { return false }
        guard case .word(let kinds)? = keys.first(where: { $0.name == "kind" })?.shape,
            case .scalar(let kind, _)? = entries.first(where: { $0.key == "kind" })?.value.content
        else { return true }
        return kinds.contains(kind)
    }
}

/// A text of lines in which each key stands on its own, with what belongs to it below and further in.
struct BlockText {
    var lines: [String]

    init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    var text: String { lines.joined(separator: "\n") }

    /// The lines, from 0, that belong to the key there.
    private func block(_ line: Int, _ column: Int) -> Range<Int> {
        let end = lines[line...].firstIndex { $0.prefix { $0 == " " }.count < column } ?? lines.count
        return line - 1..<end
    }

    /// With another value at the key; an empty one leaves the key alone, and `nil` takes it away.
    func replacing(_ line: Int, _ column: Int, with value: String?) -> String {
        var copy = self
        let block = block(line, column)
        let first = lines[line - 1]
        let head = first.prefix(column - 1)
        let name = first.dropFirst(column - 1).prefix { $0 != ":" }
        if let value {
            copy.lines.replaceSubrange(block, with: ["\(head)\(name): \(value)"])
        } else if head.contains("-") {
            // The first key of an item: the next one takes its place behind the dash.
            copy.lines.replaceSubrange(block, with: [])
            if copy.lines.indices.contains(line - 1),
                copy.lines[line - 1].prefix(while: { $0 == " " }).count == head.count
            {
                copy.lines[line - 1] = "\(head)\(copy.lines[line - 1].dropFirst(head.count))"
            } else {
                copy.lines.insert("\(head){}", at: line - 1)
            }
        } else {
            copy.lines.replaceSubrange(block, with: [])
        }
        return copy.text
    }

    /// With a further line after what belongs to the key, as far in as that; and which line it is, from 1.
    func adding(_ text: String, after line: Int, _ column: Int) -> (text: String, line: Int) {
        var copy = self
        let place = block(line, column).upperBound
        copy.lines.insert(String(repeating: " ", count: column - 1) + text, at: place)
        return (copy.text, place + 1)
    }
}
