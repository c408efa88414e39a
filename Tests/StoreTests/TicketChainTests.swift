// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import TestKit
import Testing

@testable import Store

/// The chain over the lines of tickets finds what was done to them behind the program's back.
@Suite struct TicketChainTests {
    private func lines(_ range: Range<Int>) -> Judgement {
        Judgement(
            ticketEvents: range.map {
                .init(
                    identifier: "line-\($0)", ticket: "lakeside-20261122-001", index: $0,
                    at: Timestamp(seconds: Int64($0)), body: Array("{\"n\":\($0)}".utf8))
            })
    }

    private func tampered(_ sql: String) async throws -> TicketChainReport {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.save(lines(0..<3))
        try await store.save(lines(3..<6))
        try withOtherConnection(folder) { db in
            for trigger in ["ticket_event_stays", "ticket_event_remains", "ticket_chain_stays", "ticket_chain_remains"]
            {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try db.execute(sql: sql)
        }
        return try SluiceStore.ticketChain(inDirectory: folder.path)
    }

    @Test func `lines as they were written are all found to be so`() async throws {
        let report = try await tampered("SELECT 1")
        #expect(report == TicketChainReport(lines: 6, older: 0, firstBreak: nil))
    }

    @Test(arguments: [
        "UPDATE ticket_event SET body = CAST('{\"n\":9}' AS BLOB) WHERE idx = 2",
        "UPDATE ticket_event SET at = at + 1 WHERE idx = 2",
        "UPDATE ticket_event SET id = 'other' WHERE idx = 2",
        "UPDATE ticket_chain SET hash = zeroblob(32) WHERE seq = (SELECT seq FROM ticket_event WHERE idx = 2)",
        "DELETE FROM ticket_chain WHERE seq = (SELECT seq FROM ticket_event WHERE idx = 2)",
    ])
    func `a line that was changed is named`(sql: String) async throws {
        let report = try await tampered(sql)
        #expect(report.lines == 2)
        #expect(report.firstBreak?.ticket == "lakeside-20261122-001")
        #expect(report.firstBreak?.index == 2)
    }

    @Test func `a line that was taken out is named by its row, with its hash by the line after it`() async throws {
        let alone = try await tampered("DELETE FROM ticket_event WHERE idx = 2")
        #expect(alone.lines == 2)
        #expect(alone.firstBreak != nil && alone.firstBreak?.ticket == nil)
        let both = try await tampered(
            """
            DELETE FROM ticket_chain WHERE seq = (SELECT seq FROM ticket_event WHERE idx = 2);
            DELETE FROM ticket_event WHERE idx = 2
            """)
        #expect(both.lines == 2)
        #expect(both.firstBreak?.index == 3)
    }

    @Test func `lines from before the chain are counted apart`() async throws {
        let report = try await tampered(
            "DELETE FROM ticket_chain WHERE seq <= (SELECT seq FROM ticket_event WHERE idx = 2)")
        #expect(report.older == 3)
        #expect(report.firstBreak?.index == 3, "what follows was not the beginning")
    }
}
