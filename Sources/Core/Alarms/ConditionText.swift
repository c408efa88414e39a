// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a condition must know of a point to speak of it.
public struct ConditionPoint: Hashable, Sendable {
    /// `<asset>/<point>`.
    public var name: String
    public var unit: UnitOfMeasure
    /// Words of a point whose value is a state.
    public var stateLabels: [String]

    public init(name: String, unit: UnitOfMeasure, stateLabels: [String] = []) {
        (self.name, self.unit, self.stateLabels) = (name, unit, stateLabels)
    }
}

/// Why a text is no condition.
public struct ConditionFault: Error, Hashable, Sendable {
    /// Characters before the place, from 0.
    public var offset: Int
    public var message: String
}

extension Condition {
    /// Deepest nesting of a condition that is written as text.
    static let deepest = 16

    /// Reads a condition, such as `pump-1/running is off and (tank/level < 0.3 m or not pump-2/running is on)`.
    ///
    /// `not` binds closest, then `and`, then `or`. A number has the unit of its point beside it.
    ///
    /// - Parameter points: All points of the site by their places; a place is what ``compare(point:_:_:)`` keeps.
    public init(_ text: String, points: [ConditionPoint]) throws(ConditionFault) {
        var reader = ConditionReader(text, points: points)
        self = try reader.condition()
    }
}

/// Reads a condition by descent.
private struct ConditionReader {
    private struct Token {
        var text: String
        var offset: Int
    }

    private var tokens: [Token] = []
    private var place = 0
    private var depth = 0
    private let points: [ConditionPoint]
    private let end: Int

    init(_ text: String, points: [ConditionPoint]) {
        self.points = points
        let characters = Array(text)
        end = characters.count
        var place = 0
        while place < characters.count {
            let start = place
            let character = characters[place]
            if character.isWhitespace {
                place += 1
                continue
            }
            if "()".contains(character) {
                place += 1
            } else if "<>=!".contains(character) {
                while place < characters.count, "<>=!".contains(characters[place]) { place += 1 }
            } else {
                while place < characters.count, !characters[place].isWhitespace, !"()<>=!".contains(characters[place]) {
                    place += 1
                }
            }
            tokens.append(Token(text: String(characters[start..<place]), offset: start))
        }
    }

    private func fault(_ message: String, at token: Token? = nil) -> ConditionFault {
        ConditionFault(offset: token?.offset ?? end, message: message)
    }

    private var next: Token? { place < tokens.count ? tokens[place] : nil }

    private mutating func skip(_ word: String) -> Bool {
        guard next?.text == word else { return false }
        place += 1
        return true
    }

    mutating func condition() throws(ConditionFault) -> Condition {
        let whole = try either()
        if let rest = next {
            throw fault("'\(rest.text)' is not understood here. Join conditions with 'and' or 'or'.", at: rest)
        }
        return whole
    }

    private mutating func either() throws(ConditionFault) -> Condition {
        var parts = [try both()]
        while skip("or") { parts.append(try both()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func both() throws(ConditionFault) -> Condition {
        var parts = [try single()]
        while skip("and") { parts.append(try single()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func single() throws(ConditionFault) -> Condition {
        guard depth < Condition.deepest else { throw fault("it is nested too deeply. Write it flatter.", at: next) }
        depth += 1
        defer { depth -= 1 }
        if skip("not") { return .not(try single()) }
        guard let open = next, skip("(") else { return try comparison() }
        let inside = try either()
        guard skip(")") else { throw fault("the '(' is not closed.", at: open) }
        return inside
    }

    private mutating func comparison() throws(ConditionFault) -> Condition {
        guard let name = next else { throw fault("a point is missing, such as pump-1/running.") }
        place += 1
        guard let point = points.firstIndex(where: { $0.name == name.text }) else {
            let help = suggestion(for: name.text, in: points.map(\.name))
            throw fault("there is no point '\(name.text)'; write asset/point.\(help)", at: name)
        }
        let facts = points[point]
        if facts.stateLabels.isEmpty, facts.unit != .none || next?.text != "is" { return try number(point, facts) }
        // Without words of its own it is on or off.
        let words = facts.stateLabels.isEmpty ? ["off", "on"] : facts.stateLabels
        guard skip("is") else {
            throw fault(
                "write '\(facts.name) is \(words[0])'; it is one of \(words.joined(separator: ", ")).", at: next)
        }
        let isNot = skip("not")
        guard let word = next, let state = words.firstIndex(of: word.text) else {
            let help = next.map { suggestion(for: $0.text, in: words) } ?? ""
            throw fault("'\(facts.name)' is one of \(words.joined(separator: ", ")).\(help)", at: next)
        }
        place += 1
        return .compare(point: point, isNot ? .unequal : .equal, Double(state))
    }

    private mutating func number(_ point: Int, _ facts: ConditionPoint) throws(ConditionFault) -> Condition {
        guard let sign = next, let relation = Condition.Relation(rawValue: sign.text) else {
            let signs = Condition.Relation.allCases.map(\.rawValue).joined(separator: " ")
            let others = facts.unit == .none ? ", or write 'is on' or 'is off'" : ""
            throw fault("compare '\(facts.name)' with a number by one of \(signs)\(others).", at: next)
        }
        place += 1
        guard let figure = next, let bound = Double(figure.text), bound.isFinite else {
            throw fault("a number is missing after '\(sign.text)'.", at: next)
        }
        place += 1
        let unit = facts.unit.rawValue
        guard facts.unit != .none else { return .compare(point: point, relation, bound) }
        guard let word = next, word.text == unit else {
            throw fault("'\(facts.name)' is in \(unit); write '\(figure.text) \(unit)'.", at: next)
        }
        place += 1
        return .compare(point: point, relation, bound)
    }
}
