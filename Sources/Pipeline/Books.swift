// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model
public import Prevention
public import Tickets

/// Alarms, incidents and tickets joined: a finding becomes an alarm, alarms of one cause an incident, an incident a
/// ticket.
public struct Books: Sendable {
    public internal(set) var alarms: AlarmBook
    public internal(set) var incidents: IncidentBook
    public internal(set) var tickets: TicketBook
    public internal(set) var prevention: PreventiveBook
    /// Which alarms other points explain.
    private var suppressions: SuppressionBook
    /// Good polls of each device since a start, while incidents wait for them.
    private var polls: [AssetIndex: Int] = [:]
    /// What is watched of duty and calendars; `nil` watches nothing.
    public var duty: DutyWatch?
    /// Which devices fell silent together.
    var silence = SilenceBook()
    /// Assets by the places of their devices, for ``silence``.
    var deviceAssets: [AssetIdentifier] = []
    /// Whether what was silent before a start goes on.
    var areCausesSettled = true
    /// Alarms that a silence explained, and since when that is over.
    var lingering: [String: Timestamp] = [:]
    /// Levels of tanks in metres as they were told last.
    var tankLevels: [AssetIdentifier: TankLevel] = [:]
    /// The day for which closed days were looked up.
    var foreseenOn: CivilDate?

    /// - Parameter incidents: As they were stored; alarms that are active and that it does not know are taken in.
    public init(
        alarms: AlarmBook, incidents: IncidentBook, tickets: TicketBook, prevention: PreventiveBook = PreventiveBook(),
        suppressions: [Suppression] = [], periods: [Int: Duration] = [:]
    ) {
        self.prevention = prevention
        // What a common cause explains is no condition of the site's file.
        self.suppressions = SuppressionBook(
            rules: suppressions, periods: periods, alarms: alarms.alarms.filter { !Self.isCommonCause($0.explanation) })
        self.alarms = alarms
        self.incidents = incidents
        self.tickets = tickets
        self.incidents.adopt(alarms.alarms)
    }

    /// Takes in what the analyzer tells.
    public mutating func take(_ change: FindingChange, at now: Timestamp, into verdict: inout Verdict) {
        note(alarms.apply(change, at: now), at: now, into: &verdict)
    }

    /// So many good polls of a device show that a start is over.
    static let pollsOfStart = 3
    /// A start is over after so long at the latest (10 min).
    static let longestStart: Duration = .seconds(600)

    /// The program has started: what looks odd may come from that alone, so incidents wait for good polls.
    public mutating func start(at now: Timestamp) {
        polls = [:]
        incidents.beginMaintenance(at: now)
    }

    /// Counts a poll that has just come; the third good one of a device ends what ``start(at:)`` began.
    public mutating func countPoll(_ sweep: Sweep, at now: Timestamp, into verdict: inout Verdict) {
        followSilence(sweep, at: now, into: &verdict)
        guard incidents.maintenanceSince != nil, incidents.maintenanceScope == nil,
            sweep.readings.contains(where: { $0.quality == .good })
        else { return }
        polls[sweep.asset, default: 0] += 1
        guard polls[sweep.asset, default: 0] >= Self.pollsOfStart else { return }
        let silent = silence.silentGroups
        // While the whole site is silent, its return ends it; while a bus is, what is elsewhere goes on.
        guard !silent.contains(where: { $0.reach == .site }) else { return }
        let reached = silent.reduce(into: Set<AssetIdentifier>()) { $0.formUnion($1.members) }
        note(incidents.endMaintenance(but: reached, at: now), at: now, into: &verdict)
    }

    /// Takes in which assets are under work, in place of what was known before.
    public mutating func plan(_ windows: [WorkWindow]) {
        alarms.plan(
            windows.map { window in
                var window = window
                // Where everything of a bus is under work, so is its silence.
                for group in silence.groups where group.members.isSubset(of: window.assets) {
                    window.assets.insert(group.asset)
                }
                return window
            })
    }

    /// Takes in what points showed that explain alarms.
    public mutating func note(_ sweep: Sweep, at now: Timestamp, into verdict: inout Verdict) {
        guard !suppressions.isEmpty else { return }
        var isTouched = false
        for reading in sweep.readings where suppressions.isUsed(Int(reading.point.value)) {
            isTouched = true
            let value = reading.quality == .good ? reading.quantity?.asDouble : nil
            suppressions.note(value, of: Int(reading.point.value), at: now)
        }
        if isTouched { settleSuppressions(at: now, into: &verdict) }
    }

    private mutating func settleSuppressions(at now: Timestamp, into verdict: inout Verdict) {
        for change in suppressions.settle(at: now) {
            note(alarms.explain(change.alarm, by: change.text, at: now), at: now, into: &verdict)
        }
    }

    /// Lets the clocks of alarms and incidents run to `now`, as the readings tell it; costs nothing while none waits.
    public mutating func run(to now: Timestamp, into verdict: inout Verdict) {
        if let due = alarms.nextDeadline, due <= now { note(alarms.tick(at: now), at: now, into: &verdict) }
        if let due = incidents.nextDeadline, due <= now { note(incidents.tick(at: now), at: now, into: &verdict) }
    }

