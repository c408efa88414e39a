// SPDX-License-Identifier: Apache-2.0

import Model

extension TicketBook {
    /// Who must hear of a line; `nil` when nobody must.
    ///
    /// - Parameter before: How urgent the ticket was before it.
    func notice(of event: TicketEvent, _ ticket: Ticket, before: Severity) -> TicketNotice? {
        let (audience, key): ([PersonIdentifier], TicketNotice.Key)
        var arguments: [String: String] = [:]
        let concerned = [ticket.owner] + (ticket.assignee.map { [$0] } ?? [])
        switch event.kind {
        case .raised:
            let responsible = policy.responsible[ticket.asset]
            let contact = responsible?.contact.map { [$0] } ?? []
            let upward = ticket.severity == .p1 ? leading(at: event.at) : []
            (audience, key) = (concerned + contact + onDuty(.repairCrew, at: event.at) + upward, .raised)
            arguments["party"] = responsible?.party.rawValue
        case .assigned(let person): (audience, key) = ([person], .assigned)
        case .handOverOffered(let person): (audience, key) = ([person], .handOverOffered)
        case .holdEnded: (audience, key) = (concerned, .holdEnded)
        case .escalated(let clock, let step, let persons):
            (audience, key) = (persons, .escalated)
            (arguments["clock"], arguments["step"]) = (clock.rawValue, String(step))
        case .breached(let clock, _):
            (audience, key) = (concerned, .breached)
            arguments["clock"] = clock.rawValue
        case .postponed(let move):
            (audience, key) = (move.told, .postponed)
            arguments["from"] = move.from.rfc3339
            arguments["to"] = move.to.rfc3339
            arguments["reason"] = move.reason
        case .postponementRefused(let time):
            (audience, key) = (leadersOnDuty(at: event.at, else: ticket.owner), .postponementRefused)
            arguments["to"] = time.rfc3339
        case .resolved, .selfCleared: (audience, key) = ([ticket.owner], .resolved)
        case .verified: (audience, key) = ([ticket.owner], .signOffDue)
        case .verificationFailed: (audience, key) = (concerned, .verificationFailed)
        case .signedOff(false, _): (audience, key) = (concerned, .sentBack)
        case .reopened: (audience, key) = (concerned, .reopened)
        case .residentsTold(let notice):
            (audience, key) = (concerned + leadersOnDuty(at: event.at, else: ticket.owner), .residentsTold)
            arguments["notice"] = notice.text.zh + "\n\n" + notice.text.en
        case .cancelled, .falseAlarm, .merged: (audience, key) = (concerned, .ended)
        case .feedbackDue: (audience, key) = ([ticket.owner], .feedbackDue)
        case .reported, .alarmAppended, .incidentJoined, .absorbed:
            // What has become urgent is told as what is urgent from the start.
            guard ticket.severity == .p1, before > .p1, !ticket.isClosed else { return nil }
            (audience, key) = (concerned + onDuty(.repairCrew, at: event.at) + leading(at: event.at), .risen)
        case .incidentEnded, .rootMoved, .signalReturned, .accepted, .reporterTold,
            .grabbed, .arrived, .started, .held, .resumed, .attempted, .handOverAccepted, .verificationStarted,
            .signedOff(true, _), .followedUp, .photographed:
            return nil
        }
        arguments["asset"] = ticket.asset.text
        arguments["rule"] = ticket.rule.text
        arguments["owner"] = ticket.owner.text
        return TicketNotice(
            ticket: ticket.number, event: event.identifier, index: event.index,
            audience: audience.reduce(into: []) { list, person in if !list.contains(person) { list.append(person) } },
            urgency: ticket.severity, key: key, arguments: arguments)
    }

    /// Serious trouble goes upward at once.
    private func leading(at now: Timestamp) -> [PersonIdentifier] {
        [DutyPost.shiftLeader, .manager].flatMap { onDuty($0, at: now) }
    }

    private func onDuty(_ post: DutyPost, at now: Timestamp) -> [PersonIdentifier] {
        policy.roster.onDuty(post, at: policy.zone.local(now))
    }

    /// The shift leader, else the manager, else `person`.
    func leadersOnDuty(at now: Timestamp, else person: PersonIdentifier) -> [PersonIdentifier] {
        for post in [DutyPost.shiftLeader, .manager] {
            let serving = onDuty(post, at: now)
            if !serving.isEmpty { return serving }
        }
        return [person]
    }
}
