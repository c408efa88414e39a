// SPDX-License-Identifier: Apache-2.0

public import Model

/// The order in which waiting rows go out; `alarm` first. The store writes the numbers down.
public enum DeliveryLane: UInt8, Hashable, Sendable, CaseIterable {
    /// Alarms, tickets, findings.
    case alarm = 0
    /// Readings younger than two periods, to the asset's retained topic.
    case live = 1
    /// Everything older, to the backfill topic.
    case backlog = 2
}

/// Which lane may send the next message.
public struct LaneChooser: Sendable {
    /// Messages of the backlog per second (default 200); with bursts of a tenth of that.
    public let backlogRate: Double
    private var tokens: Double
    private var refilledAt: MonotonicInstant?

    public init(backlogRate: Double = 200) {
        self.backlogRate = max(1, backlogRate)
        tokens = max(1, self.backlogRate / 10)
    }

    /// The first lane that has a row and may send; `nil` when none may.
    public mutating func choose(
        hasAlarm: Bool, hasLive: Bool, hasBacklog: Bool, at now: MonotonicInstant
    ) -> DeliveryLane? {
        if hasAlarm { return .alarm }
        if hasLive { return .live }
        refill(at: now)
        return hasBacklog && tokens >= 1 ? .backlog : nil
    }

    /// Notes that the backlog sent a message.
    public mutating func spend() { tokens -= 1 }

    /// When the backlog may send again, if it may not at `now`.
    public mutating func nextBacklog(at now: MonotonicInstant) -> MonotonicInstant? {
        refill(at: now)
        return tokens >= 1 ? nil : now + .seconds((1 - tokens) / backlogRate)
    }

    private mutating func refill(at now: MonotonicInstant) {
        let elapsed = refilledAt.map { max(0, (now - $0).inSeconds) } ?? 0
        tokens = min(max(1, backlogRate / 10), tokens + elapsed * backlogRate)
        refilledAt = now
    }
}

/// How old a sweep may be and still go to the live topic: two periods of the slowest point in it, and at least
/// ``shortestLiveAge``.
public func liveAgeLimit(of sweep: Sweep, in catalogue: Catalogue) -> Duration {
    var slowest = Duration.zero
    for reading in sweep.readings where catalogue.points.indices.contains(Int(reading.point.value)) {
        // Not by the catalogue's subscript, which copies the whole point.
        slowest = max(slowest, catalogue.points[Int(reading.point.value)].period)
    }
    return max(shortestLiveAge, slowest * 2)
}

/// A commit may hold readings back for a second and a disk may take another: a sweep this young is live, however
/// short its period.
public let shortestLiveAge = Duration.seconds(5)

extension Catalogue {
    /// The age at which no sweep of this configuration is live any more.
    public var longestLiveAge: Duration {
        points.reduce(shortestLiveAge) { max($0, $1.period * 2) }
    }
}
