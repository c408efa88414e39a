// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import TestKit
import Testing

private func entry(_ rows: [Int64], lane: DeliveryLane? = .live, bytes: Int = 100, at moment: Double = 0)
    -> PublishWindow.Entry
{
    PublishWindow.Entry(rows: rows.map { SequenceNumber($0) }, lane: lane, bytes: bytes, sentAt: second(moment))
}

@Suite struct PublishWindowTests {
    @Test func `twenty messages fill the window, and each PUBACK makes room for one`() {
        var window = PublishWindow()
        for identifier in 1...20 {
            #expect(window.hasRoom(for: 100, lane: .live))
            #expect(window.sent(Int32(identifier), entry([Int64(identifier)])) == .inFlight)
        }
        #expect(!window.hasRoom(for: 0, lane: .alarm))
        #expect(window.acknowledge(7) == entry([7]))
        #expect(window.hasRoom(for: 100, lane: .live))
        #expect(window.count == 19)
        #expect(!window.contains(SequenceNumber(7)))
        #expect(window.contains(SequenceNumber(8)))
    }

    @Test func `256 kB fill the window, and a larger message goes alone`() {
        var window = PublishWindow()
        _ = window.sent(1, entry([1], bytes: 200_000))
        #expect(window.hasRoom(for: 62_144, lane: .live))
        #expect(!window.hasRoom(for: 62_145, lane: .live))
        _ = window.acknowledge(1)
        #expect(window.hasRoom(for: 1_000_000, lane: .live))
    }

    @Test func `the backlog has at most half of the window`() {
        var window = PublishWindow()
        for identifier in 1...10 { _ = window.sent(Int32(identifier), entry([Int64(identifier)], lane: .backlog)) }
        #expect(!window.hasRoom(for: 1, lane: .backlog))
        #expect(window.hasRoom(for: 1, lane: .live))
        _ = window.acknowledge(3)
        #expect(window.hasRoom(for: 1, lane: .backlog))
        #expect(!window.hasRoom(for: 140_000, lane: .backlog))
    }

    @Test func `a PUBACK may come before the message's identifier is known`() {
        var window = PublishWindow()
        #expect(window.acknowledge(5) == nil)
        #expect(window.sent(5, entry([1])) == .acknowledged(entry([1])))
        #expect(window.isEmpty)
        #expect(window.sent(5, entry([2])) == .inFlight)
        #expect(!window.contains(SequenceNumber(1)))
    }

    @Test func `no two messages share an identifier`() {
        var window = PublishWindow()
        _ = window.sent(5, entry([1]))
        #expect(window.sent(5, entry([2])) == .identifierInUse)
        #expect(window.acknowledge(5) == entry([1]))
    }

    @Test func `stray PUBACKs do not gather`() {
        var window = PublishWindow()
        for identifier in 1...1000 { _ = window.acknowledge(Int32(identifier)) }
        #expect(window.sent(1, entry([1])) == .inFlight)
        #expect(window.sent(1000, entry([2])) == .acknowledged(entry([2])))
    }

    @Test func `the oldest message without PUBACK sets the deadline`() {
        var window = PublishWindow()
        #expect(window.deadline == nil)
        _ = window.sent(1, entry([1], at: 10))
        _ = window.sent(2, entry([2], at: 5))
        #expect(window.deadline == second(35))
        _ = window.acknowledge(2)
        #expect(window.deadline == second(40))
    }

