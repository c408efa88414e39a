// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis

@Suite struct CisternCyclingTests {
    private static let day = Home.day

    /// Refills of `litres` within two minutes, at the given distance in minutes, from a minute of the tenth day on.
    private static func refills(
        _ count: Int, every spacing: Int, litres: Double, from start: Int = 10 * day + 30, wobble: Int = 0
    ) -> [SteadyFlow] {
        (0..<count).map { turn in
            let begin = start + turn * spacing + (wobble == 0 ? 0 : turn * 7919 % (2 * wobble + 1) - wobble)
            return SteadyFlow(minutes: begin..<begin + 2, litresPerHour: litres * 30)
        }
    }

    struct Cistern: CustomTestStringConvertible {
        var period: Int
        var spacing: Int
        var litres: Double
        var wobble = 0
        var testDescription: String { "\(litres) L every \(spacing) min, read each \(period) s" }
    }

    @Test(arguments: [
        Cistern(period: 60, spacing: 12, litres: 4), Cistern(period: 60, spacing: 25, litres: 6, wobble: 4),
        Cistern(period: 300, spacing: 20, litres: 5),
    ])
    func `a cistern that refills is named in its first night`(cistern: Cistern) throws {
        let turns = 5 * 60 / cistern.spacing
        let added = Self.refills(turns, every: cistern.spacing, litres: cistern.litres, wobble: cistern.wobble)
        let (changes, analyzer) = Home(days: 12, added: added, period: cistern.period).run()
        let found = changes.of(.toiletCycling).raised
        let finding = try #require(found.first)
        #expect(found.count == 1)
        let delay = finding.raisedAt.minutesSinceMonday - Double(added[0].minutes.lowerBound)
        let needed = Double(max(CisternCycling.requiredSpan, Int64(5 * cistern.spacing)))
        #expect((needed...needed + Double(3 * cistern.spacing)).contains(delay), "\(delay) min")
        let rate = cistern.litres * 60 / Double(cistern.spacing)
        let loss = try #require(finding.loss)
        #expect(
            loss.rateLow.value < 1.05 * rate && loss.rateHigh.value > 0.95 * rate && loss.rateHigh.value < 1.6 * rate)
        // Three hours after the last one it is over, and what people draw in the morning may look like one more.
        let end = try #require(changes.of(.toiletCycling).cleared.first)
        let last = Double(added[turns - 1].minutes.lowerBound)
        #expect(abs(try #require(end.clearedAt).minutesSinceMonday - last) <= 240)
        let litres = try #require(end.loss)
        let truth = cistern.litres * Double(turns)
        #expect(litres.litresLow.value <= truth && truth <= litres.litresHigh.value, "\(litres) of \(truth)")
        #expect(analyzer.statistics.evaluations.toiletCycling > 1000)
    }

    @Test func `it goes on by day, beside what people draw`() throws {
        let added = Self.refills(80, every: 25, litres: 6)
        let (changes, _) = Home(days: 13, added: added, period: 60).run()
        let own = changes.of(.toiletCycling)
        #expect(own.raised.count == 1)
        let end = try #require(own.cleared.first?.clearedAt).minutesSinceMonday
        #expect(abs(end - Double(added[79].minutes.lowerBound)) < 600)
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `machines, people and a steady drip are no cistern`(seed: UInt64) {
        // A washing machine fills five times within an hour and a half; a dishwasher four times.
        var added = Self.refills(5, every: 20, litres: 12, from: 10 * Self.day + 60)
        added += Self.refills(4, every: 15, litres: 4, from: 11 * Self.day + 120)
        // Somebody who is ill: flushes at any distance.
        added += [10, 25, 90, 110, 200, 290, 300].map { minute in
            SteadyFlow(minutes: 12 * Self.day + minute..<12 * Self.day + minute + 2, litresPerHour: 180)
        }
        // 3 L/h: the last digit moves each twenty minutes.
        added.append(SteadyFlow(minutes: 13 * Self.day..<14 * Self.day, litresPerHour: 3))
        let changes = Home(days: 15, added: added, seed: seed, period: 60).run().changes
        #expect(changes.of(.toiletCycling).isEmpty)
    }

    @Test func `readings of a quarter of an hour tell nothing of it`() {
        let added = Self.refills(8, every: 45, litres: 6)
        #expect(Home(days: 12, added: added, period: 900).run().changes.of(.toiletCycling).isEmpty)
    }

    @Test func `a register of ten litres tells nothing of it`() {
        let added = Self.refills(40, every: 20, litres: 6)
        let home = Home(days: 12, added: added, litresPerCount: 10, period: 60)
        #expect(home.run().changes.of(.toiletCycling).isEmpty)
    }

    @Test func `what a person called no leak is told again only when it is clearly more`() {
        var cistern = CisternCycling()
        func night(_ index: Int64, every spacing: Int64, litres: Double) -> [Verdict] {
            var (register, verdicts) = (Double(index) * 100_000, [Verdict]())
            for minute in index * 1440..<index * 1440 + 360 {
                if minute % spacing == 0 { register += litres }
                let verdict = cistern.judge(
                    register: register, at: 30_000_000 / 1440 * 1440 + minute, grainMinutes: 1, litresPerCount: 1,
                    sequence: nil, in: .utc)
                if let verdict { verdicts.append(verdict) }
            }
            return verdicts
        }
        #expect(night(0, every: 20, litres: 5).count == 1)
        cistern.accept(.notALeak)
        #expect(!cistern.isInAlarm)
        #expect(night(1, every: 20, litres: 5).isEmpty)
        #expect(night(2, every: 10, litres: 5).count == 1)
        #expect(cistern.isWellFormed)
    }
}
