// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import TestKit
import Testing

@Suite struct LineStatisticsTests {
    private let unit = UnitIdentifier(7)

    @Test(arguments: [UInt64](0..<20)) func `a quantile is at most a fifth too long`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var histogram = TurnaroundHistogram()
        let times = (0..<1000).map { _ in Int64.random(in: 100_000...5_000_000_000, using: &random) }
        for time in times { histogram.add(time) }
        for share in [0.01, 0.5, 0.99, 1] {
            let exact = times.sorted()[max(0, Int((1000 * share).rounded(.up)) - 1)]
            let found = try #require(histogram.quantile(share))
            #expect(found >= .nanoseconds(exact))
            #expect(found <= .nanoseconds(exact * 121 / 100))
        }
    }

    @Test func `an empty histogram says nothing, and no time traps it`() {
        var histogram = TurnaroundHistogram()
        #expect(histogram.quantile(0.5) == nil && histogram.peaks.isEmpty)
        for time in [Int64.min, -1, 0, .max] { histogram.add(time) }
        #expect(histogram.total == 4)
        #expect(histogram.quantile(.infinity) == .nanoseconds(Int64.max))
    }

    @Test(arguments: [(10, 11, 1), (10, 40, 2), (5, 200, 2)])
    func `two devices with one address show two peaks and damage`(one: Int64, other: Int64, peaks: Int) {
        var statistics = LineStatistics()
        for count in 0..<100 as Range<Int64> {
            let time = (count % 2 == 0 ? one : other) * 1_000_000 + count * 3000
            statistics.note(.answer(turnaround: time), of: unit)
        }
        #expect(statistics.units[unit]?.turnarounds.peaks.count == peaks)
        #expect(statistics.doubledUnits.isEmpty)
        statistics.note(.badChecksum, of: unit)
        #expect(statistics.doubledUnits == (peaks == 2 ? [unit] : []))
    }

    @Test func `requests not ours and own ones read back are told apart`() throws {
        let request = try read(.holdingRegister, 0, 2)
        let theirs = try read(.holdingRegister, 9, 2, of: 5).serialFrame
        let answer = [5, 3, 4, 0, 1, 0, 2] + checksumByTheBook([5, 3, 4, 0, 1, 0, 2])
        let sifting = SerialConversation().sift(request.serialFrame + theirs + answer + [9, 9], for: request)
        #expect(sifting.echoes == 1)
        #expect(sifting.requests.map(\.unit) == [UnitIdentifier(5)])
        #expect(sifting.answerUnits == [UnitIdentifier(5)])
        #expect(sifting.rest == [9, 9])
        #expect(!sifting.isAskedByAnother)
        let same = try read(.holdingRegister, 9, 2).serialFrame
        #expect(SerialConversation().sift(same, for: request).isAskedByAnother)
    }

    @Test func `a quarantine shortens once lateness is known, and not before`() throws {
        let request = try read(.holdingRegister, 0, 1)
        let answer = [1, 3, 2, 0, 9] + checksumByTheBook([1, 3, 2, 0, 9])
        let (timeout, lateness): (Int64, Int64) = (1_000_000_000, 40_000_000)
        var conversation = SerialConversation()
        for count in 0..<40 {
            conversation.expectLateAnswer(to: request, sent: 0, timeout: timeout, at: timeout)
            let early = timeout + lateness * 3 / 2 + 50_000_000
            #expect(conversation.isAskable(request, at: early) == (count >= 32))
            #expect(conversation.isAskable(request, at: 3 * timeout))
            #expect(conversation.settlesLateAnswer(answer, at: timeout + lateness)?.lateness == lateness)
        }
        // One that comes later still lengthens it at once, never past twice the timeout.
        conversation.expectLateAnswer(to: request, sent: 0, timeout: timeout, at: timeout)
        #expect(conversation.settlesLateAnswer(answer, at: 2 * timeout + timeout * 9 / 10) != nil)
        conversation.expectLateAnswer(to: request, sent: 0, timeout: timeout, at: timeout)
        #expect(!conversation.isAskable(request, at: 3 * timeout - 1))
    }
}
