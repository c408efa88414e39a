// SPDX-License-Identifier: Apache-2.0

/// A key of a section: for the reader, which refuses every other, and for the schema.
public struct SchemaKey: Sendable {
    public var name: String
    public var shape: SchemaShape
    public var isRequired = false
    /// What holds where the key is not given, if that is always the same.
    public var usual: UsualValue?
    /// What editors show; empty for nothing.
    public var meaning = ""

    public init(
        _ name: String, _ shape: SchemaShape, isRequired: Bool = false, usual: UsualValue? = nil,
        _ meaning: String = ""
    ) {
        self.name = name
        self.shape = shape
        self.isRequired = isRequired
        self.usual = usual
        self.meaning = meaning
    }
}

extension [SchemaKey] {
    /// What a reader of the section accepts.
    public var names: [String] { map(\.name) }
}

/// Which keys of a section exclude or replace each other.
public enum SectionRule: Sendable {
    case exactlyOne([String])
    case atLeastOne([String])
}

/// A default, as it would be written in the file.
public enum UsualValue: Hashable, Sendable {
    case whole(Int)
    case real(Double)
    case flag(Bool)
    case word(String)

    /// How the file would write it.
    public var text: String {
        switch self {
        case .whole(let number): "\(number)"
        case .real(let number): plain(number)
        case .flag(let flag): "\(flag)"
        case .word(let word): word
        }
    }

    var json: SchemaText {
        switch self {
        case .whole(let number): .number(number)
        case .real(let number): .real(number)
        case .flag(let flag): .flag(flag)
        case .word(let word): .word(word)
        }
    }
}

/// An expression for the names that may be part of a topic (``DeviceIdentifier``).
public let topicNameExpression = "^[a-z0-9][a-z0-9_-]{0,63}$"

/// The JSON Schema (2020-12) of a file whose outermost map has these keys, with a final break.
///
/// - Parameters:
///   - command: What makes the schema, for its comment.
///   - allowsEmpty: Whether a key that need not be there may also have no value.
public func schema(
    titled title: String, madeBy command: String, keys: [SchemaKey], rule: SectionRule? = nil, allowsEmpty: Bool
) -> String {
    let head: [(String, SchemaText)] = [
        ("$schema", .word("https://json-schema.org/draft/2020-12/schema")),
        ("title", .word(title)),
        ("$comment", .word("Made by: \(command)")),
    ]
    guard case .members(let members) = SchemaShape.section(keys, rule: rule).json(allowsEmpty: allowsEmpty) else {
        return ""
    }
    return SchemaText.members(head + members).text() + "\n"
}
