// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model
import Outbox
public import Savings
public import Tickets

/// What the books tell on MQTT: alarms as they change, tickets as they stand.
public struct BookMessages: Sendable {
    private let topics: Topics
    private let catalogue: Catalogue
    private var costing: Costing?

    /// - Parameter costing: `nil` for a site without a tariff: then no message speaks of money.
    public init(catalogue: Catalogue, costing: Costing? = nil) {
        self.costing = costing
        topics = Topics(site: catalogue.site)
        self.catalogue = catalogue
    }

    /// The same messages with money by what dwellings usually draw.
    public func priced(by uses: [AssetIdentifier: LitresPerHour]) -> BookMessages {
        var messages = self
        messages.costing?.usualUses = uses
        return messages
    }

    /// One event of an alarm, with the finding behind it; not retained.
    public func event(of effect: AlarmEffect) -> OutboundMessage {
        let alarm = effect.alarm
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.text("event", effect.word)
        json.key("sequence")
        json.integer(Int64(alarm.sequence ?? 0))
        json.text("state", alarm.state.rawValue)
        json.text("severity", alarm.severity.word)
        json.text("asset", alarm.asset.text)
        json.text("rule", alarm.rule.text)
        json.moment("raised_at", alarm.raisedAt)
        json.moment("returned_at", alarm.returnedAt)
        json.moment("acknowledged_at", alarm.acknowledgedAt)
        if let next = alarm.continuedAs { json.text("continued_as", next) }
        if let explanation = alarm.explanation { json.text("suppressed_while", explanation) }
        if let held = alarm.removal ?? alarm.maintenance ?? alarm.shelf {
            json.text("withheld_by", held.person.text)
            json.text("reason", held.reason)
            json.moment("until", held.until)
        }
        if alarm.isFlapping == true {
            json.key("flapping")
            json.integer(Int64(alarm.occurrences))
        }
        if let finding = effect.finding {
            json.member(
                "finding", finding, cost: costing?.cost(of: finding, at: finding.clearedAt ?? finding.evidence.to))
        }
        json.endObject()
        let area = catalogue.asset(named: alarm.asset).map { catalogue[$0].area } ?? AreaIdentifier("site")
        return OutboundMessage(
            topic: topics.alarm(area: area, asset: alarm.asset, rule: alarm.rule.text), payload: json.bytes,
            isRetained: false)
    }

    /// One event of a ticket; not retained.
    public func event(_ event: TicketEvent, of ticket: Ticket) -> OutboundMessage {
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.text("id", event.identifier)
        json.text("number", event.ticket)
        json.key("sequence")
        json.integer(Int64(event.index))
        json.moment("ts", event.at)
        json.text("event", event.kind.word)
        json.text("actor", event.actor.word)
        if !event.kind.note.isEmpty { json.text("note", MaskedPhone.inText(event.kind.note)) }
        json.text("state", ticket.state.rawValue)
        json.endObject()
        return OutboundMessage(topic: topics.ticketEvent, payload: json.bytes, isRetained: false)
    }

    /// The ticket as it stands; retained.
    public func state(of ticket: Ticket) -> OutboundMessage {
        var json = JSONWriter(reserving: 512)
        json.beginObject()
        json.text("number", ticket.number)
        json.key("sequence")
        json.integer(Int64(ticket.version))
        json.text("state", ticket.state.rawValue)
        json.text("severity", ticket.severity.word)
        json.text("asset", ticket.asset.text)
        json.text("rule", ticket.rule.text)
        json.text("owner", ticket.owner.text)
        if let assignee = ticket.assignee { json.text("assignee", assignee.text) }
        json.moment("raised_at", ticket.raisedAt)
        json.moment("respond_by", ticket.respondBy)
        json.moment("resolve_by", ticket.resolveBy)
        json.moment("responded_at", ticket.respondedAt)
        json.moment("resolved_at", ticket.resolvedAt)
        json.key("alarms")
        json.integer(Int64(ticket.alarmCount))
        json.endObject()
        return OutboundMessage(topic: topics.ticketState(ticket.number), payload: json.bytes, isRetained: true)
    }
}

extension AlarmEffect {
    var word: String {
        switch self {
        case .raised: "raised"
        case .updated: "updated"
        case .returned: "returned"
        case .released: "released"
        case .changed: "changed"
        }
    }

    /// The finding that caused it; `nil` when a person or the time did.
    var finding: Finding? {
        switch self {
        case .raised(_, let finding), .updated(_, let finding), .returned(_, let finding): finding
        case .released, .changed: nil
        }
    }
}

extension JSONWriter {
    /// Leaves the member out when there is no moment.
    mutating func moment(_ name: String, _ value: Timestamp?) {
        guard let value else { return }
        key(name)
        timestamp(value)
    }

    mutating func member(_ name: String, _ finding: Finding, cost: MoneyRange? = nil) {
        key(name)
        beginObject()
        text("id", finding.identifier.text)
        key("version")
        integer(Int64(finding.ruleVersion))
        moment("started_at", finding.startedAt)
        moment("raised_at", finding.raisedAt)
        moment("cleared_at", finding.clearedAt)
        if let loss = finding.loss {
            key("rate_low_litres_per_hour")
            number(loss.rateLow.value)
            key("rate_high_litres_per_hour")
            number(loss.rateHigh.value)
            key("litres_low")
            number(loss.litresLow.value)
            key("litres")
            number(loss.litres.value)
            key("litres_high")
            number(loss.litresHigh.value)
        }
        if let cost {
            text("currency", cost.low.currency.code)
            text("cost_low", cost.low.figures)
            text("cost_high", cost.high.figures)
        }
        key("evidence")
        beginArray()
        for measure in finding.evidence.measures {
            beginObject()
            text("name", measure.name)
            key("v")
            number(measure.value)
            text("u", measure.unit.rawValue)
            endObject()
        }
        endArray()
        endObject()
    }
}
