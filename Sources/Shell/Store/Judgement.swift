// SPDX-License-Identifier: Apache-2.0

public import Model
public import Notices
public import Pipeline
public import Prevention

/// What followed from stored readings or from a person's action: it is stored whole or not at all.
///
/// Bodies are the writer's own text, such as JSON; the store keeps and returns them as they are.
public struct Judgement: Sendable {
    /// State of the analyzer after everything up to its cursor.
    public struct AnalyzerState: Hashable, Sendable {
        /// Format of `state`, for the analyzer to know whether it can read it.
        public var version: Int
        /// The last stored reading that is part of the state.
        public var cursor: SequenceNumber
        public var state: [UInt8]
        public init(version: Int, cursor: SequenceNumber, state: [UInt8]) {
            (self.version, self.cursor, self.state) = (version, cursor, state)
        }
    }

    /// An alarm as it stands now; the one of the same identifier is replaced.
    public struct AlarmRecord: Hashable, Sendable {
        public var identifier: String
        public var state: String
        public var body: [UInt8]
        public init(identifier: String, state: String, body: [UInt8]) {
            (self.identifier, self.state, self.body) = (identifier, state, body)
        }
    }

    /// A line of an alarm's history.
    public struct AlarmEventRecord: Hashable, Sendable {
        public var alarm: String
        public var event: String
        public var state: String
        /// Empty when nobody did it.
        public var person: String
        public var reason: String
        public init(alarm: String, event: String, state: String, person: String, reason: String) {
            (self.alarm, self.event, self.state, self.person, self.reason) = (alarm, event, state, person, reason)
        }
    }

    /// A line of a ticket's history, which is only ever added.
    public struct TicketEventRecord: Hashable, Sendable {
        /// Unique over all tickets; the same twice is refused.
        public var identifier: String
        public var ticket: String
        /// Place in the ticket's history; unique in the ticket.
        public var index: Int
        public var at: Timestamp
        public var body: [UInt8]
        public init(identifier: String, ticket: String, index: Int, at: Timestamp, body: [UInt8]) {
            (self.identifier, self.ticket, self.index) = (identifier, ticket, index)
            (self.at, self.body) = (at, body)
        }
    }

    /// A ticket as its history leaves it, for those who read the database; Sluice itself reads the history.
    public struct TicketRecord: Hashable, Sendable {
        public var number: String
        public var state: String
        public var body: [UInt8]
        public init(number: String, state: String, body: [UInt8]) {
            (self.number, self.state, self.body) = (number, state, body)
        }
    }

    /// What is answered to a request, kept so that the same request gets the same answer.
    public struct AnswerRecord: Hashable, Sendable {
        public var key: String
        public var at: Timestamp
        public var request: [UInt8]
        public var answer: [UInt8]
        public init(key: String, at: Timestamp, request: [UInt8], answer: [UInt8]) {
            (self.key, self.at, self.request, self.answer) = (key, at, request, answer)
        }
    }

    /// State of the analyzer that stays when newer ones come, so that findings can be found again from it.
    public struct Snapshot: Hashable, Sendable {
        public var version: Int
        /// The last stored reading that is part of the state; 0 for a new analyzer.
        public var cursor: SequenceNumber
        /// Data time of the state.
        public var dataTime: Timestamp
        public var state: [UInt8]
        public init(version: Int, cursor: SequenceNumber, dataTime: Timestamp, state: [UInt8]) {
            (self.version, self.cursor, self.dataTime, self.state) = (version, cursor, dataTime, state)
        }
    }

    /// What a finding was found with.
    public struct TrailRecord: Hashable, Sendable {
        public var finding: FindingIdentifier
        /// Cursor of the snapshot that stood before the readings.
        public var snapshot: SequenceNumber
        public var readings: [UInt8]
        /// What the analyzer was told between the readings; `nil` for nothing.
        public var told: [UInt8]?
        /// The finding as it was raised.
        public var raised: [UInt8]
        public init(
            finding: FindingIdentifier, snapshot: SequenceNumber, readings: [UInt8], told: [UInt8]? = nil,
            raised: [UInt8]
        ) {
            (self.finding, self.snapshot, self.readings) = (finding, snapshot, readings)
            (self.told, self.raised) = (told, raised)
        }
    }

