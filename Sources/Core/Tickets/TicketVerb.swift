// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a person can do to a ticket.
public enum TicketVerb: String, Codable, Sendable, CaseIterable {
    /// Takes the job on; answers the acknowledgement promise.
    case accept
    /// 抢单: takes on a job that nobody was given.
    case grab
    /// Gives the job to somebody.
    case assign
    /// Is at the place.
    case arrive
    /// Begins to work.
    case start
    /// Notes a visit in vain.
    case attempt
    /// Lets the work wait, with a reason and a date.
    case hold
    case resume
    /// Moves the promised time, once.
    case postpone
    /// Reports the repair done, with a note of what was found and done.
    case resolve
    /// Accepts the repair, or sends it back.
    case signOff = "sign-off"
    /// 反馈: notes that the reporter was told how it stands.
    case inform
    /// 回访: notes what the reporter says of a closed ticket.
    case followUp = "follow-up"
    case reopen
    /// Offers to answer for the ticket to somebody else, who must take it over.
    case handOver = "hand-over"
    case takeOver = "take-over"
    case cancel
    case falseAlarm = "false-alarm"
    /// Says that another ticket carries on the job.
    case merge

    /// The moves it can make; empty for one that leaves the state as it is.
    public var causes: [TicketCause] {
        switch self {
        case .accept, .grab: [.accept]
        case .assign: [.assign]
        case .arrive: [.arrive]
        case .start: [.start]
        case .hold: [.hold]
        case .resume: [.resume]
        case .resolve: [.resolve]
        case .signOff: [.passSignOff, .failSignOff]
        case .reopen: [.reopen]
        case .cancel: [.cancel]
        case .falseAlarm: [.dismiss]
        case .merge: [.merge]
        case .attempt, .postpone, .inform, .followUp, .handOver, .takeOver: []
        }
    }
}

/// What a person wants to do, with what it needs.
public struct TicketOrder: Hashable, Sendable {
    public var verb: TicketVerb
    public var number: String
    public var person: PersonIdentifier
    /// Free text: what was found and done, or why.
    public var note: String
    /// The version the person saw; `nil` acts on whatever is there.
    public var version: Int?
    /// For `sign-off`: whether the repair is accepted.
    public var isPassed: Bool
    /// For `assign` and `hand-over`: who gets it.
    public var to: PersonIdentifier?
    /// For `hold`.
    public var reason: HoldReason?
    /// For `hold`: when work goes on. For `postpone`: the new time.
    public var until: Timestamp?
    /// Who agreed; a shift leader or manager who acts agrees by acting.
    public var approver: PersonIdentifier?
    /// For `resolve`.
    public var report: RepairReport?
    /// For `follow-up`: 1 ... 5; `nil` when the reporter gave none.
    public var score: Int?
    /// For `merge`: number of the ticket that carries on.
    public var other: String?

    public init(
        _ verb: TicketVerb, on number: String, by person: PersonIdentifier, note: String = "", version: Int? = nil,
        isPassed: Bool = true
    ) {
        self.verb = verb
        self.number = number
        self.person = person
        self.note = note
        self.version = version
        self.isPassed = isPassed
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
    /// It needs something that was not given.
    case missing(TicketVerb, Need, ticket: String)
    /// A time that has passed already.
    case notAhead(TicketVerb, Timestamp, ticket: String)
    /// It was postponed before.
    case postponementUsed(ticket: String)
    /// Another ticket of the same fault is open.
    case otherOpen(ticket: String, other: String)
    /// The reopen window is over.
    case windowOver(ticket: String)
    /// Work on it has begun, so no other ticket can carry on its job.
    case otherNotOpen(ticket: String, other: String)
    /// It was not offered to this person.
    case notOffered(PersonIdentifier, ticket: String)
    case scoreOutOfRange(Int)

    /// What an action may need.
    public enum Need: String, Hashable, Sendable, CaseIterable {
        case person, reason, time, approval, attempts, other
    }

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
            verb == .resolve
                ? "'resolve' of ticket \(number) needs a note: say what was found and what was done"
                : "'\(verb.rawValue)' of ticket \(number) needs a note: say why"
        case .signerIsResolver(let person, let number):
            "ticket \(number) was repaired by \(person); somebody else has to sign it off"
        case .missing(let verb, let need, let number):
            "'\(verb.rawValue)' of ticket \(number) needs \(need.sentence)"
        case .notAhead(let verb, let time, let number):
            "'\(verb.rawValue)' of ticket \(number): \(time.rfc3339) has passed; give a time to come"
        case .postponementUsed(let number):
            "postponement-used: ticket \(number) was postponed before and cannot be again; the shift leader was told"
        case .otherOpen(let number, let other):
            "ticket \(number) cannot be taken up again, for \(other) is open for the same fault; act on that one"
        case .windowOver(let number):
            "ticket \(number) was closed too long ago to be taken up again; a new report makes a new ticket"
        case .otherNotOpen(let number, let other):
            "ticket \(number) cannot go on as '\(other)': name another ticket that is open"
        case .notOffered(let person, let number):
            "ticket \(number) was not offered to \(person); its owner has to hand it over first"
        case .scoreOutOfRange(let score):
            "a score is 1 to 5, not \(score)"
        }
    }
}

extension TicketRefusal.Need {
    fileprivate var sentence: String {
        switch self {
        case .person: "the person who gets it"
        case .reason: "a reason: \(HoldReason.allCases.map(\.rawValue).joined(separator: ", "))"
        case .time: "a time to come"
        case .approval: "the word of a shift leader or the manager"
        case .attempts: "two visits in vain noted before; note each with 'attempt'"
        case .other: "the number of the ticket that carries on"
        }
    }
}