    @Test func `a loss gives every row back, several of one message too`() {
        var window = PublishWindow()
        _ = window.sent(1, entry([9, 4], lane: .backlog))
        _ = window.sent(2, entry([2]))
        _ = window.acknowledge(77)
        #expect(window.empty() == [2, 4, 9].map { SequenceNumber($0) })
        #expect(window.isEmpty && window.deadline == nil)
        #expect(window.hasRoom(for: 131_072, lane: .backlog))
        #expect(window.sent(77, entry([1])) == .inFlight)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no row is lost, none is under way twice, and the lanes keep their order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = PublishWindow(limits: .init(messages: Int.random(in: 1...20, using: &random)))
        let total: Int64 = 300
        var settled: Set<Int64> = []
        var sentOrder: [Int64] = []
        var cursor = LaneCursor<Int64>(after: SequenceNumber(0))
        var underWay: [(identifier: Int32, rows: [Int64])] = []
        var identifier: Int32 = 0
        var guardrail = 0
        while settled.count < total, guardrail < 20_000 {
            guardrail += 1
            if cursor.needsPage {
                cursor.willFetch()
                let limit = Int.random(in: 1...40, using: &random)
                let waiting = (1...total).filter { $0 > cursor.fetched.value && !settled.contains($0) }.prefix(limit)
                cursor.take(
                    waiting.map { (SequenceNumber($0), $0) }, isFull: waiting.count == limit,
                    where: { !window.contains($0) })
            }
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<10:
                let batch = cursor.firstRows(Int.random(in: 1...5, using: &random))
                guard !batch.isEmpty, window.hasRoom(for: 100, lane: .live) else { continue }
                for (number, _) in batch { #expect(!window.contains(number)) }
                identifier += 1
                let isEarly = Bool.random(using: &random)
                if isEarly { #expect(window.acknowledge(identifier) == nil) }
                let outcome = window.sent(identifier, entry(batch.map(\.row)))
                sentOrder += batch.map(\.row)
                cursor.removeFirst(batch.count)
                if case .acknowledged(let entry) = outcome {
                    #expect(isEarly)
                    settled.formUnion(entry.rows.map(\.value))
                } else {
                    underWay.append((identifier, batch.map(\.row)))
                }
            case 10..<19:
                guard let place = underWay.indices.randomElement(using: &random) else { continue }
                let message = underWay.remove(at: place)
                #expect(window.acknowledge(message.identifier)?.rows.map(\.value) == message.rows)
                settled.formUnion(message.rows)
            default:
                #expect(Set(window.empty().map(\.value)) == Set(underWay.flatMap(\.rows)))
                underWay = []
                cursor.restart(after: SequenceNumber(0))
                #expect(sentOrder == sentOrder.sorted())
                sentOrder = []
            }
            #expect(window.count == underWay.count && window.count <= window.limits.messages)
        }
        #expect(settled == Set(1...total))
        #expect(sentOrder == sentOrder.sorted())
    }
}

@Suite struct LaneTests {
    @Test func `alarms go first, live readings next, the backlog last`() {
        var chooser = LaneChooser()
        let now = second(1)
        #expect(chooser.choose(hasAlarm: true, hasLive: true, hasBacklog: true, at: now) == .alarm)
        #expect(chooser.choose(hasAlarm: false, hasLive: true, hasBacklog: true, at: now) == .live)
        #expect(chooser.choose(hasAlarm: false, hasLive: false, hasBacklog: true, at: now) == .backlog)
        #expect(chooser.choose(hasAlarm: false, hasLive: false, hasBacklog: false, at: now) == nil)
    }

    @Test func `the backlog sends no more than its rate`() {
        var chooser = LaneChooser(backlogRate: 200)
        var sent = 0
        for millisecond in 0..<10_000 {
            let now = second(Double(millisecond) / 1000)
            while chooser.choose(hasAlarm: false, hasLive: false, hasBacklog: true, at: now) == .backlog {
                chooser.spend()
                sent += 1
            }
        }
        #expect((1990...2021).contains(sent))
    }

    @Test func `the chooser says when the backlog may send again`() throws {
        var chooser = LaneChooser(backlogRate: 10)
        #expect(chooser.nextBacklog(at: second(0)) == nil)
        chooser.spend()
        let wait = chooser.nextBacklog(at: second(0))
        let next = try #require(wait)
        #expect(abs((next - second(0)).inSeconds - 0.1) < 1e-6)
        #expect(chooser.choose(hasAlarm: false, hasLive: false, hasBacklog: true, at: second(0.05)) == nil)
        #expect(chooser.choose(hasAlarm: false, hasLive: false, hasBacklog: true, at: second(0.101)) == .backlog)
    }

    @Test func `a sweep is live for two periods of its slowest point, and for five seconds at least`() {
        let fast = Reading(point: PointIndex(3), good: .isOn(true), sourceTime: Samples.morning)
        let stranger = Reading(point: PointIndex(99), good: .isOn(true), sourceTime: Samples.morning)
        let limit = { (readings: [Reading]) in liveAgeLimit(of: Samples.sweep(1, readings).sweep, in: Samples.catalogue)
        }
        #expect(limit([Samples.flow(1)]) == .seconds(20))
        #expect(limit([Samples.flow(1), Samples.total(1)]) == .seconds(120))
        #expect(limit([fast]) == .seconds(5))
        #expect(limit([stranger]) == .seconds(5))
        #expect(Samples.catalogue.longestLiveAge == .seconds(120))
    }

