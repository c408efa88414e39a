// SPDX-License-Identifier: Apache-2.0

public import Model
public import Tickets

/// A notice to residents that a person wants to see, or approves.
public struct ResidentRequest: Codable, Sendable, Hashable {
    public var ticket: String
    /// `nil` asks for those that were approved.
    public var kind: ResidentNotice.Kind?
    /// Who approves; `nil` only shows what would be told.
    public var approver: PersonIdentifier?
    public var cause: BilingualText?
    public var place: BilingualText?
    public var company: BilingualText?
    public var phone: String?
    public var start: Timestamp?
    public var end: Timestamp?

    public init(ticket: String, kind: ResidentNotice.Kind?) { (self.ticket, self.kind) = (ticket, kind) }
}

/// What residents are told of a ticket, or why not.
public struct ResidentReply: Codable, Sendable, Hashable {
    /// A notice that its owner approved.
    public struct Approved: Codable, Sendable, Hashable {
        public var at: Timestamp
        public var by: String
        public var notice: ResidentNotice
    }

    /// What the notice says; `nil` when it was refused or none was asked for.
    public var text: BilingualText?
    /// Those of the ticket that were approved, the first one first.
    public var approved: [Approved] = []
    /// The notice that is prepared for the owner to approve; `nil` when none is due.
    public var prepared: ResidentNotice.Kind?
    /// What it says; `nil` while something is missing.
    public var draft: BilingualText?
    public var refusal: String?
    /// The same for the catalogue; `nil` where it has no sentence.
    public var reason: RefusalReason?

    public init() {}
    public init(refusal: String, _ reason: RefusalReason? = nil) { (self.refusal, self.reason) = (refusal, reason) }

    public init(_ ticket: Ticket) {
        approved = ticket.history.compactMap { event in
            guard case .residentsTold(let notice) = event.kind else { return nil }
            return Approved(at: event.at, by: event.actor.word, notice: notice)
        }
    }
}

extension ResidentGiven {
    /// What a person said, and where the person did not, what the site's file says of place, company and owner.
    public init(_ request: ResidentRequest, _ ticket: Ticket, of site: SiteConfiguration) {
        self.init()
        let owner = site.persons.first { $0.identifier == ticket.owner }
        cause = request.cause
        place = request.place ?? site.devices.first { $0.asset == ticket.asset }?.name
        company = request.company ?? site.site.company
        ownerName = owner?.name
        phone = request.phone ?? owner?.phone
        (start, end) = (request.start, request.end)
    }
}

extension ResidentRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownTicket(let number): "ticket '\(number)' is not known at this site"
        case .ended(let number): "ticket \(number) has ended; nobody answers for it any more"
        case .notOwner(let person, let owner, let number):
            "\(owner) answers for ticket \(number) and has to approve it, not \(person)"
        case .missing(let slots):
            "it says nothing of "
                + slots.map { "'\($0.rawValue)' (\($0.help))" }.joined(separator: ", ")
        case .endsBeforeStart(let start, let end): "it would end (\(end.rfc3339)) before it starts (\(start.rfc3339))"
        }
    }
}

extension EstateView {
    public func residents(_ request: ResidentRequest) async -> ResidentReply {
        ResidentReply(refusal: "this gateway writes no notices to residents")
    }
}
