// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline

/// Alarms of the estate that stands in for the gateway: the real machine, with what a day has left in it.
extension TestEstate {
    static let person = PersonIdentifier("li-wei")

    static func finding(
        _ rule: RuleIdentifier, _ asset: String, _ severity: Severity, minutes: Int64
    ) -> Finding {
        Finding(
            rule: rule, ruleVersion: 1, severity: severity, asset: AssetIdentifier(asset),
            startedAt: minutesAgo(minutes),
            raisedAt: minutesAgo(minutes), loss: nil,
            evidence: Evidence(from: minutesAgo(minutes), to: minutesAgo(minutes), measures: []))
    }

    /// One alarm in each state that a person meets, and one that stands for two days.
    static func alarmsOfTheDay() -> AlarmBook {
        var book = AlarmBook()
        func raise(_ finding: Finding) { _ = book.apply(.raised(finding), at: finding.raisedAt) }
        func end(_ finding: Finding, _ minutes: Int64) {
            var over = finding
            over.clearedAt = minutesAgo(minutes)
            _ = book.apply(.cleared(over), at: minutesAgo(minutes))
        }
        func act(_ verb: AlarmAction.Verb, _ alarm: String, _ reason: String = "", minutes: Int64, hours: Int64 = 0) {
            _ = try? book.act(
                AlarmAction(verb, alarm: alarm, person: person, reason: reason, span: .seconds(hours * 3600)),
                at: minutesAgo(minutes))
        }
        raise(finding(.continuousFlow, "unit-301", .p3, minutes: 2 * 1440))
        act(.acknowledge, "unit-301/continuous_flow", minutes: 2 * 1440 - 30)
        let burst = TestEstate.burst.finding
        raise(burst)
        let held = finding(.gateHeldOpen, "east-gate", .p3, minutes: 95)
        raise(held)
        end(held, 80)
        let forced = finding(.gateForced, "east-gate", .p2, minutes: 70)
        raise(forced)
        end(forced, 60)
        raise(finding(.shortCycling, "booster-1", .p3, minutes: 55))
        act(.shelve, "booster-1/pump_short_cycling", "Vessel is charged on Monday.", minutes: 50, hours: 6)
        raise(finding(.liftDoor, "lift-1", .p4, minutes: 45))
        act(.outOfService, "lift-1/lift_door_anomaly", "Lift is renewed.", minutes: 40)
        let cleared = finding(.tankOverflow, "roof-tank", .p2, minutes: 30)
        raise(cleared)
        act(.acknowledge, "roof-tank/tank_overflow", minutes: 28)
        end(cleared, 20)
        return book
    }

    private func snapshot(of alarm: Alarm) -> AlarmSnapshot {
        let name = current.assets.first { $0.identifier == alarm.asset }?.name ?? BilingualText(alarm.asset.text)
        return AlarmSnapshot(
            alarm, assetName: name, ticket: alarm.rule == .burst ? "20261122-002" : nil, policy: alarmBook.policy,
            at: Self.now)
    }

    func set(_ book: AlarmBook) { alarmBook = book }

    func alarms() async -> AlarmOverview {
        let all = alarmBook.alarms.sorted {
            ($0.severity, $0.raisedAt, $0.identifier) < ($1.severity, $1.raisedAt, $1.identifier)
        }
        let raises = all.flatMap { alarm in
            (alarm.raises ?? []).map { AlarmFigures.Raise(alarm: alarm.identifier, severity: alarm.severity, at: $0) }
        }
        var overview = AlarmOverview(
            alarms: all.map(snapshot(of:)), isInFlood: isInFlood,
            day: AlarmFigures(raises, from: Self.now - .seconds(86_400), to: Self.now))
        overview.works = alarmBook.works(after: Self.now)
        return overview
    }

    func alarmHistory(of alarm: String, before sequence: Int64?, limit: Int) -> [AlarmHistoryLine] {
        let lines = [
            AlarmHistoryLine(
                sequence: 9, at: Self.minutesAgo(50), event: "shelve", state: "shelved", person: Self.person,
                reason: "Vessel is charged on Monday."),
            AlarmHistoryLine(
                sequence: 7, at: Self.minutesAgo(55), event: "raised", state: "unacknowledgedActive", person: nil,
                reason: ""),
        ]
        return Array(lines.filter { $0.sequence < sequence ?? .max }.prefix(limit))
    }

    func act(_ action: AlarmAction, key: RequestKey?) async throws(AlarmActionRefusal) -> AlarmSnapshot {
        guard current.persons.contains(where: { $0.identifier == action.person }) else {
            throw .unknownPerson(action.person.text)
        }
        let before = alarmBook.alarms.first { $0.identifier == action.alarm }
        var book = alarmBook
        do {
            _ = try book.act(action, at: Self.now)
        } catch {
            throw AlarmActionRefusal(error, alarm: before)
        }
        if failsToStore { throw .notStored("disk full") }
        alarmBook = book
        guard let alarm = book.alarms.first(where: { $0.identifier == action.alarm }) else {
            throw .unknownAlarm(action.alarm)
        }
        return snapshot(of: alarm)
    }

    /// Takes any report in and shows it on the newest ticket.
    func report(_ report: FaultReport) async throws(ReportRefusal) -> ReportedFault {
        guard current.assets.contains(where: { $0.identifier == report.asset }) else {
            throw .unknownAsset(report.asset.text)
        }
        if failsToStore { throw .notStored("disk full") }
        lastReport = report
        return ReportedFault(isNew: true, ticket: Self.tickets[0])
    }
}
