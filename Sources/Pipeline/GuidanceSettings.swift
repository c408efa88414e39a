// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a site's file says of one asset for its card.
public struct CardSettings: Hashable, Sendable {
    /// Who hears of its tickets beside those on duty, such as the lift company's technician.
    public var contact: PersonIdentifier?
    /// Where the responsibility ends, such as "utility up to the inlet meter"; `nil` when nothing is said.
    public var boundary: BilingualText?
    /// The last day of its warranty; `nil` when it is not known.
    public var warrantyUntil: CivilDate?

    public init(contact: PersonIdentifier? = nil, boundary: BilingualText? = nil, warrantyUntil: CivilDate? = nil) {
        (self.contact, self.boundary, self.warrantyUntil) = (contact, boundary, warrantyUntil)
    }
}

/// What a site's file tells whoever goes there, by failure mode or by kind of asset.
public struct GuidanceSettings: Hashable, Sendable {
    /// What to do first when it is serious.
    public var emergencyPlans: [String: BilingualText] = [:]
    /// What to beware of.
    public var safetyNotes: [String: BilingualText] = [:]
    /// What to bring.
    public var spareParts: [String: [BilingualText]] = [:]

    public init() {}

    /// The entry of a failure mode, else that of a kind of asset.
    static func entry<Value>(_ entries: [String: Value], rule: RuleIdentifier, kind: String) -> Value? {
        entries[rule.text] ?? entries[kind]
    }
}
