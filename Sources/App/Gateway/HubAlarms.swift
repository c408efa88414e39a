// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Store
import Tickets

/// What the gateway tells of its alarms, and what persons do to them.
extension EstateHub {
    func alarms() async throws(AlarmActionRefusal) -> AlarmOverview {
        guard let desk else { throw .notStored("the gateway is starting") }
        let (books, now) = (await desk.books, clock.now().wall)
        let tickets = TicketsOfAlarms(books)
        return AlarmOverview(books, day: await day(of: books, until: now), at: now) {
            describe($0, books, tickets, at: now)
        }
    }

    func alarmHistory(of alarm: String, before sequence: Int64?, limit: Int) async throws -> [AlarmHistoryLine] {
        try await store.alarmHistory(of: alarm, before: sequence, limit: limit)
    }

    func act(_ action: AlarmAction, key: RequestKey?) async throws(AlarmActionRefusal) -> AlarmSnapshot {
        guard configuration.persons.contains(where: { $0.identifier == action.person }) else {
            throw .unknownPerson(action.person.text)
        }
        guard let desk else { throw .notStored("the gateway is starting") }
        let now = clock.now().wall
        return try await desk.act(action, key: key, at: now) { [self] alarm, books in
            await describe(alarm, books, TicketsOfAlarms(books), at: now)
        }
    }

    private func describe(
        _ alarm: Alarm, _ books: Books, _ tickets: TicketsOfAlarms, at now: Timestamp
    ) -> AlarmSnapshot {
        AlarmSnapshot(
            alarm, assetName: assetName(alarm.asset), ticket: tickets.number(of: alarm), policy: books.alarms.policy,
            at: now)
    }

    /// The last 24 hours; an alarm counts with the severity that it has now.
    private func day(of books: Books, until now: Timestamp) async -> AlarmFigures? {
        let from = now - .seconds(86_400)
        guard let raises = try? await store.alarmRaises(from: from) else { return nil }
        let severities = books.alarms.alarms.reduce(into: [String: Severity]()) { $0[$1.identifier] = $1.severity }
        return AlarmFigures(
            raises.map { .init(alarm: $0.alarm, severity: severities[$0.alarm] ?? .p4, at: $0.at) }, from: from,
            to: now + .milliseconds(1))
    }
}

/// Which ticket an alarm is on: the newest one of its finding, else of its asset and rule.
private struct TicketsOfAlarms {
    private var byFinding: [FindingIdentifier: String] = [:]
    private var byAlarm: [String: String] = [:]

    init(_ books: Books) {
        for ticket in books.tickets.tickets {
            for finding in ticket.findings { byFinding[finding] = ticket.number }
            byAlarm[Alarm.identifier(asset: ticket.asset, rule: ticket.rule)] = ticket.number
        }
    }

    func number(of alarm: Alarm) -> String? {
        alarm.findings.last.flatMap { byFinding[$0] } ?? byAlarm[alarm.identifier]
    }
}
