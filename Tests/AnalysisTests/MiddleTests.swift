// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

@testable import Analysis

@Suite struct MiddleTests {
    @Test func `what is selected is what sorting would find`() {
        var random = SeededGenerator(seed: 11)
        for round in 0..<2000 {
            let count = round % 90
            // Few different values, so that many are equal.
            let values = (0..<count).map { _ in Float(Int.random(in: -9...9, using: &random)) / 2 }
            let sorted = values.sorted()
            let half = count / 2
            let middle: Double? =
                count == 0
                ? nil : count % 2 == 1 ? Double(sorted[half]) : (Double(sorted[half - 1]) + Double(sorted[half])) / 2
            #expect(Middle.of(values) == middle, "\(values)")
            #expect(Middle.upper(values) == (count == 0 ? nil : sorted[half]), "\(values)")
            for place in 0..<count {
                #expect(Middle.copied(values) { Middle.select(place, in: $0) } == sorted[place])
            }
        }
    }

    @Test func `values that are no numbers trap nothing`() {
        for place in 0..<7 {
            var values = [1.0, 3, 2, 7, 5, 4, 6]
            values[place] = .nan
            _ = Middle.of(values)
            _ = RobustSpread(values)
        }
    }

    @Test func `the spread of normal values is their standard deviation`() throws {
        var random = SeededGenerator(seed: 3)
        let values = (0..<4000).map { _ in
            10 + 2 * (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
        }
        let spread = try #require(RobustSpread(values))
        #expect(abs(spread.median - 10) < 0.15 && abs(spread.deviation - 2) < 0.15)
        #expect(RobustSpread([Double]()) == nil)
    }
}
