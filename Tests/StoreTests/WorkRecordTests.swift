// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Prevention
import Testing

@testable import Store

/// Records of planned work on disk.
@Suite struct WorkRecordTests {
    private func record(_ name: String, kept until: Timestamp) -> WorkRecord {
        WorkRecord(
            identifier: name, work: WorkIdentifier("clean-roof-tank"), asset: AssetIdentifier("roof-tank"),
            kind: .tankCleaning, due: CivilDate(year: 2026, month: 11, day: 15),
            doneOn: CivilDate(year: 2026, month: 11, day: 12), writtenAt: morning, person: PersonIdentifier("wang"),
            witnesses: ["Qian", "Zhao"], waterTest: "W-118", runHours: nil, note: "两处锈迹", ticket: "lakeside-1",
            corrects: nil, keepUntil: until)
    }

    @Test func `records are there after a restart, in the order in which they were written`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        let far = Timestamp(seconds: 4_000_000_000)
        let records = [record("b", kept: far), record("a", kept: far)]
        for record in records {
            var judgement = Judgement()
            judgement.works = [record]
            try await store.save(judgement)
        }
        try store.close()
        #expect(try await openStore(folder).workRecords() == records)
    }

    @Test func `a record cannot be changed, nor taken out before its time is over`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        var judgement = Judgement()
        judgement.works = [
            record("kept", kept: Timestamp(seconds: 4_000_000_000)), record("old", kept: Timestamp(seconds: 1)),
        ]
        try await store.save(judgement)
        await #expect(throws: DatabaseError.self) {
            try await store.pool.write { try $0.execute(sql: "UPDATE work_record SET asset = 'x' WHERE id = 'kept'") }
        }
        await #expect(throws: DatabaseError.self) {
            try await store.pool.write { try $0.execute(sql: "DELETE FROM work_record WHERE id = 'kept'") }
        }
        try await store.pool.write { try $0.execute(sql: "DELETE FROM work_record WHERE id = 'old'") }
        #expect(try await store.workRecords().map(\.identifier) == ["kept"])
    }
}
