// SPDX-License-Identifier: Apache-2.0

public import Model

/// What came of an attempt.
public enum DeliveryOutcome: Hashable, Codable, Sendable {
    case delivered
    /// The receiver understood and will not have this message.
    case refused(String)
    /// Nothing that could be understood came back, or nothing at all.
    case unreachable(String)
    /// The receiver wants nothing for so long.
    case limited(Duration, String)

    /// What went wrong; empty for nothing.
    public var reason: String {
        switch self {
        case .delivered: ""
        case .refused(let reason), .unreachable(let reason), .limited(_, let reason): reason
        }
    }

    public var word: String {
        switch self {
        case .delivered: "delivered"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .limited: "limited"
        }
    }
}

/// One message that is to go out: a notice, or a digest of several.
public struct Dispatch: Hashable, Sendable {
    public var channel: ChannelIdentifier
    /// That of the notice, or of the digest.
    public var key: String
    /// At least one, in order.
    public var rows: [NoticeRow]
    /// Of the most urgent row that waits behind it.
    public var severity: Severity

    /// - Parameter rows: At least one.
    public init(channel: ChannelIdentifier, key: String, rows: [NoticeRow], severity: Severity) {
        precondition(!rows.isEmpty, "a message has a row")
        (self.channel, self.key, self.rows, self.severity) = (channel, key, rows, severity)
    }

    public var isDigest: Bool { rows.count > 1 }
}

/// What became of a row for good.
public enum NoticeEnd: String, Hashable, Codable, Sendable, CaseIterable {
    case delivered
    /// Given up after 72 hours, or its channel is gone; it can be sent again by hand.
    case dead
    /// What it asked for was over before it was said.
    case superseded
    /// Its channel fails, and the one to go to has told it or will.
    case toldElsewhere
    /// The queue was full.
    case crowdedOut
}

/// What the queue wants done, in this order; what it says of rows is kept before anything is sent.
public enum DeliveryEffect: Hashable, Sendable {
    /// To be written down with its beginning, then sent; its outcome is reported.
    case send(Dispatch)
    case settled([NoticeRow], NoticeEnd)
    /// Their channel is another one from now on.
    case moved([NoticeRow], to: ChannelIdentifier)
}

/// An attempt as it was written down.
public struct AttemptRecord: Hashable, Codable, Sendable {
    public var channel: ChannelIdentifier
    public var began: ClockMark
    /// `nil` when the program ended before it.
    public var ended: ClockMark?
    public var outcome: DeliveryOutcome?

    /// Longer than this no attempt takes.
    public static let longest = Duration.seconds(30)

    public init(
        channel: ChannelIdentifier, began: ClockMark, ended: ClockMark? = nil, outcome: DeliveryOutcome? = nil
    ) {
        (self.channel, self.began, self.ended, self.outcome) = (channel, began, ended, outcome)
    }
}
