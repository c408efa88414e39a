// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model
import Notices
import Pipeline
import Testing

@testable import Store

@Suite struct NoticeTableTests {
    private let robot = ChannelIdentifier("robot")

    private func mark(_ seconds: Int64, boot: String = "boot-1") -> ClockMark {
        ClockMark(
            wall: morning + .seconds(seconds), instant: MonotonicInstant(nanoseconds: seconds * 1_000_000_000),
            boot: BootIdentifier(boot), isSynchronised: true)
    }

    private func notice(_ ticket: String, _ sequence: Int = 0) -> Notice {
        Notice(
            ticket: ticket, sequence: sequence, severity: .p2, kind: .raised, title: "漏水", text: "",
            site: SiteIdentifier("lakeside"),
            asset: AssetIdentifier("riser-1"), rule: .burst, at: morning, channels: [robot])
    }

    private func judgement(_ tickets: [String]) -> Judgement {
        var judgement = Judgement()
        judgement.notices = tickets.map { .init(notice: notice($0), channel: robot, at: mark(1)) }
        return judgement
    }

    @Test func `notices are stored with the lines of their tickets or not at all`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        var first = judgement(["T1", "T2"])
        let line = Judgement.TicketEventRecord(identifier: "raise:1", ticket: "T1", index: 0, at: morning, body: [])
        first.ticketEvents = [line]
        try await store.save(first)
        var second = judgement(["T3"])
        second.ticketEvents = [line]
        #expect(await refusal { try await store.save(second) } != nil)
        let rows = try await store.waitingNotices(after: 0, limit: 10)
        #expect(rows.map(\.notice) == [notice("T1"), notice("T2")])
        #expect(rows.map(\.stored) == [mark(1), mark(1)])
        #expect(try await store.waitingNotices(after: rows[0].number, limit: 10) == [rows[1]])
        close(store, in: folder)
    }

    @Test func `attempts, digests, moves and ends are there after a restart`() async throws {
        let folder = try TemporaryFolder()
        var store = try openStore(folder)
        try await store.save(judgement(["T1", "T2", "T3", "T4"]))
        var rows = try await store.waitingNotices(after: 0, limit: 10)
        for place in 0...1 { rows[place].triedAs = "digest-1" }
        let digest = Dispatch(channel: robot, key: "digest-1", rows: Array(rows[0...1]), severity: .p3)
        let begun = try await store.carryOut(
            [
                .send(digest), .settled([rows[2]], .superseded), .moved([rows[3]], to: ChannelIdentifier("spare")),
            ], finished: nil, at: mark(2))
        #expect(begun.count == 1)
        close(store, in: folder)

        store = try openStore(folder)
        let waiting = try await store.waitingNotices(after: 0, limit: 10)
        #expect(waiting.map(\.triedAs) == ["digest-1", "digest-1", nil])
        #expect(waiting.map(\.channel.text) == ["robot", "robot", "spare"])
        #expect(try await store.noticeAttempts() == [AttemptRecord(channel: robot, began: mark(2))])
        let outcome = DeliveryOutcome.limited(.seconds(60), "errcode 45009")
        _ = try await store.carryOut([], finished: FinishedAttempt(identifier: begun[0], outcome: outcome), at: mark(3))
        let ended = AttemptRecord(channel: robot, began: mark(2), ended: mark(3), outcome: outcome)
        #expect(try await store.noticeAttempts() == [ended])
        close(store, in: folder)
        let reports = try SluiceStore.channelReports(inDirectory: folder.path)
        #expect(reports.map(\.channel.text) == ["robot", "spare"])
        #expect(reports[0].rows == ["waiting": 2, "superseded": 1])
        #expect(reports[0].lastReason == "errcode 45009")
        #expect(reports[1].rows == ["waiting": 1])
    }

    @Test func `what was given up waits again behind the others`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await store.save(judgement(["T1", "T2"]))
        let rows = try await store.waitingNotices(after: 0, limit: 10)
        _ = try await store.carryOut([.settled([rows[0]], .dead)], finished: nil, at: mark(2))
        #expect(try SluiceStore.deadNotices(limit: 5, inDirectory: folder.path).map(\.notice.key) == ["T1-0"])
        #expect(try await store.replayNotices(key: "T9-0", at: mark(3)) == 0)
        #expect(try await store.replayNotices(key: "T1-0", at: mark(3)) == 1)
        #expect(try await store.waitingNotices(after: 0, limit: 10).map(\.notice.ticket) == ["T2", "T1"])
        #expect(try await store.waitingNotices(after: rows[1].number, limit: 10).map(\.stored) == [mark(3)])
        close(store, in: folder)
    }

    @Test func `a notice that cannot be read is given up, not waited for`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await store.save(judgement(["T1", "T2"]))
        try withOtherConnection(folder) { try $0.execute(sql: "UPDATE notice SET body = x'00' WHERE key = 'T1-0'") }
        #expect(try await store.waitingNotices(after: 0, limit: 10).map(\.notice.ticket) == ["T2"])
        #expect(try await store.count("SELECT count(*) FROM notice WHERE state = 'dead'") == 1)
        close(store, in: folder)
    }

    @Test func `old ends are dropped, what waits is not`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        try await store.save(judgement(["T1", "T2"]))
        let rows = try await store.waitingNotices(after: 0, limit: 10)
        _ = try await store.carryOut([.settled([rows[0]], .delivered)], finished: nil, at: mark(2))
        try await store.dropOldNotices(now: morning + .seconds(31 * 86_400))
        #expect(try await store.count("SELECT count(*) FROM notice") == 1)
        close(store, in: folder)
    }
}
