// SPDX-License-Identifier: Apache-2.0

public import Tickets

extension ActionRefusal {
    /// What a page or a command is told of the ticket machine's refusal.
    public init(_ refusal: TicketRefusal) {
        switch refusal {
        case .unknownTicket(let number): self = .unknownTicket(number)
        case .stale(_, let version): self = .stale(version: version)
        case .notAllowed(_, _, let state, let allowed):
            self = .notAllowed(state: state.rawValue, allowed: allowed.map(\.rawValue))
        case .noteMissing: self = .noteMissing
        case .signerIsResolver: self = .signerIsResolver
        }
    }
}
