// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import FoundationEssentials
import Logging
import Model
import Notices
import Pipeline
import Prevention
import Store
import Tickets

/// Keeps the judge and its books on disk in step: what it concludes is saved before anybody hears of it.
///
/// It follows a cursor over stored sweeps; analyzer state, cursor, findings, alarms, tickets and their messages are
/// one transaction, so a restart neither repeats a ticket nor loses one.
actor Desk {
    let store: SluiceStore
    private let recent: RecentSweeps?
    private let messages: BookMessages
    private let logger: Logger
    let changed: @Sendable ([EstateChange]) async -> Void
    let gate = TurnGate()
    var judge: Judge
    private(set) var cursor: SequenceNumber
    /// What is announced.
    var calendar: CalendarBook
    /// What the analyzer was told in an earlier life and has to be told again at its place, when it learns anew.
    var pending: [PendingIntervention]
    /// The analyzer may not know yet what is announced now.
    var isCalendarDue = true
    /// Cursor of the analyzer state on disk.
    private var savedCursor: SequenceNumber
    private var savedAt: MonotonicInstant
    /// Readings since then: a start works through them again, in half a second.
    private var unsaved = 0
    private static let mostUnsaved = 100_000
    /// Cursors and data times of the snapshots on disk, oldest first.
    private var snapshots: [(cursor: SequenceNumber, dataTime: Timestamp)]
    private let feed: AnalyzerFeed
    /// The last call of ``follow(clock:)`` failed before its end.
    private var isUnfinished = false
    private(set) var findingsByIdentifier: [FindingIdentifier: Finding] = [:]
    /// What persons have said of findings, oldest first.
    var verdictLines: [FindingIdentifier: [VerdictLine]]
    /// Promises that were broken since the start.
    private(set) var breaches: [GatewayFigures.Promise: Int] = [:]
    private var actionCount = 0
    private let actionPrefix: String
    let boot: BootIdentifier
    private let scribe: NoticeScribe?

    /// Restores the books from the store.
    ///
    /// An analyzer state of another version is left aside: the analyzer learns again from the readings that are kept.
    ///
    /// - Parameters:
    ///   - recent: Without it every sweep is read back from the store; else told of every transaction of readings before ``follow(clock:)`` is called for it.
    ///   - waitsForPolls: Whether incidents wait for the first good polls, as after the start of a gateway.
    ///   - scribe: Writes what people are told of tickets; `nil` tells nobody.
    ///   - changed: Told after each save what a page would show differently.
    init(
        store: SluiceStore, recent: RecentSweeps? = nil, feed: AnalyzerFeed, policy: TicketPolicy,
        alarmSettings: AlarmSettings = AlarmSettings(), preventive: [PlannedWork] = [], duty: DutyWatch? = nil,
        messages: BookMessages, waitsForPolls: Bool = false,
        boot: BootIdentifier, startedAt: ClockReading, logger: Logger, scribe: NoticeScribe? = nil,
        changed: @escaping @Sendable ([EstateChange]) async -> Void
    ) async throws {
        self.store = store
        self.recent = recent
        self.messages = messages
        self.logger = logger
        self.changed = changed
        let decoder = JSONDecoder()
        var analyzer = Analyzer(site: feed.site)
        var cursor = SequenceNumber(0)
        let saved = try await store.analyzerState()
        if let saved, saved.version == Analyzer.version,
            let state = try? decoder.decode(SavedAnalyzer.self, from: Data(saved.state)), state.site == feed.site
        {
            (analyzer, cursor) = (state.analyzer, saved.cursor)
            pending = try await store.interventionsSinceState().compactMap { PendingIntervention($0) }
        } else {
            if saved != nil {
                logger.warning("The analyzer starts to learn again: its saved state is of another version or estate.")
            }
            try await store.retireSnapshots()
            pending = try await store.interventions().compactMap { PendingIntervention($0) }.inOrder()
        }
        calendar = CalendarBook(
            site: feed.site, file: feed.calendar, works: feed.works, places: feed.places,
            lines: try await store.announcements())
        let alarms: [Alarm] = Self.decoded(try await store.alarmBodies(), "alarm", logger)
        let events: [TicketEvent] = Self.decoded(try await store.ticketEventBodies(), "line of a ticket", logger)
        for finding in try await store.findings(limit: 1000) { findingsByIdentifier[finding.identifier] = finding }
        verdictLines = Self.lines(of: try await store.interventions())
        var incidents = IncidentBook()
        if let body = try await store.incidentBody() {
            let kept: [IncidentBook] = Self.decoded([body], "book of incidents", logger)
            if let book = kept.first { incidents = book }
        }
        (incidents.policy, incidents.rules) = (alarmSettings.correlation, alarmSettings.alarms)
        incidents.topology = feed.site.topology
        var books = Books(
            alarms: AlarmBook(alarms: alarms, policy: alarmSettings.alarms), incidents: incidents,
            tickets: TicketBook(policy: policy, events: events),
            prevention: PreventiveBook(works: preventive, records: try await store.workRecords()),
            suppressions: alarmSettings.suppressions, periods: alarmSettings.suppressionPeriods)
        books.watch(feed.devices)
        books.plan(calendar.windows)
        if waitsForPolls { books.start(at: startedAt.wall) }
        books.duty = duty
        judge = Judge(feed: feed, analyzer: analyzer, books: books)
        if !judge.tickets.passedOver.isEmpty {
            logger.error(
                "Lines of the ticket history do not fit and are left out.",
                metadata: ["lines": "\(judge.tickets.passedOver.map(\.identifier))"])
        }
        self.cursor = cursor
        self.feed = feed
        savedCursor = cursor
        snapshots = try await store.snapshotTimes().filter { $0.cursor <= cursor }
        savedAt = startedAt.instant
        self.boot = boot
        self.scribe = scribe
        actionPrefix = "\(boot)-\(startedAt.instant.nanoseconds)"
        try await settleCalendar(at: startedAt.wall)
    }

    /// What was stored as text; a piece that a failing disk has changed is logged and left out, since a gateway that
    /// does not start helps nobody.
    private static func decoded<Value: Decodable>(_ bodies: [[UInt8]], _ word: String, _ logger: Logger) -> [Value] {
        let decoder = JSONDecoder()
        return bodies.compactMap { body in
            do {
                return try decoder.decode(Value.self, from: Data(body))
            } catch {
                logger.error("A stored \(word) cannot be read and is left out.", metadata: ["reason": "\(error)"])
                return nil
            }
        }
    }

    var tickets: [Ticket] { judge.tickets.tickets }
    var books: Books { judge.books }
    var usualUses: [AssetIdentifier: LitresPerHour] { judge.analyzer.usualUses }
    var findings: [Finding] {
        findingsByIdentifier.values.sorted { ($0.raisedAt, $0.identifier) > ($1.raisedAt, $1.identifier) }
    }
    func finding(_ identifier: FindingIdentifier) -> Finding? { findingsByIdentifier[identifier] }

    /// Takes in stored sweeps beyond the cursor, a page at a time, until there are none.
    func follow(clock: any ClockSource) async throws {
        await gate.enter()
        do {
            // What was taken from memory and could not be saved is read from the store the next time.
            var readsStore = isUnfinished
            isUnfinished = true
            while true {
                let noted = readsStore ? nil : recent?.take()
                readsStore = noted == nil
                let page: [StoredSweep]
                if let noted {
                    page = noted.filter { $0.firstSequence > cursor }
                } else {
                    page = try await store.sweeps(after: cursor, limit: 1000)
                }
                guard let last = page.last else { break }
                var next = judge
                var verdict = Verdict()
                // Promises count in a time of their own, which a wall clock that is set does not move.
                let present = next.serviceTime(of: clock.now(), boot: boot)
                var waiting = pending[...]
                for stored in page {
                    Self.tell(&waiting, before: stored.firstSequence, to: &next, at: present, into: &verdict)
                    next.follow(stored, present: present, isLive: noted != nil, into: &verdict)
                }
                let end = SequenceNumber(last.firstSequence.value + Int64(last.sweep.readings.count) - 1)
                Self.tell(
                    &waiting, before: SequenceNumber(end.value + 1), to: &next, at: present, into: &verdict)
                // The state itself changes nothing that a restart could not work out again from the readings. It is
                // megabytes on a large site, so without a conclusion it is written seldom: flash wears by it.
                let now = clock.now()
                if snapshots.isEmpty { try await keepSnapshot(of: judge.analyzer, at: cursor) }
                unsaved += page.reduce(0) { $0 + $1.sweep.readings.count }
                let isDue = now.instant - savedAt > .seconds(3600) || unsaved >= Self.mostUnsaved
                if !verdict.isEmpty || isDue {
                    try await save(next, verdict, cursor: end)
                    (savedAt, unsaved) = (now.instant, 0)
                }
                judge = next
                cursor = end
                pending = Array(waiting)
                await tell(verdict)
                if isCalendarDue { try await settleCalendar(at: now.wall) }
                if !readsStore || page.count < 1000 { break }
            }
            isUnfinished = false
            // Of what is left the readings around it are gone.
            if !pending.isEmpty { try await tellRest(at: clock.now().wall) }
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }

    /// Lets the ticket clocks run to `now`.
    ///
    /// - Parameters:
    ///   - delivery: `nil` when nobody watches the broker.
    ///   - isRefused: Whether a changed configuration was refused and the one before goes on.
    func tick(
        at reading: ClockReading, delivery: DeliveryState? = nil, isConfigurationRefused isRefused: Bool = false
    ) async throws {
        await gate.enter()
        do {
            var next = judge
            var verdict = Verdict()
            let now = next.serviceTime(of: reading, boot: boot)
            let told = next.watchStorage(store.troubles(), at: now, into: &verdict)
            if let delivery { next.watchDelivery(delivery, at: now, into: &verdict) }
            next.watchConfiguration(isRefused: isRefused, at: now, into: &verdict)
            next.tick(at: now, into: &verdict)
            if !verdict.isEmpty { try await save(next, verdict, cursor: nil) }
            judge = next
            if !told.isEmpty { store.noteTold(told) }
            await tell(verdict)
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }

    /// Carries out a person's action; nothing changes when it is refused or cannot be stored.
    func act(_ action: TicketAction, at reading: ClockReading) async throws(ActionRefusal) {
        try await act(action, at: reading, or: reading.wall)
    }

    /// The same in the past of an estate whose history is made.
    func act(_ action: TicketAction, at time: Timestamp) async throws(ActionRefusal) {
        try await act(action, at: nil, or: time)
    }

    private func act(
        _ action: TicketAction, at reading: ClockReading?, or time: Timestamp
    ) async throws(ActionRefusal) {
        await gate.enter()
        let outcome: Result<Void, ActionRefusal>
        do {
            let name = nextName("act")
            var next = judge
            var verdict = Verdict()
            let now = reading.map { next.serviceTime(of: $0, boot: boot) } ?? time
            let refusal = next.carryOut(action, identifier: name, at: now, into: &verdict)
            try await save(next, verdict, cursor: nil)
            judge = next
            await tell(verdict)
            outcome = refusal.map { .failure(ActionRefusal($0)) } ?? .success(())
        } catch {
            outcome = .failure(.notStored("\(error)"))
        }
        await gate.leave()
        try outcome.get()
    }

    /// Takes in that a planned work was done; nothing changes when it is refused or cannot be stored.
    func record(_ report: WorkReport, at reading: ClockReading) async throws {
        await gate.enter()
        do {
            var next = judge
            var verdict = Verdict()
            let now = next.serviceTime(of: reading, boot: boot)
            try next.record(report, identifier: nextName("done"), at: now, into: &verdict)
            try await save(next, verdict, cursor: nil)
            judge = next
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }

    /// A name for a line of the log that no other line has.
    func nextName(_ word: String) -> String {
        actionCount += 1
        return "\(word):\(actionPrefix)-\(actionCount)"
    }

    /// Writes the analyzer's state at the cursor, for a clean stop.
    func saveState() async throws {
        await gate.enter()
        do {
            if savedCursor < cursor { try await save(judge, Verdict(), cursor: cursor) }
            await gate.leave()
        } catch {
            await gate.leave()
            throw error
        }
    }

    /// Retained messages of every ticket that is not closed, for a broker that may have lost them.
    func standingMessages() -> [OutboundMessage] {
        judge.tickets.tickets.filter { !$0.isClosed }.map { messages.state(of: $0) }
    }

    /// The first snapshot: findings of the first page are found again from it.
    private func keepSnapshot(of analyzer: Analyzer, at cursor: SequenceNumber) async throws {
        var judgement = Judgement()
        judgement.snapshot = try TrailKeeping.snapshot(of: analyzer, at: cursor)
        try await store.save(judgement)
        snapshots.append((cursor, analyzer.dataTime ?? Timestamp(milliseconds: 0)))
    }

    /// - Parameters:
    ///   - cursor: Where `next` stands; `nil` leaves the analyzer's saved state as it is.
    ///   - told: What the analyzer was told beside readings.
    func save(
        _ next: Judge, _ verdict: Verdict, cursor: SequenceNumber?, told: [Judgement.InterventionRecord] = [],
        answer: Judgement.AnswerRecord? = nil, announcements: [AnnouncementLine] = [],
        exchange: Judgement.ExchangeRecord? = nil
    ) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var judgement = Judgement()
        judgement.answers = answer.map { [$0] } ?? []
        if let cursor {
            let state = SavedAnalyzer(site: next.analyzer.site, analyzer: next.analyzer)
            judgement.analyzer = .init(
                version: Analyzer.version, cursor: cursor, state: Array(try encoder.encode(state)))
            judgement.trails = try await trails(of: verdict, through: cursor)
            if TrailKeeping.needsSnapshot(next.analyzer.dataTime, after: snapshots.last?.dataTime) {
                judgement.snapshot = try TrailKeeping.snapshot(of: next.analyzer, at: cursor)
            }
        }
        judgement.interventions = told
        (judgement.announcements, judgement.exchange) = (announcements, exchange)
        judgement.works = verdict.works
        let priced = verdict.alarms.isEmpty ? messages : messages.priced(by: next.analyzer.usualUses)
        try judgement.take(verdict, books: next.books, before: judge.alarms, messages: priced, encoder)
        if let scribe {
            let mark = next.tickets.mark.map {
                ClockMark(
                    wall: $0.wall, instant: $0.instant, boot: BootIdentifier($0.boot),
                    isSynchronised: $0.isSynchronised)
            }
            judgement.notices = scribe.records(of: verdict.tickets, at: mark)
        }
        try await store.save(judgement)
        if let cursor { savedCursor = cursor }
        if let snapshot = judgement.snapshot {
            snapshots.append((snapshot.cursor, snapshot.dataTime))
            snapshots.removeAll { $0.dataTime < snapshot.dataTime - TrailKeeping.longest }
        }
        for finding in judgement.findings { findingsByIdentifier[finding.identifier] = finding }
    }

    /// What the findings of a verdict that were raised are found again with.
    private func trails(of verdict: Verdict, through end: SequenceNumber) async throws -> [Judgement.TrailRecord] {
        var trails: [Judgement.TrailRecord] = []
        for case .raised(let finding) in verdict.findings {
            guard let start = TrailKeeping.start(for: finding, through: end, among: snapshots) else { continue }
            var readings: [AnalyzerReading] = []
            var waiting = try await store.interventions(after: start, through: end)
                .compactMap { PendingIntervention($0) }[...]
            var told: [FindingTrail.Told] = []
            func takeTold(before sequence: SequenceNumber) {
                while let first = waiting.first, first.cursor < sequence {
                    told.append(.init(place: readings.count, at: first.told.dataTime, first.told.intervention))
                    waiting.removeFirst()
                }
            }
            var position = start
            reading: while true {
                let page = try await store.sweeps(after: position, limit: 1000)
                for stored in page {
                    guard stored.firstSequence <= end else { break reading }
                    takeTold(before: stored.firstSequence)
                    feed.forEachReading(of: stored) { readings.append($0) }
                    position = SequenceNumber(
                        stored.firstSequence.value + Int64(max(1, stored.sweep.readings.count)) - 1)
                }
                if page.count < 1000 { break }
            }
            takeTold(before: SequenceNumber(end.value + 1))
            trails.append(try TrailKeeping.record(of: finding, from: start, readings, told: told))
        }
        return trails
    }

    /// Tells the log and the page what has been saved and is kept.
    func tell(_ verdict: Verdict) async {
        for change in verdict.findings { note(change) }
        for case .appended(let event, let ticket) in verdict.tickets {
            note(event, ticket)
            if case .breached(let clock, _) = event.kind {
                breaches[GatewayFigures.Promise(severity: ticket.severity, clock: clock), default: 0] += 1
            }
        }
        var changes: [EstateChange] = []
        if !verdict.findings.isEmpty { changes.append(.findings) }
        if !verdict.tickets.isEmpty { changes.append(.tickets) }
        if !verdict.alarms.isEmpty { changes.append(.alarms) }
        if !verdict.tickets.isEmpty, let scribe {
            var closed: Set<String> = []
            for case .appended(_, let ticket) in verdict.tickets where ticket.isClosed { closed.insert(ticket.number) }
            await scribe.stored(closed)
        }
        if !changes.isEmpty { await changed(changes) }
    }

    private func note(_ change: FindingChange) {
        let finding = change.finding
        let metadata: Logger.Metadata = [
            "finding": "\(finding.identifier)", "rule": "\(finding.rule)", "asset": "\(finding.asset)",
            "severity": "\(finding.severity.word)",
        ]
        switch change {
        case .raised: logger.notice("Finding raised.", metadata: metadata)
        case .updated: logger.debug("Finding updated.", metadata: metadata)
        case .cleared: logger.notice("Finding cleared.", metadata: metadata)
        }
    }

    private func note(_ event: TicketEvent, _ ticket: Ticket) {
        logger.notice(
            "Ticket changed.",
            metadata: [
                "ticket": "\(ticket.number)", "event": "\(event.kind.word)", "state": "\(ticket.state.rawValue)",
            ])
    }
}

/// The analyzer's state with the estate it was learned on.
struct SavedAnalyzer: Codable {
    var site: SiteDescription
    var analyzer: Analyzer
}
