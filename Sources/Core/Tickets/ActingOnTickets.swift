// SPDX-License-Identifier: Apache-2.0

public import Model

extension TicketBook {
    /// Carries out what a person wants to do.
    ///
    /// - Parameters:
    ///   - note: What was found and done; `resolve` needs it.
    ///   - version: The version the person saw; `nil` acts on whatever is there.
    ///   - isPassed: For `sign-off`: whether the repair is accepted.
    ///   - identifier: A name for this action that no other has; the same twice is done once.
    /// - Throws: why it was not carried out; nothing has changed then.
    public mutating func act(
        _ verb: TicketVerb, on number: String, by person: PersonIdentifier, note: String, version: Int?,
        isPassed: Bool = true, identifier: String, at now: Timestamp
    ) throws(TicketRefusal) -> [TicketEffect] {
        try act(
            TicketOrder(verb, on: number, by: person, note: note, version: version, isPassed: isPassed),
            identifier: identifier, at: now)
    }

    /// Carries out what a person wants to do.
    ///
    /// - Parameter identifier: A name for this action that no other has; the same twice is done once.
    /// - Throws: why it was not carried out; nothing has changed then. A postponement that was refused is told to the
    ///   shift leader by ``noteRefusedPostponement(_:identifier:at:)``.
    public mutating func act(
        _ order: TicketOrder, identifier: String, at now: Timestamp
    ) throws(TicketRefusal) -> [TicketEffect] {
        let number = order.number
        guard let ticket = byNumber[number] else { throw .unknownTicket(number) }
        guard !identifiers.contains(identifier) else { return [] }
        if let version = order.version, version != ticket.version {
            throw .stale(ticket: number, version: ticket.version)
        }
        if order.verb == .postpone, ticket.postponement != nil, ticket.state.isBeforeRepair {
            throw .postponementUsed(ticket: number)
        }
        guard ticket.allowedVerbs.contains(order.verb) else {
            throw .notAllowed(order.verb, ticket: number, state: ticket.state, allowed: ticket.allowedVerbs)
        }
        let kind = try kind(of: order, ticket, at: now)
        var effects: [TicketEffect] = []
        // A promise that was overdue before the action stays broken, even if no tick came between.
        settleHold(of: number, at: now, into: &effects)
        settleClocks(of: number, at: now, into: &effects)
        settleFeedback(of: number, at: now, into: &effects)
        if case .merged(let other, let reason) = kind {
            merge(
                number, into: other, reason: reason, named: identifier, by: .person(order.person), at: now,
                into: &effects)
            return effects
        }
        append(kind, to: number, named: identifier, by: .person(order.person), at: now, into: &effects)
        switch order.verb {
        case .resolve: beginVerification(of: number, at: now, into: &effects)
        case .signOff, .reopen: askForAcceptance(of: number, at: now, into: &effects)
        case .followUp: hearComplaint(order, ticket, named: identifier, at: now, into: &effects)
        case .accept, .grab, .assign, .arrive, .start, .attempt, .hold, .resume, .postpone, .inform, .handOver,
            .takeOver, .cancel, .falseAlarm, .merge:
            break
        }
        settleClocks(of: number, at: now, into: &effects)
        return effects
    }

    /// Notes that somebody asked for a second postponement, and tells the shift leader. Nothing else changes.
    public mutating func noteRefusedPostponement(
        _ order: TicketOrder, identifier: String, at now: Timestamp
    ) -> [TicketEffect] {
        guard let ticket = byNumber[order.number], ticket.postponement != nil, let until = order.until else {
            return []
        }
        var effects: [TicketEffect] = []
        append(
            .postponementRefused(to: until), to: order.number, named: identifier, by: .person(order.person), at: now,
            into: &effects)
        return effects
    }

    // MARK: What each action needs

