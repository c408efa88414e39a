// SPDX-License-Identifier: Apache-2.0

import Model
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
        case .missing(_, let need, let number): self = .ground(ActionGround(need), number)
        case .notAhead(_, let time, _): self = .ground(.timePassed, time.rfc3339)
        case .postponementUsed(let number): self = .ground(.postponementUsed, number)
        case .otherOpen(_, let other): self = .ground(.otherOpen, other)
        case .windowOver(let number): self = .ground(.windowOver, number)
        case .otherNotOpen(_, let other): self = .ground(.otherNotOpen, other)
        case .notOffered(let person, _): self = .ground(.notOffered, person.text)
        case .scoreOutOfRange(let score): self = .ground(.scoreOutOfRange, "\(score)")
        }
    }
}

extension ActionGround {
    init(_ need: TicketRefusal.Need) {
        switch need {
        case .person: self = .needsPerson
        case .reason: self = .needsReason
        case .time: self = .needsTime
        case .approval: self = .needsApproval
        case .attempts: self = .needsAttempts
        case .other: self = .needsOther
        }
    }
}
