// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Tickets

/// What a ticket's page tells of its asset beside the evidence: card, plan, causes, works, parts.
struct TicketDossier: Sendable {
    var word: [String: String]
    var facts: [Fact]
    var advice: String
    /// Where the utility repairs: the notice to residents that is prepared.
    var noticeHref: String?
    var noticeText: String
    var plan: String?
    var safety: String?
    var parts: [String]
    var hasParts: Bool
    var earlier: [NotedLink]
    var hasEarlier: Bool
    var causes: [NotedLink]
    var hasCauses: Bool
    var announced: [String]
    var hasAnnounced: Bool

    init(_ card: AssetDossier, _ ticket: TicketSnapshot, in moment: EstateMoment) {
        let wording = moment.wording
        word = wording.texts
        func fact(_ name: String, _ text: String?) -> Fact? {
            guard let text, !text.isEmpty else { return nil }
            return Fact(factName: wording.word(.card, name), factText: text)
        }
        facts = [
            fact("asset", "\(wording.pick(ticket.assetName)) (\(ticket.asset))"),
            fact("place", card.place.isEmpty ? card.area.text : "\(card.area), \(card.place)"),
            fact("model", card.model),
            fact("responsible", wording.word(.party, card.responsible.rawValue)),
            fact("boundary", card.boundary.map(wording.pick)),
            fact("contact", card.contact.map { moment.name(ofActor: $0.text) }),
            fact("service", card.lastServiceOn.map(\.text)),
            fact("warranty", card.warrantyUntil.map(\.text)),
        ].compactMap { $0 }
        advice = wording.word(.partyAdvice, card.responsible.rawValue)
        noticeText = wording.text(.titleNotice)
        if card.responsible == .utility, ticket.isOpen {
            noticeHref = "/resident-notice?ticket=" + PercentText.encoded(ticket.number)
        }
        plan = card.emergencyPlan.map(wording.pick)
        safety = card.safetyNote.map(wording.pick)
        parts = card.spareParts.map(wording.pick)
        hasParts = !parts.isEmpty
        earlier = card.earlier.map {
            NotedLink(
                linkHref: TicketPath.page(of: $0.number), linkText: $0.number,
                linkNote: wording.word(.rule, $0.rule.text) + " · " + wording.word(.state, $0.state))
        }
        hasEarlier = !earlier.isEmpty
        causes = card.causes.map {
            NotedLink(
                linkHref: TicketPath.page(of: $0.ticket), linkText: $0.cause,
                linkNote: wording.text(
                    .cardCause,
                    [
                        "count": NumberText.integer(Int64($0.count)), "here": NumberText.integer(Int64($0.onAsset)),
                        "action": $0.action,
                    ]))
        }
        hasCauses = !causes.isEmpty
        announced = card.announced.map {
            let span = moment.time.moment($0.start) + " – " + moment.time.moment($0.end)
            return [wording.word(.announcement, $0.kind), span, $0.note].filter { !$0.isEmpty }.joined(separator: " · ")
        }
        hasAnnounced = !announced.isEmpty
    }
}
