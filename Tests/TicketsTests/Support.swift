// SPDX-License-Identifier: Apache-2.0

import Model
import Tickets

func moment(_ minutes: Int64) -> Timestamp { Timestamp(seconds: 1_795_334_400 + minutes * 60) }

let zhou = PersonIdentifier("zhou-min")
let li = PersonIdentifier("li-wei")
let wang = PersonIdentifier("wang-fang")

/// Eight hours ahead of UTC: ``moment(_:)`` of 0 is 16:00 of 2026-11-22 there.
let shanghai = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: [])

/// Bursts and gates are verified for 30 minutes, continuous flow for 24 hours, unless said otherwise.
func policy(verifyFor: Duration = .seconds(1800), visitRules: Set<RuleIdentifier> = []) -> TicketPolicy {
    TicketPolicy(
        site: SiteIdentifier("lakeside"), zone: shanghai, owner: zhou, verifyFor: verifyFor,
        leakRules: [.continuousFlow], visitRules: visitRules)
}

/// A finding that began at `start` minutes.
func finding(
    _ start: Int64 = 0, asset: String = "riser-1", rule: RuleIdentifier = .burst, severity: Severity = .p2,
    clearedAt: Timestamp? = nil
) -> Finding {
    var finding = Finding(
        rule: rule, ruleVersion: 1, severity: severity, asset: AssetIdentifier(asset), startedAt: moment(start),
        raisedAt: moment(start + 10), loss: nil,
        evidence: Evidence(from: moment(start), to: moment(start + 10), measures: []))
    finding.clearedAt = clearedAt
    return finding
}

/// An incident that began at `start` minutes; its members are findings of that minute and the ones after it.
func incident(
    _ start: Int64 = 0, asset: String = "riser-1", rule: RuleIdentifier = .burst, severity: Severity = .p2,
    members: Int64 = 1
) -> Incident {
    let findings = (0..<members).map { finding(start + $0, asset: asset, rule: rule) }
    return Incident(
        identifier: IncidentIdentifier("\(asset)/\(rule)/\(start)"), asset: AssetIdentifier(asset), rule: rule,
        severity: severity, alarms: ["\(asset)/\(rule)"], findings: findings.map(\.identifier),
        openedAt: moment(start))
}

extension [TicketEffect] {
    /// The lines that were added.
    var events: [TicketEvent] { compactMap { if case .appended(let event, _) = $0 { event } else { nil } } }
    /// The tickets as the lines left them.
    var tickets: [Ticket] { compactMap { if case .appended(_, let ticket) = $0 { ticket } else { nil } } }
    var notices: [TicketNotice] { compactMap { if case .notify(let notice) = $0 { notice } else { nil } } }
    var words: [String] { events.map(\.kind.word) }
}

/// A book with the log that a store would hold, so that a test can restart at any point.
struct Desk {
    private(set) var book: TicketBook
    private(set) var log: [TicketEvent] = []
    private var actions = 0

    init(_ policy: TicketPolicy = policy()) { book = TicketBook(policy: policy, events: []) }

    /// The first ticket that was raised.
    var ticket: Ticket { book.tickets[0] }

    mutating func restart(under policy: TicketPolicy? = nil) {
        book = TicketBook(policy: policy ?? book.policy, events: log)
    }

    private mutating func note(_ effects: [TicketEffect]) -> [TicketEffect] {
        log += effects.events
        return effects
    }

    @discardableResult
    mutating func raise(_ finding: Finding, at minutes: Int64) -> [TicketEffect] {
        note(book.raise(finding, identifier: "raise:\(finding.identifier)", at: moment(minutes)))
    }

    @discardableResult
    mutating func clear(_ finding: Finding, at minutes: Int64) -> [TicketEffect] {
        let name = "return:\(finding.identifier):\(minutes)"
        return note(
            book.signalReturned(asset: finding.asset, rule: finding.rule, identifier: name, at: moment(minutes)))
    }

    /// A person reports; always the same fault of the same place.
    @discardableResult
    mutating func report(
        _ text: String, severity: Severity, by person: PersonIdentifier, at minutes: Int64
    ) -> [TicketEffect] {
        note(
            book.report(
                PersonReport(text: text, reporter: "Mr Chen"), asset: AssetIdentifier("riser-1"),
                rule: RuleIdentifier("reported_leak"), severity: severity, by: .person(person),
                identifier: "report:\(minutes)", at: moment(minutes)
            ).effects)
    }

    @discardableResult
    mutating func follow(_ change: IncidentChange, at minutes: Int64) -> [TicketEffect] {
        note(book.follow(change, at: moment(minutes)))
    }

    @discardableResult
    mutating func act(
        _ verb: TicketVerb, by person: PersonIdentifier = li, on number: String? = nil, note text: String = "done",
        version: Int? = nil, isPassed: Bool = true, named name: String? = nil, at minutes: Int64
    ) throws(TicketRefusal) -> [TicketEffect] {
        actions += 1
        return note(
            try book.act(
                verb, on: number ?? ticket.number, by: person, note: text, version: version, isPassed: isPassed,
                identifier: name ?? "act:\(actions)", at: moment(minutes)))
    }

    @discardableResult
    mutating func order(
        _ verb: TicketVerb, by person: PersonIdentifier = li, on number: String? = nil, note text: String = "",
        named name: String? = nil, at minutes: Int64, _ fill: (inout TicketOrder) -> Void = { _ in }
    ) throws(TicketRefusal) -> [TicketEffect] {
        actions += 1
        var order = TicketOrder(verb, on: number ?? ticket.number, by: person, note: text)
        fill(&order)
        return note(try book.act(order, identifier: name ?? "act:\(actions)", at: moment(minutes)))
    }

    @discardableResult
    mutating func tick(at minutes: Int64) -> [TicketEffect] { note(book.tick(at: moment(minutes))) }
}
