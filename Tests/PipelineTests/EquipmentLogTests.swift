// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Prevention
import Testing
import Tickets

/// The logs of one device: what is in them, in which month, and that nothing is taken out.
@Suite struct EquipmentLogTests {
    private static let wang = PersonIdentifier("wang")
    private static let lift = AssetIdentifier("lift-1")
    private static let zone = PlannedWorkTests.policy.zone
    /// 2026-10-31 16:30 UTC is 1 November 00:30 on the site's wall.
    private static let start = PlannedWorkTests.morning

    private static func log(
        month: Int = 11, findings: [Finding] = [], events: [TicketEvent] = [], records: [WorkRecord] = []
    ) -> EquipmentLog {
        EquipmentLog(
            of: lift, year: 2026, month: month, zone: zone, findings: findings, events: events, records: records)
    }

    private static func events(_ effects: [TicketEffect]) -> [TicketEvent] {
        effects.compactMap { if case .appended(let event, _) = $0 { event } else { nil } }
    }

    @Test func `the month is that of the site's wall, and other devices are left out`() {
        var finding = Finding(
            rule: .liftOutOfService, ruleVersion: 1, severity: .p3, asset: Self.lift,
            startedAt: Self.start - .seconds(3600),
            raisedAt: Self.start - .seconds(3600), loss: nil,
            evidence: Evidence(from: Self.start, to: Self.start, measures: []))
        finding.clearedAt = Self.start
        var other = finding
        other.asset = AssetIdentifier("lift-2")
        #expect(Self.log(findings: [finding, other]).lines.map(\.event) == ["ended"])
        #expect(Self.log(month: 10, findings: [finding, other]).lines.map(\.event) == ["began"])
        #expect(Self.log(findings: [finding]).lines.map(\.book) == [.run])
    }

    @Test func `visits, repairs and sign-offs of its tickets are told, what only moves paper is not`() throws {
        var book = TicketBook(policy: PlannedWorkTests.policy, events: [])
        var events = Self.events(
            book.raise(planned: RuleIdentifier("lift_service"), of: Self.lift, identifier: "work:1", at: Self.start))
        let number = try #require(book.tickets.first?.number)
        for (step, verb) in [TicketVerb.grab, .arrive, .start, .resolve].enumerated() {
            var order = TicketOrder(verb, on: number, by: Self.wang, note: "belt replaced")
            if verb == .resolve { order.report = RepairReport(cause: "worn belt", action: "belt replaced") }
            events += Self.events(
                try book.act(order, identifier: "act:\(step)", at: Self.start + .seconds(60 * Int64(step + 1))))
        }
        let log = Self.log(events: events)
        #expect(log.lines(of: .inspection).map(\.event) == ["arrive"])
        #expect(log.lines(of: .maintenance).map(\.event) == ["start", "resolve"])
        #expect(log.lines(of: .maintenance).last?.note == "worn belt; belt replaced")
        #expect(log.lines.allSatisfy { $0.source == number && $0.person == "wang" && $0.what == "lift_service" })
    }

    @Test func `a correction is a further line that names the first`() throws {
        let work = PlannedWork(
            WorkIdentifier("serve-lift"), asset: Self.lift, kind: .liftService,
            firstDue: CivilDate(year: 2026, month: 11, day: 1))
        var book = PreventiveBook(works: [work])
        let day = CivilDate(year: 2026, month: 11, day: 2)
        _ = try book.record(
            WorkReport(work.identifier, by: Self.wang, note: "oil"), identifier: "done:1", ticket: nil, at: Self.start,
            today: day)
        _ = try book.record(
            WorkReport(work.identifier, by: Self.wang, note: "oil and belt", corrects: "done:1"), identifier: "done:2",
            ticket: nil, at: Self.start + .seconds(60), today: day)
        let lines = Self.log(records: book.records).lines(of: .maintenance)
        #expect(lines.map(\.source) == ["done:1", "done:2"])
        #expect(lines.map(\.corrects) == [nil, "done:1"])
        #expect(lines.map(\.note) == ["oil", "oil and belt"])
    }
}
