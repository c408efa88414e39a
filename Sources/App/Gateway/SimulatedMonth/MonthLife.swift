// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import Model
import Pipeline
import Tickets

/// The books of a simulated month and what comes next in it.
struct MonthLife {
    private enum Happening {
        case begins(Int)
        case ends(Int)
        case comesBack(Int)
        case acts(MonthStaff.Step)
    }

    private(set) var books: Books
    private var staff: MonthStaff
    private var faults: [MonthFault]
    /// Findings of faults that are there, by place of the fault.
    private var active: [Int: Finding] = [:]
    /// In the order of their times; of two at one time the one that was planned first.
    private var agenda: [(at: Timestamp, order: Int, what: Happening)] = []
    private var planned = 0
    private var actions = 0
    private var now: Timestamp

    init(_ site: SiteConfiguration, seed: UInt64, faults count: Int, from start: Timestamp, faultsUntil end: Timestamp)
    {
        var random = SplitMix64(seed: seed)
        let feed = AnalyzerFeed(site, catalogue: site.makeCatalogue())
        var incidents = IncidentBook()
        (incidents.policy, incidents.rules) = (site.alarms.correlation, site.alarms.alarms)
        incidents.topology = feed.site.topology
        books = Books(
            alarms: AlarmBook(policy: site.alarms.alarms), incidents: incidents,
            tickets: TicketBook(policy: site.ticketPolicy, events: []))
        faults = MonthFaults.make(of: site, count: count, from: start, to: end, using: &random)
        staff = MonthStaff(site: site, random: random)
        now = start
        for place in faults.indices { plan(.begins(place), at: faults[place].startsAt) }
    }

    private mutating func plan(_ what: Happening, at moment: Timestamp) {
        planned += 1
        let entry = (at: max(moment, now), order: planned, what: what)
        let place = agenda.firstIndex { $0.at > entry.at } ?? agenda.endIndex
        agenda.insert(entry, at: place)
    }

    /// The next thing that happens, with its time; `nil` when nothing does before `end`.
    mutating func step(until end: Timestamp) -> (Timestamp, Verdict)? {
        let deadlines = [books.alarms.nextDeadline, books.incidents.nextDeadline, books.tickets.nextDeadline]
        let due = deadlines.compactMap { $0 }.min()
        var verdict = Verdict()
        if let due, agenda.first.map({ due < $0.at }) ?? true {
            guard due < end else { return nil }
            now = max(now, due)
            books.tick(at: now, into: &verdict)
        } else {
            guard let next = agenda.first, next.at < end else { return nil }
            agenda.removeFirst()
            now = next.at
            books.tick(at: now, into: &verdict)
            carryOut(next.what, into: &verdict)
        }
        thinkOver(verdict)
        return (now, verdict)
    }

    private mutating func carryOut(_ what: Happening, into verdict: inout Verdict) {
        switch what {
        case .begins(let place): begin(place, into: &verdict)
        case .comesBack(let place): begin(place, into: &verdict)
        case .ends(let place): end(place, into: &verdict)
        case .acts(let step):
            guard let ticket = books.tickets.ticket(step.number) else { return }
            guard ticket.state == step.state else { return thinkOver(ticket) }
            actions += 1
            do {
                try books.act(step.order, identifier: "act:\(actions)", at: now, into: &verdict)
            } catch {
                // What cannot be done is left; what the ticket waits for is thought over by its next line.
                return
            }
            guard step.order.verb == .resolve else { return }
            for place in faults(of: ticket) {
                plan(.ends(place), at: now + .seconds(60))
                guard let rest = faults[place].returns.first else { continue }
                faults[place].returns.removeFirst()
                plan(.comesBack(place), at: now + .seconds(120) + rest)
            }
        }
    }

    private mutating func begin(_ place: Int, into verdict: inout Verdict) {
        let fault = faults[place]
        guard active[place] == nil,
            !active.values.contains(where: { $0.asset == fault.asset && $0.rule == fault.rule })
        else { return }
        var finding = Finding(
            rule: fault.rule, ruleVersion: 1, severity: fault.severity, asset: fault.asset, startedAt: now,
            raisedAt: now, loss: nil, evidence: Evidence(from: now, to: now, measures: []))
        finding.loss = fault.loss.map { LossEstimate(rateLow: $0, rateHigh: $0, litres: Litres(0)) }
        active[place] = finding
        verdict.findings.append(.raised(finding))
        books.take(.raised(finding), at: now, into: &verdict)
        if let healsAt = fault.healsAt, healsAt > now { plan(.ends(place), at: healsAt) }
    }

    private mutating func end(_ place: Int, into verdict: inout Verdict) {
        guard var finding = active.removeValue(forKey: place) else { return }
        finding.clearedAt = now
        if let rate = finding.loss?.rateLow {
            finding.loss?.litres = Litres(rate.value * (now - finding.startedAt).inHours)
        }
        verdict.findings.append(.cleared(finding))
        books.take(.cleared(finding), at: now, into: &verdict)
    }

    /// Places of the faults that a ticket is about.
    private func faults(of ticket: Ticket) -> [Int] {
        active.filter { ticket.findings.contains($0.value.identifier) }.keys.sorted()
    }

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
            if let ticket = books.tickets.ticket(number) { thinkOver(ticket) }
        }
    }

    private mutating func thinkOver(_ ticket: Ticket) {
        let places = faults(of: ticket)
        let isFalse = !places.isEmpty && places.allSatisfy { faults[$0].isFalse }
        agenda.removeAll { if case .acts(let step) = $0.what { step.number == ticket.number } else { false } }
        if let step = staff.next(ticket, isFalse: isFalse, at: now) { plan(.acts(step), at: step.at) }
        // A fault that was none is over when somebody has said so.
        guard ticket.isClosed, isFalse || ticket.state == .cancelled else { return }
        for place in places { plan(.ends(place), at: now + .seconds(60)) }
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
