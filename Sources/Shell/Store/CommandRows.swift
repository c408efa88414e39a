// SPDX-License-Identifier: Apache-2.0

import GRDB
public import Model

/// What the publisher keeps beside the outbox.
extension SluiceStore {
    public func reply(toCommand identifier: String, now: Timestamp) async throws -> [UInt8]? {
        // The first reply is repeated, whatever a second command of the same name asks for.
        switch try await keptAnswer(key: Self.key(ofCommand: identifier), request: [], now: now) {
        case .given(let reply): reply
        case .otherRequest, nil: nil
        }
    }

    public func keep(reply: [UInt8], toCommand identifier: String, at now: Timestamp) async throws {
        let answer = Judgement.AnswerRecord(
            key: Self.key(ofCommand: identifier), at: now, request: [], answer: reply)
        try await write { try Self.write(answer, in: $0) }
    }

    private static func key(ofCommand identifier: String) -> String { "mqtt cmd \(identifier)" }

    public func forbiddenSince() async throws -> Timestamp? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'forbidden_since'")
                .map { Timestamp(milliseconds: $0) }
        }
    }

    public func noteForbidden(since: Timestamp?) async throws {
        try await write { db in
            guard let since else { return try db.execute(sql: "DELETE FROM meta WHERE key = 'forbidden_since'") }
            try db.execute(
                sql: "INSERT OR REPLACE INTO meta(key, value) VALUES ('forbidden_since', ?)",
                arguments: [since.milliseconds])
        }
    }
}
