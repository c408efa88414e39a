// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import EstateMaker
import Model
import Pipeline
import Prevention
import Tickets

/// A month of an estate as its readings and its staff make it, and what comes next in it.
struct MonthLife {
    /// What came about at one moment.
    struct Moment {
        var at: Timestamp
        var verdict: Verdict
        /// What the analyzer was told.
        var told: [(verdict: FindingVerdict, told: Judge.Told)] = []
        /// As they were before and are after it.
        var before: AlarmBook
        var books: Books
    }

    private(set) var judge: Judge
    /// What is really wrong; `nil` of a recording, which nobody can change.
    private(set) var estate: LivingEstate?
    private var staff: MonthStaff
    private let site: SiteConfiguration
    /// In the order of their times; of two at one time the one that was planned first.
    private var agenda: [(at: Timestamp, order: Int, step: MonthStaff.Step)] = []
    private var planned = 0
    private var actions = 0
    private var now: Timestamp
    /// When a clock of the books is due; looked up again after each change.
    private var due: Timestamp?
    private var nextHour: Timestamp
    /// Tickets about something that was really wrong when they were raised.
    private var justified: Set<String> = []

    init(
        _ site: SiteConfiguration, of described: SiteDescription, calendar: AnnouncedCalendar, estate: LivingEstate?,
        seed: UInt64, from start: Timestamp
    ) {
        let feed = AnalyzerFeed(site, catalogue: site.makeCatalogue())
        var incidents = IncidentBook()
        (incidents.policy, incidents.rules) = (site.alarms.correlation, site.alarms.alarms)
        incidents.topology = described.topology
        var books = Books(
            alarms: AlarmBook(policy: site.alarms.alarms), incidents: incidents,
            tickets: TicketBook(policy: site.ticketPolicy, events: []), prevention: .init(works: site.preventive))
        // The roster of the month has no gap; looking for one each hour would take a third of the time.
        books.duty = site.dutyWatch
        books.duty?.roster = Roster()
        let analyzer = Analyzer(site: described, calendar: calendar, settings: AnalyzerSettings())
        judge = Judge(feed: feed, analyzer: analyzer, books: books)
        staff = MonthStaff(site: site, random: SplitMix64(seed: seed))
        (self.site, self.estate, now, nextHour) = (site, estate, start, start)
    }

    /// Rows of the estate's next minute; `nil` at the end, and of a recording.
    mutating func nextMinute() -> (rows: [UInt8], at: Timestamp)? { estate?.nextMinute() }

    /// Lets the clocks run and people act until `moment`.
    mutating func live(until moment: Timestamp, _ body: (Moment) throws -> Void) rethrows {
        while true {
            let clock = min(due ?? nextHour, nextHour)
            let before = judge.alarms
            if let next = agenda.first, next.at <= moment, next.at < clock {
                agenda.removeFirst()
                now = max(now, next.at)
                var moment = Moment(at: now, verdict: Verdict(), before: before, books: judge.books)
                judge.tick(at: now, into: &moment.verdict)
                carryOut(next.step, &moment)
                try finish(moment, body)
            } else if clock <= moment {
                now = max(now, clock)
                if clock == nextHour { nextHour = nextHour + .seconds(3600) }
                var moment = Moment(at: now, verdict: Verdict(), before: before, books: judge.books)
                judge.tick(at: now, into: &moment.verdict)
                try finish(moment, body, isTick: true)
            } else {
                now = max(now, moment)
                return
            }
        }
    }

    /// Takes in what has been read by `moment`.
    mutating func take(_ readings: [AnalyzerReading], at moment: Timestamp, _ body: (Moment) throws -> Void) rethrows {
        guard !readings.isEmpty else { return }
        now = max(now, moment)
        var moment = Moment(at: now, verdict: Verdict(), before: judge.alarms, books: judge.books)
        judge.follow(readings, at: now, into: &moment.verdict)
        if !moment.verdict.isEmpty { try finish(moment, body) }
    }

    private mutating func finish(
        _ moment: Moment, _ body: (Moment) throws -> Void, isTick: Bool = false
    ) rethrows {
        if isTick || !moment.verdict.isEmpty {
            let books = judge.books
            due = [books.alarms.nextDeadline, books.incidents.nextDeadline, books.tickets.nextDeadline]
                .compactMap { $0 }.min()
            // What is due already and stays so is looked at again with the next change or hour.
            if let moment = due, moment <= now { due = now + .seconds(60) }
        }
        guard !moment.verdict.isEmpty || !moment.told.isEmpty else { return }
        var moment = moment
        moment.books = judge.books
        thinkOver(moment.verdict)
        try body(moment)
    }

    // MARK: People