    /// Somebody must hear of a line of a ticket's history, by one channel.
    public struct NoticeRecord: Hashable, Sendable {
        public var notice: Notice
        public var channel: ChannelIdentifier
        /// The clocks when it was made.
        public var at: ClockMark
        public init(notice: Notice, channel: ChannelIdentifier, at: ClockMark) {
            (self.notice, self.channel, self.at) = (notice, channel, at)
        }
    }

    /// What the analyzer was told beside readings, which is only ever added.
    public struct InterventionRecord: Hashable, Sendable {
        public var at: Timestamp
        /// The last stored reading that the analyzer knew when it was told.
        public var cursor: SequenceNumber
        /// Data time at which it was told; 1970 before that was known.
        public var dataTime: Timestamp
        public var kind: String
        /// What it is about: a finding, an asset, or nothing.
        public var subject: String
        /// Empty when nobody did it.
        public var person: String
        public var reason: String
        public var until: Timestamp?
        public var body: [UInt8]
        public init(
            at: Timestamp, cursor: SequenceNumber, dataTime: Timestamp, kind: String, subject: String, person: String,
            reason: String, until: Timestamp?, body: [UInt8]
        ) {
            (self.at, self.cursor, self.dataTime) = (at, cursor, dataTime)
            (self.kind, self.subject, self.person, self.reason) = (kind, subject, person, reason)
            (self.until, self.body) = (until, body)
        }
    }

    /// The exchange of a meter: the counters that it changed, and who told it.
    public struct ExchangeRecord: Sendable {
        public var audit: AuditRecord
        public var counters: [CounterRecord]
        public init(audit: AuditRecord, counters: [CounterRecord]) {
            (self.audit, self.counters) = (audit, counters)
        }
    }

    /// `nil` leaves the saved one as it is.
    public var analyzer: AnalyzerState?
    /// In the order in which they were told.
    public var interventions: [InterventionRecord] = []
    /// Each replaces the one of the same number.
    public var announcements: [AnnouncementLine] = []
    public var exchange: ExchangeRecord?
    /// `nil` adds none.
    public var snapshot: Snapshot?
    /// Each replaces the one of the same finding.
    public var trails: [TrailRecord] = []
    /// Each replaces the one of the same identifier.
    public var findings: [Finding]
    public var alarms: [AlarmRecord]
    /// In the order in which it came.
    public var alarmEvents: [AlarmEventRecord] = []
    /// The incidents after this; `nil` leaves the saved ones as they are.
    public var incidents: [UInt8]?
    public var ticketEvents: [TicketEventRecord]
    public var tickets: [TicketRecord]
    /// Wait to be sent, in this order.
    public var notices: [NoticeRecord] = []
    /// Planned works that were done; lines that stay.
    public var works: [WorkRecord] = []
    /// Each replaces the one of the same key.
    public var answers: [AnswerRecord] = []
    /// Go out in this order, before any reading that waits.
    public var messages: [OutboundMessage]

    public init(
        analyzer: AnalyzerState? = nil, findings: [Finding] = [], alarms: [AlarmRecord] = [],
        ticketEvents: [TicketEventRecord] = [], tickets: [TicketRecord] = [], messages: [OutboundMessage] = []
    ) {
        self.analyzer = analyzer
        self.findings = findings
        self.alarms = alarms
        self.ticketEvents = ticketEvents
        self.tickets = tickets
        self.messages = messages
    }

    /// Whether there is nothing to store.
    public var isEmpty: Bool {
        analyzer == nil && snapshot == nil && trails.isEmpty && findings.isEmpty && alarms.isEmpty
            && alarmEvents.isEmpty && incidents == nil && interventions.isEmpty && announcements.isEmpty
            && exchange == nil && ticketEvents.isEmpty
            && tickets.isEmpty && works.isEmpty && notices.isEmpty && messages.isEmpty && answers.isEmpty
    }
}
