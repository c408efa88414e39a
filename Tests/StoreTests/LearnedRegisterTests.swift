// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import ModbusCodec
import Pipeline
import Polling
import Testing

@testable import Store

@Suite struct LearnedRegisterTests {
    private func learned(_ bus: String, _ unit: UInt8, _ fingerprint: String, _ causes: [Bisection.Cause])
        -> LearnedDevice
    {
        LearnedDevice(
            bus: BusIdentifier(bus), unit: UnitIdentifier(unit), fingerprint: fingerprint,
            facts: causes.map {
                LearnedFact(
                    cause: $0, refused: RegisterSpan(.holdingRegister, at: 4, count: 90),
                    refusedAt: morning + .seconds(5))
            })
    }

    private let gap = Bisection.Cause.gap(RegisterSpan(.holdingRegister, at: 10, count: 3))
    private let item = Bisection.Cause.item(RegisterSpan(.holdingRegister, at: 65_534, count: 2))
    private let boundary = Bisection.Cause.boundary(.holdingRegister, at: 40)

    @Test func `what was learned is there after a restart`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        let first = learned("line-1", 7, "a1", [gap, boundary, item])
        let other = learned("line-2", 7, "b2", [gap])
        for device in [other, learned("line-1", 7, "old", [gap]), first] { try await store.save(device) }
        #expect(try await store.learnedDevices() == [first, other])
        try store.close()
        #expect(try SluiceStore.learnedDevices(inDirectory: folder.path) == [first, other])
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(try await again.learnedDevices() == [first, other])
        // The command that lists it does not mind the gateway at work.
        #expect(try SluiceStore.learnedDevices(inDirectory: folder.path) == [first, other])
        try await again.save(learned("line-1", 7, "a1", []))
        #expect(try await again.learnedDevices() == [other])
    }

    @Test func `a store from before this table is brought up to it with everything it holds`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        _ = try await store.append([makeSweep()], publishes: true)
        try store.close()
        try withOtherConnection(folder) {
            try $0.execute(
                sql: """
                    DROP TABLE learned_register; DROP TABLE counter_log; DROP TABLE retained_topic; DROP TABLE notice_attempt; DROP TABLE notice; DROP TABLE kept_answer; DROP TABLE work_record;
                    ALTER TABLE analyzer DROP COLUMN told; DROP TABLE announcement;
                    DROP TABLE intervention; DROP TABLE alarm_event; DROP TABLE incident; DROP TABLE ticket_chain; DROP TABLE finding_trail; DROP TABLE analyzer_snapshot; DROP TABLE counter_event; DROP TABLE learned_turnaround;
                    DROP TABLE counter; DROP TABLE account; DROP TRIGGER audit_stays; DROP TRIGGER audit_remains;
                    PRAGMA user_version = 1
                    """
            )
        }
        #expect(try SluiceStore.learnedDevices(inDirectory: folder.path) == [])
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        try await again.save(learned("line-1", 1, "a", [item]))
        #expect(try await again.learnedDevices() == [learned("line-1", 1, "a", [item])])
        #expect(try await again.waitingNumbers().count == 1)
    }

    @Test func `rows that make no sense are left out`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        defer { close(store, in: folder) }
        try await store.save(learned("line-1", 1, "a", [item, gap]))
        for change in [
            "unit = 300", "kind = 'hole'", "register_table = 'holdng'", "count = 0", "refused_address = 65535",
        ] {
            try withOtherConnection(folder) { db in
                try db.execute(sql: "BEGIN; UPDATE learned_register SET \(change) WHERE kind = 'gap'; COMMIT")
            }
            #expect(try await store.learnedDevices() == [learned("line-1", 1, "a", [item])], "\(change)")
            try await store.save(learned("line-1", 1, "a", [item, gap]))
            try withOtherConnection(folder) { try $0.execute(sql: "DELETE FROM learned_register WHERE unit = 300") }
        }
    }

    @Test func `a directory without a store has learned nothing`() throws {
        let folder = try TemporaryFolder()
        #expect(try SluiceStore.learnedDevices(inDirectory: folder.file("nothing/here")) == [])
    }
}
