// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import TestKit
import Testing

private func at(_ seconds: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: Int64(seconds * 1e9)) }

@Suite struct EndToEndTests {
    private func heard(_ ends: inout EndToEnd, _ number: Int64, fresh: Bool = true, at second: Double)
        -> [EndToEnd.Effect]
    {
        ends.heard(SequenceNumber(number), highest: SequenceNumber(1000), isFresh: fresh, at: at(second))
    }

    @Test func `an acknowledgement lets rows go once, and the next mark follows`() {
        var ends = EndToEnd()
        #expect(ends.wantsMark)
        ends.marked(through: SequenceNumber(50), at: at(0))
        #expect(!ends.wantsMark)
        #expect(heard(&ends, 20, at: 1) == [.remove(through: SequenceNumber(20))])
        #expect(!ends.wantsMark)
        #expect(heard(&ends, 50, at: 2) == [.remove(through: SequenceNumber(50))])
        #expect(ends.wantsMark)
        #expect(heard(&ends, 50, at: 3) == [])
        #expect(heard(&ends, 20, at: 3) == [])
        #expect(ends.deadline == nil)
    }

    @Test func `silence is told once after 15 minutes, and rows go out again every 5`() {
        var ends = EndToEnd()
        ends.marked(through: SequenceNumber(50), at: at(0))
        var told: [Double] = []
        var replays: [Double] = []
        for second in 0..<3600 {
            for effect in ends.clockTick(at: at(Double(second))) {
                if effect == .silent { told.append(Double(second)) }
                if effect == .replay(above: SequenceNumber(0)) { replays.append(Double(second)) }
            }
            if ends.wantsMark { ends.marked(through: SequenceNumber(50), at: at(Double(second))) }
        }
        #expect(told == [900])
        #expect(replays == (0...11).map { 30 + Double($0) * 300 })
        // What lay at the broker is no sign of life.
        #expect(heard(&ends, 10, fresh: false, at: 3600) == [.remove(through: SequenceNumber(10))])
        #expect(heard(&ends, 10, at: 3601) == [.heardAgain])
    }

    @Test func `a number that was never given removes nothing`() {
        var ends = EndToEnd()
        #expect(heard(&ends, 1001, at: 0) == [.implausible(SequenceNumber(1001))])
        #expect(heard(&ends, -1, at: 0) == [.implausible(SequenceNumber(-1))])
        #expect(ends.acknowledged == SequenceNumber(0))
    }

    @Test func `marks and acknowledgements read back, and only those of the epoch count`() {
        let mark = DeliveryMark(epoch: 3, after: 8000, through: 8812, rows: [8003, 8812])
        #expect(DeliveryMark(mark.payload) == mark)
        #expect(DeliveryMark(Array("{}".utf8)) == nil)
        let word = EndToEnd.acknowledgement(of: 8812, epoch: 3)
        #expect(String(decoding: word, as: UTF8.self) == #"{"epoch":3,"seq":8812}"#)
        #expect(EndToEnd.acknowledgement(in: word, epoch: 3) == SequenceNumber(8812))
        #expect(EndToEnd.acknowledgement(in: word, epoch: 4) == nil)
        #expect(EndToEnd.acknowledgement(in: Array(repeating: 0x5B, count: 100_000), epoch: 3) == nil)
    }

    /// A gateway, a channel that loses and doubles, and a consumer that is away for long and is killed.
    private struct World {
        var random: SeededGenerator
        var ends = EndToEnd()
        var now = 0.0
        var nextRow: Int64 = 1
        var waiting: Set<Int64> = []
        var sent: Set<Int64> = []
        var ledger = ConsumerLedger()
        var durable: [Int64: Int] = [:]
        /// Rows taken since the last time that all was made durable.
        var fresh: [Int64] = []
        var durableLedger = ConsumerLedger()
        var isAway = false
        var lostBeforeStored: [Int64] = []
        var replays: [Double] = []
        var silences = 0
        var loss = 0.2
        var isCalm = false

        init(seed: UInt64) { random = SeededGenerator(seed: seed) }

        mutating func isLost() -> Bool { isAway || Double.random(in: 0..<1, using: &random) < loss }

        mutating func step() {
            now += 10
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                waiting.insert(nextRow)
                // Numbers are left out, as by report by exception.
                nextRow += Int64.random(in: 1...4, using: &random)
            }
            if !isCalm, Double.random(in: 0..<1, using: &random) < 0.02 { isAway.toggle() }
            if !isCalm, Double.random(in: 0..<1, using: &random) < 0.05 { (ledger, fresh) = (durableLedger, []) }
            for row in waiting.sorted().prefix(40) {
                waiting.remove(row)
                sent.insert(row)
                for _ in 0..<(Double.random(in: 0..<1, using: &random) < 0.1 ? 2 : 1) where !isLost() {
                    if ledger.take(row: row, epoch: 3) == .new { fresh.append(row) }
                }
            }
            carryOut(ends.clockTick(at: at(now)))
            mark()
            for (_, through) in save() where !isLost() {
                carryOut(
                    ends.heard(
                        SequenceNumber(through), highest: SequenceNumber(nextRow), isFresh: true, at: at(now)))
            }
        }

