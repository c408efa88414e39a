// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Pipeline
import Store
import Tickets

extension Desk {
    /// Takes in a fault that a person reports. Ticket and answer are one transaction: a request that is sent again
    /// within 48 h is answered from it and changes nothing.
    ///
    /// - Parameter describe: What is answered of a ticket.
    func report(
        _ report: FaultReport, at reading: ClockReading, describe: @Sendable (Ticket) async -> TicketDetail
    ) async throws(ReportRefusal) -> ReportedFault {
        await gate.enter()
        let outcome: Result<ReportedFault, ReportRefusal>
        do {
            outcome = .success(try await take(report, at: reading, describe: describe))
        } catch let refusal as ReportRefusal {
            outcome = .failure(refusal)
        } catch {
            outcome = .failure(.notStored("\(error)"))
        }
        await gate.leave()
        return try outcome.get()
    }

    private func take(
        _ report: FaultReport, at reading: ClockReading, describe: @Sendable (Ticket) async -> TicketDetail
    ) async throws -> ReportedFault {
        switch try await store.keptAnswer(key: report.key, request: report.request, now: reading.wall) {
        case .given(let answer): return try JSONDecoder().decode(ReportedFault.self, from: Data(answer))
        case .otherRequest: throw ReportRefusal.keyReused
        case nil: break
        }
        var next = judge
        var verdict = Verdict()
        let now = next.serviceTime(of: reading, boot: boot)
        let known = Set(judge.tickets.tickets.map(\.number))
        guard let ticket = next.report(report, identifier: nextName("report"), at: now, into: &verdict) else {
            throw ReportRefusal.notStored("the ticket could not be opened")
        }
        let answer = ReportedFault(isNew: !known.contains(ticket.number), ticket: await describe(ticket))
        try await save(
            next, verdict, cursor: nil,
            answer: .init(
                key: report.key, at: reading.wall, request: report.request,
                answer: Array(try JSONEncoder().encode(answer))))
        judge = next
        await tell(verdict)
        return answer
    }
}
