// SPDX-License-Identifier: Apache-2.0

public import Model
public import ModbusCodec

/// A serial line or a socket endpoint that Modbus requests go through.
///
/// It owns everything about the wire: framing, silence, deadlines, quarantine after a timeout, re-opening.
public protocol ModbusPort: Sendable {
    /// Reads `spans` of `unit` one after another.
    ///
    /// After a timeout the remaining spans are not asked for and report the timeout too. Never throws: whatever
    /// happens on the wire is a result of its span.
    ///
    /// It runs where it is called: a socket asked on its own event loop costs no change of thread.
    ///
    /// - Parameters:
    ///   - aliases: Units whose answer counts as that of `unit` as well.
    ///   - timeout: Longest wait for the first byte of each answer.
    nonisolated(nonsending) func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer

    /// What the wire has seen of each unit so far; `nil` where nothing is kept.
    var lineStatistics: LineStatistics? { get }

    /// Gives the line or the connection back; later sweeps report that the bus is down.
    func close() async
}

extension ModbusPort {
    /// Reads `spans` of a unit that answers by its own number.
    public nonisolated(nonsending) func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, timeout: Duration
    ) async -> SweepAnswer { await sweep(spans, of: unit, answeringAs: [], timeout: timeout) }

    public var lineStatistics: LineStatistics? { nil }
}

/// The clocks of the machine, read together.
public protocol ClockSource: Sendable {
    /// This start of the kernel.
    var boot: BootIdentifier { get }
    func now() -> ClockReading
}

/// The monotonic and the wall clock at one moment.
public struct ClockReading: Hashable, Sendable {
    public var instant: MonotonicInstant
    public var wall: Timestamp
    public var timeQuality: TimeQuality
    public init(instant: MonotonicInstant, wall: Timestamp, timeQuality: TimeQuality) {
        self.instant = instant
        self.wall = wall
        self.timeQuality = timeQuality
    }

    /// The wall time of another instant of the same boot.
    public func wall(at other: MonotonicInstant) -> Timestamp { wall + (other - instant) }
}

/// A message whose text is known when it is stored: a ticket, an alarm, a state.
public struct OutboundMessage: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    public var isRetained: Bool
    public init(topic: String, payload: [UInt8], isRetained: Bool) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
    }
}

/// One row of the outbox.
public struct OutboxRow: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// A stored sweep; its JSON is made when it is published.
        case sweep(StoredSweep)
        case message(OutboundMessage)
    }

    /// The row's own number: the first sequence number of a sweep, a number of its own for a message.
    public var sequence: SequenceNumber
    public var content: Content
    public init(sequence: SequenceNumber, content: Content) {
        self.sequence = sequence
        self.content = content
    }
}

/// The durable queue between the store and the broker.
///
/// A row is `waiting` until its PUBACK is noted, then `sent`; it is removed when the replay window has passed since.
public protocol OutboxStore: Sendable {
    /// Number of this life of the database; a restored backup begins a new one.
    var epoch: Int64 { get }

    /// Waiting rows with a number above `after`, oldest first: messages for the lane `alarm`, sweeps else.
    func waitingMessages(after: SequenceNumber, limit: Int) async throws -> [OutboxRow]
    func waitingSweeps(after: SequenceNumber, limit: Int) async throws -> [OutboxRow]

    /// Notes the PUBACK of `rows`.
    func markSent(_ rows: [SequenceNumber], at wall: Timestamp) async throws

    /// When the newest PUBACK that is noted came; `nil` when no row is kept that was sent.
    func latestSent() async throws -> Timestamp?

    /// Puts rows whose PUBACK is younger than `since` back to waiting; the number of rows.
    func returnToWaiting(sentSince since: Timestamp) async throws -> Int

    /// Removes sent rows whose PUBACK is older than `before`; the number of rows.
    func removeConfirmed(sentBefore before: Timestamp) async throws -> Int

    /// Notes topics that will be retained.
    ///
    /// - Returns: Topics that were noted before and are not among them, in their order by name.
    func noteRetained(_ topics: [String]) async throws -> [String]
    /// These are empty at the broker.
    func forgetRetained(_ topics: [String]) async throws

