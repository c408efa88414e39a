// SPDX-License-Identifier: Apache-2.0

public import Model

/// Who must act on an asset, and who of the site's persons speaks for them.
///
/// The owner of a ticket stays the property company's person, whoever does the work: of a contractor's asset the
/// contractor hears of the ticket at once; of a utility's the call is noted with its number (hold `utility`); a resident's
/// is told to the resident (``ResidentNotice``), and the owner follows it.
public struct Responsibility: Hashable, Codable, Sendable {
    public var party: ResponsibleParty
    /// Who hears of a new ticket beside those on duty; `nil` for nobody.
    public var contact: PersonIdentifier?

    public init(party: ResponsibleParty, contact: PersonIdentifier? = nil) {
        (self.party, self.contact) = (party, contact)
    }
}
