// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Sweeps that were just stored, for a follower that would else read them back from the store.
///
/// At most ``limit`` of them wait; when there would be more they are all let go, and the follower reads the store.
final class RecentSweeps: Sendable {
    static let limit = 2000

    private struct State {
        var sweeps: [StoredSweep] = []
        /// What was stored before the program started was never here.
        var hasHole = true
    }

    private let state = Mutex(State())

    /// Notes a transaction's sweeps, in the order of their numbers.
    func note(_ stored: [StoredSweep]) {
        state.withLock { state in
            guard state.sweeps.count + stored.count <= Self.limit else {
                state = State()
                return
            }
            state.sweeps += stored
        }
    }

    /// Everything that was noted since the last call; `nil` when some of it was let go, so that the store has to be
    /// read up to its end.
    func take() -> [StoredSweep]? {
        state.withLock { state in
            defer { state = State(sweeps: [], hasHole: false) }
            return state.hasHole ? nil : state.sweeps
        }
    }
}
