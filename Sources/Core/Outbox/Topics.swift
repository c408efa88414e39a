// SPDX-License-Identifier: Apache-2.0

public import Model

/// The names under which one site speaks on MQTT.
///
/// Every level is written in `a-z 0-9 - _`; levels that begin with `_` are reserved for Sluice.
public struct Topics: Hashable, Sendable {
    public let site: SiteIdentifier
    private let root: String

    public init(site: SiteIdentifier) {
        self.site = site
        root = "sluice/\(site)"
    }

    /// The client identifier of the site's connection.
    public var clientIdentifier: String { "sluice-\(site)" }

    /// Retained: `online`, `lost` (last will), `disconnected`.
    public var state: String { "\(root)/_state" }
    /// Retained: names of the site and the list of its assets.
    public var meta: String { "\(root)/_meta" }
    /// Batches of old readings; never retained.
    public var backfill: String { "\(root)/_backfill" }
    /// Intervals of which readings or counts are not known; never retained.
    public var gap: String { "\(root)/_gap" }
    /// Retained, once a minute: how the gateway does.
    public var health: String { "\(root)/_health" }
    /// The site's own heartbeat, which it listens for itself; never retained.
    public var echo: String { "\(root)/_state/echo" }
    /// Retained, from the consumer: `{"epoch":3,"seq":8812}`, all up to that number is stored there.
    public var acknowledgement: String { "\(root)/_ack" }
    /// Which numbers have been sent, for a consumer that acknowledges; never retained.
    public var mark: String { "\(root)/_mark" }
    /// All commands to the site.
    public var commands: String { "\(root)/cmd/+" }

    /// The verb of a command's topic; `nil` for any other topic.
    public func verb(of topic: String) -> String? {
        let prefix = "\(root)/cmd/"
        guard topic.hasPrefix(prefix) else { return nil }
        let verb = topic.dropFirst(prefix.count)
        return verb.isEmpty || verb.contains("/") || Self.level(String(verb)) != verb ? nil : String(verb)
    }

    /// Where a command is answered; never retained.
    public func reply(to verb: String) -> String { "\(root)/cmd/\(verb)/reply" }

    /// What happened to tickets; never retained.
    public var ticketEvent: String { "\(root)/ticket/event" }

    /// Retained: the readings of one asset.
    public func asset(_ asset: Asset) -> String { "\(root)/\(asset.area)/\(asset.identifier)" }
    /// Retained: points, units and names of one asset.
    public func meta(of asset: Asset) -> String { "\(self.asset(asset))/_meta" }
    /// Retained: whether the asset's device answers.
    public func availability(of asset: Asset) -> String { "\(self.asset(asset))/_availability" }

    /// Retained: the state of one ticket.
    public func ticketState(_ number: String) -> String { "\(root)/ticket/\(Self.level(number))/state" }

    /// What happened to an alarm; never retained.
    public func alarm(area: AreaIdentifier, asset: AssetIdentifier, rule: String) -> String {
        "\(root)/alarm/\(area)/\(asset)/\(Self.level(rule))"
    }

    /// Area names that would collide with topics of the site itself.
    public static let refusedAreas: Set<String> = ["alarm", "ticket", "cmd"]

    /// `text` as one topic level: capitals made small, every other byte outside the alphabet a hyphen, since a dot
    /// or a space in a topic makes some brokers drop the connection.
    public static func level(_ text: String) -> String {
        let bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x61...0x7A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"): byte
            case 0x41...0x5A: byte | 0x20
            default: UInt8(ascii: "-")
            }
        }
        return String(decoding: bytes.isEmpty ? [UInt8(ascii: "-")] : bytes, as: UTF8.self)
    }
}
