// SPDX-License-Identifier: Apache-2.0

public import Model
public import Notices
public import Tickets

/// A way by which notices leave the site, and which of them do.
public struct ChannelSettings: Hashable, Sendable {
    public var plan: ChannelPlan
    public var address: ChannelAddress
    /// Urgencies that it tells; none for one that only steps in for another.
    public var priorities: Set<Severity>
    /// Tells only what concerns somebody who serves on one of these posts at that moment; empty for all.
    public var posts: Set<DutyPost>
    /// Whether its receiver may be on this machine or in a private network.
    public var allowsPrivateAddresses: Bool
    /// For one message, 1 ... 30 s.
    public var timeLimit: Duration
    /// File of certificates to trust in place of the system's.
    public var certificates: String?

    public init(
        _ plan: ChannelPlan, _ address: ChannelAddress, priorities: Set<Severity> = Set(Severity.allCases),
        posts: Set<DutyPost> = [], allowsPrivateAddresses: Bool = false, timeLimit: Duration = .seconds(15),
        certificates: String? = nil
    ) {
        (self.plan, self.address, self.priorities, self.posts) = (plan, address, priorities, posts)
        (self.allowsPrivateAddresses, self.timeLimit) = (allowsPrivateAddresses, timeLimit)
        self.certificates = certificates
    }
}

/// Says which channels tell a notice, and what it is about.
public struct NoticeRouter: Sendable {
    private let channels: [ChannelSettings]
    private let persons: [PersonIdentifier: Person]
    private let assets: [AssetIdentifier: BilingualText]
    private let roster: Roster
    private let zone: ZoneOffsets
    private let site: SiteIdentifier

    public init(_ site: SiteConfiguration) {
        channels = site.channels
        persons = Dictionary(site.persons.map { ($0.identifier, $0) }, uniquingKeysWith: { first, _ in first })
        assets = Dictionary(site.devices.map { ($0.asset, $0.name) }, uniquingKeysWith: { first, _ in first })
        (roster, zone, self.site) = (site.roster, site.site.zone, site.site.identifier)
    }

    /// Whether anything is told at all.
    public var isEmpty: Bool { channels.isEmpty }

    /// The channels that tell it, in the order of the file: those for its urgency and for a post that somebody of its
    /// audience serves on, and those that the persons of its audience name as theirs.
    public func channels(for notice: TicketNotice, at now: Timestamp) -> [ChannelIdentifier] {
        let local = zone.local(now)
        let own = Set(notice.audience.compactMap { persons[$0]?.channel })
        return channels.filter { channel in
            if own.contains(channel.plan.identifier.text) { return true }
            guard channel.priorities.contains(notice.urgency) else { return false }
            return channel.posts.isEmpty
                || channel.posts.contains { post in
                    roster.onDuty(post, at: local).contains { notice.audience.contains($0) }
                }
        }.map(\.plan.identifier)
    }

    /// What a notice is about, for those who put it into words.
    public func facts(of notice: TicketNotice, _ ticket: Ticket) -> NoticeFacts {
        func name(_ person: PersonIdentifier) -> BilingualText { persons[person]?.name ?? BilingualText(person.text) }
        func moment(_ key: String) -> Timestamp? { notice.arguments[key].flatMap { Timestamp(rfc3339: $0) } }
        return NoticeFacts(
            kind: NoticeKind(notice.key), severity: notice.urgency, ticket: ticket.number,
            asset: assets[ticket.asset] ?? BilingualText(ticket.asset.text), rule: ticket.rule,
            owner: name(ticket.owner),
            assignee: ticket.assignee.map(name), respondBy: ticket.respondedAt == nil ? ticket.respondBy : nil,
            resolveBy: ticket.resolveBy, clock: notice.arguments["clock"],
            step: notice.arguments["step"].flatMap { Int($0) }, from: moment("from"), to: moment("to"),
            reason: BoundedText.cut(BoundedText.maskingPhones(notice.arguments["reason"] ?? ""), 600),
            residents: notice.arguments["notice"])
    }

    /// The notice in its words, for every channel that tells it.
    public func notice(
        _ notice: TicketNotice, _ ticket: Ticket, title: String, text: String, by channels: [ChannelIdentifier],
        at now: Timestamp
    ) -> Notice {
        Notice(
            ticket: notice.ticket, sequence: notice.index, severity: notice.urgency, kind: NoticeKind(notice.key),
            clock: notice.arguments["clock"], title: title, text: text, site: site, asset: ticket.asset,
            rule: ticket.rule, at: now, audience: notice.audience,
            phones: notice.audience.compactMap { persons[$0]?.phone }, channels: channels)
    }
}

/// What a notice is about.
public struct NoticeFacts: Hashable, Sendable {
    public var kind: NoticeKind
    public var severity: Severity
    public var ticket: String
    public var asset: BilingualText
    public var rule: RuleIdentifier
    public var owner: BilingualText
    /// `nil` while nobody has the job.
    public var assignee: BilingualText?
    /// `nil` once it is answered.
    public var respondBy: Timestamp?
    public var resolveBy: Timestamp
    /// The promise that it is about, such as `repair`.
    public var clock: String?
    /// Part of its budget in percent; above 100 the minutes since it was used up and 100.
    public var step: Int?
    public var from: Timestamp?
    public var to: Timestamp?
    /// What a person gave as the reason, free of phone numbers.
    public var reason: String
    /// What residents are told, to the letter, with the phone number of the one who answers; `nil` for any other notice.
    public var residents: String?

    public init(
        kind: NoticeKind, severity: Severity, ticket: String, asset: BilingualText, rule: RuleIdentifier,
        owner: BilingualText, assignee: BilingualText? = nil, respondBy: Timestamp?, resolveBy: Timestamp,
        clock: String? = nil, step: Int? = nil, from: Timestamp? = nil, to: Timestamp? = nil, reason: String = "",
        residents: String? = nil
    ) {
        (self.kind, self.severity, self.ticket, self.asset, self.rule) = (kind, severity, ticket, asset, rule)
        (self.owner, self.assignee, self.respondBy, self.resolveBy) = (owner, assignee, respondBy, resolveBy)
        (self.clock, self.step, self.from, self.to, self.reason) = (clock, step, from, to, reason)
        self.residents = residents
    }
}

extension NoticeKind {
    init(_ key: TicketNotice.Key) {
        switch key {
        case .raised: self = .raised
        case .assigned: self = .assigned
        case .handOverOffered: self = .handOverOffered
        case .holdEnded: self = .holdEnded
        case .escalated: self = .escalated
        case .breached: self = .breached
        case .postponed: self = .postponed
        case .postponementRefused: self = .postponementRefused
        case .resolved: self = .resolved
        case .signOffDue: self = .signOffDue
        case .sentBack: self = .sentBack
        case .reopened: self = .reopened
        case .ended: self = .ended
        case .verificationFailed: self = .verificationFailed
        case .residentsTold: self = .residentsTold
        case .risen: self = .risen
        case .feedbackDue: self = .feedbackDue
        }
    }
}
