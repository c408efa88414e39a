// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Prevention
import Testing

@testable import Store

/// Records of planned work on disk.
@Suite struct WorkRecordTests {
    /// A record as the preventive calendar writes it, to be kept for three years from `written`.
    private func record(_ name: String, written: Timestamp) throws -> WorkRecord {
        let work = PlannedWork(
            WorkIdentifier("clean-roof-tank"), asset: AssetIdentifier("roof-tank"), kind: .tankCleaning,
            firstDue: CivilDate(year: 2026, month: 11, day: 15))
        var book = PreventiveBook(works: [work])
        return try book.record(
            WorkReport(
                work.identifier, by: PersonIdentifier("wang"), witnesses: ["Zhao", "Qian"], waterTest: "W-118",
                note: "两处锈迹"),
            identifier: name, ticket: "lakeside-1", at: written, today: CivilDate(year: 2026, month: 11, day: 12))
    }

    @Test func `records are there after a restart, in the order in which they were written`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        let records = [try record("b", written: morning), try record("a", written: morning)]
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
            try record("kept", written: Timestamp(seconds: 4_000_000_000)),
            try record("old", written: Timestamp(seconds: 1)),
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
