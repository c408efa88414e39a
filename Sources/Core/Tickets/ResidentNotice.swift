// SPDX-License-Identifier: Apache-2.0

public import Model

/// What residents are told of a ticket, as its owner approved it: a line of the ticket's log.
public struct ResidentNotice: Codable, Sendable, Hashable {
    /// What a notice says; the text of each stands in the catalogue.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// 停水通知.
        case waterOutage = "water-outage"
        /// 恢复供水通知.
        case waterRestored = "water-restored"
        /// 电梯停用通知.
        case liftOutOfService = "lift-out-of-service"
        /// 改期通知, to one reporter.
        case postponed

        /// Everything that its text names; none may be missing.
        public var slots: [ResidentSlot] {
            switch self {
            case .waterOutage, .liftOutOfService:
                [.cause, .place, .start, .end, .owner, .phone, .number, .company, .date]
            case .waterRestored: [.place, .end, .owner, .phone, .number, .company, .date]
            case .postponed: [.from, .to, .reason, .owner, .phone, .number, .company, .date]
            }
        }
    }

    public var kind: Kind
    /// As it was approved, to the letter.
    public var text: BilingualText

    public init(_ kind: Kind, text: BilingualText) { (self.kind, self.text) = (kind, text) }
}

/// A gap of a notice's text that a fact fills.
public enum ResidentSlot: String, Codable, Sendable, CaseIterable {
    case cause, place, start, end, from, to, reason, owner, phone, number, company, date

    /// How it is given when the ticket does not have it.
    public var help: String {
        switch self {
        case .cause: "--cause \"...\" (and --cause-en)"
        case .place: "--place \"...\" (and --place-en)"
        case .start: "--start 2026-11-27T09:00:00+08:00"
        case .end: "--end 2026-11-27T12:00:00+08:00"
        case .from, .to, .reason: "postpone the ticket first: sluice tickets postpone"
        case .owner, .number, .date: "the ticket has it"
        case .phone: "--phone, or the owner's 'phone' under 'persons'"
        case .company: "--company \"...\" (and --company-en)"
        }
    }
}

/// What fills a gap: a text that was written, or a moment that each language writes in its way.
public enum ResidentFact: Hashable, Sendable {
    case text(BilingualText)
    case moment(Timestamp)
    case date(CivilDate)
}

/// What a person adds to what the ticket knows.
public struct ResidentGiven: Hashable, Sendable {
    public var cause: BilingualText?
    public var place: BilingualText?
    public var company: BilingualText?
    public var ownerName: BilingualText?
    public var phone: String?
    public var start: Timestamp?
    public var end: Timestamp?

    public init() {}
}

/// Why residents are not told.
public enum ResidentRefusal: Error, Hashable, Sendable {
    case unknownTicket(String)
    /// The ticket has ended, so nobody answers for it any more.
    case ended(ticket: String)
    case notOwner(PersonIdentifier, owner: PersonIdentifier, ticket: String)
    /// Never empty; in the order of the text.
    case missing([ResidentSlot])
    case endsBeforeStart(start: Timestamp, end: Timestamp)
}

extension ResidentNotice {
    /// What the text of `kind` is filled with: what was given counts before what the ticket knows.
    ///
    /// - Parameter today: The date on the site's wall, which the notice bears.
    /// - Throws: ``ResidentRefusal/missing(_:)`` with everything that nobody knows, or that the end comes before the
    ///   start.
    public static func facts(
        of kind: Kind, _ ticket: Ticket, given: ResidentGiven, today: CivilDate
    ) throws(ResidentRefusal) -> [ResidentSlot: ResidentFact] {
        var facts: [ResidentSlot: ResidentFact] = [:]
        var missing: [ResidentSlot] = []
        for slot in kind.slots {
            if let fact = fact(slot, of: kind, ticket, given, today) {
                facts[slot] = fact
            } else {
                missing.append(slot)
            }
        }
        guard missing.isEmpty else { throw .missing(missing) }
        if case .moment(let start)? = facts[.start], case .moment(let end)? = facts[.end], end <= start {
            throw .endsBeforeStart(start: start, end: end)
        }
        return facts
    }

    private static func fact(
        _ slot: ResidentSlot, of kind: Kind, _ ticket: Ticket, _ given: ResidentGiven, _ today: CivilDate
    ) -> ResidentFact? {
        switch slot {
        case .cause: return written(given.cause) ?? written(ticket.report.map { BilingualText($0.cause) })
        case .place: return written(given.place)
        case .company: return written(given.company)
        case .owner: return written(given.ownerName) ?? .text(BilingualText(ticket.owner.text))
        case .phone: return written(given.phone.map(BilingualText.init))
        case .number: return .text(BilingualText(ticket.number))
        case .date: return .date(today)
        // Work that is planned begins when somebody says so, not when its ticket was made.
        case .start: return (given.start ?? (ticket.isFault ? ticket.raisedAt : nil)).map(ResidentFact.moment)
        case .end:
            let waits = ticket.waitsForUtility ? ticket.hold?.until : nil
            let known =
                kind == .waterRestored ? ticket.resolvedAt : waits ?? ticket.postponement?.to ?? ticket.resolveBy
            return (given.end ?? known).map(ResidentFact.moment)
        case .from: return ticket.postponement.map { .moment($0.from) }
        case .to: return ticket.postponement.map { .moment($0.to) }
        case .reason: return written(ticket.postponement.map { BilingualText($0.reason) })
        }
    }

    /// `nil` for a text that is blank in either language.
    private static func written(_ text: BilingualText?) -> ResidentFact? {
        guard let text, !text.zh.allSatisfy(\.isWhitespace), !text.en.allSatisfy(\.isWhitespace) else { return nil }
        return .text(text)
    }
}

extension Ticket {
    /// Whether something broke; else it is work that was planned.
    fileprivate var isFault: Bool { !findings.isEmpty || !incidents.isEmpty || !reports.isEmpty }

    /// What residents were told, the first one first.
    public var residentNotices: [TicketEvent] {
        history.filter { if case .residentsTold = $0.kind { true } else { false } }
    }
}

extension TicketBook {
    /// Notes that the owner approved what residents are told. Only from then on it counts as sent.
    ///
    /// - Parameter identifier: A name that no other event has; the same twice is noted once.
    public mutating func approve(
        _ notice: ResidentNotice, on number: String, by person: PersonIdentifier, identifier: String, at now: Timestamp
    ) throws(ResidentRefusal) -> [TicketEffect] {
        guard let ticket = ticket(number) else { throw .unknownTicket(number) }
        guard !ticket.isClosed else { throw .ended(ticket: number) }
        guard ticket.owner == person else { throw .notOwner(person, owner: ticket.owner, ticket: number) }
        var effects: [TicketEffect] = []
        append(.residentsTold(notice), to: number, named: identifier, by: .person(person), at: now, into: &effects)
        return effects
    }
}
