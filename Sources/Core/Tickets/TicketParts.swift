// SPDX-License-Identifier: Apache-2.0

public import Model

/// Why work on a ticket waits.
public enum HoldReason: String, Codable, Sendable, CaseIterable {
    /// 待配件.
    case parts
    /// 待外委.
    case contractor
    /// 待市政.
    case utility
    /// 无法入户.
    case access
    /// 待业主.
    case reporter
    /// 天气.
    case weather
    /// 安全.
    case safety
    /// 其他.
    case other

    /// Whether the repair promise of a ticket of this urgency stands still; one of the highest never does.
    public func pauses(_ severity: Severity) -> Bool {
        switch self {
        case .parts, .contractor, .access, .reporter: severity >= .p3
        case .utility, .weather, .safety: severity >= .p2
        case .other: false
        }
    }

    /// Two visits in vain must have been noted before.
    public var needsAttempts: Bool {
        switch self {
        case .access, .reporter: true
        case .parts, .contractor, .utility, .weather, .safety, .other: false
        }
    }

    /// An order or call number, or a sentence.
    public var needsNote: Bool {
        switch self {
        case .parts, .contractor, .utility, .other: true
        case .access, .reporter, .weather, .safety: false
        }
    }

    /// A shift leader must agree, whatever the urgency.
    public var needsApproval: Bool {
        switch self {
        case .weather, .safety: true
        case .parts, .contractor, .utility, .access, .reporter, .other: false
        }
    }
}

/// Why work waits, until when, and who agreed.
public struct TicketHold: Codable, Sendable, Hashable {
    public var reason: HoldReason
    public var until: Timestamp
    public var approver: PersonIdentifier?
    public var note: String
    /// Whether the repair promise stands still.
    public var isPausing: Bool
}

/// The one time that a promised time was moved.
public struct Postponement: Codable, Sendable, Hashable {
    public var from: Timestamp
    public var to: Timestamp
    public var reason: String
    /// Who was told at the same time; engine-made tickets tell the shift leader.
    public var told: [PersonIdentifier]
}

/// What was found and done.
public struct RepairReport: Codable, Sendable, Hashable {
    /// A part that was used.
    public struct Part: Codable, Sendable, Hashable {
        public var name: String
        public var count: Int
        /// In the smallest unit of the currency, one piece.
        public var price: Int

        public init(name: String, count: Int, price: Int) { (self.name, self.count, self.price) = (name, count, price) }
    }

    public var cause: String
    public var action: String
    public var parts: [Part]
    public var labourMinutes: Int

    public init(cause: String, action: String, parts: [Part] = [], labourMinutes: Int = 0) {
        self.cause = cause
        self.action = action
        self.parts = parts
        self.labourMinutes = labourMinutes
    }

    private enum CodingKeys: String, CodingKey {
        case cause, action, parts
        case labourMinutes = "labour_minutes"
    }
}

/// Who should hear of something, how urgently, and what; never a text.
public struct TicketNotice: Hashable, Sendable {
    /// What is said; a channel has a text for each.
    public enum Key: String, Hashable, Codable, Sendable, CaseIterable {
        case raised, assigned, handOverOffered, holdEnded, escalated, breached, postponed, postponementRefused
        case resolved, signOffDue, sentBack, reopened, ended, verificationFailed
        /// It has become as urgent as can be.
        case risen
        /// The reporter waits for word.
        case feedbackDue
        /// A notice to residents that its owner approved: it is to be posted as it is.
        case residentsTold
    }

    /// Number of the ticket.
    public var ticket: String
    /// The line that it is about; with the key it is a name that no other notice has.
    public var event: String
    public var index: Int
    public var audience: [PersonIdentifier]
    public var urgency: Severity
    public var key: Key
    /// Values that the text needs, by name: identifiers and moments in RFC 3339.
    public var arguments: [String: String]
}
