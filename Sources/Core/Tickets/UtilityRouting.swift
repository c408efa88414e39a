// SPDX-License-Identifier: Apache-2.0

import Model

/// What follows by itself where the utility has to act: work waits for it, and residents are told.
extension TicketBook {
    /// Whether the utility repairs what a ticket is about.
    public func isUtilitys(_ ticket: Ticket) -> Bool { policy.responsible[ticket.asset]?.party == .utility }

    /// Why work on a ticket waits when nobody says why; `nil` where a person has to say it.
    public func proposedHold(of ticket: Ticket) -> HoldReason? { isUtilitys(ticket) ? .utility : nil }
}

extension Ticket {
    /// Faults that leave taps dry or their water unfit.
    private static let outages: Set<RuleIdentifier> = [
        .burst, .networkLeak, .massBalance, .waterQuality, RuleIdentifier("reported_no_water"),
        RuleIdentifier("reported_water_quality"), RuleIdentifier("reported_leak"),
    ]

    /// Whether it waits for the utility.
    public var waitsForUtility: Bool { hold?.reason == .utility }

    /// The notice to residents that is prepared for the owner to approve; `nil` when none is due.
    ///
    /// Of water that the utility has to bring back the outage is told, and once that was told and the work is done, that
    /// water is back. Nothing is told twice.
    ///
    /// - Parameter isUtilitys: Whether the utility is the responsible party of its asset.
    public func preparedNotice(isUtilitys: Bool) -> ResidentNotice.Kind? {
        guard !isClosed, Self.outages.contains(rule) else { return nil }
        let told = Set(
            residentNotices.compactMap { event in
                if case .residentsTold(let notice) = event.kind { notice.kind } else { nil }
            })
        guard resolvedAt == nil else {
            return told.contains(.waterOutage) && !told.contains(.waterRestored) ? .waterRestored : nil
        }
        return (isUtilitys || waitsForUtility) && !told.contains(.waterOutage) ? .waterOutage : nil
    }
}
