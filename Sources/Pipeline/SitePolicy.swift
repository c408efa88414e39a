// SPDX-License-Identifier: Apache-2.0

public import Model
public import Tickets

extension SiteConfiguration {
    /// What the ticket machine is told about this site.
    public var ticketPolicy: TicketPolicy {
        let leaders = persons.filter { $0.role == .shiftLeader || $0.role == .manager }.map(\.identifier)
        var policy = TicketPolicy(
            site: site.identifier, zone: site.zone, owner: owner, verifyFor: tickets.verifyFor,
            verifyLeakFor: tickets.verifyLeakFor,
            levels: levels ?? .standard(serviceHours: serviceHours.name, workingDays: workingDays), roster: roster,
            calendars: [serviceHours, workingDays], leaders: Set(leaders))
        policy.feedbackWithin = tickets.feedbackWithin
        for device in devices {
            policy.responsible[device.asset] = Responsibility(party: device.responsible, contact: device.card.contact)
        }
        return policy
    }
}

extension SiteConfiguration {
    /// What the gateway watches of duty and calendars.
    public var dutyWatch: DutyWatch {
        DutyWatch(roster: roster, serviceHours: serviceHours, workingDays: workingDays, zone: site.zone)
    }
}

/// Who serves at a moment, and where nobody will in the next 7 days.
public struct DutyReport: Hashable, Sendable {
    public struct Post: Hashable, Sendable {
        public var name: String
        public var persons: [PersonIdentifier]
    }
    public struct Gap: Hashable, Sendable {
        public var post: String
        public var from: Timestamp
        public var to: Timestamp
    }
    /// A calendar and the year that it has no list of.
    public struct MissingList: Hashable, Sendable {
        public var calendar: String
        public var year: Int
    }

    /// Who answers for what the engine reports now.
    public var owner: PersonIdentifier
    /// Posts on which somebody serves now.
    public var posts: [Post]
    public var gaps: [Gap]
    /// Lists that are missing within 60 days.
    public var missingLists: [MissingList]

    public init(_ site: SiteConfiguration, at now: Timestamp) {
        let zone = site.site.zone
        let local = zone.local(now)
        owner = site.ticketPolicy.owner(at: now)
        posts = DutyPost.allCases.compactMap { post in
            let persons = site.roster.onDuty(post, at: local)
            return persons.isEmpty ? nil : Post(name: post.rawValue, persons: persons)
        }
        gaps = site.roster.gaps(from: now, serviceHours: site.serviceHours, zone: zone)
            .map { Gap(post: $0.post.rawValue, from: $0.from, to: $0.to) }
        missingLists = [site.serviceHours, site.workingDays].compactMap { calendar in
            calendar.missingYear(on: local.date).map { MissingList(calendar: calendar.name, year: $0) }
        }
    }
}
