// SPDX-License-Identifier: Apache-2.0

import Model

extension TicketBook {
    /// Notes every promise of a ticket that is overdue and every step of escalation that is due, each once, in the
    /// order of their times.
    ///
    /// While the part of the day is not known, promises that count by a calendar are left for later.
    mutating func settleClocks(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number], !ticket.isClosed else { return }
        var due: [(at: Timestamp, clock: TicketClock, step: Int, isBreach: Bool)] = []
        for name in TicketClock.allCases {
            guard let clock = ticket.clock(name), isTimeCertain || clock.hours == nil else { continue }
            if clock.isNewlyOverdue(at: now) { due.append((clock.dueAt, name, 100, true)) }
            due += clock.dueSteps(at: now).map { ($0.at, name, $0.step, false) }
        }
        let order = due.indices.sorted { (due[$0].at, $0) < (due[$1].at, $1) }
        for entry in order.map({ due[$0] }) {
            let subject = "\(number):\(entry.clock.rawValue):\(entry.step)"
            if entry.isBreach {
                let kind = TicketEventKind.breached(clock: entry.clock, step: entry.step)
                append(kind, to: number, named: "breach:\(subject)", at: now, into: &effects)
            } else {
                let kind = TicketEventKind.escalated(
                    clock: entry.clock, step: entry.step, to: listeners(ticket, step: entry.step, at: now))
                append(kind, to: number, named: "escalate:\(subject)", at: now, into: &effects)
            }
        }
    }

    /// Who hears of a step: early ones the technicians, the end of the budget the shift leader, repetitions everybody, and
    /// each day after it the next one up.
    private func listeners(_ ticket: Ticket, step: Int, at now: Timestamp) -> [PersonIdentifier] {
        let chain = policy.roster.chain(assignee: ticket.assignee, at: policy.zone.local(now))
        guard let last = chain.last else { return [ticket.owner] }
        if step > 200 {
            let level = 2 + step - 200
            return chain.indices.contains(level) ? chain[level] : last
        }
        if step > 100 {
            return chain.flatMap { $0 }.reduce(into: []) { list, person in
                if !list.contains(person) { list.append(person) }
            }
        }
        let level = step == 100 ? 2 : step >= 80 ? 1 : 0
        return chain.indices.contains(level) ? chain[level] : last
    }

    /// A hold whose date has passed: the promise runs again, and those who answer for it hear of it.
    mutating func settleHold(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number], let hold = ticket.hold, !ticket.isHoldOver, hold.until <= now else {
            return
        }
        append(.holdEnded, to: number, named: name("holdEnded", number), at: now, into: &effects)
    }

    /// A reporter who has heard nothing for too long: whoever answers for the ticket hears of it.
    mutating func settleFeedback(of number: String, at now: Timestamp, into effects: inout [TicketEffect]) {
        guard let ticket = byNumber[number], let due = ticket.feedbackBy, due <= now else { return }
        append(.feedbackDue, to: number, named: name("feedbackDue", number), at: now, into: &effects)
    }
}