        mutating func mark() {
            guard ends.wantsMark else { return }
            let first = waiting.min() ?? .max
            let rows = sent.filter { $0 > ends.acknowledged.value && $0 < first }.sorted().prefix(EndToEnd.markLength)
            guard let last = rows.last else { return }
            ends.marked(through: SequenceNumber(last), at: at(now))
            guard !isLost() else { return }
            ledger.take(
                DeliveryMark(epoch: 3, after: ends.acknowledged.value, through: last, rows: Array(rows)))
        }

        mutating func save() -> [(epoch: Int64, through: Int64)] {
            let due = ledger.acknowledgements()
            for row in fresh { durable[row, default: 0] += 1 }
            fresh = []
            durableLedger = ledger
            return due
        }

        mutating func carryOut(_ effects: [EndToEnd.Effect]) {
            for effect in effects {
                switch effect {
                case .remove(let through):
                    for row in sent where row <= through.value {
                        if durable[row] == nil { lostBeforeStored.append(row) }
                        sent.remove(row)
                    }
                case .replay(let above):
                    replays.append(now)
                    for row in sent where row > above.value {
                        sent.remove(row)
                        waiting.insert(row)
                    }
                case .silent: silences += 1
                case .heardAgain, .implausible: break
                }
            }
        }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `no row goes before the consumer has it, each is there once, and in the end all are`(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<500 { world.step() }
        (world.isAway, world.loss, world.isCalm) = (false, 0, true)
        for _ in 0..<200 { world.step() }
        #expect(world.lostBeforeStored == [])
        #expect(world.durable.values.allSatisfy { $0 == 1 })
        #expect(world.sent.count + world.waiting.count < 60, "\(world.sent.count) rows were never confirmed")
        #expect(world.durable.count + world.waiting.count + world.sent.count > 1000)
        let pauses = zip(world.replays, world.replays.dropFirst()).map { $1 - $0 }
        #expect(pauses.allSatisfy { $0 >= 300 })
        #expect(world.ledger.figures.gaps == 0)
    }

    @Test func `a ledger tells a repeated row from a corrected one`() throws {
        var ledger = ConsumerLedger()
        #expect(ledger.take(row: 5, epoch: 3) == .new)
        #expect(ledger.take(row: 5, epoch: 3) == .duplicate)
        #expect(ledger.take(row: 5, epoch: 3, revision: 1) == .correction)
        #expect(ledger.take(row: 5, epoch: 3, revision: 1) == .duplicate)
        #expect(ledger.take(row: 5, epoch: 4) == .new)
        ledger.take(DeliveryMark(epoch: 3, after: 0, through: 9, rows: [5, 8]))
        #expect(ledger.acknowledgements().isEmpty)
        #expect(ledger.figures.missing == 1)
        #expect(ledger.take(row: 8, epoch: 3) == .new)
        #expect(ledger.acknowledgements().map(\.through) == [9])
        #expect(ledger.acknowledgements().isEmpty)
        #expect(ledger.take(row: 8, epoch: 3) == .duplicate)
        #expect(ledger.take(row: 8, epoch: 3, revision: 2) == .correction)
        // Another consumer has had these: they will not come any more.
        ledger.take(DeliveryMark(epoch: 3, after: 20, through: 22, rows: [22]))
        #expect(ledger.figures.gaps == 1)
        #expect(ledger.figures.duplicates == 3 && ledger.figures.corrections == 2)
    }

    @Test func `rows are read out of live, late and ticket messages; repeated points are not`() {
        func rows(_ topic: String, _ text: String) -> [ConsumedRow] {
            ConsumedRow.all(topic: topic, payload: Array(text.utf8))
        }
        let live = rows(
            "b3/riser-2",
            #"{"ts":"T1","seq":8812,"ep":3,"tq":"synced","flow":{"v":12.345,"u":"m3/h","q":"good"},"#
                + #""door":{"v":"a,\"b\"","q":"good","ts":"T0"},"old":{"v":1,"q":"good","ts":"T0","seq":7}}"#)
        #expect(
            live.map(\.csv) == [
                "3,8812,8812,0,b3/riser-2,flow,T1,12.345,m3/h,good,,synced\n"
                    + "3,8812,8813,0,b3/riser-2,door,T0,\"a,\"\"b\"\"\",,good,,synced\n"
            ])
        let late = rows(
            "_backfill",
            #"{"ep":3,"hist":true,"rows":[{"asset":"x/y","ts":"T","seq":4,"rev":1,"tq":"restamped","flow":{"q":"bad","qr":"timeout"}}]}"#
        )
        #expect(late.map(\.csv) == ["3,4,4,1,x/y,flow,T,,,bad,timeout,restamped\n"])
        #expect(rows("ticket/event", #"{"number":"7","ts":"T","seq":12,"ep":3}"#).map(\.sequence) == [12])
        #expect(rows("_gap", #"{"path":"x","seq":13,"ep":3}"#).map(\.sequence) == [13])
        #expect(rows("ticket/event", #"{"number":"7"}"#) == [])
        #expect(rows("b3/riser-2", "[]") == [])
    }
}
