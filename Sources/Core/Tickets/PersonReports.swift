// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a person said of a fault.
public struct PersonReport: Codable, Sendable, Hashable {
    /// In the person's own words.
    public var text: String
    /// Who has the trouble, as written down; empty when nobody said.
    public var reporter: String
    /// Where the reporter can be called; empty when nobody said. It stands in the log only: lists, messages and pages
    /// show it masked.
    public var phone: String

    /// The name that another program gave to the fault; `nil` where a person reports.
    public var reference: String?

    /// Whether somebody waits for word; a program does not.
    public var isFromPerson: Bool { reference == nil }

    public init(text: String, reporter: String = "", phone: String = "") {
        (self.text, self.reporter, self.phone) = (text, reporter, phone)
    }
}

extension RuleIdentifier {
    /// Failure modes that persons report: none of them is a rule of the analyzer.
    public static let reported: [RuleIdentifier] = [
        "reported_leak", "reported_no_water", "reported_water_quality", "reported_lift", "reported_gate",
        "reported_noise", "reported_other",
    ].map { RuleIdentifier($0) }
}

extension TicketBook {
    /// Something that somebody must see to.
    struct Report {
        var asset: AssetIdentifier
        var rule: RuleIdentifier
        /// `nil` for a single finding.
        var incident: IncidentIdentifier?
        /// At least one where there is neither an incident nor a person's report.
        var findings: [FindingIdentifier]
        var severity: Severity
        /// What a person said; `nil` where the engine reports.
        var person: PersonReport?
        var actor = TicketActor.engine

        /// What a ticket that is there already is told.
        var line: TicketEventKind? {
            if let person { return .reported(report: person, severity: severity) }
            if let incident {
                return .incidentJoined(incident: incident, findings: findings, severity: severity, replacing: nil)
            }
            return findings.first.map { .alarmAppended(finding: $0, severity: severity) }
        }
    }

    /// Takes in a fault that a person reports: a new ticket, a further line of the open one of the same fault, or a
    /// closed one taken up again.
    ///
    /// It has no signal that could come back: the repair is verified by time and by sign-off.
    ///
    /// - Parameters:
    ///   - rule: The failure mode, of ``Model/RuleIdentifier/reported`` or a rule of the analyzer.
    ///   - actor: Who entered it.
    ///   - identifier: A name that no other event has; the same twice is done once.
    /// - Returns: number of the ticket, and what was added to the log.
    public mutating func report(
        _ report: PersonReport, asset: AssetIdentifier, rule: RuleIdentifier, severity: Severity,
        by actor: TicketActor, identifier: String, at now: Timestamp
    ) -> (number: String, effects: [TicketEffect]) {
        if identifiers.contains(identifier),
            let ticket = tickets.first(where: { $0.history.contains { $0.identifier == identifier } })
        {
            return (ticket.number, [])
        }
        var effects: [TicketEffect] = []
        let told = Report(
            asset: asset, rule: rule, incident: nil, findings: [], severity: severity, person: report, actor: actor)
        let number = open(told, named: identifier, at: now, into: &effects)
        return (number, effects)
    }
}
