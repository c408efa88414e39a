// SPDX-License-Identifier: Apache-2.0

import Model

/// Counts what the log says of one period.
struct ReportTally {
    let end: Timestamp
    let judgedAt: Timestamp
    private let question: ReportQuestion
    /// As they were at ``end`` and at ``judgedAt``.
    private let atEnd: [Ticket]
    private let judged: [Ticket]

    init(_ question: ReportQuestion, tickets: [Ticket]) {
        self.question = question
        let (period, now) = (question.period, question.now)
        let (end, judgedAt) = (min(period.to, now), min(period.to + question.settling, now))
        (self.end, self.judgedAt) = (end, judgedAt)
        atEnd = tickets.compactMap { $0.before(end) }.sorted(by: TicketBook.isEarlier)
        judged = tickets.compactMap { $0.before(judgedAt) }.sorted(by: TicketBook.isEarlier)
    }

    private func isInside(_ moment: Timestamp) -> Bool { question.period.contains(moment) }

    /// Lines of the period, of all tickets.
    private func lines(_ isMeant: (TicketEventKind) -> Bool) -> Int {
        judged.reduce(0) { sum, ticket in sum + ticket.history.count { isInside($0.at) && isMeant($0.kind) } }
    }

    /// Raised in the period and not merged with another one.
    private var cohort: [Ticket] {
        judged.filter { ticket in ticket.state != .merged && ticket.history.first.map { isInside($0.at) } ?? false }
    }

    var counts: TicketReport.Counts {
        var counts = TicketReport.Counts()
        counts.raised = lines { if case .raised = $0 { true } else { false } }
        counts.closed = lines { if case .signedOff(true, _) = $0 { true } else { false } }
        counts.reopened = lines { if case .reopened = $0 { true } else { false } }
        counts.cancelled = lines { if case .cancelled = $0 { true } else { false } }
        counts.merged = lines { if case .merged = $0 { true } else { false } }
        counts.falseAlarms = lines { if case .falseAlarm = $0 { true } else { false } }
        counts.complaints = lines { if case .raised(let opening) = $0 { opening.rule == .complaint } else { false } }
        counts.recurrences = lines {
            if case .raised(let opening) = $0 {
                opening.recurrenceOf != nil && opening.rule != .complaint
            } else {
                false
            }
        }
        for ticket in atEnd where !ticket.isClosed {
            counts.openAtEnd += 1
            let days = age(of: ticket) / 86_400
            counts.openByAge[days < 1 ? 0 : days < 3 ? 1 : days < 7 ? 2 : 3] += 1
        }
        return counts
    }

    private func age(of ticket: Ticket) -> Int { seconds(from: ticket.history.first?.at ?? end, to: end) }

    /// Overdue tickets of each building, the most first.
    var overdueByBuilding: [TicketReport.BuildingCount] {
        Dictionary(grouping: overdue, by: \.building)
            .map { .init(building: $0.key, tickets: $0.value.count) }
            .sorted { ($1.tickets, $0.building) < ($0.tickets, $1.building) }
    }

    private func seconds(from start: Timestamp, to end: Timestamp) -> Int {
        Int(clamping: max(0, (end - start).wholeMilliseconds) / 1000)
    }

    var overdue: [TicketReport.Overdue] {
        let buildings = Dictionary(
            question.assets.map { ($0.asset, $0.building) }, uniquingKeysWith: { first, _ in first })
        return atEnd.filter { !$0.isClosed }.compactMap { ticket in
            let late = TicketClock.allCases.filter { ticket.verdict(of: $0, at: end) == .late }
            guard let dueAt = late.compactMap({ ticket.clock($0)?.dueAt }).min() else { return nil }
            return .init(
                ticket: ticket.number, severity: ticket.severity, asset: ticket.asset,
                building: buildings[ticket.asset] ?? "", rule: ticket.rule, state: ticket.state, owner: ticket.owner,
                assignee: ticket.assignee, promises: late, dueAt: dueAt)
        }.sorted { ($0.severity, $0.dueAt, $0.ticket) < ($1.severity, $1.dueAt, $1.ticket) }
    }

    var topAssets: [TicketReport.AssetCount] {
        Dictionary(grouping: cohort, by: \.asset)
            .map { TicketReport.AssetCount(asset: $0.key, tickets: $0.value.count) }
            .sorted { ($1.tickets, $0.asset) < ($0.tickets, $1.asset) }.prefix(10).map(\.self)
    }

    // MARK: Failures

    /// Tickets of the period about something that broke.
    private var failures: [Ticket] {
        let assets = Set(question.assets.map(\.asset))
        return cohort.filter { ticket in
            let rule = ticket.openingRule
            return ticket.state != .falseAlarm && rule != .complaint && !question.planned.contains(rule)
                && assets.contains(ticket.asset)
        }
    }

    private var fromAlarms: Int {
        judged.count { ticket in
            guard let first = ticket.history.first, case .raised(let opening) = first.kind else { return false }
            return isInside(first.at) && opening.incident != nil
        }
    }

    var reliability: [TicketReport.Reliability] {
        let seconds = question.seconds(until: end)
        return Dictionary(grouping: failures, by: \.asset)
            .map { .init(asset: $0.key, failures: $0.value.count, meanSeconds: seconds / max(1, $0.value.count)) }
            .sorted { ($1.failures, $0.asset) < ($0.failures, $1.asset) }
    }

    // MARK: Figures

