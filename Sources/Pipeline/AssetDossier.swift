// SPDX-License-Identifier: Apache-2.0

public import Model
import Profiles
public import Tickets

/// What whoever takes on a ticket should know of its asset.
public struct AssetDossier: Hashable, Codable, Sendable {
    /// An earlier ticket of the asset.
    public struct Earlier: Hashable, Codable, Sendable {
        public var number: String
        public var rule: RuleIdentifier
        public var state: String
        public var raisedAt: Timestamp
    }

    /// Something announced for the asset, or for the whole estate, about the time of the ticket.
    public struct Announced: Hashable, Codable, Sendable {
        public var kind: String
        public var start: Timestamp
        public var end: Timestamp
        public var note: String

        public init(kind: String, start: Timestamp, end: Timestamp, note: String) {
            (self.kind, self.start, self.end, self.note) = (kind, start, end, note)
        }
    }

    /// Its device, by the name of its profile, and the folder of that: `pump`, `lift`.
    public var model: String
    public var kind: String
    public var area: AreaIdentifier
    /// Building or room; empty when it is not known.
    public var place: String
    public var responsible: ResponsibleParty
    /// Who speaks for them; `nil` for nobody.
    public var contact: PersonIdentifier?
    public var boundary: BilingualText?
    public var warrantyUntil: CivilDate?
    /// The day on which planned work was done last; `nil` when none is on record.
    public var lastServiceOn: CivilDate?
    /// The newest five, newest first.
    public var earlier: [Earlier]
    public var emergencyPlan: BilingualText?
    public var safetyNote: BilingualText?
    public var spareParts: [BilingualText]
    public var announced: [Announced]
    public var causes: [LikelyCause]

    /// Announced so long before or after a ticket is near it.
    private static let near: Duration = .seconds(24 * 3600)
    private static let most = 5

    /// Of an asset of which nothing more is known.
    public init(model: String, kind: String, area: AreaIdentifier, responsible: ResponsibleParty) {
        (self.model, self.kind, self.area, self.responsible) = (model, kind, area, responsible)
        (place, earlier, spareParts, announced, causes) = ("", [], [], [], [])
    }

    /// - Parameters:
    ///   - tickets: All that are remembered.
    ///   - announced: Everything announced, with the asset that is meant; `nil` for the whole estate.
    ///   - serviced: When planned work was done last on the asset.
    /// - Returns: `nil` for an asset that is no device of the site.
    public init?(
        of ticket: Ticket, in site: SiteConfiguration, tickets: [Ticket],
        announced: [(asset: AssetIdentifier?, Announced)], serviced: CivilDate?
    ) {
        guard let device = site.devices.first(where: { $0.asset == ticket.asset }) else { return nil }
        self.init(
            model: device.profile.identifier, kind: device.profile.kind, area: device.area,
            responsible: device.responsible)
        (place, contact) = (device.place, device.card.contact)
        (boundary, warrantyUntil) = (device.card.boundary, device.card.warrantyUntil)
        lastServiceOn = serviced
        let others = tickets.filter { $0.asset == ticket.asset && $0.number != ticket.number }
            .sorted { ($1.raisedAt, $1.number) < ($0.raisedAt, $0.number) }
        earlier = others.prefix(Self.most).map {
            Earlier(number: $0.number, rule: $0.rule, state: $0.state.rawValue, raisedAt: $0.raisedAt)
        }
        let guidance = site.guidance
        emergencyPlan = GuidanceSettings.entry(guidance.emergencyPlans, rule: ticket.rule, kind: kind)
        safetyNote = GuidanceSettings.entry(guidance.safetyNotes, rule: ticket.rule, kind: kind)
        spareParts = GuidanceSettings.entry(guidance.spareParts, rule: ticket.rule, kind: kind) ?? []
        let raised = ticket.raisedAt
        self.announced = announced.filter {
            ($0.asset == nil || $0.asset == ticket.asset) && $0.1.start <= raised + Self.near
                && $0.1.end >= raised - Self.near
        }.map(\.1)
        causes = LikelyCause.ranked(of: ticket.rule, on: ticket.asset, but: ticket.number, from: tickets)
    }
}