    @Test func `a row committed while a page is read is not overlooked`() {
        var cursor = LaneCursor<Int>(after: SequenceNumber(0))
        cursor.willFetch()
        cursor.wake()
        cursor.take([], isFull: false) { _ in true }
        #expect(cursor.needsPage)
        cursor.willFetch()
        cursor.take([(SequenceNumber(3), 3), (SequenceNumber(2), 2), (SequenceNumber(4), 4)], isFull: false) {
            $0 != SequenceNumber(4)
        }
        #expect(cursor.firstRows(9).map(\.row) == [3])
        #expect(cursor.fetched == SequenceNumber(4))
        #expect(cursor.passed == SequenceNumber(0))
        cursor.removeFirst()
        #expect(cursor.passed == SequenceNumber(4))
        #expect(!cursor.needsPage)
    }

    @Test func `the live lane begins at the young rows after an outage`() {
        var marks = CommitMarks(span: .seconds(128))
        #expect(marks.start(at: second(0)) == nil)
        for hour in 0..<10_000 {
            marks.note(
                SequenceNumber(Int64(hour) * 10), through: SequenceNumber(Int64(hour) * 10 + 9),
                at: second(Double(hour)))
        }
        // 128 s back, and a second for the spacing of the marks.
        #expect(marks.start(at: second(9999)) == SequenceNumber((9999 - 129) * 10 - 1))
        #expect(marks.start(at: second(20_000)) == SequenceNumber(99_999))
    }
}

@Suite struct WallClockWatchTests {
    private func wall(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1000)) }

    @Test func `a steady clock leaves the window as it is`() {
        var watch = WallClockWatch(window: .seconds(180))
        for step in 0..<100 { watch.note(second(Double(step) * 10), wall(1000 + Double(step) * 10.001)) }
        #expect(watch.replayStart(at: wall(5000)) == wall(4820))
        #expect(watch.removalLimit(at: wall(5000)) == wall(4820))
    }

    @Test func `a step forward neither removes rows early nor forgets to replay them`() {
        var watch = WallClockWatch(window: .seconds(180))
        watch.note(second(0), wall(1000))
        watch.note(second(10), wall(90_010))
        #expect(watch.removalLimit(at: wall(90_010)) == nil)
        #expect(watch.replayStart(at: wall(90_010)) == wall(90_010 - 180 - 89_000))
        watch.note(second(191), wall(90_191))
        #expect(watch.removalLimit(at: wall(90_191)) == wall(90_011))
        #expect(watch.replayStart(at: wall(90_191)) == wall(90_011))
    }

    @Test func `a step back keeps rows too`() {
        var watch = WallClockWatch(window: .seconds(180))
        watch.note(second(0), wall(90_000))
        watch.note(second(10), wall(1000))
        #expect(watch.removalLimit(at: wall(1000)) == nil)
        #expect(watch.replayStart(at: wall(1000)) == wall(820))
    }
}

@Suite struct StoredRowTests {
    private func rows(_ numbers: ClosedRange<Int64>) -> [(number: SequenceNumber, row: Int64)] {
        numbers.map { (SequenceNumber($0), $0) }
    }

    @Test func `rows just stored are taken only by a lane that has read everything before them`() {
        var lane = LaneCursor<Int64>(after: SequenceNumber(0))
        let isTaken1 = lane.append(rows(1...3), behind: nil, limit: 5)
        #expect(isTaken1)
        #expect(lane.firstRows(9).map(\.row) == [1, 2, 3])
        #expect(!lane.needsPage)
        // Rows 4 and 5 were stored and not handed over: what follows them has to be read from the store.
        let isTaken2 = lane.append(rows(6...6), behind: SequenceNumber(5), limit: 5)
        #expect(!isTaken2)
        lane.wake()
        lane.removeFirst(3)
        lane.willFetch()
        lane.take(rows(4...6), isFull: false) { _ in true }
        let isTaken3 = lane.append(rows(7...8), behind: SequenceNumber(6), limit: 5)
        #expect(isTaken3)
        #expect(lane.firstRows(9).map(\.row) == [4, 5, 6, 7, 8])
    }

    @Test func `a page does not grow beyond its limit`() {
        var lane = LaneCursor<Int64>(after: SequenceNumber(0))
        let isTaken4 = lane.append(rows(1...4), behind: nil, limit: 5)
        #expect(isTaken4)
        let isTaken5 = lane.append(rows(5...6), behind: SequenceNumber(4), limit: 5)
        #expect(!isTaken5)
        #expect(lane.firstRows(9).map(\.row) == [1, 2, 3, 4])
    }
}
