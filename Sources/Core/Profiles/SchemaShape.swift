// SPDX-License-Identifier: Apache-2.0

/// What a value of a YAML file may be, as JSON Schema 2020-12 says it.
public indirect enum SchemaShape: Sendable {
    /// Any scalar that is read as a text; one that looks like a number needs no quotes.
    case text
    /// The same of a form: an expression that a text in it matches. What looks like a number is left to the reader.
    case form(String)
    /// Topic characters (``DeviceIdentifier``).
    case name
    case word([String])
    case integer(ClosedRange<Int>)
    /// One of these whole numbers.
    case choice([Int])
    case number
    case quantity(ClosedRange<Double>)
    case boolean
    case list(SchemaShape, count: ClosedRange<Int>?)
    /// A map whose keys match the expression.
    case map(keys: String, SchemaShape)
    case section([SchemaKey], rule: SectionRule? = nil)
    case either([SchemaShape])
    /// A key that is there and says nothing.
    case nothing

    /// A text in both languages, or one text for both.
    public static let bilingual = SchemaShape.either([
        .text, .section([SchemaKey("zh", .text, isRequired: true), SchemaKey("en", .text, isRequired: true)]),
    ])

    public static func list(_ item: SchemaShape) -> SchemaShape { .list(item, count: nil) }
    public static func words<Word: RawRepresentable<String> & CaseIterable>(_: Word.Type) -> SchemaShape {
        .word(Word.allCases.map(\.rawValue))
    }
}

/// JSON with its members in the order they were given.
indirect enum SchemaText {
    case word(String)
    case number(Int)
    case real(Double)
    case flag(Bool)
    case nothing
    case list([SchemaText])
    case members([(String, SchemaText)])

    /// Pretty-printed; short lists of words stand in one line.
    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .word(let word): return Self.quoted(word)
        case .number(let number): return "\(number)"
        case .real(let number): return plain(number)
        case .nothing: return "null"
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
    /// - Parameter allowsEmpty: Whether a key that need not be there may also have no value.
    func json(allowsEmpty: Bool) -> SchemaText { .members(members(allowsEmpty)) }

    private static func type(_ name: String) -> (String, SchemaText) { ("type", .word(name)) }
    private static let scalars = SchemaText.list([.word("string"), .word("number"), .word("boolean")])

    private func members(_ allowsEmpty: Bool) -> [(String, SchemaText)] {
        switch self {
        case .text: return [("type", Self.scalars)]
        case .form(let expression): return [("type", Self.scalars), ("pattern", .word(expression))]
        case .name: return [Self.type("string"), ("pattern", .word(topicNameExpression))]
        case .word(let words): return [("enum", .list(words.map { .word($0) }))]
        case .choice(let numbers): return [("enum", .list(numbers.map { .number($0) }))]
        case .integer(let range):
            let lowest = [Self.type("integer"), ("minimum", .number(range.lowerBound))]
            return range.upperBound == .max ? lowest : lowest + [("maximum", .number(range.upperBound))]
        case .number: return [Self.type("number")]
        case .quantity(let range):
            return [
                Self.type("number"), ("minimum", .real(range.lowerBound)), ("maximum", .real(range.upperBound)),
            ]
        case .boolean: return [Self.type("boolean")]
        case .nothing: return [Self.type("null")]
        case .list(let item, let count):
            var members = [Self.type("array"), ("items", item.json(allowsEmpty: allowsEmpty))]
            if let count {
                members += [("minItems", .number(count.lowerBound)), ("maxItems", .number(count.upperBound))]
            }
            return members
        case .map(let keys, let shape):
            return [
                Self.type("object"),
                ("patternProperties", .members([(keys, shape.json(allowsEmpty: allowsEmpty))])),
                ("additionalProperties", .flag(false)),
            ]
        case .either(let shapes): return [("anyOf", .list(shapes.map { $0.json(allowsEmpty: allowsEmpty) }))]
        case .section(let keys, let rule):
            var members = [Self.type("object")]
            let required = keys.filter(\.isRequired).map(\.name)
            if !required.isEmpty { members.append(("required", .list(required.map { .word($0) }))) }
            if let rule { members.append(rule.member) }
            let properties = keys.map { key in
                var value = key.shape.members(allowsEmpty)
                if allowsEmpty, !key.isRequired { value = value.map(orNothing) }
                if !key.meaning.isEmpty { value.insert(("description", .word(key.meaning)), at: 0) }
                if let usual = key.usual { value.append(("default", usual.json)) }
                return (key.name, SchemaText.members(value))
            }
            return members + [("properties", .members(properties)), ("additionalProperties", .flag(false))]
        }
    }
}

/// A member of a shape, so that nothing is allowed beside what it allows.
private func orNothing(_ member: (String, SchemaText)) -> (String, SchemaText) {
    switch member {
    case ("type", .word(let type)): return ("type", .list([.word(type), .word("null")]))
    case ("type", .list(let types)): return ("type", .list(types + [.word("null")]))
    case ("enum", .list(let words)): return ("enum", .list(words + [.nothing]))
    case ("anyOf", .list(let shapes)): return ("anyOf", .list(shapes + [SchemaShape.nothing.json(allowsEmpty: false)]))
    default: return member
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
