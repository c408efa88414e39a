// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Testing

@testable import Store

/// What the analyzer was told beside readings stays as it was written.
@Suite struct InterventionTests {
    private func record(_ subject: String, until: Timestamp? = nil) -> Judgement.InterventionRecord {
        .init(
            at: morning, cursor: SequenceNumber(40), dataTime: morning - .seconds(5), kind: "expected",
            subject: subject, person: "li-wei", reason: "检修", until: until, body: Array(subject.utf8))
    }

    @Test func `rows come back in their order, also beside the running gateway and after a restart`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        var judgement = Judgement(analyzer: .init(version: 1, cursor: SequenceNumber(40), state: [1]))
        judgement.interventions = [record("b", until: morning + .seconds(9)), record("a")]
        try await store.save(judgement)
        judgement = Judgement()
        judgement.interventions = [record("c")]
        try await store.save(judgement)
        let expected = [record("b", until: morning + .seconds(9)), record("a"), record("c")]
        #expect(try SluiceStore.interventions(directory: folder.path) == expected)
        try store.close()
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(try await again.interventions() == expected)
        // The numbers are those of everything else that a site stores.
        #expect(try await again.count("SELECT max(seq) FROM intervention") == 3)
        #expect(try await again.latestSequence() == SequenceNumber(3))
    }

    @Test func `a row can neither be changed nor taken out`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var judgement = Judgement()
        judgement.interventions = [record("a")]
        try await store.save(judgement)
        for change in ["UPDATE intervention SET person = 'x'", "DELETE FROM intervention"] {
            let error = #expect(throws: DatabaseError.self) {
                try withOtherConnection(folder) { try $0.execute(sql: change) }
            }
            #expect(error?.message == "intervention is append-only")
        }
        #expect(try await store.interventions() == [record("a")])
    }

    @Test func `a verdict is not there without what follows from it`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        let event = Judgement.TicketEventRecord(identifier: "e", ticket: "T1", index: 0, at: morning, body: [])
        try await store.save(Judgement(ticketEvents: [event]))
        var judgement = Judgement(
            analyzer: .init(version: 1, cursor: SequenceNumber(2), state: [2]), ticketEvents: [event])
        judgement.interventions = [record("a")]
        let told = judgement
        let refused = await refusal { try await store.save(told) }
        #expect(refused == .duplicateTicketEvent(identifier: "e", ticket: "T1", index: 0))
        #expect(try await store.interventions().isEmpty)
        #expect(try await store.analyzerState() == nil)
    }

    @Test func `what a state or a snapshot knows is not told again, also where the cursor is the same`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        var judgement = Judgement(analyzer: .init(version: 1, cursor: SequenceNumber(40), state: [1]))
        judgement.snapshot = .init(version: 1, cursor: SequenceNumber(40), dataTime: morning, state: [1])
        judgement.interventions = [record("known")]
        try await store.save(judgement)
        #expect(try await store.interventionsSinceState().isEmpty)
        judgement = Judgement()
        var later = record("later")
        later.cursor = SequenceNumber(60)
        judgement.interventions = [record("same cursor"), later]
        try await store.save(judgement)
        #expect(try await store.interventionsSinceState() == [record("same cursor"), later])
        let snapshot = SequenceNumber(40)
        #expect(
            try await store.interventions(after: snapshot, through: SequenceNumber(59)) == [record("same cursor")])
        #expect(
            try await store.interventions(after: snapshot, through: SequenceNumber(60))
                == [record("same cursor"), later])
        // An analyzer that learns anew may stand at the same cursor again.
        try await store.retireSnapshots()
        #expect(try await store.snapshotTimes().isEmpty)
        #expect(try await store.interventions(after: snapshot, through: SequenceNumber(60)).isEmpty)
    }
}
