// SPDX-License-Identifier: Apache-2.0

import Model

/// Trips and door openings of a lift that has contacts and no counters.
struct LiftContacts: Hashable, Codable, Sendable {
    private var trips = 0.0
    private var doors = 0.0
    private var isMoving: Bool?
    private var movingAt: Timestamp?
    private var isOpen: Bool?

    init() {}

    /// The number of trips so far, when the contact told anything.
    ///
    /// - Returns: Also whether the contact was read all the time since the value before; otherwise trips are missing.
    mutating func trips(_ observation: Observation, _ longestGap: Duration) -> (
        observation: Observation, isWhole: Bool
    )? {
        guard let value = observation.value else { return nil }
        let isWhole = movingAt.map { observation.at - $0 <= longestGap } ?? false
        let moves = value != 0
        if moves, isMoving == false { trips += 1 }
        (isMoving, movingAt) = (moves, observation.at)
        return (counted(observation, .trips, trips), isWhole)
    }

    /// The number of door openings so far; `nil` for a poll that failed.
    mutating func doors(_ observation: Observation) -> Observation? {
        guard let value = observation.value else { return nil }
        let opens = value >= 1
        if opens, isOpen == false { doors += 1 }
        isOpen = opens
        return counted(observation, .doorCycles, doors)
    }

    private func counted(_ observation: Observation, _ signal: Signal, _ count: Double) -> Observation {
        Observation(signal: signal, value: count, at: observation.at, sequence: observation.sequence)
    }

    var isWellFormed: Bool {
        trips.isFinite && doors.isFinite && trips >= 0 && doors >= 0
            && (movingAt.map { DataClock.believable.contains($0) } ?? true)
    }
}
