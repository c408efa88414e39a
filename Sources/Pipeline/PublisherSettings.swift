// SPDX-License-Identifier: Apache-2.0

public import Model
public import Outbox
public import Telemetry

/// What a publisher needs to know of the site, and its times and limits.
public struct PublisherSettings: Sendable {
    public var catalogue: Catalogue
    public var siteName: BilingualText
    /// Version of the program, for the site's state.
    public var version: String
    /// Rows stay this long after their PUBACK and go out again after a loss (default 180 s, at least 120 s).
    public var replayWindow: Duration
    /// Whether readings carry their unit (default yes).
    public var includesUnits = true
    public var window = PublishWindow.Limits()
    /// Backlog messages per second (default 200).
    public var backlogRate = 200.0
    /// Rows of a lane in memory (default 200).
    public var pageLength = 200
    /// Longest wait for PUBACKs at a clean stop (default 4 s).
    public var drainTime = Duration.seconds(4)
    /// A PUBACK is in the store this long after it came, so that many share a transaction: by default 20 s when the replay
    /// window confirms, for a crash sends all of that again anyway, and 5 s when a consumer does, who waits for it.
    public var settleDelay: Duration {
        get { settleDelayGiven ?? (confirmation == .consumer ? .seconds(5) : .seconds(20)) }
        set { settleDelayGiven = newValue }
    }
    private var settleDelayGiven: Duration?
    /// How often the store is asked what waits (default 10 s).
    public var maintenancePeriod = Duration.seconds(10)
    /// How often confirmed rows are removed: every sixth time.
    var removalPeriod: Duration { maintenancePeriod * 6 }
    /// What Home Assistant is told; `nil` tells it nothing and takes back what it was told before.
    public var homeAssistant: HomeAssistantDiscovery?
    /// Who says that a row is done.
    public var confirmation = DeliverySettings.Confirmation.replay
    /// How often `_health` is published (default 60 s).
    public var healthPeriod = Duration.seconds(60)
    /// What the machine and the buses say for it; must answer soon.
    public var healthFacts: @Sendable () async -> HealthReport.Facts = { HealthReport.Facts() }

    public init(catalogue: Catalogue, siteName: BilingualText, version: String, replayWindow: Duration = .seconds(180))
    {
        self.catalogue = catalogue
        self.siteName = siteName
        self.version = version
        self.replayWindow = replayWindow
    }
}

/// Figures of a publisher.
public struct PublisherStatus: Hashable, Sendable {
    public var isConnected = false
    /// The broker acknowledges what it does not let through: the heartbeat does not come back.
    public var isForbidden = false
    /// The last attempt to connect reached the broker, which did not let the gateway in.
    public var isRefusedEntry = false
    /// Rows wait for the consumer, which was not heard for 15 min.
    public var isConsumerSilent = false
    /// Messages without a PUBACK yet.
    public var inFlight = 0
    /// Rows that waited in the store when it was last asked, at most 10 s ago.
    public var waiting = 0
    /// Rows whose PUBACK came, in this run; a replayed row counts again.
    public var acknowledgedRows = 0
    /// Rows that could not be published at all and were given up, in this run.
    public var refusedRows = 0
    /// Sessions that were begun, in this run.
    public var connects = 0
    /// Rows that wait again although they had been acknowledged, in this run.
    public var replayedRows = 0
    /// From handing a message over to its PUBACK, in this run.
    public var latency = DurationHistogram()
    public init() {}
}

/// What happened to a publisher that somebody may want to read in the log.
public enum PublisherNotice: Hashable, Sendable {
    /// The session stands; so many rows sent lately go out again.
    case connected(replayedRows: Int)
    /// No connection, and when the next attempt will be made.
    case lost(reason: String, retryDelay: Duration)
    /// Three sessions in a row ended within 5 s: most likely another client uses the same identifier.
    case identifierInUseTwice(String)
    /// A row was given up, because the broker or the library will never take it.
    case refused(row: SequenceNumber?, reason: String)
    /// The heartbeat did not come back in 30 s: the broker acknowledges what it does not let through.
    case forbidden
    /// The heartbeat comes back; so many rows go out again.
    case admitted(replayedRows: Int)
    /// So many retained topics of a former configuration were emptied.
    case emptied(topics: Int)
    /// The consumer was not heard for 15 min while rows wait for it.
    case consumerSilent(acknowledged: SequenceNumber)
    case consumerHeard(acknowledged: SequenceNumber)
    /// So many rows go out again, because the consumer has not acknowledged them for 5 min.
    case replayed(rows: Int)
    /// An acknowledgement of a number that was never given; nothing was removed.
    case implausibleAcknowledgement(SequenceNumber)
    /// A message on a command topic was not taken; told once for each reason.
    case commandIgnored(topic: String, reason: String)
    /// A command was answered for the first time.
    case command(verb: String, identifier: String, by: String, outcome: String)
    /// The outbox could not be read or written; it is tried again in a second.
    case storeFailed(String)
}

/// A message that cannot be published now or ever, such as one with a topic that MQTT does not allow.
public struct UnpublishableMessage: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// The message of a site's state topic; also the last will, as ``SiteState/lost``.
public func siteStateMessage(
    _ state: SiteState, of site: SiteIdentifier, epoch: Int64, boot: BootIdentifier, version: String,
    at moment: Timestamp
) -> OutboundMessage {
    OutboundMessage(
        topic: Topics(site: site).state,
        payload: statePayload(state, epoch: epoch, boot: boot, version: version, at: moment), isRetained: true)
}

extension SequenceNumber {
    static let beforeAll = SequenceNumber(.min)
    var predecessor: SequenceNumber { SequenceNumber(value == .min ? .min : value - 1) }
}

extension MonotonicInstant {
    static let distantFuture = MonotonicInstant(nanoseconds: .max)
}
