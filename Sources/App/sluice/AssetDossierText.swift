// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Tickets

/// What a ticket's asset is like, line by line.
func describe(_ card: AssetDossier) {
    let place = card.place.isEmpty ? card.area.text : "\(card.area), \(card.place)"
    var facts = ["\(card.model) at \(place)", "responsible \(card.responsible.rawValue)"]
    if let boundary = card.boundary { facts.append(boundary.en) }
    if let contact = card.contact { facts.append("contact \(contact)") }
    if let day = card.lastServiceOn { facts.append("last service \(day.text)") }
    if let day = card.warrantyUntil { facts.append("warranty until \(day.text)") }
    tell("  asset: " + facts.joined(separator: ", "))
    if let plan = card.emergencyPlan { tell("  emergency plan: \(plan.en)") }
    if let note = card.safetyNote { tell("  beware: \(note.en)") }
    for cause in card.causes {
        tell("  cause before: \(cause.cause), \(cause.count) times, \(cause.onAsset) here; last: \(cause.action)")
    }
    if !card.spareParts.isEmpty { tell("  bring: " + card.spareParts.map(\.en).joined(separator: ", ")) }
    for known in card.announced {
        tell("  announced: \(known.kind) \(known.start.rfc3339) to \(known.end.rfc3339) \(known.note)")
    }
    for earlier in card.earlier { tell("  earlier: \(earlier.number) \(earlier.rule) \(earlier.state)") }
}
