// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Pipeline
import Testing

@testable import Store

@Suite struct CounterRowTests {
    @Test func `a database from before counters gets their table, and a broken one is left out`() async throws {
        let folder = try TemporaryFolder()
        var store = try openStore(folder)
        _ = try await store.append([makeSweep()], publishes: true)
        try store.close()
        try withOtherConnection(folder) {
            try $0.execute(
                sql: """
                    DROP TABLE account; DROP TABLE counter_log; DROP TABLE retained_topic; DROP TABLE notice_attempt; DROP TABLE notice; DROP TABLE kept_answer; DROP TABLE work_record;
                    ALTER TABLE analyzer DROP COLUMN told; DROP TABLE announcement;
                    DROP TABLE intervention; DROP TABLE alarm_event; DROP TABLE incident; DROP TABLE ticket_chain; DROP TABLE finding_trail; DROP TABLE analyzer_snapshot; DROP TABLE counter_event; DROP TABLE learned_turnaround; DROP TABLE counter;
                    DROP TRIGGER audit_stays; DROP TRIGGER audit_remains; PRAGMA user_version = 2
                    """
            )
        }
        store = try openStore(folder)
        #expect(try await store.counters() == [])
        try await store.pool.write {
            try $0.execute(sql: "INSERT INTO counter(point, state) VALUES (1, x'7B')")
        }
        #expect(try await store.counters() == [])
        #expect(try await store.sweeps(after: SequenceNumber(0), limit: 9).count == 1)
        close(store, in: folder)
    }
}
