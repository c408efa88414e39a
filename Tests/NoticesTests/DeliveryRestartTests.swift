// SPDX-License-Identifier: Apache-2.0

import Model
import Notices
import Testing

/// What a queue owes to its receivers after a restart, row by row.
@Suite struct DeliveryRestartTests {
    private let robot = ChannelIdentifier("robot")

    private func mark(_ seconds: Int64) -> ClockMark {
        ClockMark(
            wall: Timestamp(milliseconds: seconds * 1000),
            instant: MonotonicInstant(nanoseconds: seconds * 1_000_000_000), boot: BootIdentifier("boot-1"),
            isSynchronised: true)
    }

    private func row(
        _ number: Int64, _ ticket: Int, _ sequence: Int = 0, _ severity: Severity = .p4,
        _ kind: NoticeKind = .raised
    ) -> NoticeRow {
        NoticeRow(
            number: number, channel: robot,
            notice: trialNotice(ticket, sequence, severity, kind, channels: [robot], clock: "repair"), stored: mark(1))
    }

    private func sent(_ effects: [DeliveryEffect]) -> [Dispatch] {
        effects.compactMap { if case .send(let dispatch) = $0 { dispatch } else { nil } }
    }

    private func makeQueue(_ kind: ChannelKind = .wecom) -> DeliveryQueue {
        DeliveryQueue(channels: [ChannelPlan(robot, kind)])
    }

    @Test func `a digest under way at the restart is repeated under its key, without what came meanwhile`() throws {
        var queue = makeQueue()
        let rows = (1...8).map { row(Int64($0), $0) }
        _ = queue.add(rows, at: mark(2))
        let first = try #require(sent(queue.next(at: mark(2).instant)).first)
        #expect(first.isDigest)
        #expect(first.rows.map(\.number) == Array(1...8))

        // The disk has the rows as they were tried, and two that came while nobody had answered.
        var next = makeQueue()
        next.restore([AttemptRecord(channel: robot, began: mark(2))], at: mark(10))
        _ = next.add(first.rows + [row(9, 9), row(10, 10)], at: mark(10))
        let again = try #require(sent(next.next(at: mark(10).instant)).first)
        #expect(again.key == first.key)
        #expect(again.rows.map(\.number) == Array(1...8))
        _ = next.report(.delivered, of: robot, at: mark(11).instant, random: 0.5)
        let rest = try #require(sent(next.next(at: mark(11).instant)).first)
        #expect(rest.key == row(9, 9).notice.key)
    }

    @Test(arguments: [ChannelKind.webhook, .wecom])
    func `rows of one ticket wait for the first of them, however urgent the later one is`(kind: ChannelKind) throws {
        var queue = makeQueue(kind)
        // The first was refused; the second, of P1, is new and could go at once if it were alone.
        _ = queue.add([row(1, 1, 0, .p3)], at: mark(2))
        let first = try #require(sent(queue.next(at: mark(2).instant)).first)
        _ = queue.report(.refused("errcode 40035"), of: robot, at: mark(2).instant, random: 1)
        _ = queue.add([row(2, 1, 1, .p1, .escalated)], at: mark(2))
        #expect(sent(queue.next(at: mark(2).instant)) == [])
        var order: [Int64] = []
        for second in Int64(3)...40 {
            for dispatch in sent(queue.next(at: mark(second).instant)) {
                order += dispatch.rows.map(\.number)
                _ = queue.report(.delivered, of: robot, at: mark(second).instant, random: 0.5)
            }
        }
        #expect(order == [1, 2])
        #expect(first.rows.map(\.number) == [1])
    }
}
