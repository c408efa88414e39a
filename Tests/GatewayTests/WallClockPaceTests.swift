// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Gateway

/// A step of the wall clock is no reason to drop anything by age (F28).
@Suite struct WallClockPaceTests {
    private func reading(_ hours: Int64, ahead seconds: Int64 = 0) -> ClockReading {
        ClockReading(
            instant: MonotonicInstant(nanoseconds: hours * 3_600_000_000_000),
            wall: Timestamp(seconds: 1_800_000_000 + hours * 3600 + seconds), timeQuality: .synced)
    }

    @Test func `a year forward and back stops the dropping by age for a day after each`() {
        let year: Int64 = 365 * 86_400
        var steps = WallClockPace(at: reading(0))
        // 50 s in between: a slow clock that is set right.
        let readings = [
            reading(1), reading(2, ahead: 50), reading(3, ahead: year), reading(4, ahead: year), reading(20),
            reading(43), reading(44),
        ]
        var verdicts: [Bool] = []
        for reading in readings { verdicts.append(steps.isSteady(at: reading)) }
        #expect(verdicts == [true, true, false, false, false, false, true])
    }
}
