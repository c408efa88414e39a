// SPDX-License-Identifier: Apache-2.0

public import Model

/// Says once when a point has brought no reading for too long.
///
/// It does not repeat the last value and does not repeat itself: one `bad(stale)` record, until a reading comes.
public struct StaleWatch: Hashable, Sendable {
    /// Periods without any reading after which a point is stale, unless the site says otherwise.
    public static let usualPeriods = 3

    /// A reading is missing this long after the one before.
    public let staleAfter: Duration
    private var lastReading: MonotonicInstant
    private var isStale = false

    /// - Parameters:
    ///   - staleAfter: Longer than zero; three periods of the point by default (`usualPeriods`).
    ///   - start: When the point began to be polled.
    public init(staleAfter: Duration, startingAt start: MonotonicInstant) {
        self.staleAfter = staleAfter
        lastReading = start
    }

    /// Notes a reading of any quality: a failed read is an answer too, with a reason of its own.
    public mutating func noteReading(at now: MonotonicInstant) {
        lastReading = max(lastReading, now)
        isStale = false
    }

    /// When ``becomesStale(at:)`` next says yes; `nil` while the point is stale already.
    public var deadline: MonotonicInstant? { isStale ? nil : lastReading + staleAfter }

    /// Whether the point has just become stale: true once, then false until a reading has come.
    public mutating func becomesStale(at now: MonotonicInstant) -> Bool {
        guard let deadline, now >= deadline else { return false }
        isStale = true
        return true
    }
}

/// Tells a value that stands still while a companion signal says it should move, such as a flow that never changes
/// while the pump runs.
public struct FrozenWatch: Hashable, Sendable {
    /// Unchanged for this long, with the companion active all the while.
    public let frozenAfter: Duration
    private var raw: UInt64?
    private var since: MonotonicInstant?

    /// - Parameter frozenAfter: Longer than zero.
    public init(frozenAfter: Duration) { self.frozenAfter = frozenAfter }

    /// Notes that the companion said no in between: what came before does not count.
    public mutating func noteRest() { since = nil }

    /// Takes one read of the point that brought a value.
    ///
    /// - Parameters:
    ///   - next: The registers as read, or any other bits that differ when the value does.
    ///   - shouldMove: What the companion signal says; `nil` when it is not known, which counts as no.
    /// - Returns: Whether the reading is `uncertain(frozen)`.
    public mutating func isFrozen(_ next: UInt64, shouldMove: Bool?, at now: MonotonicInstant) -> Bool {
        guard raw == next, shouldMove == true, let since else {
            raw = next
            since = shouldMove == true ? now : nil
            return false
        }
        return now - since >= frozenAfter
    }
}
