// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Analysis
public import Model
public import Prevention
public import Tickets

/// Analyzer, alarms and tickets joined: what was stored goes in, what must be stored and told comes out.
///
/// It is a value. A caller works on a copy, saves what came out together with the cursor in one transaction, and
/// keeps the copy only then; a restart therefore repeats nothing and loses nothing.
public struct Judge: Sendable {
    public private(set) var analyzer: Analyzer
    public private(set) var books: Books
    private let feed: AnalyzerFeed
    private var timeline: ServiceTimeline
    /// Machines whose run hours come on a channel, where planned work waits for them.
    private let runHours: [Int: AssetIdentifier]
    /// Tanks whose level comes on a channel.
    private let levels: [Int: AssetIdentifier]

    public init(feed: AnalyzerFeed, analyzer: Analyzer, books: Books) {
        self.feed = feed
        self.analyzer = analyzer
        self.books = books
        runHours = Self.runHours(feed.site, books.prevention.works)
        levels = Self.levels(feed.site)
        timeline = ServiceTimeline(
            restoring: books.tickets.tickets.flatMap(\.history).compactMap(\.mark))
    }

    public var alarms: AlarmBook { books.alarms }
    public var tickets: TicketBook { books.tickets }

    /// Looks at one stored sweep. Its time of receipt is the time of whatever follows from it.
    ///
    /// - Parameters:
    ///   - present: The time in which promises count; nothing is later. `nil` where the wall clock is believed.
    ///   - isLive: Whether it has just come: what follows from it happens at `present`, whatever the wall clock showed.
    public mutating func follow(
        _ stored: StoredSweep, present: Timestamp? = nil, isLive: Bool = false, into verdict: inout Verdict
    ) {
        let wall = stored.sweep.receivedWall
        let now = present.map { isLive ? $0 : min($0, wall) } ?? wall
        books.run(to: now, into: &verdict)
        books.note(stored.sweep, at: now, into: &verdict)
        var changes: [FindingChange] = []
        feed.forEachReading(of: stored) { reading in
            changes += analyzer.ingest(reading)
            if case .measure(let hours) = reading.value, let asset = runHours[reading.channel] {
                books.prevention.note(runHours: hours, of: asset)
            }
            if case .measure(let metres) = reading.value, let tank = levels[reading.channel] {
                books.note(level: metres, of: tank, at: reading.at)
            }
        }
        for change in changes { take(change, at: now, into: &verdict) }
        if isLive { books.countPoll(stored.sweep, at: now, into: &verdict) }
    }

    /// Looks at readings that no device of the site's file has sent, as those of an estate that is made up.
    public mutating func follow(_ readings: [AnalyzerReading], at now: Timestamp, into verdict: inout Verdict) {
        books.run(to: now, into: &verdict)
        for change in readings.flatMap({ analyzer.ingest($0) }) { take(change, at: now, into: &verdict) }
    }

    /// The program has started; see ``Books/start(at:)``.
    public mutating func start(at now: Timestamp) { books.start(at: now) }

    /// Takes in which assets are under work.
    public mutating func plan(_ windows: [WorkWindow]) { books.plan(windows) }

    /// Takes in how the way to the far end stands; see ``Books/watchDelivery(_:at:into:)``.
    public mutating func watchDelivery(_ state: DeliveryState, at now: Timestamp, into verdict: inout Verdict) {
        books.watchDelivery(state, at: now, into: &verdict)
    }

    /// Takes in whether a changed configuration was refused; see ``Books/watchConfiguration(isRefused:at:into:)``.
    public mutating func watchConfiguration(isRefused: Bool, at now: Timestamp, into verdict: inout Verdict) {
        books.watchConfiguration(isRefused: isRefused, at: now, into: &verdict)
    }

    /// Lets the clocks of alarms, incidents and tickets run to `now`.
    public mutating func tick(at now: Timestamp, into verdict: inout Verdict) {
        books.tick(at: now, into: &verdict)
    }

    /// Raises what is wrong with the store; see ``Books/watchStorage(_:at:into:)``.
    public mutating func watchStorage(
        _ standing: [StorageTrouble], at now: Timestamp, into verdict: inout Verdict
    ) -> [StorageTrouble.Kind] { books.watchStorage(standing, at: now, into: &verdict) }

    /// Carries out what a person wants to do to a ticket; whoever does anything to it has seen its alarm as well.
    ///
    /// - Parameter identifier: A name for this action that no other action has; the same twice is done once.
    public mutating func act(
        _ action: TicketAction, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) throws(TicketRefusal) {
        try books.act(TicketOrder(action), identifier: identifier, at: now, into: &verdict)
    }

    /// Takes in a fault that a person reports; the ticket it is on now.
    ///
    /// - Parameter identifier: A name for this report that no other has.
    public mutating func report(
        _ report: FaultReport, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) -> Ticket? {
        books.report(report, identifier: identifier, at: now, into: &verdict)
    }

    /// Carries out what a person wants to do to an alarm.
    public mutating func act(
        _ action: AlarmAction, at now: Timestamp, into verdict: inout Verdict
    ) throws(AlarmRefusal) {
        try books.act(action, at: now, into: &verdict)
    }

