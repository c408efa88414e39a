// SPDX-License-Identifier: Apache-2.0

import Model
import Polling
import Testing

private func moment(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

@Suite struct StaleWatchTests {
    @Test func `a point is stale once when three periods have passed, not once per cycle`() {
        var watch = StaleWatch(staleAfter: .seconds(30), startingAt: moment(0))
        watch.noteReading(at: moment(5))
        let said = (6...200 as ClosedRange<Int64>).filter { watch.becomesStale(at: moment($0)) }
        #expect(said == [35])
        #expect(watch.deadline == nil)
    }

    @Test func `a reading ends it and it can become stale again`() {
        var watch = StaleWatch(staleAfter: .seconds(30), startingAt: moment(0))
        let first = watch.becomesStale(at: moment(30))
        watch.noteReading(at: moment(40))
        let early = watch.becomesStale(at: moment(69))
        let again = watch.becomesStale(at: moment(70))
        #expect([first, early, again] == [true, false, true])
    }
}

@Suite struct FrozenWatchTests {
    /// Seconds at which the reading was called frozen, one read a second.
    private func frozen(_ reads: [(raw: UInt64, shouldMove: Bool?)]) -> [Int] {
        var watch = FrozenWatch(frozenAfter: .seconds(3))
        return reads.indices.filter {
            watch.isFrozen(reads[$0].raw, shouldMove: reads[$0].shouldMove, at: moment(Int64($0)))
        }
    }

    @Test func `an unchanged value is frozen while its companion says it should move`() {
        #expect(frozen(Array(repeating: (7, true), count: 6)) == [3, 4, 5])
    }

    @Test func `an unchanged value is believed while its companion rests or is not known`() {
        #expect(frozen(Array(repeating: (7, false), count: 6)) == [])
        #expect(frozen(Array(repeating: (7, nil), count: 6)) == [])
    }

    @Test func `time in which it need not move does not count`() {
        #expect(frozen([(7, true), (7, true), (7, false), (7, true), (7, true), (7, true), (7, true)]) == [6])
    }

    @Test func `a rest between two reads is no standing still`() {
        var watch = FrozenWatch(frozenAfter: .seconds(3))
        var frozen: [Int64] = []
        for second in 0..<8 as Range<Int64> {
            if second == 3 { watch.noteRest() }
            if watch.isFrozen(7, shouldMove: true, at: moment(second)) { frozen.append(second) }
        }
        #expect(frozen == [6, 7])
    }

    @Test func `a change thaws it`() {
        #expect(frozen([(7, true), (7, true), (7, true), (7, true), (8, true), (8, true)]) == [3])
    }
}