    private func kind(
        of order: TicketOrder, _ ticket: Ticket, at now: Timestamp
    ) throws(TicketRefusal) -> TicketEventKind {
        let note = order.note
        switch order.verb {
        case .accept: return .accepted(note: note)
        case .grab: return .grabbed(note: note)
        case .arrive: return .arrived(note: note)
        case .start: return .started(note: note)
        case .attempt: return .attempted(note: note)
        case .resume: return .resumed(note: note)
        case .assign: return .assigned(to: try receiver(of: order))
        case .handOver:
            let person = try receiver(of: order)
            guard person != ticket.owner else { throw .missing(.handOver, .person, ticket: order.number) }
            return .handOverOffered(to: person)
        case .takeOver:
            guard ticket.offeredTo == order.person else { throw .notOffered(order.person, ticket: order.number) }
            return .handOverAccepted
        case .hold: return .held(try hold(order, ticket, at: now))
        case .postpone: return .postponed(try postponement(order, ticket, at: now))
        case .resolve:
            try needNote(order)
            return .resolved(note: note, report: order.report)
        case .signOff:
            guard ticket.resolver != order.person else {
                throw .signerIsResolver(order.person, ticket: order.number)
            }
            return .signedOff(isPassed: order.isPassed, note: note)
        case .inform:
            try needNote(order)
            return .reporterTold(note: note)
        case .followUp:
            if let score = order.score, !(1...5).contains(score) { throw .scoreOutOfRange(score) }
            return .followedUp(score: order.score, note: note)
        case .reopen:
            try needNote(order)
            if let other = openTicket(asset: ticket.asset, rule: ticket.rule) {
                throw .otherOpen(ticket: order.number, other: other.number)
            }
            guard isInWindow(ticket, at: now) else { throw .windowOver(ticket: order.number) }
            return .reopened(note: note)
        case .cancel:
            try needNote(order)
            return .cancelled(reason: note)
        case .falseAlarm:
            try needNote(order)
            return .falseAlarm(reason: note)
        case .merge:
            try needNote(order)
            guard let other = order.other else { throw .missing(.merge, .other, ticket: order.number) }
            guard other != order.number, let survivor = byNumber[other], !survivor.isClosed else {
                throw .otherNotOpen(ticket: order.number, other: other)
            }
            return .merged(into: other, reason: note)
        }
    }

    private func needNote(_ order: TicketOrder) throws(TicketRefusal) {
        guard !order.note.allSatisfy(\.isWhitespace) else { throw .noteMissing(order.verb, ticket: order.number) }
    }

    private func receiver(of order: TicketOrder) throws(TicketRefusal) -> PersonIdentifier {
        guard let person = order.to else { throw .missing(order.verb, .person, ticket: order.number) }
        return person
    }

    private func timeToCome(_ order: TicketOrder, at now: Timestamp) throws(TicketRefusal) -> Timestamp {
        guard let until = order.until else { throw .missing(order.verb, .time, ticket: order.number) }
        guard until > now else { throw .notAhead(order.verb, until, ticket: order.number) }
        return until
    }

    /// A leader who acts agrees by acting.
    private func approver(of order: TicketOrder) -> PersonIdentifier? {
        for person in [order.approver, order.person] {
            if let person, policy.leaders.contains(person) { return person }
        }
        return nil
    }

    private func hold(_ order: TicketOrder, _ ticket: Ticket, at now: Timestamp) throws(TicketRefusal) -> TicketHold {
        guard let reason = order.reason ?? proposedHold(of: ticket) else {
            throw .missing(.hold, .reason, ticket: order.number)
        }
        let until = try timeToCome(order, at: now)
        if reason.needsNote { try needNote(order) }
        if reason.needsAttempts, ticket.attemptCount < 2 { throw .missing(.hold, .attempts, ticket: order.number) }
        let approver = approver(of: order)
        if reason.needsApproval || ticket.severity <= .p2, !policy.leaders.isEmpty, approver == nil {
            throw .missing(.hold, .approval, ticket: order.number)
        }
        return TicketHold(
            reason: reason, until: until, approver: approver, note: order.note,
            isPausing: reason.pauses(ticket.severity))
    }

    private func postponement(
        _ order: TicketOrder, _ ticket: Ticket, at now: Timestamp
    ) throws(TicketRefusal) -> Postponement {
        let until = try timeToCome(order, at: now)
        try needNote(order)
        if until - ticket.raisedAt > policy.longestPromise, !policy.leaders.isEmpty, approver(of: order) == nil {
            throw .missing(.postpone, .approval, ticket: order.number)
        }
        return Postponement(
            from: ticket.resolveBy, to: until, reason: order.note, told: leadersOnDuty(at: now, else: ticket.owner))
    }

    func isInWindow(_ ticket: Ticket, at now: Timestamp) -> Bool {
        ticket.closedAt.map { now - $0 < ticket.terms.reopenWindow } ?? false
    }

    /// A reporter who is not content takes the ticket up again; after the window, a complaint is a ticket of its own,
    /// for which whoever heard it answers.
    private mutating func hearComplaint(
        _ order: TicketOrder, _ ticket: Ticket, named name: String, at now: Timestamp,
        into effects: inout [TicketEffect]
    ) {
        guard let score = order.score, score <= 2 else { return }
        if openTicket(asset: ticket.asset, rule: ticket.rule) == nil, isInWindow(ticket, at: now) {
            append(
                .reopened(note: order.note), to: order.number, named: "\(name):reopen", by: .person(order.person),
                at: now, into: &effects)
            askForAcceptance(of: order.number, at: now, into: &effects)
        } else if openTicket(asset: ticket.asset, rule: .complaint) == nil {
            openComplaint(about: ticket, owner: order.person, named: "\(name):complaint", at: now, into: &effects)
        }
    }
}

extension RuleIdentifier {
    /// A person is not content with a repair; no rule of the analyzer.
    public static let complaint = RuleIdentifier("complaint")
}
