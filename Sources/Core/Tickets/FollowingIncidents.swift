// SPDX-License-Identifier: Apache-2.0

public import Model

extension TicketBook {
    /// Takes in what became of an incident.
    ///
    /// - `opened`: a new ticket, a further line of the open one of its fault, or a closed one taken up again.
    /// - `grown`: new evidence, a rise in urgency and a root that moved upstream become lines; nothing else does.
    /// - `merged`: the tickets of both go on as one, with all evidence and the earlier clocks. The one further along
    ///   stays, of two alike the earlier; where both are being worked on, both go on.
    /// - `ended`: the signal of its ticket is normal, once no other incident of that ticket is active.
    ///
    /// The same change told twice is noted once.
    public mutating func follow(_ change: IncidentChange, at now: Timestamp) -> [TicketEffect] {
        var effects: [TicketEffect] = []
        switch change {
        case .opened(let incident), .grown(let incident):
            grow(incident, at: now, into: &effects)
        case .merged(let incident, let other):
            join(incident, into: other, at: now, into: &effects)
        case .ended(let incident):
            for number in openNumbers(naming: incident.identifier) {
                end(incident.identifier, in: number, at: now, into: &effects)
            }
        }
        return effects
    }

    /// The open ticket of an incident; `nil` when there is none.
    public func openTicket(of incident: IncidentIdentifier) -> Ticket? {
        openNumbers(naming: incident).first.flatMap(ticket)
    }

    /// Those raised first come first.
    private func openNumbers(naming incident: IncidentIdentifier) -> [String] {
        open.filter { byNumber[$0]?.incidents.contains(incident) ?? false }
    }

    private mutating func grow(_ incident: Incident, at now: Timestamp, into effects: inout [TicketEffect]) {
        let report = Report(
            asset: incident.asset, rule: incident.rule, incident: incident.identifier, findings: incident.findings,
            severity: incident.severity)
        guard var ticket = openTicket(of: incident.identifier) else {
            let name = "incident:\(incident.identifier)"
            if let last = holders[incident.identifier].flatMap(standing) {
                // Its ticket is closed: only news takes the fault up again, and of one that persons dismissed only
                // that it is worse than they knew.
                let isNews = last.state == .closed && !Set(report.findings).isSubset(of: last.findings)
                guard isNews || report.severity < last.severity else { return }
                _ = open(report, named: "\(name):\(last.number):\(last.version)", at: now, into: &effects)
            } else {
                _ = open(report, named: name, at: now, into: &effects)
            }
            return
        }
        ticket = moveRoot(of: ticket, to: report, at: now, into: &effects)
        let fresh = report.findings.filter { !ticket.findings.contains($0) }
        guard
            !fresh.isEmpty || report.severity < ticket.severity
                || !ticket.activeIncidents.contains(incident.identifier)
        else { return }
        settleClocks(of: ticket.number, at: now, into: &effects)
        let line = TicketEventKind.incidentJoined(
            incident: incident.identifier, findings: fresh, severity: report.severity, replacing: nil)
        append(line, to: ticket.number, named: name("grown", ticket.number), at: now, into: &effects)
        failVerification(of: ticket.number, at: now, into: &effects)
        settleClocks(of: ticket.number, at: now, into: &effects)
    }

    /// A ticket whose root moves to the fault of another open one goes on with that one, if work allows it.
    private mutating func moveRoot(
        of ticket: Ticket, to report: Report, at now: Timestamp, into effects: inout [TicketEffect]
    ) -> Ticket {
        guard (ticket.asset, ticket.rule) != (report.asset, report.rule) else { return ticket }
        var number = ticket.number
        if let other = openTicket(asset: report.asset, rule: report.rule) {
            guard let survivor = unite(ticket, other, at: now, into: &effects) else { return ticket }
            number = survivor
        }
        moveRoot(of: number, to: report.asset, report.rule, at: now, into: &effects)
        return byNumber[number] ?? ticket
    }