    /// Lets all clocks run to `now`.
    public mutating func tick(at now: Timestamp, into verdict: inout Verdict) {
        settleSuppressions(at: now, into: &verdict)
        settleCauses(at: now, into: &verdict)
        settleLingering(at: now, into: &verdict)
        if let since = incidents.maintenanceSince, now - since > Self.longestStart {
            note(incidents.endMaintenance(at: now), at: now, into: &verdict)
        }
        note(alarms.tick(at: now), at: now, into: &verdict)
        note(incidents.tick(at: now), at: now, into: &verdict)
        verdict.tickets += tickets.tick(at: now)
        watchDuty(at: now, into: &verdict)
        let today = tickets.policy.zone.local(now).date
        foreseeHolidays(on: today)
        for due in prevention.dueWorks(on: today) {
            var lines: [InspectionLine]?
            if case .beforeHolidays = due.work.interval, !tickets.isKnown(due.identifier) {
                lines = inspection(at: now)
            }
            verdict.tickets += tickets.raise(
                planned: due.work.kind.rule, of: due.work.asset,
                // A ticket has room for so many lines; the page has all of them.
                list: lines.map { $0.prefix(60).map(\.text) }, identifier: due.identifier, at: now)
            if let lines { follow(lines, of: due.identifier, at: now, into: &verdict) }
        }
    }

    /// Takes in that a planned work was done; its open ticket is named in the record.
    public mutating func record(
        _ report: WorkReport, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) throws(WorkRefusal) {
        let work = prevention.works.first { $0.identifier == report.work }
        let ticket = work.flatMap { tickets.openTicket(asset: $0.asset, rule: $0.kind.rule) }
        var next = prevention
        let record = try next.record(
            report, identifier: identifier, ticket: ticket?.number, at: now,
            today: tickets.policy.zone.local(now).date)
        if !prevention.records.contains(where: { $0.identifier == identifier }), let work {
            try prevention.checkNotice(
                of: report, toldAt: toldAt(of: work), end: lastMoment(of: report.doneOn, at: now))
        }
        prevention = next
        verdict.works.append(record)
    }

    /// Carries out what a person wants to do to a ticket; whoever does anything to it has seen its alarms as well.
    public mutating func act(
        _ order: TicketOrder, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) throws(TicketRefusal) {
        verdict.tickets += try tickets.act(order, identifier: identifier, at: now)
        guard let ticket = tickets.ticket(order.number) else { return }
        let own = Alarm.identifier(asset: ticket.asset, rule: ticket.rule)
        for alarm in Set(incidents.alarms(of: ticket.incidents) + [own]).sorted() {
            note(alarms.acknowledge(alarm, by: order.person, at: now), at: now, into: &verdict)
        }
    }

    /// Takes in a fault that a person reports; the ticket it is on now.
    public mutating func report(
        _ report: FaultReport, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) -> Ticket? {
        var told = PersonReport(text: report.text, reporter: report.reporter, phone: report.phone)
        told.reference = report.reference
        let (number, effects) = tickets.report(
            told, asset: report.asset,
            rule: report.failureMode, severity: report.severity, by: report.person.map { .person($0) } ?? .engine,
            identifier: identifier, at: now)
        verdict.tickets += effects
        return tickets.ticket(number)
    }

    /// Takes in that the owner of a ticket approved what residents are told.
    public mutating func approve(
        _ notice: ResidentNotice, on number: String, by person: PersonIdentifier, identifier: String,
        at now: Timestamp, into verdict: inout Verdict
    ) throws(ResidentRefusal) {
        verdict.tickets += try tickets.approve(notice, on: number, by: person, identifier: identifier, at: now)
    }

    /// Takes in a photo of a ticket, whose bytes are on the disk.
    public mutating func photograph(
        _ photo: TicketPhoto, on number: String, by person: PersonIdentifier, identifier: String, at now: Timestamp,
        into verdict: inout Verdict
    ) throws(PhotoRefusal) {
        verdict.tickets += try tickets.photograph(photo, on: number, by: person, identifier: identifier, at: now)
    }

    /// Carries out what a person wants to do to an alarm.
    public mutating func act(
        _ action: AlarmAction, at now: Timestamp, into verdict: inout Verdict
    ) throws(AlarmRefusal) {
        note(try alarms.act(action, at: now), at: now, into: &verdict)
    }

    /// Notes that a person has seen the alarm of a finding.
    mutating func acknowledge(
        _ finding: Finding, by person: PersonIdentifier, at now: Timestamp, into verdict: inout Verdict
    ) {
        let alarm = Alarm.identifier(asset: finding.asset, rule: finding.rule)
        note(alarms.acknowledge(alarm, by: person, at: now), at: now, into: &verdict)
    }

    mutating func note(_ effects: [AlarmEffect], at now: Timestamp, into verdict: inout Verdict) {
        verdict.alarms += effects
        for effect in effects { note(incidents.follow(effect.alarm, at: now), at: now, into: &verdict) }
    }

    mutating func note(_ changes: [IncidentChange], at now: Timestamp, into verdict: inout Verdict) {
        verdict.incidents += changes
        for change in changes { verdict.tickets += tickets.follow(change, at: now) }
    }
}

/// What came out of the judge since the last save.
public struct Verdict: Sendable {
    public var findings: [FindingChange] = []
    public var alarms: [AlarmEffect] = []
    public var incidents: [IncidentChange] = []
    public var tickets: [TicketEffect] = []
    public var works: [WorkRecord] = []

    public init() {}
    public var isEmpty: Bool {
        findings.isEmpty && alarms.isEmpty && incidents.isEmpty && tickets.isEmpty && works.isEmpty
    }
}
