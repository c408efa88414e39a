// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a site chose for one parameter of a profile.
public enum ParameterValue: Hashable, Sendable {
    case integer(Int64)
    case number(Double)
    case text(String)
    case isOn(Bool)
}

/// Something that the installation decides, not the maker: a unit set in a menu, a word order, a pulse weight.
public struct ProfileParameter: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable { case integer, number, text, boolean }
    public var name: String
    public var kind: Kind
    /// `nil` when the site has to say it.
    public var defaultValue: ParameterValue?
    /// Words to choose from; empty when any will do.
    public var allowed: [String]
    public var range: ClosedRange<Double>?
    public var unit: UnitOfMeasure?
}