    func figures(followUps: [TicketReport.FollowUp]) -> [Figure] {
        [
            promises(.timeliness) { $1 == .onSite },
            quality,
            satisfaction,
            Figure(.followUp, followUps.count { $0.isDone }, of: followUps.count),
            feedback,
            rework,
            soundEquipment,
            promises(.promisesP1) { ticket, _ in ticket.severity == .p1 },
            promises(.promisesP2) { ticket, _ in ticket.severity == .p2 },
            promises(.promisesP3) { ticket, _ in ticket.severity == .p3 },
            promises(.promisesP4) { ticket, _ in ticket.severity == .p4 },
            firstTimeFix,
            Figure(.selfCleared, cohort.count { $0.hasClearedItself }, of: cohort.count),
            Figure(.falseAlarms, cohort.count { $0.state == .falseAlarm }, of: cohort.count),
            time(.timeToAcknowledge) { kind in
                switch kind {
                case .accepted, .grabbed: true
                default: false
                }
            },
            time(.timeToSite) { if case .arrived = $0 { true } else { false } },
            timeToRepair,
            backlogAge,
            Figure(.timeBetweenFailures, question.assetSeconds(until: end), of: failures.count),
            question.alarmCount.map { Figure(.ticketsPerHundredAlarms, fromAlarms, of: $0) },
        ]
        .compactMap { $0.map(question.targets.applied(to:)) }
    }

    private func promises(_ key: FigureKey, _ isMeant: (Ticket, TicketClock) -> Bool) -> Figure {
        var figure = Figure(key, 0, of: 0)
        for ticket in judged {
            for name in TicketClock.allCases where isMeant(ticket, name) {
                guard let clock = ticket.clock(name), isInside(clock.dueAt) else { continue }
                switch ticket.verdict(of: name, at: judgedAt) {
                case .kept where clock.dueAt > judgedAt: figure.pending += 1
                case .kept: (figure.numerator, figure.denominator) = (figure.numerator + 1, figure.denominator + 1)
                case .late: figure.denominator += 1
                case .pending: figure.pending += 1
                case .void, nil: break
                }
            }
        }
        return figure
    }

    /// Counts episodes: one is judged when the reopen window after `moment` is over.
    private func episodes(
        _ key: FigureKey, _ moment: (RepairEpisode) -> Timestamp?,
        _ counts: (RepairEpisode, Duration, Timestamp) -> Bool
    ) -> Figure {
        var figure = Figure(key, 0, of: 0)
        for ticket in judged {
            let window = ticket.terms.reopenWindow
            for episode in RepairEpisode.all(of: ticket.history) {
                guard let moment = moment(episode), isInside(moment) else { continue }
                guard moment + window <= judgedAt else {
                    figure.pending += 1
                    continue
                }
                figure.denominator += 1
                if counts(episode, window, moment) { figure.numerator += 1 }
            }
        }
        return figure
    }

    private var quality: Figure {
        episodes(.qualityPass) {
            $0.firstSignOff.flatMap { $0.isOfRepair ? $0.at : nil }
        } _: {
            $0.firstSignOff?.isPassed == true && !$0.isReopened(within: $1, after: $2)
        }
    }

    /// A telling after a reminder mends nothing: the reminder has counted.
    private var feedback: Figure {
        var figure = Figure(.feedback, 0, of: 0)
        for ticket in judged {
            var isLate = false
            for event in ticket.history {
                switch event.kind {
                case .reporterTold:
                    if isInside(event.at), !isLate { figure.numerator += 1; figure.denominator += 1 }
                    isLate = false
                case .feedbackDue:
                    if isInside(event.at) { figure.denominator += 1 }
                    isLate = true
                default: break
                }
            }
        }
        return figure
    }

    private var rework: Figure {
        episodes(.rework, { $0.closedAt }, { $0.isReopened(within: $1, after: $2) })
    }

    private var firstTimeFix: Figure {
        episodes(.firstTimeFix, { $0.isReopening || $0.repairedAt == nil ? nil : $0.closedAt }) {
            $0.repairs == 1 && $0.setbacks == 0 && !$0.isReopened(within: $1, after: $2)
        }
    }

    private var satisfaction: Figure {
        let scores = judged.flatMap { $0.calls(from: question.period.from, before: question.period.to) }
            .compactMap(\.score)
        return Figure(.satisfaction, scores.count { $0 >= 4 }, of: scores.count)
    }

    private var soundEquipment: Figure {
        let unsound = Set(atEnd.filter { !$0.isClosed && $0.severity <= .p3 }.map(\.asset))
        let assets = Set(question.assets.map(\.asset))
        return Figure(.soundEquipment, assets.subtracting(unsound).count, of: assets.count)
    }

    /// Time from the report to the first line of a kind, over tickets that came to it in the period.
    private func time(_ key: FigureKey, _ isMeant: (TicketEventKind) -> Bool) -> Figure {
        var figure = Figure(key, 0, of: 0)
        for ticket in judged {
            guard let first = ticket.history.first, let line = ticket.history.first(where: { isMeant($0.kind) }),
                isInside(line.at)
            else { continue }
            figure.numerator += seconds(from: first.at, to: line.at)
            figure.denominator += 1
        }
        return figure
    }

    private var timeToRepair: Figure {
        var figure = Figure(.timeToRepair, 0, of: 0)
        for episode in judged.flatMap({ RepairEpisode.all(of: $0.history) }) {
            guard let closedAt = episode.closedAt, isInside(closedAt), let repairedAt = episode.repairedAt else {
                continue
            }
            figure.numerator += seconds(from: episode.startedAt, to: repairedAt)
            figure.denominator += 1
        }
        return figure
    }

    private var backlogAge: Figure {
        let open = atEnd.filter { !$0.isClosed }
        return Figure(.backlogAge, open.map(age(of:)).reduce(0, +), of: open.count)
    }
}

extension Ticket {
    var hasClearedItself: Bool { history.contains { $0.kind == .selfCleared } }

    /// What it was raised for.
    var openingRule: RuleIdentifier {
        if case .raised(let opening)? = history.first?.kind { opening.rule } else { rule }
    }
}
