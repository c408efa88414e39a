// SPDX-License-Identifier: Apache-2.0

public import Model

/// Keeps ages that are stored as wall times right when the wall clock is corrected.
///
/// PUBACKs are stored with the wall time, since that outlives a restart. After a step of more than 2 s those stamps
/// are not comparable with the clock until one whole window has passed.
public struct WallClockWatch: Sendable {
    static let smallestStep = Duration.seconds(2)

    private let window: Duration
    private var offset: Duration?
    private var steppedAt: MonotonicInstant?
    /// Sum of the forward steps inside the window.
    private var forward = Duration.zero

    /// - Parameter window: How long sent rows are kept for a replay.
    public init(window: Duration) { self.window = window }

    /// Looks at both clocks; to be called at least a few times per window.
    public mutating func note(_ instant: MonotonicInstant, _ wall: Timestamp) {
        let uptime = Duration.nanoseconds(instant.nanoseconds)
        let current = (wall - Timestamp(milliseconds: 0)) - uptime
        if let steppedAt, instant - steppedAt >= window { (self.steppedAt, forward) = (nil, .zero) }
        if let offset, current - offset > Self.smallestStep || offset - current > Self.smallestStep {
            steppedAt = instant
            if current > offset { forward += current - offset }
        }
        offset = current
    }

    /// Rows whose PUBACK is stamped later than this are to be sent again after a loss; a forward step inside the
    /// window makes it earlier, so that too many go rather than too few.
    public func replayStart(at wall: Timestamp) -> Timestamp { wall - window - forward }

    /// Rows whose PUBACK is stamped earlier may be removed; `nil` within one window of a step.
    public func removalLimit(at wall: Timestamp) -> Timestamp? { steppedAt == nil ? wall - window : nil }
}
