// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Pipeline

@Suite struct ClockStepsTests {
    private static let noon = Timestamp(seconds: 1_795_000_000)

    private static func reading(_ seconds: Int64, off error: Duration = .zero, _ quality: TimeQuality = .synced)
        -> ClockReading
    {
        ClockReading(
            instant: MonotonicInstant(nanoseconds: seconds * 1_000_000_000), wall: noon + .seconds(seconds) + error,
            timeQuality: quality)
    }

    @Test func `a step marks what follows until a minute has been steady`() {
        var steps = ClockSteps()
        #expect(steps.note(Self.reading(0)).event == .becameKnown(offBy: .zero))
        #expect(steps.note(Self.reading(10, off: .milliseconds(1500))).event == nil, "a correction")
        let hour = steps.note(Self.reading(20, off: .seconds(-3600)))
        #expect(hour.event == .stepped(by: .seconds(-3600) - .milliseconds(1500)))
        #expect(hour.reading.timeQuality == .stepped)
        #expect(steps.note(Self.reading(79, off: .seconds(-3600))).reading.timeQuality == .stepped)
        #expect(steps.note(Self.reading(80, off: .seconds(-3600))).reading.timeQuality == .synced)
        // Each step begins the minute anew.
        _ = steps.note(Self.reading(90))
        _ = steps.note(Self.reading(140, off: .seconds(5)))
        #expect(steps.note(Self.reading(160, off: .seconds(5))).reading.timeQuality == .stepped)
        #expect(steps.note(Self.reading(200, off: .seconds(5))).reading.timeQuality == .synced)
    }

    @Test func `a year forward and back are leaps, a slow clock that is set right is none`() {
        var steps = ClockSteps()
        let year = Duration.seconds(365 * 86_400)
        let errors: [(Int64, Duration)] = [
            (0, .zero), (3600, .seconds(50)), (7200, year), (10_800, year), (14_400, .zero),
        ]
        var leaps: [MonotonicInstant?] = []
        for (second, error) in errors {
            _ = steps.note(Self.reading(second, off: error))
            leaps.append(steps.lastLeap)
        }
        let seconds = leaps.map { $0.map { $0.nanoseconds / 1_000_000_000 } }
        #expect(seconds == [nil, nil, 7200, 7200, 14_400])
    }

    @Test func `a clock that becomes known has not stepped`() {
        var steps = ClockSteps()
        let years = Duration.seconds(-50 * 365 * 86_400)
        #expect(steps.note(Self.reading(0, off: years, .unsynced)).event == nil)
        let known = steps.note(Self.reading(60))
        #expect(known.event == .becameKnown(offBy: .zero - years))
        #expect(known.reading.timeQuality == .synced)
        // Lost and found again.
        #expect(steps.note(Self.reading(70, .unsynced)).event == nil)
        #expect(steps.note(Self.reading(80)).event == .becameKnown(offBy: .zero))
    }

    @Test func `an unknown clock that jumps is told and stays unknown`() {
        var steps = ClockSteps()
        _ = steps.note(Self.reading(0, .unsynced))
        let jumped = steps.note(Self.reading(5, off: .seconds(60), .unsynced))
        #expect(jumped.event == .stepped(by: .seconds(60)) && jumped.reading.timeQuality == .unsynced)
    }
}
