// SPDX-License-Identifier: Apache-2.0

public import Model

/// Tells when the wall clock was set, by holding it against the monotonic one.
///
/// A clock that is known and then jumps leaves rows behind it that nobody can place against those before: they are
/// `stepped` until it has been steady for a minute. A clock that was not known and becomes so has not stepped.
public struct ClockSteps: Sendable {
    /// A correction by less is what keeps a clock right, not a step.
    public static let smallest = Duration.seconds(2)
    /// A clock that is set by less each day only runs badly.
    public static let leap = Duration.seconds(60)
    /// How long the clock must be steady to be believed again.
    public static let settling = Duration.seconds(60)

    /// What was seen of the clock.
    public enum Event: Hashable, Sendable {
        /// It was set by so much: forward is positive.
        case stepped(by: Duration)
        /// It was unknown until now, and wrong by so much.
        case becameKnown(offBy: Duration)
    }

    /// When the clock was last set by more than ``leap``; `nil` while it never was.
    public private(set) var lastLeap: MonotonicInstant?
    private var offset: Duration?
    private var wasKnown = false
    private var steppedAt: MonotonicInstant?

    public init() {}

    /// Looks at the clocks.
    ///
    /// - Parameter reading: Its quality is that of the machine's clock: `synced` or `unsynced`.
    /// - Returns: The reading with the quality that rows of this moment have, and what has happened.
    public mutating func note(_ reading: ClockReading) -> (reading: ClockReading, event: Event?) {
        let uptime = Duration.nanoseconds(reading.instant.nanoseconds)
        let current = (reading.wall - Timestamp(milliseconds: 0)) - uptime
        let isKnown = reading.timeQuality == .synced
        let jump = offset.map { current - $0 } ?? .zero
        offset = current
        let hasJumped = jump > Self.smallest || jump < .zero - Self.smallest
        if jump > Self.leap || jump < .zero - Self.leap { lastLeap = reading.instant }
        var event: Event?
        if isKnown, !wasKnown {
            event = .becameKnown(offBy: jump)
            steppedAt = nil
        } else if hasJumped {
            event = .stepped(by: jump)
            if isKnown { steppedAt = reading.instant }
        }
        wasKnown = isKnown
        if let at = steppedAt, reading.instant - at >= Self.settling { steppedAt = nil }
        var told = reading
        if isKnown, steppedAt != nil { told.timeQuality = .stepped }
        return (told, event)
    }
}
