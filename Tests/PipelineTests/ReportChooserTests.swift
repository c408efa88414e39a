// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Pipeline
import Testing

@Suite struct ReportChooserTests {
    private func sweep(_ second: Int64, _ readings: [Reading]) -> Sweep {
        Sweep(
            asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: second * 1_000_000_000),
            receivedWall: Timestamp(seconds: second), timeQuality: .synced, readings: readings)
    }

    private func reading(_ point: Int, _ value: Double) -> Reading {
        Reading(point: PointIndex(point), good: .number(value), sourceTime: Timestamp(seconds: 0))
    }

    private static let rule = ReportRule(deadband: .absolute(1), maximumSilence: .seconds(60))

    private func taken(_ sweeps: [Sweep], rules: [ReportRule?]) -> [Bool] {
        var chooser = ReportChooser(rules: rules)
        return sweeps.map { chooser.takes($0) }
    }

    @Test func `without a rule every sweep with readings is published`() {
        let sweeps = (0..<3).map { sweep($0, [reading(0, 1), reading(1, 1)]) } + [sweep(5, [])]
        #expect(taken(sweeps, rules: [nil, nil]) == [true, true, true, false])
        #expect(taken(sweeps, rules: [Self.rule, Self.rule]) == [true, false, false, false])
    }

    @Test func `a sweep is left out when none of its readings is news`() {
        let sweeps = [
            sweep(0, [reading(0, 1), reading(1, 5)]),
            sweep(10, [reading(0, 1.5), reading(1, 5)]),
            // The message of second 20 shows 1.5 as well, and the next are compared with that.
            sweep(20, [reading(0, 1.5), reading(1, 6)]),
            sweep(30, [reading(0, 2.25), reading(1, 6)]),
            sweep(40, [reading(0, 2.5), reading(1, 6)]),
            sweep(99, [reading(0, 2.5)]),
            sweep(100, [reading(0, 2.5)]),
        ]
        #expect(taken(sweeps, rules: [Self.rule, Self.rule]) == [true, false, true, false, true, false, true])
    }

    @Test func `a point without a rule takes its whole sweep along`() {
        let sweeps = [
            sweep(0, [reading(0, 1), reading(1, 5)]),
            sweep(1, [reading(0, 1), reading(1, 5)]),
            sweep(2, [reading(0, 1)]),
            sweep(3, [reading(1, 5)]),
        ]
        #expect(taken(sweeps, rules: [Self.rule, nil]) == [true, true, false, true])
    }
}
