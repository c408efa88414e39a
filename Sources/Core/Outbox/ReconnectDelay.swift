// SPDX-License-Identifier: Apache-2.0

public import Model

/// How long to wait before the next attempt to connect: 1 s doubling to 60 s, with full jitter.
///
/// Only a session of 60 s counts as success: a broker that accepts and then closes is not hammered.
public struct ReconnectDelay: Hashable, Sendable {
    public static let first = Duration.seconds(1)
    public static let longest = Duration.seconds(60)
    public static let stableAfter = Duration.seconds(60)
    /// A session shorter than this was closed by the broker on purpose, most likely because another client came with
    /// the same identifier.
    public static let kickWithin = Duration.seconds(5)

    private var failures = 0
    private var kicks = 0
    private var connectedAt: MonotonicInstant?

    public init() {}

    /// Notes a CONNACK.
    public mutating func connected(at now: MonotonicInstant) { connectedAt = now }

    /// Notes that an attempt failed or a session ended.
    ///
    /// - Parameter random: 0 ..< 1, evenly spread.
    /// - Returns: the time to wait, 0 ... 60 s.
    public mutating func lost(at now: MonotonicInstant, random: Double) -> Duration {
        if let connectedAt {
            if now - connectedAt >= Self.stableAfter { failures = 0 }
            kicks = now - connectedAt < Self.kickWithin ? kicks + 1 : 0
        }
        connectedAt = nil
        let ceiling = min(Self.longest, Self.first * (1 << min(failures, 6)))
        failures = min(failures + 1, 6)
        return ceiling * min(max(random, 0), 1)
    }

    /// Three sessions in a row ended within 5 s of their CONNACK.
    public var isIdentifierInUseTwice: Bool { kicks >= 3 }
}
