// SPDX-License-Identifier: Apache-2.0

/// What a value of a YAML file may be, as JSON Schema 2020-12 says it.
indirect enum SchemaShape: Sendable {
    /// Any scalar that is read as a text; one that looks like a number needs no quotes.
    case text
    /// Topic characters (``DeviceIdentifier``).
    case name
    case word([String])
    case integer(ClosedRange<Int>)
    case number
    case boolean
    case list(SchemaShape, count: ClosedRange<Int>?)
    /// A map whose keys match the expression.
    case map(keys: String, SchemaShape)
    case section([SchemaKey], rule: SectionRule? = nil)
    case either([SchemaShape])
    /// A key that is there and says nothing.
    case nothing

    static func list(_ item: SchemaShape) -> SchemaShape { .list(item, count: nil) }
    static func words<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) -> SchemaShape {
        .word(Word.allCases.map(\.rawValue))
    }
}

/// A key of a section.
struct SchemaKey: Sendable {
    var name: String
    var shape: SchemaShape
    var isRequired = false
    /// What editors show; empty for nothing.
    var meaning = ""

    init(_ name: String, _ shape: SchemaShape, isRequired: Bool = false, _ meaning: String = "") {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
        self.meaning = meaning
    }
}

extension [SchemaKey] {
    /// What a reader of the section accepts.
    var names: [String] { map(\.name) }
}

/// Which keys of a section exclude or replace each other.
enum SectionRule: Sendable {
    case exactlyOne([String])
    case atLeastOne([String])
}

/// JSON with its members in the order they were given.
indirect enum SchemaText {
    case word(String)
    case number(Int)
    case flag(Bool)
    case list([SchemaText])
    case members([(String, SchemaText)])

    /// Pretty-printed; short lists of words stand in one line.
    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .word(let word): return Self.quoted(word)
        case .number(let number): return "\(number)"
        case .flag(let flag): return flag ? "true" : "false"
        case .list(let items):
            return Self.block("[", items.map { $0.text(indent: inner) }, "]", indent: indent, width: 110)
        case .members(let members):
            let parts = members.map { "\(Self.quoted($0)): \($1.text(indent: inner))" }
            return Self.block("{", parts, "}", indent: indent, width: 90)
        }
    }

    /// The parts in one line of at most about `width` characters, else each on its own.
    private static func block(
        _ start: String, _ parts: [String], _ end: String, indent: String, width: Int
    ) -> String {
        let line = start + parts.joined(separator: ", ") + end
        if !line.contains("\n"), indent.count + line.count < width { return line }
        return "\(start)\n" + parts.map { "\(indent)  \($0)" }.joined(separator: ",\n") + "\n\(indent)\(end)"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}

extension SchemaShape {
    var json: SchemaText { .members(members) }

    private static func type(_ name: String) -> (String, SchemaText) { ("type", .word(name)) }

    fileprivate var members: [(String, SchemaText)] {
        switch self {
        case .text: return [("type", .list([.word("string"), .word("number"), .word("boolean")]))]
        case .name: return [Self.type("string"), ("pattern", .word("^[a-z0-9][a-z0-9_-]{0,63}$"))]
        case .word(let words): return [("enum", .list(words.map { .word($0) }))]
        case .integer(let range):
            let lowest = [Self.type("integer"), ("minimum", .number(range.lowerBound))]
            return range.upperBound == .max ? lowest : lowest + [("maximum", .number(range.upperBound))]
        case .number: return [Self.type("number")]
        case .boolean: return [Self.type("boolean")]
        case .nothing: return [Self.type("null")]
        case .list(let item, let count):
            var members = [Self.type("array"), ("items", item.json)]
            if let count {
                members += [("minItems", .number(count.lowerBound)), ("maxItems", .number(count.upperBound))]
            }
            return members
        case .map(let keys, let shape):
            return [
                Self.type("object"), ("patternProperties", .members([(keys, shape.json)])),
                ("additionalProperties", .flag(false)),
            ]
        case .either(let shapes): return [("anyOf", .list(shapes.map(\.json)))]
        case .section(let keys, let rule):
            var members = [Self.type("object")]
            let required = keys.filter(\.isRequired).map(\.name)
            if !required.isEmpty { members.append(("required", .list(required.map { .word($0) }))) }
            if let rule { members.append(rule.member) }
            let properties = keys.map { key in
                let meaning: [(String, SchemaText)] =
                    key.meaning.isEmpty ? [] : [("description", .word(key.meaning))]
                return (key.name, SchemaText.members(meaning + key.shape.members))
            }
            return members + [("properties", .members(properties)), ("additionalProperties", .flag(false))]
        }
    }
}

extension SectionRule {
    fileprivate var member: (String, SchemaText) {
        func each(_ keys: [String]) -> SchemaText {
            .list(keys.map { .members([("required", .list([.word($0)]))]) })
        }
        switch self {
        case .exactlyOne(let keys): return ("oneOf", each(keys))
        case .atLeastOne(let keys): return ("anyOf", each(keys))
        }
    }
}
