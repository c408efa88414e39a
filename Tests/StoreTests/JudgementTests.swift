// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Pipeline
import Testing

@testable import Store

@Suite struct JudgementTests {
    private func finding(_ asset: String, raised: Timestamp, cleared: Timestamp? = nil) -> Finding {
        var finding = Finding(
            rule: .burst, ruleVersion: 1, severity: .p1, asset: AssetIdentifier(asset), startedAt: morning,
            raisedAt: raised,
            loss: LossEstimate(rateLow: LitresPerHour(800.5), rateHigh: LitresPerHour(900), litres: Litres(12.25)),
            evidence: Evidence(
                from: morning, to: raised, measures: [Measure("threshold", 0.1, .litrePerHour)],
                firstSequence: SequenceNumber(1), lastSequence: SequenceNumber(9)))
        finding.clearedAt = cleared
        return finding
    }

    private func event(_ identifier: String, _ ticket: String, _ index: Int) -> Judgement.TicketEventRecord {
        .init(identifier: identifier, ticket: ticket, index: index, at: morning, body: Array(identifier.utf8))
    }

    private func texts(_ bodies: [[UInt8]]) -> [String] { bodies.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `incidents are replaced, and the history of alarms is only added to`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.incidentBody() == nil)
        for round in 1...2 as ClosedRange<UInt8> {
            var judgement = Judgement()
            judgement.incidents = [round]
            judgement.alarmEvents = [
                .init(alarm: "riser-1/burst", event: "changed", state: "shelved", person: "li-wei", reason: "Works.")
            ]
            try await store.save(judgement)
        }
        #expect(try await store.incidentBody() == [2])
        #expect(try await store.count("SELECT COUNT(*) FROM alarm_event WHERE state = 'shelved'") == 2)
    }

    @Test func `everything of a judgement is there after a restart`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.analyzerState() == nil)
        let open = finding("riser-1", raised: morning + .seconds(60))
        let state = Judgement.AnalyzerState(version: 3, cursor: SequenceNumber(812), state: [0, 1, 0xFF, 0])
        try await store.save(
            Judgement(
                analyzer: state, findings: [open, finding("inlet", raised: morning + .seconds(90))],
                alarms: [
                    .init(identifier: "b", state: "unacknowledged", body: [1]),
                    .init(identifier: "a", state: "x", body: []),
                ],
                ticketEvents: [event("raise:1", "T1", 0), event("raise:2", "T2", 0)],
                tickets: [.init(number: "T1", state: "new", body: [7])],
                messages: [.init(topic: "t", payload: [], isRetained: true)]))
        let cleared = finding("inlet", raised: morning + .seconds(90), cleared: morning + .seconds(200))
        try await store.save(
            Judgement(
                findings: [cleared], alarms: [.init(identifier: "a", state: "normal", body: [2])],
                ticketEvents: [event("accept:1", "T1", 1)], tickets: [.init(number: "T1", state: "accepted", body: [8])]
            ))
        try store.close()

        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(try await again.analyzerState() == state)
        #expect(try await again.findings(limit: 10) == [cleared, open])
        #expect(try await again.findings(openOnly: true, limit: 10) == [open])
        #expect(try await again.findings(limit: 1) == [cleared])
        #expect(try await again.alarmBodies() == [[2], [1]])
        #expect(texts(try await again.ticketEventBodies()) == ["raise:1", "raise:2", "accept:1"])
        #expect(try await again.count("SELECT count(*) FROM ticket WHERE state = 'accepted' AND body = x'08'") == 1)
        #expect(try await again.waitingMessages(after: SequenceNumber(0), limit: 10).count == 1)
    }

    @Test(arguments: [
        ("raise:1", "T9", 4), ("new:1", "T1", 0),
    ])
    func `a ticket event that is there already takes the whole judgement back`(
        identifier: String, ticket: String, index: Int
    ) async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.save(
            Judgement(
                analyzer: .init(version: 1, cursor: SequenceNumber(1), state: [1]),
                ticketEvents: [event("raise:1", "T1", 0)]))
        let before = try await store.latestSequence()
        let refused = await refusal {
            try await store.save(
                Judgement(
                    analyzer: .init(version: 1, cursor: SequenceNumber(2), state: [2]),
                    findings: [finding("inlet", raised: morning)],
                    alarms: [.init(identifier: "a", state: "x", body: [])],
                    ticketEvents: [event("raise:5", "T5", 0), event(identifier, ticket, index)],
                    tickets: [.init(number: "T5", state: "new", body: [])],
                    messages: [.init(topic: "t", payload: [], isRetained: false)]))
        }
        #expect(refused == .duplicateTicketEvent(identifier: identifier, ticket: ticket, index: index))
        #expect(try await store.analyzerState()?.cursor == SequenceNumber(1))
        #expect(try await store.findings(limit: 9).isEmpty)
        #expect(try await store.alarmBodies().isEmpty)
        #expect(texts(try await store.ticketEventBodies()) == ["raise:1"])
        #expect(try await store.count("SELECT count(*) FROM ticket") == 0)
        #expect(try await store.backlog().rows == 0)
        #expect(try await store.latestSequence() == before)
        // The connection is fit for more.
        try await store.save(Judgement(ticketEvents: [event("accept:1", "T1", 1)]))
        #expect(try await store.ticketEventBodies().count == 2)
    }

    @Test func `the history of a ticket cannot be changed`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.save(Judgement(ticketEvents: [event("raise:1", "T1", 0)]))
        for change in ["UPDATE ticket_event SET body = x''", "DELETE FROM ticket_event"] {
            let error = #expect(throws: DatabaseError.self) {
                try withOtherConnection(folder) { try $0.execute(sql: change) }
            }
            #expect(error?.message == "ticket_event is append-only")
        }
        #expect(texts(try await store.ticketEventBodies()) == ["raise:1"])
    }

    @Test func `a finding that cannot be read is left out`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let good = finding("riser-1", raised: morning)
        try await store.save(Judgement(findings: [good, finding("inlet", raised: morning + .seconds(1))]))
        try withOtherConnection(folder) { try $0.execute(sql: "UPDATE finding SET body = x'7B' WHERE asset = 'inlet'") }
        #expect(try await store.findings(limit: 10) == [good])
    }

    @Test func `an empty judgement takes no number and no transaction`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let before = try await store.pool.writeWithoutTransaction { $0.totalChangesCount }
        try await store.save(Judgement())
        #expect(try await store.pool.writeWithoutTransaction { $0.totalChangesCount } == before)
        #expect(try await store.latestSequence() == SequenceNumber(0))
    }
}
