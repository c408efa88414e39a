// SPDX-License-Identifier: Apache-2.0

import Counters
import Foundation
import Model
import TestKit
import Testing

/// One counter read every ten seconds; 3600 counts an hour give a limit of 13 counts for one period.
private func meter(modulus: UInt64? = 1 << 16, countsPerHour: Double = 3600) throws -> CounterSettings {
    try #require(
        CounterSettings(
            modulus: modulus, unitsPerCount: 1, greatestRate: countsPerHour, longestInterval: .seconds(30)))
}

private let period = Duration.seconds(10)

/// The verdicts of `values`, read one period apart.
private func verdicts(_ values: [UInt64], modulus: UInt64? = 1 << 16) throws -> [CounterVerdict] {
    let settings = try meter(modulus: modulus)
    var counter = Counter()
    return values.map { counter.read($0, after: period, settings: settings) }
}

@Suite struct CounterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var reads: [UInt64]
        var modulus: UInt64? = 1 << 16
        var total: UInt64?
        var quality = Quality.good
        var reason: QualityReason? = nil
        /// Of the last read.
        var events: [CounterEvent] = []
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "no flow", reads: [41, 41], total: 41),
        Case(name: "flow", reads: [41, 53], total: 53),
        Case(
            name: "raw >= modulus", reads: [41, 65_536], total: nil, quality: .bad, reason: .range,
            events: [.range(raw: 65_536)]),
        Case(name: "rollover", reads: [65_530, 3], total: 65_539, events: [.rollover]),
        Case(
            name: "step > limit is held back", reads: [1000, 1100], total: 1000, quality: .uncertain,
            reason: .suspectStep),
        Case(name: "momentary 0 is a glitch", reads: [1000, 0, 1002], total: 1002, events: [.glitch(reads: 1)]),
        Case(
            name: "two zeros are a glitch", reads: [1000, 0, 0, 1002], total: 1002, events: [.glitch(reads: 2)]),
        Case(
            name: "momentary 0 near the end of the register", reads: [65_535, 0, 65_535], total: 65_535,
            events: [.glitch(reads: 1)]),
        Case(
            name: "a true rollover to exactly 0", reads: [65_530, 0, 4], total: 65_540, events: [.rollover]),
        Case(
            name: "a rollover to 0 that stays", reads: [65_530, 0, 0, 0], total: 65_536, events: [.rollover]),
        Case(
            name: "confirmed, lower", reads: [1000, 2, 4, 6], total: 1000, quality: .uncertain, reason: .gap,
            events: [.counterReset(from: 1000, to: 6)]),
        Case(name: "the total goes on after a reset", reads: [1000, 2, 4, 6, 9], total: 1003),
        Case(
            name: "confirmed, higher", reads: [1000, 9000, 9002, 9004], total: 1000, quality: .uncertain, reason: .gap,
            events: [.counterJump(from: 1000, to: 9004)]),
        Case(
            name: "reads that disagree confirm nothing", reads: [1000, 9000, 20_000, 30_000, 40_000], total: 1000,
            quality: .uncertain, reason: .suspectStep),
        Case(
            name: "a register without rollover never goes round", reads: [65_530, 3], modulus: nil, total: 65_530,
            quality: .uncertain, reason: .suspectStep),
    ])
    func `each row of the table`(c: Case) throws {
        let last = try #require(try verdicts(c.reads, modulus: c.modulus).last)
        #expect(last.total == c.total)
        #expect(last.quality == c.quality)
        #expect(last.reason == c.reason)
        #expect(last.events == c.events)
    }

    @Test(arguments: [1 << 16, 1 << 32, 10_000, 100_000_000] as [UInt64])
    func `a rollover counts at every modulus`(modulus: UInt64) throws {
        let last = try #require(try verdicts([modulus - 5, modulus - 1, 6], modulus: modulus).last)
        #expect(last.delta == 7)
        #expect(last.total == modulus + 6)
    }

    @Test func `after an outage the counts are a gap, not the flow of one cycle`() throws {
        var counter = Counter()
        let settings = try meter()
        _ = counter.read(100, after: .zero, settings: settings)
        let verdict = counter.read(600, after: .seconds(600), settings: settings)
        #expect(verdict.delta == 500)
        #expect(verdict.reason == .gap)
        #expect(verdict.events == [.gap(counts: 500, elapsed: .seconds(600))])
        let next = counter.read(601, after: period, settings: settings)
        #expect(next.quality == .good)
    }

    @Test func `when several rollovers are possible the lower bound is booked and marked`() throws {
        var counter = Counter()
        let settings = try meter()
        _ = counter.read(100, after: .zero, settings: settings)
        let verdict = counter.read(90, after: .seconds(70_000), settings: settings)
        #expect(verdict.delta == 65_526)
        #expect(verdict.reason == .gap)
        #expect(verdict.events.contains(.ambiguousGap(lowerBound: 65_526)))
    }

    @Test func `the limit is the greatest rate with a fifth more, rounded up, and one`() throws {
        #expect(try meter().limit(over: .seconds(10)) == 13)
        #expect(try meter(countsPerHour: 0).limit(over: .seconds(10)) == 1)
        #expect(try meter().limit(over: .seconds(Int64.max)) == .max)
        #expect(try meter().limit(over: .seconds(-5)) == 1)
    }

    @Test func `a 32-bit float loses litres above 16,384 cubic metres`() throws {
        let litres = try #require(
            CounterSettings(modulus: nil, unitsPerCount: 0.001, greatestRate: 10, longestInterval: period))
        #expect(!litres.losesCountsAsFloat32(at: 8000))
        #expect(litres.losesCountsAsFloat32(at: 16_800))
    }

    @Test func `the state survives being stored at any moment`() throws {
        let settings = try meter()
        let reads: [UInt64] = [65_500, 65_510, 0, 0, 65_512, 5, 9000, 9001, 9002, 9003]
        var kept = Counter()
        var stored = Counter()
        for value in reads {
            let bytes = try JSONEncoder().encode(stored)
            stored = try JSONDecoder().decode(Counter.self, from: bytes)
            let expected = kept.read(value, after: period, settings: settings)
            let found = stored.read(value, after: period, settings: settings)
            #expect(found == expected)
        }
    }
}