    /// Takes in that a planned work was done.
    ///
    /// - Parameter identifier: A name that no other record has.
    public mutating func record(
        _ report: WorkReport, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) throws(WorkRefusal) {
        try books.record(report, identifier: identifier, at: now, into: &verdict)
    }

    /// Takes in that the owner of a ticket approved what residents are told.
    public mutating func approve(
        _ notice: ResidentNotice, on number: String, by person: PersonIdentifier, identifier: String,
        at now: Timestamp, into verdict: inout Verdict
    ) throws(ResidentRefusal) {
        try books.approve(notice, on: number, by: person, identifier: identifier, at: now, into: &verdict)
    }

    /// Takes in a photo of a ticket, whose bytes are on the disk.
    public mutating func photograph(
        _ photo: TicketPhoto, on number: String, by person: PersonIdentifier, identifier: String, at now: Timestamp,
        into verdict: inout Verdict
    ) throws(PhotoRefusal) {
        try books.photograph(photo, on: number, by: person, identifier: identifier, at: now, into: &verdict)
    }

    private static func levels(_ site: SiteDescription) -> [Int: AssetIdentifier] {
        var channels: [Int: AssetIdentifier] = [:]
        for (place, signal) in site.signals.enumerated() where signal.signal == .level {
            channels[site.meters.count + site.gates.count + place] = signal.asset
        }
        return channels
    }

    private static func runHours(_ site: SiteDescription, _ works: [PlannedWork]) -> [Int: AssetIdentifier] {
        let waiting = works.compactMap { work in
            if case .runHours = work.interval { work.asset } else { nil }
        }
        var channels: [Int: AssetIdentifier] = [:]
        for (place, signal) in site.signals.enumerated()
        where signal.signal == .runHours && waiting.contains(signal.asset) {
            channels[site.meters.count + site.gates.count + place] = signal.asset
        }
        return channels
    }

    /// Carries out what a person wants to do, or says why not. The shift leader hears of a postponement that is refused
    /// because there was one before; any other refusal changes nothing.
    public mutating func carryOut(
        _ action: TicketAction, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) -> TicketRefusal? {
        do {
            try act(action, identifier: identifier, at: now, into: &verdict)
            return nil
        } catch {
            if case .postponementUsed = error {
                verdict.tickets += books.tickets.noteRefusedPostponement(
                    TicketOrder(action), identifier: identifier, at: now)
            }
            return error
        }
    }

    /// The time in which promises count at a reading of the machine's clocks; the lines that follow note both.
    public mutating func serviceTime(of reading: ClockReading, boot: BootIdentifier) -> Timestamp {
        var mark = TimeMark(
            wall: reading.wall, instant: reading.instant, boot: boot,
            isSynchronised: reading.timeQuality != .unsynced)
        let time = timeline.time(of: mark)
        mark.counted = time
        books.tickets.mark = mark
        books.tickets.isTimeCertain = timeline.isCertain
        return time
    }

    /// Hands the analyzer what it is told beside readings.
    public mutating func take(_ told: Told, at now: Timestamp, into verdict: inout Verdict) {
        for change in analyzer.take(told.intervention, at: told.dataTime) { take(change, at: now, into: &verdict) }
    }

    mutating func acknowledge(
        _ finding: Finding, by person: PersonIdentifier, at now: Timestamp, into verdict: inout Verdict
    ) {
        books.acknowledge(finding, by: person, at: now, into: &verdict)
    }

    private mutating func take(_ change: FindingChange, at now: Timestamp, into verdict: inout Verdict) {
        verdict.findings.append(change)
        // It is kept and shown, but asks nobody to do anything.
        if Rule.named(change.finding.rule)?.isForInformation == true { return }
        books.take(change, at: now, into: &verdict)
    }
}

extension TicketVerb {
    init(_ verb: TicketAction.Verb) {
        switch verb {
        case .accept: self = .accept
        case .grab: self = .grab
        case .assign: self = .assign
        case .arrive: self = .arrive
        case .start: self = .start
        case .attempt: self = .attempt
        case .hold: self = .hold
        case .resume: self = .resume
        case .postpone: self = .postpone
        case .resolve: self = .resolve
        case .signOff: self = .signOff
        case .inform: self = .inform
        case .followUp: self = .followUp
        case .reopen: self = .reopen
        case .handOver: self = .handOver
        case .takeOver: self = .takeOver
        case .cancel: self = .cancel
        case .falseAlarm: self = .falseAlarm
        case .merge: self = .merge
        }
    }
}

extension TicketOrder {
    init(_ action: TicketAction) {
        self.init(
            TicketVerb(action.verb), on: action.number, by: action.person, note: action.note, version: action.version,
            isPassed: action.isPassed)
        to = action.to
        reason = action.reason.flatMap(HoldReason.init(rawValue:))
        until = action.until
        approver = action.approver
        if action.cause != nil || action.labourMinutes != nil {
            report = RepairReport(
                cause: action.cause ?? "", action: action.note, labourMinutes: action.labourMinutes ?? 0)
        }
        score = action.score
        other = action.other
    }
}
