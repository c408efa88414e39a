// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

@testable import Analysis

/// The water of a leak, with what people draw on top of it.
@Suite struct LeakVolumeTests {
    private static let law = LeakVolume.Law(window: 4, litresPerCount: 1, usual: 0, isInSpells: false)

    /// Hours of a leak of `rate` litres an hour in a home that is quiet from 23 to 6, read by a register of whole litres.
    private static func hours(_ count: Int, rate: (Int) -> Double, seed: UInt64) -> [Double] {
        var random = SeededGenerator(seed: seed)
        var (register, before) = (Double.random(in: 0..<1, using: &random), 0.0)
        return (0..<count).map { hour in
            before = register.rounded(.down)
            register += rate(hour)
            if (6..<23).contains(hour % 24), Bool.random(using: &random) {
                register += Double.random(in: 5..<60, using: &random)
            }
            return register.rounded(.down) - before
        }
    }

    @Test(arguments: [2.3, 8.0, 35.0], 0..<5 as Range<UInt64>)
    func `a steady leak is told to a few per cent, between its bounds`(rate: Double, seed: UInt64) {
        var volume = LeakVolume(hour: 0, hours: 0, begun: 0)
        for (hour, litres) in Self.hours(240, rate: { _ in rate }, seed: seed).enumerated() {
            volume.take(litres, hour: Int64(hour + 1), isRunning: true, Self.law)
        }
        let total = volume.total(Self.law, assumed: 0)
        #expect(abs(total.likely / (240 * rate) - 1) < 0.08)
        #expect(total.low <= 240 * rate && total.low > 240 * (rate - 0.6) * 0.85)
        // A count in a window of four hours, and what a meter may be wrong by at small flows.
        #expect(total.high >= 240 * rate && total.high < 1.05 * 240 * (rate + 0.6))
    }

    @Test func `one that grows is told day by day, and a hole belongs to it`() {
        let rate = { (hour: Int) in 5 + Double(hour) / 10 }
        var volume = LeakVolume(hour: 0, hours: 0, begun: 0)
        for (hour, litres) in Self.hours(240, rate: rate, seed: 3).enumerated() where !(100..<120).contains(hour) {
            volume.take(litres, hour: Int64(hour + 1), isRunning: true, Self.law)
        }
        let true240 = (0..<240).reduce(0) { $0 + rate($1) }
        let total = volume.total(Self.law, assumed: 0)
        #expect(abs(total.likely / true240 - 1) < 0.1)
        // What the meter did not fall below is what it was on the first day.
        #expect(total.low < 240 * 8 && total.low > 240 * 3)
        // At most each day was as its end, and the last one goes on growing.
        #expect(total.high > true240 && total.high < true240 * 1.35)
    }

    @Test func `one that grows stays below its upper bound at any moment`() {
        let rate = { (hour: Int) in 4 * pow(2, Double(hour) / 72) }
        var volume = LeakVolume(hour: 0, hours: 0, begun: 0)
        var truth = 0.0
        for (hour, litres) in Self.hours(360, rate: rate, seed: 5).enumerated() {
            truth += rate(hour)
            volume.take(litres, hour: Int64(hour + 1), isRunning: true, Self.law)
            guard hour > 48 else { continue }
            let total = volume.total(Self.law, assumed: 4)
            #expect(total.high >= truth && total.low <= truth && total.high < 2 * truth, "hour \(hour)")
        }
    }

    @Test func `what may have run before it was found is in the upper bound alone`() {
        var volume = LeakVolume(hour: 0, hours: 10, most: 100, begun: 0)
        for hour in 1...40 { volume.take(8, hour: Int64(hour), isRunning: true, Self.law) }
        let total = volume.total(Self.law, assumed: 8)
        #expect(total.likely < 50 * 8.3 && total.low <= 50 * 8 && total.high > 140 * 8 && total.high < 150 * 9)
    }

    @Test func `of spells the hours count that people do not make by themselves`() {
        let law = LeakVolume.Law(window: 2, litresPerCount: 1, usual: 0, isInSpells: true)
        var random = SeededGenerator(seed: 11)
        var volume = LeakVolume(hour: 0, hours: 0, begun: 0)
        var truth = 0.0
        for hour in 0..<960 {
            // Six whole hours of every sixteen, half an hour before and after; else people draw in one hour of five.
            let isSpell = (4..<10).contains(hour % 16)
            if isSpell { truth += 20 } else if [3, 10].contains(hour % 16) { truth += 10 }
            let isUse = Double.random(in: 0..<1, using: &random) < 0.2
            volume.take(
                (isSpell ? 20 : 0) + (isUse ? 40 : 0), hour: Int64(hour + 1), isRunning: isSpell || isUse,
                mayRun: isSpell || isUse || [3, 10].contains(hour % 16), innocent: 0.2, law)
        }
        let total = volume.total(law, assumed: 0)
        #expect(abs(total.likely / truth - 1) < 0.15)
        #expect(total.low <= truth && total.high >= truth && total.high < 2 * truth)
    }

    @Test func `until something was measured the assumed rate stands`() {
        let total = LeakVolume(hour: 0, hours: 10, begun: 0).total(Self.law, assumed: 7)
        #expect(total.likely == 70 && total.low == 0)
    }
}