/// A register that is read more often than the meter renews it.
@Suite struct CounterWindowTests {
    /// One count a second at most, read each second, and a minute's counts at once.
    private func settings(window: Duration = .seconds(60)) throws -> CounterSettings {
        try #require(
            CounterSettings(
                modulus: 1 << 32, unitsPerCount: 1, greatestRate: 3600, longestInterval: .seconds(3), window: window))
    }

    private func reasons(_ values: [UInt64], window: Duration = .seconds(60)) throws -> [QualityReason?] {
        let settings = try settings(window: window)
        var counter = Counter()
        return values.map { counter.read($0, after: .seconds(1), settings: settings).reason }
    }

    @Test func `a minute's counts are believed once a minute, however it renews its register`() throws {
        let minutes: [UInt64] = (0..<300).map { (second: Int) -> UInt64 in UInt64(second / 60 * 60 + 1000) }
        #expect(try reasons(minutes).allSatisfy { $0 == nil })
        // The same late by half a minute once.
        let late: [UInt64] = (0..<300).map { (second: Int) -> UInt64 in
            UInt64((second >= 60 && second < 90 ? 0 : second / 60) * 50 + 1000)
        }
        #expect(try reasons(late).allSatisfy { $0 == nil })
        #expect(try reasons(minutes, window: .zero).contains(.suspectStep), "without a window they are not")
    }

    @Test func `a second minute's counts in the same minute are not`() throws {
        #expect(try reasons([1000, 1060, 1120]) == [nil, nil, .suspectStep])
        // Half of them, and the other half.
        #expect(try reasons([1000, 1030, 1060, 1090, 1120]) == [nil, nil, nil, .suspectStep, .suspectStep])
    }

    @Test func `a flow that the pipe can pass is believed for ever`() throws {
        let steady: [UInt64] = (0..<1000).map { (second: Int) -> UInt64 in UInt64(1000 + second * 6 / 5) }
        #expect(try reasons(steady).allSatisfy { $0 == nil })
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `in any stretch of time no more is believed than the pipe passes in it and one window`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let settings = try settings()
        var counter = Counter()
        var value: UInt64 = 1_000_000
        var booked: [UInt64] = []
        for _ in 0..<400 {
            value += UInt64.random(in: 0..<3, using: &random) == 0 ? .random(in: 0...100, using: &random) : 0
            booked.append(counter.read(value, after: .seconds(1), settings: settings).delta)
        }
        var excess: [ClosedRange<Int>] = []
        for start in stride(from: 0, to: 400, by: 7) {
            var sum: UInt64 = 0
            for end in start..<400 {
                sum += booked[end]
                // One count more at each read, by which a register may round.
                let seconds = UInt64(end - start + 1)
                if sum > (seconds + 60) * 6 / 5 + 2 * seconds { excess.append(start...end) }
            }
        }
        #expect(excess.first == nil)
    }

    @Test func `a counter that was stored without what is unspent of its window goes on`() throws {
        var counter = Counter()
        _ = counter.read(1000, after: .zero, settings: try settings())
        _ = counter.read(1010, after: .seconds(1), settings: try settings())
        let stored = try JSONSerialization.jsonObject(with: JSONEncoder().encode(counter))
        var fields = try #require(stored as? [String: Any])
        try #require(fields.removeValue(forKey: "unspent") != nil)
        var old = try JSONDecoder().decode(Counter.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(old != counter)
        #expect(old.read(1060, after: .seconds(1), settings: try settings()).quality == .good)
        #expect(counter.read(1080, after: .seconds(1), settings: try settings()).reason == .suspectStep)
    }
}

@Suite struct MeterExchangeTests {
    @Test func `an exchange books the rest of the old meter and goes on from the new one`() throws {
        let settings = try meter()
        var counter = Counter()
        _ = counter.read(1200, after: .zero, settings: settings)
        _ = counter.read(0, after: period, settings: settings)
        let booked = try counter.exchange(oldReading: 1234, newReading: 2, settings: settings)
        #expect(booked == 34)
        let next = counter.read(4, after: period, settings: settings)
        #expect(next.delta == 2)
        #expect(next.total == 1236)
        #expect(next.quality == .good)
    }

