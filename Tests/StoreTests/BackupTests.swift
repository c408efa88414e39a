// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Pipeline
import Testing

@testable import Store

/// Copies while it runs, back again, and what a look through finds.
@Suite struct BackupTests {
    private func filled(_ folder: TemporaryFolder) async throws -> (SluiceStore, [StoredSweep]) {
        let store = try openStore(folder)
        let stored = try await store.append((0..<50).map { makeSweep($0 % 2, value: Int64($0)) }, publishes: true)
        var judgement = Judgement(ticketEvents: (0..<5).map(event))
        judgement.exchange = .init(
            audit: AuditRecord(at: morning, actor: "wang", action: "meter exchange", subject: "inlet", result: "ok"),
            counters: [])
        try await store.save(judgement)
        return (store, stored)
    }

    private func event(_ place: Int) -> Judgement.TicketEventRecord {
        .init(
            identifier: "e-\(place)", ticket: "T-1", index: place, at: morning, body: [UInt8](repeating: 65, count: 9))
    }

    @Test func `a copy made while it runs is whole, and restored it begins a new epoch`() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let (store, stored) = try await filled(folder)
        let (path, report) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        #expect(path == other.file("sluice-20261122T080000Z.db"))
        #expect((report.sweeps, report.readings, report.ticketLines) == (50, 150, 5))
        // Work goes on, and is lost to those who restore the copy.
        _ = try await store.append([makeSweep(value: 99)], publishes: true)
        #expect(
            await refusal { _ = try SluiceStore.restore(path, into: folder.path, now: morning) }
                == .locked(holder: Int(getpid()), directory: folder.path))
        try store.close()

        let later = morning + .seconds(60)
        let (epoch, before) = try SluiceStore.restore(path, into: folder.path, now: later)
        #expect(epoch == later.milliseconds / 1000)
        #expect(try SluiceStore.verify(before ?? "").sweeps == 51)
        let again = try openStore(folder)
        #expect(again.epoch == epoch)
        #expect(try await again.sweeps(after: SequenceNumber(0), limit: 99) == stored)
        #expect(try await again.append([makeSweep()], publishes: true).first?.firstSequence.value == 158)
        #expect(try await again.count("SELECT count(*) FROM gap WHERE cause = 'restored'") == 1)
        try again.close()
        // Once more on the same day: no epoch is used twice.
        let (second, _) = try SluiceStore.restore(path, into: folder.path, now: later)
        #expect(second == epoch + 1)
    }

    @Test func `a copy never replaces a file, and a damaged one is not restored`() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let (store, _) = try await filled(folder)
        let (path, _) = try SluiceStore.backUp(folder.path, to: other.file("copy.db"), now: morning)
        let refused = await refusal { _ = try SluiceStore.backUp(folder.path, to: path, now: morning) }
        #expect(refused == .unusable(path: path, detail: "it is there already; a copy never replaces a file"))
        try store.close()
        var bytes = try other.bytes("copy.db")
        bytes.replaceSubrange(8192..<12_288, with: [UInt8](repeating: 0xEE, count: 4096))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(await refusal { _ = try SluiceStore.restore(path, into: folder.path, now: morning) } != nil)
        let again = try openStore(folder)
        defer { close(again, in: folder) }
        #expect(again.epoch == 1)
        #expect(try await again.sweeps(after: SequenceNumber(0), limit: 99).count == 50)
    }

    @Test(
        arguments: [
            ("", ""),
            (
                "DROP TRIGGER ticket_event_stays; UPDATE ticket_event SET body = x'42' WHERE idx = 2",
                "line 154 of the tickets is not as it was written"
            ),
            (
                "DROP TRIGGER audit_stays; UPDATE audit SET actor = 'li'",
                "line 151 of the audit is not as it was written"
            ),
            (
                "UPDATE meta SET value = 100 WHERE key = 'next_sequence'",
                "the number 150 is in use and would be given again (next is 100)"
            ),
            (
                "DELETE FROM reading_20261122 WHERE seq = 4",
                "1 rows of outbox_20261122 wait to be published without their readings"
            ),
            ("UPDATE outbox_day SET waiting = 7", "outbox_20261122 has 50 waiting rows and says 7"),
            ("UPDATE reading_20261122 SET body = x'ff' WHERE seq = 4", "1 sweeps of 20261122 cannot be read"),
            ("UPDATE reading_20261122 SET count = 4 WHERE seq = 4", "1 sweeps of 20261122 cannot be read"),
        ])
    func `a look through names what is wrong`(spoiling: String, defect: String) async throws {
        let folder = try TemporaryFolder()
        try await filled(folder).0.close()
        if !spoiling.isEmpty { try withOtherConnection(folder) { try $0.execute(sql: spoiling) } }
        let defects = try SluiceStore.verify(folder.path).defects
        #expect(defects.first ?? "" == defect, "\(defects)")
    }
}