    /// The last number that was given to anything; 0 when none was.
    func lastSequence() async throws -> SequenceNumber
    /// Rows above `after` that were sent and have a number in their message, rising, before the first one that waits.
    func sentRows(after: SequenceNumber, limit: Int) async throws -> [SequenceNumber]
    /// Removes sent rows up to `through`; the number of rows.
    func removeConfirmed(through: SequenceNumber) async throws -> Int
    /// Puts sent rows above `above` back to waiting; the number of rows.
    func returnToWaiting(sentAbove above: SequenceNumber) async throws -> Int

    /// Rows waiting and the wall time of the oldest one.
    func backlog() async throws -> (rows: Int, oldest: Timestamp?)

    /// Since when the broker is known to forbid what is published; `nil` when it takes it.
    func forbiddenSince() async throws -> Timestamp?
    func noteForbidden(since: Timestamp?) async throws

    /// What was answered to a command in the last 24 h; `nil` when it is a new one.
    func reply(toCommand identifier: String, now: Timestamp) async throws -> [UInt8]?
    /// Keeps the first answer to a command.
    func keep(reply: [UInt8], toCommand identifier: String, at now: Timestamp) async throws
}

/// What a broker connection tells.
public enum BrokerEvent: Hashable, Sendable {
    /// The CONNACK arrived.
    case connected(isSessionPresent: Bool)
    /// The connection is gone; `isClean` when we closed it. The text says why.
    case disconnected(isClean: Bool, reason: String)
    /// PUBACKs that came together, at least one, in their order.
    case acknowledged([Int32])
    /// Messages came: ``BrokerPort/takeReceived()`` has them.
    case received
}

/// A message of a topic that was subscribed to.
public struct InboundMessage: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    /// It lay at the broker, for nobody knows how long.
    public var isRetained: Bool
    public init(topic: String, payload: [UInt8], isRetained: Bool) {
        (self.topic, self.payload, self.isRetained) = (topic, payload, isRetained)
    }
}

/// What came since it was last asked for.
public struct InboundBatch: Hashable, Sendable {
    public var messages: [InboundMessage] = []
    /// Messages that were dropped because of their size.
    public var tooLarge = 0
    /// Messages that were dropped because too many waited to be taken.
    public var tooMany = 0
    public init() {}

    public var isEmpty: Bool { messages.isEmpty && tooLarge == 0 && tooMany == 0 }
}

/// An MQTT connection. One consumer reads ``events``.
public protocol BrokerPort: Sendable {
    /// Bounded; when it is full the connection is dropped, never a row.
    var events: AsyncStream<BrokerEvent> { get }
    /// Whether the last attempt to connect reached the broker, which did not let this client in.
    var isRefused: Bool { get }
    /// Begins to connect in the background; the outcome comes as an event.
    func connect() throws
    /// Hands a QoS 1 message to the library.
    ///
    /// - Returns: the message identifier that its PUBACK will carry. The acknowledgement may come before this returns.
    func publish(_ message: OutboundMessage) throws -> Int32
    /// Asks for the messages of these topic filters, QoS 1, for as long as the session lasts.
    func subscribe(to filters: [String]) throws
    /// Hands over what came, after ``BrokerEvent/received``. What waits to be taken is bounded in number and size; what
    /// is beyond that is dropped and counted.
    func takeReceived() -> InboundBatch
    /// What is published from now on may wait for the next messages, until ``release(awaitsRoom:)``.
    func hold()
    /// What was held back leaves.
    ///
    /// - Parameter awaitsRoom: Whether PUBACKs are needed before anything else can be sent. Else several of them may
    ///   be told together, some milliseconds later.
    func release(awaitsRoom: Bool)
    /// Sends DISCONNECT and waits until it is out, at most a second.
    func disconnect() async
}

extension BrokerPort {
    public var isRefused: Bool { false }

    public func subscribe(to filters: [String]) throws {}
    public func takeReceived() -> InboundBatch { InboundBatch() }
    public func hold() {}
    public func release(awaitsRoom: Bool) {}
}
