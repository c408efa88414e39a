// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// One promise of a ticket with what is left of it, as a bar and as text.
struct ClockRow: Sendable {
    var clockName: String
    var deadline: String
    /// `12 min left`, `overdue by 3 min`, or when it was kept.
    var clockText: String
    /// Names the look: `ok`, `soon`, `over`, `met`.
    var tone: String
    /// How much of the time is used, 0 ... 100.
    var percent: Int

    /// - Parameter metAt: When the promise was kept; `nil` while the clock runs.
    init(_ name: Phrase, from start: Timestamp, by deadline: Timestamp, metAt: Timestamp?, in moment: EstateMoment) {
        let wording = moment.wording
        clockName = wording.text(name)
        self.deadline = moment.time.moment(deadline)
        let used = ((metAt ?? moment.now) - start).inSeconds
        let budget = (deadline - start).inSeconds
        percent = budget > 0 ? Int((min(1, max(0, used / budget)) * 100).rounded()) : 100
        if let metAt {
            let time = moment.time.moment(metAt)
            tone = metAt > deadline ? "over" : "met"
            clockText =
                metAt > deadline
                ? wording.text(.clockMetLate, ["moment": time, "span": moment.time.span(metAt - deadline)])
                : wording.text(.clockMet, ["moment": time])
        } else {
            tone = moment.now > deadline ? "over" : percent >= 80 ? "soon" : "ok"
            clockText = moment.time.remaining(until: deadline, at: moment.now)
        }
    }
}

/// A ticket as lists show it.
struct TicketCard: Sendable {
    var number: String
    var href: String
    var ticketAsset: String
    var ticketRule: String
    var stateWord: String
    var stateTone: String
    var severityWord: String
    var severityTone: String
    var ownerName: String
    var assigneeName: String?
    var raised: String
    var alarmCount: String?
    var clocks: [ClockRow]

    init(_ ticket: TicketSnapshot, in moment: EstateMoment) {
        let wording = moment.wording
        number = ticket.number
        href = TicketPath.page(of: ticket.number)
        ticketAsset = wording.pick(ticket.assetName)
        ticketRule = wording.word(.rule, ticket.rule.text)
        stateWord = wording.word(.state, ticket.state)
        stateTone = ticket.isOpen ? "open" : "closed"
        severityWord = wording.word(.severity, ticket.severity.word)
        severityTone = ticket.severity.word
        ownerName = moment.name(ofActor: ticket.owner.text)
        assigneeName = ticket.assignee.map { moment.name(ofActor: $0.text) }
        raised = moment.time.moment(ticket.raisedAt)
        alarmCount = ticket.alarmCount > 1 ? wording.counted(.alarms, ticket.alarmCount) : nil
        clocks = [
            ClockRow(
                .clockRespond, from: ticket.raisedAt, by: ticket.respondBy, metAt: ticket.respondedAt, in: moment),
            ClockRow(
                .clockResolve, from: ticket.raisedAt, by: ticket.resolveBy, metAt: ticket.resolvedAt, in: moment),
        ]
    }
}

extension EstateMoment {
    /// Open tickets, the most urgent first, then by the next deadline.
    var openTickets: [TicketCard] {
        tickets.filter(\.isOpen).sorted { a, b in
            (a.severity.rawValue, nextDeadline(a), a.number) < (b.severity.rawValue, nextDeadline(b), b.number)
        }.map { TicketCard($0, in: self) }
    }

    /// Closed tickets in the order the gateway gave them.
    var closedTickets: [TicketCard] { tickets.filter { !$0.isOpen }.map { TicketCard($0, in: self) } }

    private func nextDeadline(_ ticket: TicketSnapshot) -> Timestamp {
        ticket.respondedAt == nil ? ticket.respondBy : ticket.resolveBy
    }
}
