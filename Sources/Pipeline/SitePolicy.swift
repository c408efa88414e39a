// SPDX-License-Identifier: Apache-2.0

import Model
public import Tickets

extension SiteConfiguration {
    /// What the ticket machine is told about this site.
    public var ticketPolicy: TicketPolicy {
        TicketPolicy(
            site: site.identifier, zone: site.zone, owner: owner, verifyFor: tickets.verifyFor,
            verifyLeakFor: tickets.verifyLeakFor)
    }
}
