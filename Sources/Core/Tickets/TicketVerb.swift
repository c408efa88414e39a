// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a person can do to a ticket.
public enum TicketVerb: String, Codable, Sendable, CaseIterable {
    /// Takes the job on; answers the acknowledgement promise.
    case accept
    /// Is at the place.
    case arrive
    /// Reports the repair done, with a note of what was found and done.
    case resolve
    /// Accepts the repair, or sends it back.
    case signOff = "sign-off"

    /// The moves it can make.
    public var causes: [TicketCause] {
        switch self {
        case .accept: [.accept]
        case .arrive: [.arrive]
        case .resolve: [.resolve]
        case .signOff: [.passSignOff, .failSignOff]
        }
    }
}

/// Why a person's action was not carried out. Nothing has changed then.
public enum TicketRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownTicket(String)
    /// The ticket has changed since the person looked at it.
    case stale(ticket: String, version: Int)
    /// The state does not allow it.
    case notAllowed(TicketVerb, ticket: String, state: TicketState, allowed: [TicketVerb])
    /// The action needs a note and the note was empty.
    case noteMissing(TicketVerb, ticket: String)
    /// The one who repaired it must not sign it off.
    case signerIsResolver(PersonIdentifier, ticket: String)

    public var description: String {
        switch self {
        case .unknownTicket(let number):
            "ticket '\(number)' is not known at this site; see the list of tickets for its number"
        case .stale(let number, let version):
            "ticket \(number) has changed meanwhile and is at version \(version) now; look at it again, then repeat"
        case .notAllowed(let verb, let number, let state, let allowed):
            "'\(verb.rawValue)' is not allowed while ticket \(number) is '\(state.rawValue)'; allowed: "
                + (allowed.isEmpty ? "nothing" : allowed.map(\.rawValue).joined(separator: ", "))
        case .noteMissing(let verb, let number):
            "'\(verb.rawValue)' of ticket \(number) needs a note: say what was found and what was done"
        case .signerIsResolver(let person, let number):
            "ticket \(number) was repaired by \(person); somebody else has to sign it off"
        }
    }
}
