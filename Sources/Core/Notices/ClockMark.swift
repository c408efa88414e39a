// SPDX-License-Identifier: Apache-2.0

public import Model

/// A moment on both clocks of a machine, to be written down and understood after a restart.
public struct ClockMark: Hashable, Codable, Sendable {
    public var wall: Timestamp
    /// On the monotonic clock of `boot`.
    public var instant: MonotonicInstant
    public var boot: BootIdentifier
    /// Whether the wall clock was known to be right.
    public var isSynchronised: Bool

    public init(wall: Timestamp, instant: MonotonicInstant, boot: BootIdentifier, isSynchronised: Bool) {
        (self.wall, self.instant, self.boot, self.isSynchronised) = (wall, instant, boot, isSynchronised)
    }

    /// Where this moment lies on the monotonic clock of `now`; the earliest at which it is certain to have been over.
    ///
    /// Inside one boot that clock alone counts. A moment of another boot is at least as old as this boot, and as old as
    /// the wall clocks say where both were known to be right: a wall clock that nobody vouches for makes it younger
    /// than it is, never older.
    ///
    /// - Returns: at most `now.instant`; below zero for what lies before this boot.
    public func instant(seenFrom now: ClockMark) -> MonotonicInstant {
        if boot == now.boot { return min(instant, now.instant) }
        var age = Duration.nanoseconds(max(0, now.instant.nanoseconds))
        if isSynchronised, now.isSynchronised { age = max(age, now.wall - wall) }
        // A hundred years are enough for anything, and keep the sum in range.
        return now.instant + (.zero - min(age, .seconds(3_155_760_000)))
    }
}
