// SPDX-License-Identifier: Apache-2.0

public import Model

/// Listens for the site's own heartbeat.
///
/// MQTT 3.1.1 acknowledges a message that an access list forbids just as any other; only what comes back proves that
/// messages get through. While the heartbeat is missing, nothing that was acknowledged may be forgotten.
public struct EchoWatch: Sendable {
    public enum Effect: Hashable, Sendable {
        /// Publish the heartbeat of this number.
        case send(Int64)
        /// It did not come back in time; told once.
        case missing
        /// It comes back again; what was published since the last good one has to go out again.
        case returned
    }

    /// Time between two heartbeats.
    public static let period = Duration.seconds(20)
    /// Longest way to the broker and back.
    public static let patience = Duration.seconds(30)
    /// From the begin of a session to its first heartbeat: births first.
    public static let firstAfter = Duration.seconds(1)

    /// Whether messages are known not to get through.
    public private(set) var isMissing: Bool
    /// Whether a heartbeat came back in this run.
    public private(set) var hasHeard = false
    private var last: Int64 = 0
    private var sendAt: MonotonicInstant?
    private var unanswered: (number: Int64, since: MonotonicInstant)?

    /// - Parameter wasMissing: The run before this one ended without hearing itself.
    public init(wasMissing: Bool = false) { isMissing = wasMissing }

    /// Whether what was acknowledged lately is known to have arrived.
    public var isGood: Bool { hasHeard && !isMissing }

    public var deadline: MonotonicInstant? {
        [sendAt, isMissing ? nil : unanswered.map { $0.since + Self.patience }].compactMap { $0 }.min()
    }

    public mutating func sessionBegan(at now: MonotonicInstant) {
        (sendAt, unanswered) = (now + Self.firstAfter, nil)
    }

    public mutating func sessionEnded() { (sendAt, unanswered) = (nil, nil) }

    public mutating func clockTick(at now: MonotonicInstant) -> [Effect] {
        var effects: [Effect] = []
        if let since = unanswered?.since, now - since >= Self.patience, !isMissing {
            isMissing = true
            effects.append(.missing)
        }
        if let due = sendAt, now >= due {
            last += 1
            // After a pause of the whole machine there is one heartbeat, not all that were missed.
            sendAt = now + Self.period
            if unanswered == nil { unanswered = (last, now) }
            effects.append(.send(last))
        }
        return effects
    }

    /// A heartbeat of this run came back.
    public mutating func heard(_ number: Int64) -> [Effect] {
        guard number <= last, let waiting = unanswered, number >= waiting.number else { return [] }
        hasHeard = true
        unanswered = nil
        guard isMissing else { return [] }
        isMissing = false
        return [.returned]
    }

    /// `{"n":5,"run":"1f…"}`.
    public static func payload(_ number: Int64, run: String) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("n")
        json.integer(number)
        json.key("run")
        json.string(run)
        json.endObject()
        return json.bytes
    }

    /// The number in a heartbeat of `run`; `nil` for any other message.
    public static func number(in payload: [UInt8], run: String) -> Int64? {
        guard payload.count <= 256, let tree = try? JSONTree(payload, deepest: 1), tree["run"]?.text == run else {
            return nil
        }
        return tree["n"]?.integer
    }
}
