// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a notice says of its ticket.
public enum NoticeKind: String, Hashable, Codable, Sendable, CaseIterable {
    case raised, assigned, handOverOffered, holdEnded, escalated, breached, postponed, postponementRefused
    case resolved, signOffDue, sentBack, reopened, ended, verificationFailed
    /// What residents are told, to be posted as it is.
    case residentsTold
    /// It has become as urgent as can be.
    case risen
    /// The reporter waits for word.
    case feedbackDue

    /// Whether it asks to hurry: the "overdue" of a digest.
    public var isOverdue: Bool { self == .escalated || self == .breached }
    /// Whether it tells of work that is new: the "new" of a digest.
    public var isNew: Bool { self == .raised || self == .reopened || self == .risen }

    /// Whether what an earlier notice of the same ticket asked for is over once this one is said.
    func supersedes(_ earlier: NoticeKind) -> Bool {
        switch earlier {
        case .assigned, .handOverOffered: self == earlier || isAfterRepair
        case .holdEnded, .verificationFailed, .sentBack, .reopened: isAfterRepair
        // Those of one clock only; the queue looks at that.
        case .escalated, .breached: self == earlier || isAfterRepair
        case .resolved: self == .signOffDue || self == .verificationFailed || self == .ended
        case .signOffDue: self == .sentBack || self == .verificationFailed || self == .ended
        case .feedbackDue: self == earlier || self == .ended
        case .raised, .risen, .postponed, .postponementRefused, .ended, .residentsTold: false
        }
    }

    private var isAfterRepair: Bool { self == .resolved || self == .signOffDue || self == .ended }
}

/// Somebody must hear of a line of a ticket's history.
public struct Notice: Hashable, Codable, Sendable {
    /// Number of the ticket.
    public var ticket: String
    /// Place of the line in the ticket's history, from 0.
    public var sequence: Int
    public var severity: Severity
    public var kind: NoticeKind
    /// The promise that it is about; `nil` for none.
    public var clock: String?
    /// What happened, one line; free of phone numbers.
    public var title: String
    /// Further lines; free of phone numbers.
    public var text: String
    public var site: SiteIdentifier
    public var asset: AssetIdentifier
    public var rule: RuleIdentifier
    public var at: Timestamp
    public var audience: [PersonIdentifier]
    /// Phone numbers of those whom a robot is asked to call by name; they are in no text.
    public var phones: [String]
    /// All channels that were to tell it at first.
    public var channels: [ChannelIdentifier]

    public init(
        ticket: String, sequence: Int, severity: Severity, kind: NoticeKind, clock: String? = nil, title: String,
        text: String, site: SiteIdentifier, asset: AssetIdentifier, rule: RuleIdentifier, at: Timestamp,
        audience: [PersonIdentifier] = [], phones: [String] = [], channels: [ChannelIdentifier] = []
    ) {
        (self.ticket, self.sequence, self.severity, self.kind) = (ticket, sequence, severity, kind)
        (self.clock, self.title, self.text, self.site) = (clock, title, text, site)
        (self.asset, self.rule, self.at) = (asset, rule, at)
        (self.audience, self.phones, self.channels) = (audience, phones, channels)
    }

    /// A name that no other notice has; receivers know a repeat by it.
    public var key: String { "\(ticket)-\(sequence)" }

    /// The end of every text, by which people know a repeat.
    public var ending: String { "\(ticket) #\(sequence)" }

    /// Whether `later`, of the same ticket, makes this one needless.
    func isSuperseded(by later: Notice) -> Bool {
        guard later.ticket == ticket, later.sequence > sequence, later.kind.supersedes(kind) else { return false }
        return later.kind == kind && kind.isOverdue ? later.clock == clock : true
    }
}

/// One notice on its way by one channel.
public struct NoticeRow: Hashable, Codable, Sendable {
    /// Rises with the order in which rows were stored.
    public var number: Int64
    public var channel: ChannelIdentifier
    public var notice: Notice
    /// When it was stored.
    public var stored: ClockMark
    /// The key under which it was tried, its own or that of a digest; `nil` before. It is tried again under no other,
    /// since the receiver may have it and must know a repeat.
    public var triedAs: String?

    public init(
        number: Int64, channel: ChannelIdentifier, notice: Notice, stored: ClockMark, triedAs: String? = nil
    ) {
        (self.number, self.channel, self.notice) = (number, channel, notice)
        (self.stored, self.triedAs) = (stored, triedAs)
    }

    /// Whether it was tried as part of a digest.
    var isInDigest: Bool { triedAs.map { $0 != notice.key } ?? false }
}
