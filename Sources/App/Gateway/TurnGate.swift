// SPDX-License-Identifier: Apache-2.0

/// Lets one piece of asynchronous work in at a time, in order of arrival.
///
/// An actor may be entered again while it waits for the store; work that reads, saves and then keeps must not be.
actor TurnGate {
    private var isTaken = false
    private var queue: [CheckedContinuation<Void, Never>] = []

    func enter() async {
        if isTaken {
            await withCheckedContinuation { queue.append($0) }
        } else {
            isTaken = true
        }
    }

    func leave() {
        if queue.isEmpty { isTaken = false } else { queue.removeFirst().resume() }
    }
}
