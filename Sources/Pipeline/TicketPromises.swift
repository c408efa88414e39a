// SPDX-License-Identifier: Apache-2.0

public import Model
import Tickets

extension TicketSnapshot {
    /// Whether somebody still has to do something about it.
    public var isOpen: Bool { TicketState(rawValue: state)?.isOpen ?? true }

    /// Promises of an open ticket that are over at `now`: `respond`, `resolve`.
    public func overduePromises(at now: Timestamp) -> [String] {
        guard isOpen else { return [] }
        return [("respond", respondBy, respondedAt), ("resolve", resolveBy, resolvedAt)]
            .filter { $0.1 < now && $0.2 == nil }.map(\.0)
    }
}
