// SPDX-License-Identifier: Apache-2.0

import Model
public import Pipeline
import Prevention
import Savings
public import Tickets

/// A part of a report that can be told alone.
public enum ReportPart: String, Hashable, Sendable, CaseIterable {
    case figures, overdue, followUps = "follow-up"
}

/// A report as people read it.
public struct ReportWords: Sendable {
    let wording: Wording

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(_ language: Language) throws {
        self.init(Wording(language: language, texts: try PageResources.catalogue(of: language)))
    }

    init(_ wording: Wording) { self.wording = wording }

    /// Lines, a heading over each part.
    public func text(of report: EstateReport, _ part: ReportPart = .figures) -> String {
        let sections = part == .figures ? sections(of: report) : [section(part, of: report)]
        return ([title(of: report)] + notes(of: report) + sections.flatMap { [$0.title] + $0.lines.map { "  " + $0 } })
            .joined(separator: "\n")
    }

    /// One heading and what stands below it.
    struct Section: Sendable {
        var title: String
        var lines: [String]
    }

    func title(of report: EstateReport) -> String {
        let time = TimeText(wording: wording, zone: report.zone)
        return wording.text(
            .reportTitle,
            [
                "kind": wording.word(.reportKind, report.kind.rawValue), "site": wording.pick(report.siteName),
                "from": time.moment(report.tickets.period.from), "to": time.moment(report.tickets.period.to),
            ])
    }

    /// What a reader must know to read the figures right.
    func notes(of report: EstateReport) -> [String] {
        let time = TimeText(wording: wording, zone: report.zone)
        let (end, judgedAt) = (report.tickets.end, report.tickets.judgedAt)
        return [wording.text(.reportJudged, ["end": time.moment(end), "judged": time.moment(judgedAt)])]
    }

    /// All that the kind of report is for; the figures come first.
    func sections(of report: EstateReport) -> [Section] {
        var sections = [
            Section(
                title: wording.text(.reportFigures),
                lines: report.tickets.figures.flatMap { [line(of: $0), "  = " + formula(of: $0)] }),
            Section(title: wording.text(.reportCounts), lines: counts(of: report)),
        ]
        guard report.kind != .kpi else { return sections }
        sections.append(section(.overdue, of: report))
        let buildings = report.tickets.overdueByBuilding.map { entry in
            wording.text(
                .reportBuilding,
                ["building": entry.building.isEmpty ? "—" : entry.building, "tickets": "\(entry.tickets)"])
        }
        if !buildings.isEmpty { sections.append(Section(title: wording.text(.reportByBuilding), lines: buildings)) }
        if report.kind == .monthly { sections.append(section(.followUps, of: report)) }
        sections.append(Section(title: wording.text(.reportWater), lines: water(of: report)))
        let assets = report.tickets.topAssets.map { asset in
            wording.text(.reportTopAsset, ["asset": asset.asset.text, "tickets": "\(asset.tickets)"])
        }
        sections.append(Section(title: wording.text(.reportTopAssets), lines: orNone(assets)))
        if report.kind == .monthly {
            sections.append(
                Section(title: wording.text(.reportReliability), lines: orNone(reliability(of: report))))
        }
        if let alarms = report.alarms {
            sections.append(
                Section(
                    title: wording.text(.reportAlarms),
                    lines: AlarmLines(alarms, report.standing).lines(in: wording)))
        }
        if let planned = report.planned {
            sections.append(
                Section(title: wording.text(.reportPlanned), lines: orNone(planned.map(line(of:)))))
        }
        sections.append(Section(title: wording.text(.reportGaps), lines: gaps(of: report)))
        return sections
    }

    func section(_ part: ReportPart, of report: EstateReport) -> Section {
        let time = TimeText(wording: wording, zone: report.zone)
        switch part {
        case .figures:
            return Section(title: wording.text(.reportFigures), lines: report.tickets.figures.map(line(of:)))
        case .overdue:
            return Section(
                title: wording.text(.reportOverdue),
                lines: orNone(report.tickets.overdue.map { line(of: $0, time) }))
        case .followUps:
            return Section(
                title: wording.text(.reportFollowUps),
                lines: orNone(report.tickets.followUps.map { line(of: $0, time) }))
        }
    }

    private func orNone(_ lines: [String]) -> [String] { lines.isEmpty ? [wording.text(.reportNone)] : lines }

    // MARK: Figures

    func name(of figure: Figure) -> String { wording.word(.figure, figure.key.rawValue) }
    func formula(of figure: Figure) -> String { wording.word(.formula, figure.key.rawValue) }

    /// `93.3 % (28 of 30)`, `4 of 5`, `12 min on average (of 7)` or that there is no case.
    func value(of figure: Figure) -> String {
        let counts = ["numerator": "\(figure.numerator)", "denominator": "\(figure.denominator)"]
        if figure.denominator == 0 { return wording.text(.reportNoCase) }
        if let seconds = figure.meanSeconds {
            let time = TimeText(wording: wording, zone: .utc)
            return wording.text(
                .reportMean, ["span": time.span(.seconds(seconds)), "denominator": "\(figure.denominator)"])
        }
        if figure.key.unit == .perHundred, let permille = figure.permille {
            return wording.text(.reportPerHundred, counts.merging(["number": Self.percent(permille)]) { $1 })
        }
        guard let permille = figure.permille else { return wording.text(.reportShareCounts, counts) }
        return wording.text(.reportShare, counts.merging(["percent": Self.percent(permille)]) { $1 })
    }

