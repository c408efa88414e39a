// SPDX-License-Identifier: Apache-2.0

import Alarms
import Testing

@Suite struct AlarmStateTests {
    /// Every move there is; whatever is not here changes nothing.
    static let moves: [AlarmState: [AlarmTrigger: AlarmState]] = [
        .normal: [.raise: .unacknowledgedActive],
        .unacknowledgedActive: [
            .acknowledge: .acknowledgedActive, .clear: .returnedUnacknowledged, .clearLatching: .latched,
        ],
        .acknowledgedActive: [.clear: .normal, .clearLatching: .latched],
        .returnedUnacknowledged: [.raise: .unacknowledgedActive, .acknowledge: .normal],
        .latched: [.raise: .unacknowledgedActive, .reset: .normal],
        .shelved: [:], .suppressedByDesign: [:], .outOfService: [:],
    ]

    @Test(arguments: AlarmState.allCases, AlarmTrigger.allCases)
    func `a state moves as the table says and no other way`(state: AlarmState, trigger: AlarmTrigger) throws {
        let row = try #require(Self.moves[state], "a state without a row")
        #expect(state.following(trigger) == row[trigger])
    }

    @Test func `only what is shelved, suppressed or out of service tells nobody`() {
        #expect(AlarmState.allCases.filter(\.isWithheld) == [.shelved, .suppressedByDesign, .outOfService])
    }

    @Test func `the words of the states never change`() {
        #expect(
            AlarmState.allCases.map(\.rawValue) == [
                "normal", "unacknowledgedActive", "acknowledgedActive", "returnedUnacknowledged", "latched", "shelved",
                "suppressedByDesign", "outOfService",
            ])
    }
}
