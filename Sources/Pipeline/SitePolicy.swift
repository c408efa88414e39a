// SPDX-License-Identifier: Apache-2.0

import Model
public import Tickets

extension SiteConfiguration {
    /// What the ticket machine is told about this site.
    public var ticketPolicy: TicketPolicy {
        let leaders = persons.filter { $0.role == .shiftLeader || $0.role == .manager }.map(\.identifier)
        return TicketPolicy(
            site: site.identifier, zone: site.zone, owner: owner, verifyFor: tickets.verifyFor,
            verifyLeakFor: tickets.verifyLeakFor,
            levels: levels ?? .standard(serviceHours: serviceHours.name, workingDays: workingDays), roster: roster,
            calendars: [serviceHours, workingDays], leaders: Set(leaders))
    }
}
