// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import GRDB
public import Model

/// What was answered to a request that must not be carried out twice.
public enum KeptAnswer: Hashable, Sendable {
    /// The same request came before; this was its answer.
    case given([UInt8])
    /// Another request came before under the same key.
    case otherRequest
}

extension SluiceStore {
    /// How long an answer is kept (48 h).
    public static let answerLife: Duration = .seconds(48 * 3600)

    /// The answer that was stored under a key within ``answerLife`` before `now`; `nil` when there is none.
    public func keptAnswer(key: String, request: [UInt8], now: Timestamp) async throws -> KeptAnswer? {
        try await read { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT request, answer FROM kept_answer WHERE key = ? AND at > ?",
                arguments: [key, (now - Self.answerLife).milliseconds])
            guard let row else { return nil }
            return try row.bytes(0) == Self.fingerprint(of: request) ? .given(try row.bytes(1)) : .otherRequest
        }
    }

    static func write(_ answer: Judgement.AnswerRecord, in db: Database) throws {
        try db.execute(
            sql: "DELETE FROM kept_answer WHERE at <= ?", arguments: [(answer.at - answerLife).milliseconds])
        try db.execute(
            sql: "INSERT OR REPLACE INTO kept_answer(key, at, request, answer) VALUES (?, ?, ?, ?)",
            arguments: [
                answer.key, answer.at.milliseconds, Data(fingerprint(of: answer.request)), Data(answer.answer),
            ])
    }

    /// SHA-256: the request itself may hold what is nobody's business.
    private static func fingerprint(of request: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: request)) }
}
