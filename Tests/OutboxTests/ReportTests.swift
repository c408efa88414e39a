// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import TestKit
import Testing

private func instant(_ seconds: Int64) -> MonotonicInstant { MonotonicInstant(nanoseconds: seconds * 1_000_000_000) }

private func goodReading(_ quantity: Quantity) -> Reading {
    Reading(point: PointIndex(0), good: quantity, sourceTime: Timestamp(seconds: 0))
}

private func badReading(_ reason: QualityReason) -> Reading {
    Reading(point: PointIndex(0), bad: reason, sourceTime: Timestamp(seconds: 0))
}

@Suite struct ReportByExceptionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var published: Reading
        var next: Reading
        var seconds: Int64 = 10
        var rule = ReportRule(deadband: .absolute(0.5))
        var isDue: Bool
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(
            name: "inside the deadband", published: goodReading(.number(1)), next: goodReading(.number(1.25)),
            isDue: false),
        Case(name: "at the deadband", published: goodReading(.number(1)), next: goodReading(.number(1.5)), isDue: true),
        Case(name: "a fall", published: goodReading(.number(1)), next: goodReading(.number(0.25)), isDue: true),
        Case(
            name: "no deadband publishes every reading", published: goodReading(.number(1)),
            next: goodReading(.number(1)),
            rule: ReportRule(), isDue: true),
        Case(
            name: "per cent of the span, inside", published: goodReading(.number(4)),
            next: goodReading(.number(4.0625)),
            rule: ReportRule(deadband: .percent(1, ofSpan: 16)), isDue: false),
        Case(
            name: "per cent of the span, reached", published: goodReading(.number(4)), next: goodReading(.number(4.25)),
            rule: ReportRule(deadband: .percent(1, ofSpan: 16)), isDue: true),
        Case(
            name: "a deadband that is no number holds nothing back", published: goodReading(.number(1)),
            next: goodReading(.number(1)), rule: ReportRule(deadband: .absolute(.nan)), isDue: true),
        Case(name: "quality falls", published: goodReading(.number(1)), next: badReading(.timeout), isDue: true),
        Case(name: "the same fault again", published: badReading(.timeout), next: badReading(.timeout), isDue: false),
        Case(name: "another fault", published: badReading(.timeout), next: badReading(.crc), isDue: true),
        Case(
            name: "before the maximum silence", published: goodReading(.number(1)), next: goodReading(.number(1)),
            seconds: 299,
            isDue: false),
        Case(
            name: "at the maximum silence", published: goodReading(.number(1)), next: goodReading(.number(1)),
            seconds: 300,
            isDue: true),
        Case(
            name: "a contact that stays", published: goodReading(.isOn(true)), next: goodReading(.isOn(true)),
            isDue: false),
        Case(
            name: "every change of a contact", published: goodReading(.isOn(true)), next: goodReading(.isOn(false)),
            rule: ReportRule(deadband: .absolute(5)), isDue: true),
        Case(
            name: "every change of a state", published: goodReading(.state(1)), next: goodReading(.state(2)),
            rule: ReportRule(deadband: .absolute(5)), isDue: true),
        Case(
            name: "counts at the ends of the range", published: goodReading(.integer(.min)),
            next: goodReading(.integer(.max)),
            rule: ReportRule(deadband: .absolute(1e18)), isDue: true),
    ])
    func `a reading is published when it says something new`(c: Case) {
        var report = ReportByException()
        #expect(report.isDue(c.published, at: instant(0), rule: c.rule))
        report.notePublished(c.published, at: instant(0))
        #expect(report.isDue(c.next, at: instant(c.seconds), rule: c.rule) == c.isDue)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a slow drift is never lost`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rule = ReportRule(deadband: .absolute(.random(in: 0.01...2, using: &random)))
        guard case .absolute(let width) = rule.deadband else { return }
        var report = ReportByException()
        var value = 0.0
        var (shown, shownAt) = (0.0, Int64(0))
        for second in 0..<2000 as Range<Int64> {
            // Each step is far inside the deadband.
            value += .random(in: -0.1...0.2, using: &random) * width
            let reading = goodReading(.number(value))
            if report.isDue(reading, at: instant(second), rule: rule) {
                report.notePublished(reading, at: instant(second))
                (shown, shownAt) = (value, second)
            }
            #expect(abs(value - shown) < width)
            #expect(second - shownAt < 300)
        }
    }
}
