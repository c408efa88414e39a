// SPDX-License-Identifier: Apache-2.0

public import Model

/// The messages that were handed to the broker and are not yet acknowledged.
///
/// The window slides: each PUBACK makes room for the next message. Rows in it are still `waiting` in the store, so
/// whoever reads the store asks ``contains(_:)`` before sending a row.
public struct PublishWindow: Sendable {
    /// What may be under way at once.
    public struct Limits: Hashable, Sendable {
        /// Most messages (default 20).
        public var messages: Int
        /// Most payload and topic bytes (default 256 kB); a larger message goes alone.
        public var bytes: Int
        /// Longest wait for a PUBACK before the connection is given up (default 30 s).
        public var patience: Duration
        public init(messages: Int = 20, bytes: Int = 256 * 1024, patience: Duration = .seconds(30)) {
            (self.messages, self.bytes, self.patience) = (messages, bytes, patience)
        }
    }

    /// One message under way.
    public struct Entry: Hashable, Sendable {
        /// Outbox rows that its PUBACK settles: one, several for a backfill batch, none for an announcement.
        public var rows: [SequenceNumber]
        /// `nil` for an announcement, which has no row.
        public var lane: DeliveryLane?
        /// The asset whose retained topic it went to.
        public var asset: AssetIndex?
        public var bytes: Int
        public var sentAt: MonotonicInstant
        public init(
            rows: [SequenceNumber], lane: DeliveryLane?, asset: AssetIndex? = nil, bytes: Int, sentAt: MonotonicInstant
        ) {
            (self.rows, self.lane, self.asset, self.bytes, self.sentAt) = (rows, lane, asset, bytes, sentAt)
        }
    }

    /// What became of a message that was handed over.
    public enum Outcome: Hashable, Sendable {
        /// Its PUBACK is awaited.
        case inFlight
        /// Its PUBACK had come before its identifier was known.
        case acknowledged(Entry)
        /// Another message under this identifier is still under way: the connection must be given up, since a PUBACK
        /// could no longer be told from another.
        case identifierInUse
    }

    public let limits: Limits
    private var entries: [Int32: Entry] = [:]
    private var rows: Set<SequenceNumber> = []
    /// Identifiers whose PUBACK came before ``sent(_:_:)``, oldest first; no more than the window is wide.
    private var early: [Int32] = []
    private var bytes = 0
    private var backlogMessages = 0
    private var backlogBytes = 0

    public init(limits: Limits = Limits()) { self.limits = limits }

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }

    /// Whether `row` is under way.
    public func contains(_ row: SequenceNumber) -> Bool { rows.contains(row) }

    /// Whether another message of `size` bytes may be handed over now. The backlog has at most half of the window.
    public func hasRoom(for size: Int, lane: DeliveryLane?) -> Bool {
        func fits(_ count: Int, _ used: Int, _ share: Int) -> Bool {
            count == 0 || (count < limits.messages / share && used + size <= limits.bytes / share)
        }
        let isInWindow = fits(entries.count, bytes, 1)
        return lane == .backlog ? isInWindow && fits(backlogMessages, backlogBytes, 2) : isInWindow
    }

    /// Notes that a message got the identifier `identifier`.
    public mutating func sent(_ identifier: Int32, _ entry: Entry) -> Outcome {
        if let place = early.firstIndex(of: identifier) {
            early.remove(at: place)
            return .acknowledged(entry)
        }
        guard entries[identifier] == nil else { return .identifierInUse }
        entries[identifier] = entry
        rows.formUnion(entry.rows)
        bytes += entry.bytes
        if entry.lane == .backlog {
            backlogMessages += 1
            backlogBytes += entry.bytes
        }
        return .inFlight
    }

    /// Notes a PUBACK.
    ///
    /// - Returns: the message that it settles; `nil` when its identifier is not known yet, which ``sent(_:_:)`` will
    ///   find out.
    public mutating func acknowledge(_ identifier: Int32) -> Entry? {
        guard let entry = entries.removeValue(forKey: identifier) else {
            // More than a window of unknown ones cannot all be early; the oldest is a stray.
            if early.count >= limits.messages { early.removeFirst() }
            early.append(identifier)
            return nil
        }
        rows.subtract(entry.rows)
        bytes -= entry.bytes
        if entry.lane == .backlog {
            backlogMessages -= 1
            backlogBytes -= entry.bytes
        }
        return entry
    }

    /// When the oldest message will have waited too long; `nil` when nothing is under way.
    public var deadline: MonotonicInstant? { entries.values.map(\.sentAt).min().map { $0 + limits.patience } }

    /// The connection is gone: nothing is under way any more.
    ///
    /// - Returns: the rows that go back to waiting, in rising order.
    public mutating func empty() -> [SequenceNumber] {
        let freed = rows.sorted()
        self = PublishWindow(limits: limits)
        return freed
    }
}
