// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import FoundationEssentials
public import Logging
public import Model
public import Pipeline
public import Savings
public import Store
import Tickets

/// Reports from the database of a gateway that may be running: commands and the page read the same way.
public enum ReportReading {
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func report(
        _ request: ReportRequest, of site: SiteConfiguration, in directory: String, now: Timestamp, logger: Logger
    ) throws -> EstateReport {
        let zone = site.site.zone
        let log = try TicketLog(inDirectory: directory, zone: zone, logger: logger)
        let end = min(request.period.to, now)
        let (alarms, standing) = try alarms(in: directory, from: request.period.from, to: end)
        var question = ReportQuestion(
            period: request.period, now: now, zone: zone, assets: site.reportAssets, seeds: log.seeds,
            targets: site.reportTargets)
        (question.planned, question.alarmCount) = (SiteConfiguration.plannedRules, alarms.count)
        let tickets = TicketReport(question, tickets: log.tickets)
        let gaps = site.roster.gaps(from: tickets.end, serviceHours: site.serviceHours, zone: zone)
        var report = EstateReport(
            kind: request.kind, site: site.site, tickets: tickets, water: nil, alarms: nil, rosterGaps: gaps)
        guard request.kind != .kpi else { return report }
        let first = zone.local(request.period.from).date.daysSince1970
        let last = zone.local(tickets.end - .milliseconds(1)).date.daysSince1970
        report.water = EstateReport.Water(
            try savings(
                of: site, in: directory, days: first...max(first, last), now: tickets.end, logger: logger))
        (report.alarms, report.standing) = (alarms, standing)
        if request.kind == .weekly {
            report.planned = try site.plannedWork(
                after: tickets.end, days: 7, records: SluiceStore.workRecords(inDirectory: directory), log.tickets)
        }
        return report
    }

    /// The history of alarms with the severity that each has now, in its order: what alarms came to can be counted again
    /// from it.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func alarmLog(
        in directory: String, until end: Timestamp
    ) throws -> [(line: AlarmLogLine, severity: Severity)] {
        let decoder = JSONDecoder()
        let severities = try SluiceStore.alarmBodies(inDirectory: directory)
            .compactMap { try? decoder.decode(Alarm.self, from: Data($0)) }
            .reduce(into: [String: Severity]()) { $0[$1.identifier] = $1.severity }
        return try SluiceStore.alarmLog(until: end, inDirectory: directory).map { ($0, severities[$0.alarm] ?? .p4) }
    }

    /// Water and money of some days of the site's calendar, counted since 1970-01-01.
    ///
    /// - Throws: ``StoreError``, or what SQLite reports.
    public static func savings(
        of site: SiteConfiguration, in directory: String, days: ClosedRange<Int>, now: Timestamp, logger: Logger
    ) throws -> SavingsReport {
        let findings = try SluiceStore.findings(
            openOnly: false, limit: 100_000, directory: directory, logger: logger)
        let uses = try meterDays(of: site, in: directory, since: days.lowerBound, logger: logger)
        return SavingsReport(
            findings: findings, uses: uses, days: days, zone: site.site.zone,
            costing: try readCosting(of: site, in: directory), now: now)
    }

    /// Volumes of the days from a day before `first` on, since a night may need the evening before it.
    private static func meterDays(
        of site: SiteConfiguration, in directory: String, since first: Int, logger: Logger
    ) throws -> MeterDays {
        let catalogue = site.makeCatalogue()
        let feed = AnalyzerFeed(site, catalogue: catalogue)
        let meters = site.savingsMeters
        let places = feed.site.meters.map { meter in meters.firstIndex { $0.asset == meter.asset } }
        var uses = MeterDays(meters: meters, zone: site.site.zone)
        let start = Timestamp(CivilTime(date: CivilDate(daysSince1970: first - 1), hour: 0, minute: 0))
        try SluiceStore.forEachSweep(in: directory, catalogue: catalogue, from: start, logger: logger) { stored in
            feed.forEachReading(of: stored) { reading in
                // Meters have the first channels.
                guard places.indices.contains(reading.channel), let meter = places[reading.channel],
                    case .count(let count) = reading.value
                else { return }
                uses.take(meter: meter, count: count, at: reading.at)
            }
        }
        uses.finish()
        return uses
    }

    /// An alarm counts with the severity that it has now: its history does not say which it had.
    private static func alarms(
        in directory: String, from: Timestamp, to: Timestamp
    ) throws -> (AlarmFigures, StandingFigures) {
        let log = try alarmLog(in: directory, until: to)
        let raises = log.filter { $0.line.event == "raised" }
            .map { AlarmFigures.Raise(alarm: $0.line.alarm, severity: $0.severity, at: $0.line.at) }
        let lines = log.map { line, _ in
            StandingFigures.Line(
                alarm: line.alarm, event: line.event, state: AlarmState(rawValue: line.state) ?? .normal, at: line.at)
        }
        return (AlarmFigures(raises, from: from, to: to), StandingFigures(lines, from: from, to: to))
    }
}

/// The log of tickets as a database holds it.
struct TicketLog {
    let tickets: [Ticket]
    /// By which follow-ups are drawn.
    let seeds: [ReportMonth: UInt64]

    init(inDirectory directory: String, zone: ZoneOffsets, logger: Logger) throws {
        let lines = try SluiceStore.ticketLog(inDirectory: directory)
        let decoder = JSONDecoder()
        let events = lines.compactMap { line -> TicketEvent? in
            do {
                return try decoder.decode(TicketEvent.self, from: Data(line.event.body))
            } catch {
                logger.error(
                    "A stored line of a ticket cannot be read and is left out.",
                    metadata: ["line": "\(line.event.identifier)", "reason": "\(error)"])
                return nil
            }
        }
        tickets = Dictionary(grouping: events, by: \.ticket).values.compactMap { Ticket.fold($0) }
            .sorted { ($0.raisedAt, $0.number) < ($1.raisedAt, $1.number) }
        seeds = FollowUpSeeds.seeds(of: lines.map { .init(at: $0.event.at, hash: $0.hash) }, zone: zone)
    }
}