    private mutating func moveRoot(
        of number: String, to asset: AssetIdentifier, _ rule: RuleIdentifier, at now: Timestamp,
        into effects: inout [TicketEffect]
    ) {
        guard let ticket = byNumber[number], (ticket.asset, ticket.rule) != (asset, rule) else { return }
        append(
            .rootMoved(asset: asset, rule: rule), to: number, named: name("root", number), at: now, into: &effects)
    }

    private mutating func join(
        _ incident: Incident, into other: IncidentIdentifier, at now: Timestamp, into effects: inout [TicketEffect]
    ) {
        guard let part = openTicket(of: incident.identifier) else { return }
        var number = part.number
        if let whole = openTicket(of: other), whole.number != part.number {
            if let survivor = unite(part, whole, at: now, into: &effects) {
                number = survivor
                moveRoot(of: number, to: whole.asset, whole.rule, at: now, into: &effects)
            } else if !Set(part.findings).isSubset(of: whole.findings) || part.severity < whole.severity {
                let line = TicketEventKind.incidentJoined(
                    incident: other, findings: part.findings, severity: part.severity, replacing: nil)
                append(line, to: whole.number, named: name("grown", whole.number), at: now, into: &effects)
            }
        }
        guard let ticket = byNumber[number] else { return }
        let isActive = ticket.activeIncidents.contains(incident.identifier)
        guard isActive || !ticket.incidents.contains(other) else { return }
        let line = TicketEventKind.incidentJoined(
            incident: other, findings: [], severity: ticket.severity, replacing: incident.identifier)
        append(line, to: number, named: name("grown", number), at: now, into: &effects)
        settleClocks(of: number, at: now, into: &effects)
    }

    private mutating func end(
        _ incident: IncidentIdentifier, in number: String, at now: Timestamp, into effects: inout [TicketEffect]
    ) {
        guard let ticket = byNumber[number], ticket.activeIncidents.contains(incident) else { return }
        if ticket.activeIncidents.count == 1 {
            returnSignal(of: number, named: name("ended", number), at: now, into: &effects)
        } else {
            append(
                .incidentEnded(incident: incident), to: number, named: name("ended", number), at: now, into: &effects)
        }
    }

    /// Two open tickets become one.
    ///
    /// - Returns: number of the one that stays; `nil` when the table lets neither go, since work has begun on both.
    private mutating func unite(
        _ a: Ticket, _ b: Ticket, at now: Timestamp, into effects: inout [TicketEffect]
    ) -> String? {
        let aFirst = a.mergeRank == b.mergeRank ? Self.isEarlier(a, b) : a.mergeRank > b.mergeRank
        let (stays, goes) = aFirst ? (a, b) : (b, a)
        guard TicketTransition.destination(from: goes.state, by: .merge) != nil else { return nil }
        merge(goes.number, into: stays.number, reason: "", named: nil, by: .engine, at: now, into: &effects)
        return stays.number
    }

    /// Ends a ticket that may go, and gives what it has to another that is open.
    ///
    /// - Parameter line: Name of the line that ends it; `nil` makes one.
    mutating func merge(
        _ goes: String, into stays: String, reason: String, named line: String?, by actor: TicketActor,
        at now: Timestamp, into effects: inout [TicketEffect]
    ) {
        settleClocks(of: goes, at: now, into: &effects)
        settleClocks(of: stays, at: now, into: &effects)
        guard let last = byNumber[goes] else { return }
        let line = line ?? name("merged", goes)
        append(.merged(into: stays, reason: reason), to: goes, named: line, by: actor, at: now, into: &effects)
        append(
            .absorbed(TicketLegacy(last)), to: stays, named: name("absorbed", stays), by: actor, at: now, into: &effects
        )
        settleClocks(of: stays, at: now, into: &effects)
    }

    /// A name for the next line of a ticket that follows from what is in the book.
    func name(_ word: String, _ number: String) -> String { "\(word):\(number):\(byNumber[number]?.version ?? 0)" }
}

extension Ticket {
    /// Of two that become one, the higher stays: work that has begun goes on.
    fileprivate var mergeRank: Int {
        switch state {
        case .new, .assigned, .closed, .cancelled, .merged, .falseAlarm: 0
        case .accepted: 1
        case .onSite, .inProgress, .onHold, .resolved, .verifying, .awaitingSignOff: 2
        }
    }
}
