// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Testing

@testable import Store

@Suite struct KeptAnswerTests {
    private func keep(_ key: String, _ request: String, at time: Timestamp, in store: SluiceStore) async throws {
        var judgement = Judgement()
        judgement.answers = [
            .init(key: key, at: time, request: Array(request.utf8), answer: Array("answer to \(request)".utf8))
        ]
        try await store.save(judgement)
    }

    @Test func `an answer is kept for 48 hours and for the same request only`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await keep("a", "one", at: morning, in: store)
        let almost = morning + .seconds(48 * 3600 - 1)
        func look(_ key: String, _ request: String, at now: Timestamp) async throws -> KeptAnswer? {
            try await store.keptAnswer(key: key, request: Array(request.utf8), now: now)
        }
        #expect(try await look("a", "one", at: almost) == .given(Array("answer to one".utf8)))
        #expect(try await look("a", "two", at: almost) == .otherRequest)
        #expect(try await look("b", "one", at: almost) == nil)
        #expect(try await look("a", "one", at: morning + .seconds(48 * 3600)) == nil)
        // A later answer lets old ones go, and a key may be used again.
        try await keep("a", "two", at: morning + .seconds(48 * 3600), in: store)
        #expect(
            try await look("a", "two", at: morning + .seconds(48 * 3600)) == .given(Array("answer to two".utf8)))
        try await keep("c", "three", at: morning + .seconds(97 * 3600), in: store)
        let left = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM kept_answer") }
        #expect(left == 1)
        try store.close()
    }
}
