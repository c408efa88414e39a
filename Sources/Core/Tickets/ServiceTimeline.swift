// SPDX-License-Identifier: Apache-2.0

public import Model

/// The machine's clocks at one moment, as a line of the log remembers them.
public struct TimeMark: Hashable, Codable, Sendable {
    public var wall: Timestamp
    /// On the monotonic clock of `boot`.
    public var instant: MonotonicInstant
    public var boot: String
    /// Whether the wall clock was known to be right.
    public var isSynchronised: Bool
    /// The same moment in the time in which promises are counted; a line may tell of an earlier one.
    public var counted: Timestamp?

    public init(wall: Timestamp, instant: MonotonicInstant, boot: BootIdentifier, isSynchronised: Bool) {
        (self.wall, self.instant, self.boot) = (wall, instant, boot.text)
        self.isSynchronised = isSynchronised
    }
}

/// The time in which promises are counted.
///
/// Inside one boot it runs with the monotonic clock, so that a wall clock that is set changes nothing; across boots it
/// takes up the wall clock. While that is not synchronised it runs on from the last known moment, so it can only be
/// behind; when the clock becomes known it catches up once. It never falls.
public struct ServiceTimeline: Hashable, Codable, Sendable {
    private struct Anchor: Hashable, Codable, Sendable {
        var boot: String
        var instant: MonotonicInstant
        var time: Timestamp
        var isSynchronised: Bool
    }

    private var anchor: Anchor?
    /// The latest time given out; `nil` before the first.
    public private(set) var latest: Timestamp?
    /// Whether the position of the present time in the day is known.
    public var isCertain: Bool { anchor?.isSynchronised ?? true }

    public init() {}

    /// Takes up where the log ends.
    ///
    /// - Parameter marks: Of stored lines, in any order; only the latest matters.
    public init(restoring marks: [TimeMark]) {
        guard let last = marks.max(by: { ($0.counted ?? $0.wall) < ($1.counted ?? $1.wall) }) else { return }
        let time = last.counted ?? last.wall
        latest = time
        anchor = Anchor(
            boot: last.boot, instant: last.instant, time: time, isSynchronised: last.isSynchronised)
    }

    /// The time of a moment; it is never before one that was given out.
    public mutating func time(of mark: TimeMark) -> Timestamp {
        var time: Timestamp
        if let known = anchor, known.boot == mark.boot {
            time = known.time + (mark.instant - known.instant)
            if mark.isSynchronised, !known.isSynchronised {
                time = max(time, mark.wall)
                anchor = Anchor(boot: mark.boot, instant: mark.instant, time: time, isSynchronised: true)
            }
        } else {
            time = mark.isSynchronised ? max(mark.wall, latest ?? mark.wall) : latest ?? mark.wall
            anchor = Anchor(boot: mark.boot, instant: mark.instant, time: time, isSynchronised: mark.isSynchronised)
        }
        time = max(time, latest ?? time)
        latest = time
        return time
    }
}