    private mutating func carryOut(_ step: MonthStaff.Step, _ moment: inout Moment) {
        guard let ticket = judge.tickets.ticket(step.action.number) else { return }
        guard ticket.state == step.state else { return thinkOver(ticket) }
        actions += 1
        do {
            try judge.act(step.action, identifier: "act:\(actions)", at: now, into: &moment.verdict)
        } catch {
            // What cannot be done is left; what the ticket waits for is thought over by its next line.
            return
        }
        switch step.action.verb {
        case .resolve:
            repair(ticket)
            recordWork(of: ticket, by: step.action.person, into: &moment.verdict)
        case .falseAlarm: dismiss(ticket, by: step.action.person, &moment)
        default: break
        }
    }

    /// What is wrong where a ticket sends somebody: at the asset itself, or else the nearest that shows there.
    private func troubles(of ticket: Ticket) -> [LivingEstate.Trouble] {
        guard let estate else { return [] }
        let name = ticket.asset.text
        let near = estate.troubles(at: now).filter { $0.places.contains(name) }
        let own = near.filter { $0.device == name }
        guard own.isEmpty else { return own }
        let nearest = near.min {
            ($0.places.firstIndex(of: name) ?? 0, $0.identifier) < ($1.places.firstIndex(of: name) ?? 0, $1.identifier)
        }
        return nearest.map { [$0] } ?? []
    }

    private mutating func repair(_ ticket: Ticket) {
        let broken = troubles(of: ticket).map(\.identifier)
        guard !broken.isEmpty else { return }
        switch staff.quality() {
        case .inVain: break
        case .holds: estate?.mend(broken, at: now)
        case .holdsFor(let time): estate?.mend(broken, at: now, comesBack: time)
        }
    }

    private mutating func recordWork(of ticket: Ticket, by person: PersonIdentifier, into verdict: inout Verdict) {
        // Whoever does it over again has recorded it already.
        guard !judge.books.prevention.records.contains(where: { $0.ticket == ticket.number }) else { return }
        for work in site.preventive where work.asset == ticket.asset && work.kind.rule == ticket.rule {
            let witnesses = work.witnesses > 0 ? ["Zhou Qiang", "Qian Li"] : []
            let report = WorkReport(
                work.identifier, by: person, witnesses: witnesses, waterTest: work.needsWaterTest ? "W-2025-118" : nil)
            try? judge.record(report, identifier: "done:\(actions)", at: now, into: &verdict)
        }
    }

    /// Whoever found nothing tells the analyzer, which learns where its rule can.
    private mutating func dismiss(_ ticket: Ticket, by person: PersonIdentifier, _ moment: inout Moment) {
        for finding in judge.analyzer.openFindings where ticket.findings.contains(finding.identifier) {
            let isLearned = FindingVerdict.allowed(for: finding).contains(.notALeak)
            let verdict = FindingVerdict(
                isLearned ? .notALeak : .expected, of: finding.identifier, person: person, reason: "all in order",
                until: isLearned ? nil : now + .seconds(7 * 86_400))
            if case .success(let told) = judge.judge(verdict, at: now, into: &moment.verdict) {
                moment.told.append((verdict, told))
            }
        }
    }

    // MARK: Plans

    /// Lets the staff plan for every ticket that has changed.
    private mutating func thinkOver(_ verdict: Verdict) {
        var numbers: [String] = []
        for case .appended(let event, let ticket) in verdict.tickets {
            // Clocks that run on and further evidence change nobody's plans.
            guard
                event.kind.cause != nil || event.index == 0 || event.kind.word == "attempt"
                    || event.kind.word == "postpone"
            else { continue }
            if !numbers.contains(ticket.number) { numbers.append(ticket.number) }
        }
        for number in numbers {
            if let ticket = judge.tickets.ticket(number) { thinkOver(ticket) }
        }
    }

    private mutating func thinkOver(_ ticket: Ticket) {
        if !troubles(of: ticket).isEmpty || estate == nil || !ticket.isFromLeakRule {
            justified.insert(ticket.number)
        }
        agenda.removeAll { $0.step.action.number == ticket.number }
        let isFalse = !justified.contains(ticket.number)
        guard let step = staff.next(ticket, isFalse: isFalse, canMend: estate != nil, at: now) else { return }
        planned += 1
        let entry = (at: max(step.at, now), order: planned, step: step)
        let place = agenda.firstIndex { $0.at > entry.at } ?? agenda.endIndex
        agenda.insert(entry, at: place)
    }
}

extension Ticket {
    /// Whether its rule accuses water or a machine, rather than a line that is silent or planned work.
    fileprivate var isFromLeakRule: Bool {
        Rule.named(rule) != nil && ![.dropout, .registerStep, .liftSilent, .balanceUnknown, .unitError].contains(rule)
    }
}

/// The same numbers from the same seed on every machine.
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
