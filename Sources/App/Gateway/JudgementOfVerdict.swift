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
    ///   - messages: `nil` tells nobody.
    mutating func take(
        _ verdict: Verdict, books: Books, messages: BookMessages?, _ encoder: JSONEncoder
    ) throws {
        findings = verdict.findings.map(\.finding)
        for effect in verdict.alarms {
            let alarm = effect.alarm
            alarms.removeAll { $0.identifier == alarm.identifier }
            alarms.append(
                .init(
                    identifier: alarm.identifier, state: alarm.state.rawValue, body: Array(try encoder.encode(alarm))))
            if let messages { self.messages.append(messages.event(of: effect)) }
            if let line = Self.line(of: effect) { alarmEvents.append(line) }
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

    /// The line of the history that an effect leaves; `nil` for one that changes no more than size or place.
    private static func line(of effect: AlarmEffect) -> AlarmEventRecord? {
        let alarm = effect.alarm
        let word: String
        switch effect {
        case .updated: return nil
        case .raised: word = "raised"
        case .returned: word = "returned"
        case .released: word = "released"
        case .changed: word = "changed"
        }
        let held = alarm.removal ?? alarm.shelf
        return .init(
            alarm: alarm.identifier, event: word, state: alarm.state.rawValue, person: held?.person.text ?? "",
            reason: held?.reason ?? "")
    }
}
