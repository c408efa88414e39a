// SPDX-License-Identifier: Apache-2.0

public import Model

/// What somebody asks the gateway to do, as it came on `sluice/<site>/cmd/<verb>`.
public struct Command: Hashable, Sendable {
    /// Last level of the topic.
    public var verb: String
    /// Chosen by the sender, 1 to 64 characters; the same one is carried out once only.
    public var identifier: String
    /// It is not carried out later than this.
    public var expires: Timestamp?
    /// Who asks; empty when that is not said.
    public var by: String
    /// `<area>/<asset>/<point>`; empty when nothing is aimed at.
    public var target: String

    /// Longest identifier, in bytes.
    public static let longestIdentifier = 64
    /// Largest message; a larger one is dropped unread.
    public static let largestPayload = 64 * 1024
    public static let deepest = 16
    /// How long an identifier is remembered. A command may not be valid for longer.
    public static let memory = Duration.seconds(24 * 3600)

    public init(verb: String, payload: [UInt8]) throws(CommandFault) {
        guard payload.count <= Self.largestPayload else { throw .tooLarge(bytes: payload.count) }
        let tree: JSONTree
        do { tree = try JSONTree(payload, deepest: Self.deepest) } catch { throw .unreadable(error) }
        guard let identifier = tree["id"]?.text, !identifier.isEmpty, identifier.utf8.count <= Self.longestIdentifier,
            !identifier.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw .noIdentifier }
        self.verb = verb
        self.identifier = identifier
        expires = tree["expires"]?.text.flatMap { Timestamp(rfc3339: $0) }
        by = tree["by"]?.text ?? ""
        target = tree["target"]?.text ?? ""
    }

    /// What is to be answered to a command of which nothing was heard before.
    ///
    /// - Parameter isSynced: Whether the wall clock is known to be right.
    public func verdict(at now: Timestamp, isSynced: Bool) -> CommandReply {
        func reply(_ outcome: CommandReply.Outcome, _ reason: CommandReply.Reason?) -> CommandReply {
            CommandReply(identifier: identifier, outcome: outcome, reason: reason, at: now)
        }
        guard isSynced else { return reply(.refused, .clockUnsynced) }
        guard let expires else { return reply(.refused, .noExpiry) }
        guard now <= expires else { return reply(.expired, nil) }
        guard expires - now <= Self.memory else { return reply(.refused, .expiresTooLate) }
        switch verb {
        case "ping": return reply(.accepted, nil)
        case "write": return reply(.refused, .writesNotSupported)
        default: return reply(.refused, .unknownVerb)
        }
    }
}

/// Why a command was not even answered: it is counted, and told once.
public enum CommandFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// It lay at the broker: nobody can tell how old it is.
    case retained
    case tooLarge(bytes: Int)
    case unreadable(JSONFault)
    case noIdentifier

    public var description: String {
        switch self {
        case .retained: "a retained message is no command; publish it without the retain flag"
        case .tooLarge(let bytes): "\(bytes) bytes are more than the 65536 of a command"
        case .unreadable(.notUTF8): "it is not UTF-8"
        case .unreadable(.tooDeep(let limit)): "it is nested more than \(limit) deep"
        case .unreadable(.malformed(let place)): "it is no JSON from byte \(place) on"
        case .unreadable(.twice(let name)): "'\(name)' stands in it twice"
        case .noIdentifier: "it has no 'id' of 1 to 64 characters, so nobody could be answered"
        }
    }
}

/// What was answered to a command.
public struct CommandReply: Hashable, Sendable {
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        case accepted, confirmed, refused, unconfirmed, expired
    }

    public enum Reason: String, Hashable, Sendable, CaseIterable {
        case clockUnsynced = "clock_unsynced"
        case noExpiry = "no_expiry"
        case expiresTooLate = "expires_too_late"
        case writesNotSupported = "writes_not_supported"
        case unknownVerb = "unknown_verb"

        /// The same for a person.
        public var text: String {
            switch self {
            case .clockUnsynced: "The gateway's clock is not synchronised, so nothing can be said about expiry."
            case .noExpiry: "'expires' is missing, or no time such as 2026-11-22T08:00:30Z."
            case .expiresTooLate: "'expires' is more than 24 h ahead; an id is not remembered for longer."
            case .writesNotSupported: "This version does not write to devices."
            case .unknownVerb: "There is no such command. This version knows ping."
            }
        }
    }

    public var identifier: String
    public var outcome: Outcome
    public var reason: Reason?
    public var at: Timestamp

    public init(identifier: String, outcome: Outcome, reason: Reason?, at: Timestamp) {
        (self.identifier, self.outcome, self.reason, self.at) = (identifier, outcome, reason, at)
    }

    /// `{"id":…,"state":"refused","reason":"no_expiry","text":…,"ts":…}`.
    public var payload: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("id")
        json.string(identifier)
        json.key("state")
        json.string(outcome.rawValue)
        if let reason {
            json.key("reason")
            json.string(reason.rawValue)
            json.key("text")
            json.string(reason.text)
        }
        json.key("ts")
        json.timestamp(at)
        json.endObject()
        return json.bytes
    }
}
