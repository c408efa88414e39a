// SPDX-License-Identifier: Apache-2.0

import Model

/// What must hold of points of the site, such as `pump-1/running is off`.
///
/// It is judged with three answers: true, false, and not known. A point without a value that can be believed makes only
/// that part unknown: `a or b` is true when one of them is, whatever the other.
public indirect enum Condition: Hashable, Sendable {
    /// How a value is compared with a bound.
    public enum Relation: String, Hashable, Sendable, CaseIterable {
        case less = "<"
        case atMost = "<="
        case more = ">"
        case atLeast = ">="
        case equal = "="
        case unequal = "!="
    }

    /// A point by its place in the catalogue. A Boolean is 1 or 0, a state the place of its label.
    case compare(point: Int, Relation, Double)
    case not(Condition)
    case all([Condition])
    case any([Condition])

    /// Whether it holds; `nil` when that is not known.
    ///
    /// - Parameter value: What a point shows; `nil` for one without a value that can be believed.
    public func holds(_ value: (Int) -> Double?) -> Bool? {
        switch self {
        case .compare(let point, let relation, let bound): value(point).map { relation.holds($0, bound) }
        case .not(let part): part.holds(value).map { !$0 }
        case .all(let parts): Self.verdict(of: parts, decisive: false, value)
        case .any(let parts): Self.verdict(of: parts, decisive: true, value)
        }
    }

    /// One decisive part decides; without it one that is unknown leaves all unknown.
    private static func verdict(of parts: [Condition], decisive: Bool, _ value: (Int) -> Double?) -> Bool? {
        var isKnown = true
        for part in parts {
            guard let verdict = part.holds(value) else {
                isKnown = false
                continue
            }
            if verdict == decisive { return decisive }
        }
        return isKnown ? !decisive : nil
    }

    /// Every point that it speaks of.
    public var points: Set<Int> {
        switch self {
        case .compare(let point, _, _): [point]
        case .not(let part): part.points
        case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.points) }
        }
    }
}

extension Condition.Relation {
    fileprivate func holds(_ value: Double, _ bound: Double) -> Bool {
        switch self {
        case .less: value < bound
        case .atMost: value <= bound
        case .more: value > bound
        case .atLeast: value >= bound
        case .equal: value == bound
        case .unequal: value != bound
        }
    }
}