    /// Empty for a figure that has no target.
    func verdict(on figure: Figure) -> String {
        guard let target = figure.target else { return "" }
        let isTime = figure.key.unit == .seconds
        let time = TimeText(wording: wording, zone: .utc)
        let values = ["target": isTime ? time.span(.seconds(target)) : Self.percent(target)]
        let phrases: (reached: Phrase, missed: Phrase, open: Phrase) =
            switch figure.key.unit {
            case .share: (.reportReached, .reportMissed, .reportTarget)
            case .seconds: (.reportTargetTimeReached, .reportTargetTimeMissed, .reportTargetTime)
            case .perHundred: (.reportTargetPlainReached, .reportTargetPlainMissed, .reportTargetPlain)
            }
        var verdict: String
        switch figure.isTargetReached {
        case true: verdict = wording.text(phrases.reached, values)
        case false: verdict = wording.text(phrases.missed, values)
        case nil: verdict = wording.text(phrases.open, values)
        }
        if figure.isBelowLeast == true, let least = figure.least {
            verdict += wording.text(.savingsSeparator) + wording.text(.reportBelowLeast, ["least": Self.percent(least)])
        }
        return verdict
    }

    /// Each figure of an area, and below it that of each estate.
    public func text(of area: AreaFigures) -> String {
        area.whole.flatMap { whole in
            [line(of: whole)]
                + area.estates.compactMap { estate in
                    estate.figures.first { $0.key == whole.key }.map { "  \(estate.site): \(value(of: $0))" }
                }
        }.joined(separator: "\n")
    }

    private func line(of figure: Figure) -> String {
        var parts = [
            wording.text(.reportFigure, ["name": name(of: figure), "value": value(of: figure)]), verdict(on: figure),
        ]
        if figure.pending > 0 { parts.append(wording.text(.reportPending, ["pending": "\(figure.pending)"])) }
        return parts.filter { !$0.isEmpty }.joined(separator: wording.text(.savingsSeparator))
    }

    static func percent(_ permille: Int) -> String { NumberText.number(Double(permille) / 10) }

    // MARK: Lists

    private func counts(of report: EstateReport) -> [String] {
        report.tickets.counts.named.map { name, count in
            wording.text(.reportCount, ["name": wording.word(.count, name), "count": "\(count)"])
        }
    }

    private func line(of entry: TicketReport.Overdue, _ time: TimeText) -> String {
        wording.text(
            .reportOverdueLine,
            [
                "ticket": entry.ticket, "severity": wording.word(.severity, entry.severity.word),
                "asset": entry.asset.text, "rule": wording.word(.rule, entry.rule.text),
                "state": wording.word(.state, entry.state.rawValue), "owner": entry.owner.text,
                "assignee": entry.assignee?.text ?? "—",
                "promises": entry.promises.map { wording.word(.promise, $0.rawValue) }
                    .joined(separator: wording.text(.listSeparator)),
                "due": time.moment(entry.dueAt),
            ])
    }

    private func line(of entry: TicketReport.FollowUp, _ time: TimeText) -> String {
        wording.text(
            .reportFollowUpLine,
            [
                "ticket": entry.ticket, "asset": entry.asset.text, "closed": time.moment(entry.closedAt),
                "ground": wording.word(.ground, entry.ground.rawValue),
                "done": wording.word(.followUpState, entry.isDone ? "done" : "due"),
                "score": entry.score.map { "\($0)/5" } ?? "—",
            ])
    }

    private func reliability(of report: EstateReport) -> [String] {
        let time = TimeText(wording: wording, zone: .utc)
        return report.tickets.reliability.map { entry in
            wording.text(
                .reportReliable,
                [
                    "asset": entry.asset.text, "failures": "\(entry.failures)",
                    "span": time.span(.seconds(entry.meanSeconds)),
                ])
        }
    }

    private func line(of entry: PlannedEntry) -> String {
        let line = wording.text(
            .reportPlannedLine,
            [
                "work": wording.word(.rule, entry.kind.rule.text), "asset": entry.asset.text,
                "due": entry.dueOn?.text ?? wording.text(.reportByRunHours), "ticket": entry.ticket ?? "—",
            ])
        return entry.isOverdue ? line + wording.text(.savingsSeparator) + wording.text(.reportPlannedOverdue) : line
    }

    private func water(of report: EstateReport) -> [String] {
        guard let water = report.water else { return [wording.text(.reportNone)] }
        var lines = [
            wording.text(
                .reportLost,
                [
                    "losses": "\(water.losses)", "low": NumberText.integer(Int64(water.lostLow)),
                    "high": NumberText.integer(Int64(water.lostHigh)),
                ])
        ]
        if let low = water.costLow, let high = water.costHigh {
            lines.append(
                wording.text(
                    .reportCost, ["low": low.figures, "high": high.figures, "currency": low.currency.code]))
        }
        lines.append(
            wording.text(
                .reportSaved,
                ["repairs": "\(water.repairs)", "litres": NumberText.integer(Int64(water.savedPerDay))]))
        return lines
    }

    private func gaps(of report: EstateReport) -> [String] {
        let time = TimeText(wording: wording, zone: report.zone)
        return orNone(
            report.rosterGaps.map { gap in
                wording.text(
                    .reportGap,
                    [
                        "post": wording.word(.post, gap.post.rawValue), "from": time.moment(gap.from),
                        "to": time.moment(gap.to),
                    ])
            })
    }
}
