// SPDX-License-Identifier: Apache-2.0

/// What a site's parameter must be for a point or a signal to exist.
public struct Presence: Hashable, Sendable {
    public enum Condition: Hashable, Sendable {
        case oneOf([ParameterValue])
        /// Of an integer: the third of several alike exists when there are at least three.
        case atLeast(Int64)
    }
    public var parameter: String
    public var condition: Condition

    /// Whether `value` meets it; what has not been chosen yet hides nothing.
    func isMet(by value: ParameterValue?) -> Bool {
        guard let value else { return true }
        switch (condition, value) {
        case (.oneOf(let values), _): return values.contains(value)
        case (.atLeast(let least), .integer(let count)): return count >= least
        case (.atLeast, _): return false
        }
    }

    /// Whether no choice meets both.
    func excludes(_ other: Presence) -> Bool {
        // A condition without values, which could not be read, is never met.
        guard condition != .oneOf([]), other.condition != .oneOf([]) else { return true }
        guard parameter == other.parameter, case .oneOf(let mine) = condition, case .oneOf(let theirs) = other.condition
        else { return false }
        return Set(mine).isDisjoint(with: theirs)
    }
}

extension DeviceProfile {
    /// Whether all of `conditions` hold when the site chose `chosen`; what it did not choose takes its default.
    func isPresent(_ conditions: [Presence], _ chosen: [String: ParameterValue]) -> Bool {
        conditions.allSatisfy { $0.isMet(by: chosen[$0.parameter] ?? parameter(named: $0.parameter)?.defaultValue) }
    }
}
