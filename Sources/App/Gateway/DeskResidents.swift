// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Model
import Pipeline
import Tickets

extension Desk {
    /// Notes that the owner approved a notice; nothing changes when it is refused or cannot be stored.
    func approve(
        _ notice: ResidentNotice, on number: String, by person: PersonIdentifier, at reading: ClockReading
    ) async throws {
        await gate.enter()
        do {
            var next = judge
            var verdict = Verdict()
            let now = next.serviceTime(of: reading, boot: boot)
            try next.approve(notice, on: number, by: person, identifier: nextName("told"), at: now, into: &verdict)
            try await save(next, verdict, cursor: nil)
            judge = next
            await tell(verdict)
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }
}

extension EstateHub {
    func residents(_ request: ResidentRequest) async -> ResidentReply {
        guard let desk else {
            return ResidentReply(refusal: "the gateway is starting; ask again", RefusalReason("starting"))
        }
        do {
            guard let ticket = await desk.tickets.first(where: { $0.number == request.ticket }) else {
                throw ResidentRefusal.unknownTicket(request.ticket)
            }
            let isUtilitys = await desk.books.tickets.isUtilitys(ticket)
            guard let kind = request.kind else {
                var reply = ResidentReply(ticket)
                reply.prepared = ticket.preparedNotice(isUtilitys: isUtilitys)
                reply.draft = try reply.prepared.flatMap { kind in
                    do {
                        return try draft(of: kind, ticket, request, isUtilitys: isUtilitys)
                    } catch is ResidentRefusal {
                        return nil
                    }
                }
                return reply
            }
            let text = try draft(of: kind, ticket, request, isUtilitys: isUtilitys)
            guard let approver = request.approver else {
                var reply = ResidentReply(ticket)
                reply.text = text
                return reply
            }
            try await desk.approve(
                ResidentNotice(kind, text: text), on: request.ticket, by: approver, at: clock.now())
            var reply = await desk.tickets.first { $0.number == request.ticket }.map { ResidentReply($0) }
            reply?.text = text
            return reply ?? ResidentReply(refusal: "the ticket is gone")
        } catch {
            return ResidentReply(refusal: "\(error)", RefusalReason(of: error))
        }
    }

    /// What a notice would say. Where the utility has to act and nobody has reported a cause, the cause is its supply.
    private func draft(
        of kind: ResidentNotice.Kind, _ ticket: Ticket, _ request: ResidentRequest, isUtilitys: Bool
    ) throws -> BilingualText {
        let zone = configuration.site.zone
        let words = try ResidentWords(zone: zone)
        var given = ResidentGiven(request, ticket, of: configuration)
        if given.cause == nil, ticket.report == nil, isUtilitys || ticket.waitsForUtility {
            given.cause = words.utilityCause
        }
        let facts = try ResidentNotice.facts(
            of: kind, ticket, given: given, today: zone.local(clock.now().wall).date)
        guard let text = words.text(of: kind, facts) else { throw ResidentRefusal.missing(kind.slots) }
        return text
    }
}
