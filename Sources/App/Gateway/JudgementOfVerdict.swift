// SPDX-License-Identifier: Apache-2.0

import Alarms
import FoundationEssentials
import Model
import Pipeline
import Store
import Tickets

extension Judgement {
    /// Adds what came out of the books, as it is stored.
    ///
    /// - Parameters:
    ///   - books: As they are after it.
    ///   - before: The alarms before it.
    ///   - messages: `nil` tells nobody.
    mutating func take(
        _ verdict: Verdict, books: Books, before: AlarmBook, messages: BookMessages?, _ encoder: JSONEncoder
    ) throws {
        findings = verdict.findings.map(\.finding)
        for effect in verdict.alarms {
            let alarm = effect.alarm
            alarms.removeAll { $0.identifier == alarm.identifier }
            alarms.append(
                .init(
                    identifier: alarm.identifier, state: alarm.state.rawValue, body: Array(try encoder.encode(alarm))))
            if let messages { self.messages.append(messages.event(of: effect)) }
            if let line = effect.line(after: before.alarm(asset: alarm.asset, rule: alarm.rule)) {
                alarmEvents.append(.init(line))
            }
        }
        if !verdict.alarms.isEmpty || !verdict.incidents.isEmpty {
            incidents = Array(try encoder.encode(books.incidents))
        }
        for case .appended(let event, let ticket) in verdict.tickets {
            ticketEvents.append(
                .init(
                    identifier: event.identifier, ticket: event.ticket, index: event.index, at: event.at,
                    body: Array(try encoder.encode(event))))
            tickets.removeAll { $0.number == ticket.number }
            tickets.append(
                .init(number: ticket.number, state: ticket.state.rawValue, body: Array(try encoder.encode(ticket))))
            guard let messages else { continue }
            self.messages.append(messages.event(event, of: ticket))
            self.messages.append(messages.state(of: ticket))
        }
    }
}

extension Judgement.AlarmEventRecord {
    init(_ line: AlarmLine) {
        self.init(
            alarm: line.alarm, event: line.event, state: line.state.rawValue, person: line.person?.text ?? "",
            reason: line.reason)
    }
}
