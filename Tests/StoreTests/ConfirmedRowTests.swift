// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Store

@Suite struct ConfirmedRowTests {
    private func message(_ text: String) -> OutboundMessage {
        OutboundMessage(topic: "sluice/lakeside/ticket/event", payload: Array(text.utf8), isRetained: text.isEmpty)
    }

    @Test func `sent rows are told in order up to the first that waits, without messages that say nothing`()
        async throws
    {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.lastSequence() == SequenceNumber(0))
        try await store.save(Judgement(messages: ["{}", "", "{}", "{}", "{}"].map(message)))
        let rows = try await store.waitingMessages(after: SequenceNumber(0), limit: 10).map(\.sequence)
        try #require(rows.count == 5)
        #expect(try await store.lastSequence() == rows[4])
        try await store.markSent([rows[0], rows[1], rows[2], rows[4]], at: morning)
        #expect(try await store.sentRows(after: SequenceNumber(0), limit: 10) == [rows[0], rows[2]])
        #expect(try await store.sentRows(after: rows[0], limit: 10) == [rows[2]])
        #expect(try await store.sentRows(after: SequenceNumber(0), limit: 1) == [rows[0]])
        try await store.markSent([rows[3]], at: morning)
        #expect(try await store.sentRows(after: rows[2], limit: 10) == [rows[3], rows[4]])
        try store.close()
    }

    @Test func `what the consumer has goes, and what it has not goes out again`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await store.save(Judgement(messages: (0..<4).map { _ in message("{}") }))
        let rows = try await store.waitingMessages(after: SequenceNumber(0), limit: 10).map(\.sequence)
        try await store.markSent(Array(rows.prefix(3)), at: morning)
        #expect(try await store.removeConfirmed(through: rows[0]) == 1)
        #expect(try await store.returnToWaiting(sentAbove: rows[1]) == 1)
        #expect(
            try await store.waitingMessages(after: SequenceNumber(0), limit: 10).map(\.sequence) == [rows[2], rows[3]])
        #expect(try await store.backlog().rows == 2)
        // A row that waits stays, whatever is acknowledged.
        #expect(try await store.removeConfirmed(through: rows[3]) == 1)
        #expect(try await store.backlog().rows == 2)
        try store.close()
    }
}