    @Test func `an exchange told after the reset was seen loses nothing`() throws {
        let settings = try meter()
        var counter = Counter()
        for value in [1200, 2, 4, 6, 9] as [UInt64] { _ = counter.read(value, after: period, settings: settings) }
        #expect(counter.total == 1203)
        #expect(throws: ExchangeError.newReadingTooHigh(counts: 7, firstRead: 6)) {
            try counter.exchange(explaining: (from: 1200, to: 6), oldReading: 1234, newReading: 7, settings: settings)
        }
        let booked = try counter.exchange(
            explaining: (from: 1200, to: 6), oldReading: 1234, newReading: 1, settings: settings)
        #expect(booked == 34 + 5)
        // The old meter to 1234, the new one from 1 to 9.
        #expect(counter.total == 1234 + 8)
        let next = counter.read(12, after: period, settings: settings)
        #expect(next.total == 1245)
    }

    @Test func `an exchange that cannot be is refused and changes nothing`() throws {
        let settings = try meter()
        var counter = Counter()
        #expect(throws: ExchangeError.notStarted) {
            try counter.exchange(oldReading: 1, newReading: 0, settings: settings)
        }
        _ = counter.read(1200, after: .zero, settings: settings)
        let before = counter
        #expect(throws: ExchangeError.oldReadingTooLow(counts: 1100, lastRead: 1200)) {
            try counter.exchange(oldReading: 1100, newReading: 0, settings: settings)
        }
        #expect(throws: ExchangeError.beyondModulus(counts: 70_000, modulus: 65_536)) {
            try counter.exchange(oldReading: 1300, newReading: 70_000, settings: settings)
        }
        #expect(counter == before)
        #expect(
            ExchangeError.oldReadingTooLow(counts: 1100, lastRead: 1200).description
                == "the old reading is 1100 counts, but the meter was last read at 1200; "
                + "check the old reading and its unit")
    }
}

@Suite struct CounterPropertyTests {
    /// A register that anything may happen to: flow, glitches, resets, jumps, outages.
    private static func hostile(
        _ random: inout SeededGenerator, modulus: UInt64, reads: Int
    ) -> [(raw: UInt64, elapsed: Duration)] {
        var value = UInt64.random(in: 0..<modulus, using: &random)
        return (0..<reads).map { _ in
            switch UInt64.random(in: 0..<20, using: &random) {
            case 0: return (0, period)
            case 1: return (.random(in: 0..<modulus, using: &random), period)
            case 2: return (modulus, period)
            case 3: value = .random(in: 0..<modulus, using: &random)
            case 4: return (value, .seconds(Int64.random(in: -10...100_000, using: &random)))
            default: value = (value + .random(in: 0...12, using: &random)) % modulus
            }
            return (value, period)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `the total never falls, is the sum of the deltas, and no delta is above the limit`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let modulus = ([1 << 16, 1 << 32, 10_000, 100_000_000] as [UInt64])[Int(seed % 4)]
        let settings = try meter(modulus: modulus)
        var counter = Counter()
        var sum: UInt64 = 0
        var last: UInt64 = 0
        var sinceBooked = Duration.zero
        for (raw, elapsed) in Self.hostile(&random, modulus: modulus, reads: 400) {
            let before = counter.raw
            let verdict = counter.read(raw, after: elapsed, settings: settings)
            sinceBooked = before == nil ? .zero : sinceBooked + max(.zero, elapsed)
            #expect(verdict.delta <= settings.limit(over: sinceBooked))
            #expect(counter.total >= last)
            #expect((verdict.total == nil) == (verdict.quality == .bad))
            #expect((verdict.reason == nil) == (verdict.quality == .good))
            sum += verdict.delta
            #expect(counter.raw == nil || counter.total == counter.base + sum)
            last = counter.total
            if counter.raw != before || verdict.quality == .good { sinceBooked = .zero }
        }
        #expect(counter.raw != nil)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `glitches change nothing in the total`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let modulus: UInt64 = 1 << 32
        let settings = try meter(modulus: modulus)
        var value = UInt64.random(in: 1_000_000..<modulus / 2, using: &random)
        var clean = Counter()
        var disturbed = Counter()
        _ = clean.read(value, after: .zero, settings: settings)
        _ = disturbed.read(value, after: .zero, settings: settings)
        for _ in 0..<200 {
            value += .random(in: 0...10, using: &random)
            // One or two wrong reads that do not last; the true register is read by both afterwards.
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let wrong = Bool.random(using: &random) ? 0 : UInt64.random(in: modulus / 2..<modulus, using: &random)
                let verdict = disturbed.read(wrong, after: .seconds(1), settings: settings)
                #expect(verdict.delta == 0)
            }
            let expected = clean.read(value, after: period, settings: settings)
            let verdict = disturbed.read(value, after: period, settings: settings)
            #expect(expected.quality == .good)
            #expect(verdict.total == expected.total)
        }
    }
}
