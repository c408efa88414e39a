// SPDX-License-Identifier: Apache-2.0

import Alarms
public import Model
import Prevention
import Tickets

/// One thing that is looked at before a holiday, with what was found in the live state.
public struct InspectionLine: Hashable, Codable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// A ticket that is open.
        case openTicket = "inspection_ticket"
        /// An alarm that nobody would hear.
        case withheldAlarm = "inspection_withheld"
        /// Shared equipment: when it was served last, and whether that is overdue.
        case plannedWork = "inspection_work"
        /// Hours or days of which the duty list or a calendar knows nothing.
        case duty = "inspection_duty"
        /// What a tank holds now.
        case tankLevel = "inspection_level"

        /// The failure mode of the ticket that an unmet line becomes.
        public var rule: RuleIdentifier { RuleIdentifier(rawValue) }
    }

    public var asset: AssetIdentifier
    public var kind: Kind
    /// Of identifiers that need no translation.
    public var text: String
    /// Whether nothing is to be done.
    public var isMet: Bool
    /// Number of the open ticket that sees to it.
    public var ticket: String?
}

extension Books {
    /// What is to be looked at before a holiday, from what is known now: open tickets, alarms that are withheld, shared
    /// equipment with its last service, what tanks hold, and what the duty list and the calendars lack.
    public func inspection(at now: Timestamp) -> [InspectionLine] {
        func carrier(_ asset: AssetIdentifier, _ rules: RuleIdentifier...) -> String? {
            rules.lazy.compactMap { tickets.openTicket(asset: asset, rule: $0)?.number }.first
        }
        let inspections = Set(InspectionLine.Kind.allCases.map(\.rule))
        var lines = tickets.tickets.filter { !$0.isClosed && !inspections.contains($0.rule) }.map { ticket in
            InspectionLine(
                asset: ticket.asset, kind: .openTicket,
                text: "\(ticket.asset): \(ticket.number) \(ticket.severity.word) \(ticket.rule)",
                isMet: ticket.severity > .p3, ticket: ticket.number)
        }
        lines += alarms.alarms.filter { $0.isActive && $0.state.isWithheld }.map { alarm in
            InspectionLine(
                asset: alarm.asset, kind: .withheldAlarm, text: "\(alarm.identifier): \(alarm.state.rawValue)",
                isMet: false, ticket: carrier(alarm.asset, alarm.rule, InspectionLine.Kind.withheldAlarm.rule))
        }
        let today = tickets.policy.zone.local(now).date
        lines += prevention.standings(on: today).compactMap { standing in
            let work = standing.work
            if case .beforeHolidays = work.interval { return nil }
            let last = standing.last.map(\.doneOn.text) ?? "-"
            return InspectionLine(
                asset: work.asset, kind: .plannedWork,
                text: "\(work.asset): \(work.kind.rawValue) \(last)\(standing.isOverdue ? " !" : "")",
                isMet: !standing.isOverdue,
                ticket: carrier(work.asset, work.kind.rule, InspectionLine.Kind.plannedWork.rule))
        }
        lines += levelLines(at: now)
        lines += (duty?.troubles(at: now) ?? []).map { trouble in
            InspectionLine(
                asset: trouble.asset, kind: .duty, text: "\(trouble.asset): \(trouble.rule)", isMet: false,
                ticket: carrier(trouble.asset, trouble.rule, InspectionLine.Kind.duty.rule))
        }
        return lines
    }

    /// Opens a ticket for each line that is not met and that no open ticket sees to: one for an asset and a kind of line.
    ///
    /// - Parameter name: Of the inspection; what it has asked for once it does not ask for again.
    mutating func follow(_ lines: [InspectionLine], of name: String, at now: Timestamp, into verdict: inout Verdict) {
        for line in lines where !line.isMet && line.ticket == nil {
            verdict.tickets += tickets.raise(
                planned: line.kind.rule, of: line.asset, severity: .p3, list: [line.text],
                identifier: "\(name):\(line.asset):\(line.kind.rawValue)", at: now)
        }
    }
}
