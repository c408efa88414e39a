// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@Suite struct RepeatedTroubleTests {
    private func second(_ number: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: number * 1_000_000_000) }

    @Test func `a trouble of every second is told once in five minutes, with the number of those passed over`() {
        var trouble = RepeatedTrouble()
        let told = (0..<1000).compactMap { number in
            trouble.note("disk full", at: second(number)).map { (number, $0) }
        }
        #expect(told.map(\.0) == [0, 300, 600, 900])
        #expect(told.map(\.1) == [0, 299, 299, 299])
    }

    @Test func `another text, and the same one after it was over, is news`() {
        var trouble = RepeatedTrouble()
        #expect(trouble.note("disk full", at: second(0)) == 0)
        #expect(trouble.note("input/output error", at: second(1)) == 0)
        #expect(trouble.note("disk full", at: second(2)) == nil)
        trouble.settle()
        #expect(trouble.note("disk full", at: second(3)) == 0)
    }

    @Test func `texts that never come twice are forgotten`() {
        var trouble = RepeatedTrouble()
        #expect(trouble.note("first", at: second(0)) == 0)
        for number in 0..<20 { #expect(trouble.note("error \(number)", at: second(0)) == 0) }
        #expect(trouble.note("first", at: second(0)) == 0)
    }
}
