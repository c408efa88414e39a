// SPDX-License-Identifier: Apache-2.0

public import Counters
public import Model
import Outbox

/// What a counter showed in one read, with the time it speaks of. Notes are kept for ever.
public struct CounterNote: Hashable, Sendable {
    public var point: PointIndex
    public var event: CounterEvent
    /// Wall time of the last read that was taken, and of this one.
    public var from: Timestamp
    public var at: Timestamp
    /// Why it is not known what was counted in between, or when; `nil` for what leaves no gap.
    public var gapCause: String?

    /// A shorter outage marks its reading and nothing else.
    static let shortestGap = Duration.seconds(60)

    /// - Parameter events: All that the same read showed, this one among them: they make one gap.
    public init(point: PointIndex, event: CounterEvent, among events: [CounterEvent], from: Timestamp, at: Timestamp) {
        (self.point, self.event, self.from, self.at) = (point, event, from, at)
        switch event {
        case .counterReset, .counterJump, .ambiguousGap: gapCause = event.word
        case .gap(_, let elapsed):
            let isTold = events.contains { if case .ambiguousGap = $0 { true } else { false } }
            gapCause = isTold || elapsed < Self.shortestGap ? nil : event.word
        case .rollover, .glitch, .range: gapCause = nil
        }
    }
}

extension CounterEvent {
    /// The word in the store and on the wire.
    public var word: String {
        switch self {
        case .rollover: "rollover"
        case .glitch: "glitch"
        case .counterReset: "counter_reset"
        case .counterJump: "counter_jump"
        case .ambiguousGap: "several_rollovers"
        case .gap: "not_read"
        case .range: "range"
        }
    }
}

/// Gaps as they are told on MQTT.
public struct GapMessages: Sendable {
    private let catalogue: Catalogue
    private let epoch: Int64
    private let topic: String

    public init(catalogue: Catalogue, epoch: Int64) {
        (self.catalogue, self.epoch) = (catalogue, epoch)
        topic = Topics(site: catalogue.site).gap
    }

    /// `{"what":"inlet/main-meter/total","from":…,"to":…,"cause":"counter_reset","ep":3}`; `nil` where there is no gap.
    public func message(of note: CounterNote) -> OutboundMessage? {
        guard let cause = note.gapCause else { return nil }
        var json = JSONWriter()
        json.beginObject()
        json.text("what", catalogue.path(of: note.point))
        json.moment("from", note.from)
        json.moment("to", note.at)
        json.text("cause", cause)
        json.key("ep")
        json.integer(epoch)
        json.endObject()
        return OutboundMessage(topic: topic, payload: json.bytes, isRetained: false)
    }

    /// `{"what":"pump-room/inlet","from":…,"to":…,"cause":"store_damaged","count":12,"ep":3}`: readings that the store
    /// has lost; `what` is the site where it is not about one asset.
    public func message(of gap: StoredGap) -> OutboundMessage {
        var json = JSONWriter()
        json.beginObject()
        json.text("what", gap.path.isEmpty ? catalogue.site.text : gap.path)
        json.moment("from", gap.from)
        json.moment("to", gap.to)
        json.text("cause", gap.cause)
        json.key("count")
        json.integer(gap.readings)
        json.key("ep")
        json.integer(epoch)
        json.endObject()
        return OutboundMessage(topic: topic, payload: json.bytes, isRetained: false)
    }
}

/// Readings that are lost, as the store counts them.
public struct StoredGap: Hashable, Sendable {
    /// An asset or a point; empty for all of the site.
    public var path: String
    public var from: Timestamp?
    public var to: Timestamp?
    public var cause: String
    public var readings: Int64
    public init(path: String, from: Timestamp?, to: Timestamp?, cause: String, readings: Int64) {
        (self.path, self.from, self.to, self.cause, self.readings) = (path, from, to, cause, readings)
    }
}
