// SPDX-License-Identifier: Apache-2.0

import Polling
import TestKit
import Testing

@Suite struct TurnaroundEstimateTests {
    private func learned(_ milliseconds: some Sequence<Int>) -> TurnaroundEstimate {
        var estimate = TurnaroundEstimate()
        for turnaround in milliseconds { estimate.note(.milliseconds(turnaround)) }
        return estimate
    }

    @Test func `before 200 answers the configured timeout holds`() {
        var estimate = learned(Array(repeating: 5, count: 199))
        #expect(!estimate.isLearned && estimate.median == nil && estimate.p99 == nil)
        #expect(estimate.timeout(configured: .seconds(1)) == .seconds(1))
        estimate.note(.milliseconds(5))
        #expect(estimate.timeout(configured: .seconds(1)) == .milliseconds(100))
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `median and p99 lie at most an eighth above the exact ones and never below`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let spread = [1, 10, 1000, 50_000].randomElement(using: &random)!
        let base = Int.random(in: 150...400_000, using: &random)
        let times = (0..<Int.random(in: 200...3000, using: &random)).map { _ in
            Duration.microseconds(base + Int.random(in: 0...spread, using: &random) * Int.random(in: 0...9, using: &random))
        }
        var estimate = TurnaroundEstimate()
        // No answer but the first 200 can be late when they hold the longest of all.
        for time in times.sorted(by: >) { estimate.note(time) }
        let sorted = times.sorted()
        for (found, percent) in [(estimate.median, 50), (estimate.p99, 99)] {
            let (found, exact) = (try #require(found), sorted[(sorted.count * percent + 99) / 100 - 1])
            #expect(found >= exact && found <= exact * 9 / 8 + .microseconds(17), "\(percent) %: \(found), exact \(exact)")
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `a timeout stays between its bounds whatever is noted`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var estimate = TurnaroundEstimate()
        for _ in 0..<20_000 {
            let nanoseconds = Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
            if Int.random(in: 0..<50, using: &random) == 0 { estimate.noteSilence() } else { estimate.note(.nanoseconds(nanoseconds)) }
            let timeout = estimate.timeout(configured: .milliseconds(700), least: .milliseconds(130))
            #expect(timeout >= .milliseconds(130) && timeout <= .milliseconds(700))
        }
        #expect(estimate.timeout(configured: .milliseconds(50)) <= .milliseconds(50))
        #expect(estimate.timeout(configured: .milliseconds(700), least: .seconds(2)) == .seconds(2))
    }

    @Test(arguments: [200, 1000, 4000, 20_000])
    func `a late answer raises the timeout at once and fades with a hundred times as many quick ones`(count: Int) {
        var estimate = learned(repeatElement(20, count: count))
        #expect(estimate.timeout(configured: .seconds(1)) == .milliseconds(100))
        estimate.note(.milliseconds(300))
        #expect(estimate.timeout(configured: .seconds(1)) >= .milliseconds(470))
        #expect(estimate.timeout(configured: .seconds(1)) <= .milliseconds(540))
        for _ in 0..<20_000 { estimate.note(.milliseconds(20)) }
        #expect(estimate.timeout(configured: .seconds(1)) == .milliseconds(100))
    }

    @Test func `after a silence the configured time is waited until the next answer`() {
        var estimate = learned(repeatElement(20, count: 500))
        estimate.noteSilence()
        #expect(estimate.timeout(configured: .seconds(1)) == .seconds(1))
        #expect(estimate.median.map { $0 < .milliseconds(23) } == true)
        estimate.note(.milliseconds(20))
        #expect(estimate.timeout(configured: .seconds(1)) == .milliseconds(100))
    }

    @Test func `a unit that became slower is followed`() {
        var estimate = learned(repeatElement(20, count: 4000))
        for _ in 0..<8000 { estimate.note(.milliseconds(200)) }
        #expect(estimate.median.map { $0 >= .milliseconds(200) && $0 <= .milliseconds(226) } == true)
    }
}
