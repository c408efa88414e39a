// SPDX-License-Identifier: Apache-2.0

public import Model
public import Prevention
public import Tickets

/// What happened to one device in a month: its run log, its inspection log and its maintenance log.
///
/// Nothing is written for it: it is read from findings, from the log of tickets and from the records of planned work,
/// none of which is ever changed. A mistake in a record is put right by a further line that names it.
public struct EquipmentLog: Hashable, Codable, Sendable {
    public enum Book: String, Hashable, Codable, Sendable, CaseIterable {
        /// 运行.
        case run
        /// 巡检.
        case inspection
        /// 维保.
        case maintenance
    }

    public struct Line: Hashable, Codable, Sendable {
        public var book: Book
        /// The day that it is about, on the site's wall.
        public var on: CivilDate
        /// When it was written.
        public var at: Timestamp
        /// `began`, `ended`, `done` or `vehicles`, or the word of a ticket's line such as `resolve`.
        public var event: String
        /// A rule, or a kind of planned work.
        public var what: String
        /// A person or `engine`.
        public var person: String
        public var note: String
        /// The finding, the ticket or the record that it comes from.
        public var source: String
        /// The record that this line puts right.
        public var corrects: String?
    }

    public var asset: AssetIdentifier
    public var year: Int
    /// 1 ... 12.
    public var month: Int
    /// In the order of days, and of one day in the order in which they were written.
    public var lines: [Line]

    /// - Parameters:
    ///   - findings: Of any asset and time.
    ///   - vehicles: Of a gate, day by day.
    ///   - events: All lines of all tickets, for a ticket belongs to the device at which its cause was found in the end.
    public init(
        of asset: AssetIdentifier, year: Int, month: Int, zone: ZoneOffsets, findings: [Finding],
        events: [TicketEvent], records: [WorkRecord], vehicles: [VehicleDays.Day] = []
    ) {
        (self.asset, self.year, self.month) = (asset, year, month)
        var lines: [Line] = []
        for finding in findings where finding.asset == asset {
            let moments = [("began", Optional(finding.raisedAt)), ("ended", finding.clearedAt)]
            for (event, moment) in moments {
                guard let moment else { continue }
                lines.append(
                    Line(
                        book: .run, on: zone.local(moment).date, at: moment, event: event, what: finding.rule.text,
                        person: "engine", note: "", source: finding.identifier.text))
            }
        }
        for (number, log) in Dictionary(grouping: events, by: \.ticket) {
            guard let ticket = Ticket.fold(log), ticket.asset == asset else { continue }
            for event in ticket.history {
                guard let book = event.kind.logBook else { continue }
                lines.append(
                    Line(
                        book: book, on: zone.local(event.at).date, at: event.at, event: event.kind.word,
                        what: ticket.rule.text, person: event.actor.word, note: event.kind.logNote, source: number))
            }
        }
        for day in vehicles {
            // At least so many, where the counter was not read all day long.
            lines.append(
                Line(
                    book: .run, on: day.date, at: day.at, event: "vehicles", what: "", person: "engine",
                    note: day.isComplete ? "\(day.vehicles)" : "≥ \(day.vehicles)", source: ""))
        }
        for record in records where record.asset == asset {
            let note = [record.note, record.waterTest ?? "", record.witnesses.joined(separator: ", ")]
            lines.append(
                Line(
                    book: record.kind.logBook, on: record.doneOn, at: record.writtenAt, event: "done",
                    what: record.kind.rawValue, person: record.person.text,
                    note: note.filter { !$0.isEmpty }.joined(separator: "; "), source: record.identifier,
                    corrects: record.corrects))
        }
        self.lines = lines.filter { ($0.on.year, $0.on.month) == (year, month) }
            .sorted { ($0.on, $0.at, $0.source, $0.event) < ($1.on, $1.at, $1.source, $1.event) }
    }

    public func lines(of book: Book) -> [Line] { lines.filter { $0.book == book } }
}

extension PlannedWork.Kind {
    /// Where a record of it belongs.
    var logBook: EquipmentLog.Book {
        switch self {
        case .pumpDutyChange: .run
        case .fireWaterTest, .drainInspection, .backflowValve, .meterVerification, .holidayInspection: .inspection
        case .tankCleaning, .liftService, .other: .maintenance
        }
    }
}

extension TicketEventKind {
    /// Where the line belongs; `nil` for one that says nothing of the device itself.
    var logBook: EquipmentLog.Book? {
        switch self {
        case .signalReturned, .selfCleared, .verificationFailed: .run
        case .arrived, .attempted: .inspection
        case .started, .resolved, .signedOff, .reopened, .falseAlarm: .maintenance
        case .raised, .alarmAppended, .incidentJoined, .incidentEnded, .reported, .rootMoved, .absorbed, .merged,
            .assigned, .accepted, .verificationStarted, .verified, .breached, .grabbed, .held, .resumed, .holdEnded,
            .postponed, .postponementRefused, .handOverOffered, .handOverAccepted, .cancelled, .followedUp,
            .escalated, .residentsTold, .reporterTold, .feedbackDue, .photographed:
            nil
        }
    }

    /// What was found and done, the cause before it.
    fileprivate var logNote: String {
        guard case .resolved(let note, let report) = self, let cause = report?.cause, !cause.isEmpty else {
            return note
        }
        return cause == note ? note : "\(cause); \(note)"
    }
}
