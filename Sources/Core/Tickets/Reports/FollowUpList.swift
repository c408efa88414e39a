// SPDX-License-Identifier: Apache-2.0

import Model

/// The closed tickets of a period that must be followed up, from the draws of its months.
struct FollowUpList {
    private(set) var entries: [TicketReport.FollowUp] = []
    private(set) var seeds: [String: UInt64] = [:]

    /// - Parameter judgedAt: Calls up to then count; it also tells which months are over.
    init(_ question: ReportQuestion, tickets: [Ticket], judgedAt: Timestamp) {
        let places = Dictionary(
            question.assets.map { ($0.asset, $0) }, uniquingKeysWith: { first, _ in first })
        for month in question.period.months(in: question.zone) {
            let start = question.zone.start(of: month)
            guard let next = month.next.map(question.zone.start(of:)), start < judgedAt else { continue }
            let closed = tickets.compactMap { $0.before(min(next, judgedAt)) }.filter { ticket in
                ticket.state == .closed && ticket.closedAt.map { start <= $0 } ?? false
            }
            guard !closed.isEmpty else { continue }
            let seed = question.seeds[month] ?? 0
            seeds[month.description] = seed
            let sample = FollowUpSample(
                of: closed.map { ticket in
                    FollowUpSample.Candidate(
                        ticket: ticket.number, trade: places[ticket.asset]?.trade ?? "",
                        building: places[ticket.asset]?.building ?? "", isMajor: ticket.isMajor)
                }, seed: seed, isMonthOver: next <= judgedAt)
            for ticket in closed {
                guard let ground = sample.grounds[ticket.number], let closedAt = ticket.closedAt,
                    question.period.contains(closedAt)
                else { continue }
                let calls = tickets.first { $0.number == ticket.number }?.calls(from: closedAt, before: judgedAt) ?? []
                entries.append(
                    .init(
                        ticket: ticket.number, asset: ticket.asset, closedAt: closedAt, ground: ground,
                        isDone: !calls.isEmpty, score: calls.compactMap(\.score).last))
            }
        }
        entries.sort { ($0.closedAt, $0.ticket) < ($1.closedAt, $1.ticket) }
    }
}

extension Ticket {
    /// Whether its reporter must be asked, whatever the draw says.
    var isMajor: Bool { severity <= .p2 || rule == .complaint || reopenedCount > 0 }

    /// What reporters said from `start` on and before `end`.
    func calls(from start: Timestamp, before end: Timestamp) -> [(at: Timestamp, score: Int?)] {
        history.compactMap { event in
            guard case .followedUp(let score, _) = event.kind, start <= event.at, event.at < end else { return nil }
            return (event.at, score)
        }
    }
}
