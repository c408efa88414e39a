// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What was ever retained at the broker and is not known to be empty.
extension SluiceStore {
    public func noteRetained(_ topics: [String]) async throws -> [String] {
        let wanted = Set(topics)
        return try await write { db in
            let known = try Set(String.fetchAll(db, sql: "SELECT topic FROM retained_topic"))
            let insert = try db.cachedStatement(sql: "INSERT OR IGNORE INTO retained_topic(topic) VALUES (?)")
            for topic in wanted.subtracting(known) { try insert.execute(arguments: [topic]) }
            return known.subtracting(wanted).sorted()
        }
    }

    public func forgetRetained(_ topics: [String]) async throws {
        try await write { db in
            let delete = try db.cachedStatement(sql: "DELETE FROM retained_topic WHERE topic = ?")
            for topic in topics { try delete.execute(arguments: [topic]) }
        }
    }
}
