// SPDX-License-Identifier: Apache-2.0

import Alarms
import FoundationEssentials
import Model
public import Pipeline
import Tickets

extension TicketReport.Counts {
    /// Names in the catalogue and on the wire, in the order in which they are told.
    var named: [(name: String, count: Int)] {
        [
            ("raised", raised), ("closed", closed), ("reopened", reopened), ("cancelled", cancelled),
            ("merged", merged), ("false_alarms", falseAlarms), ("complaints", complaints),
            ("recurrences", recurrences), ("open", openAtEnd),
        ] + zip(Self.ages, openByAge).map { ($0, $1) }
    }

    private static let ages = ["open_under_1_day", "open_under_3_days", "open_under_7_days", "open_older"]
    static var names: [String] { TicketReport.Counts().named.map(\.name) }
}

/// What the alarms of a period came to.
struct AlarmLines {
    private let figures: AlarmFigures
    private let standing: StandingFigures?

    init(_ figures: AlarmFigures, _ standing: StandingFigures?) { (self.figures, self.standing) = (figures, standing) }

    func lines(in wording: Wording) -> [String] {
        func percent(_ share: Double) -> String { NumberText.number((share * 1000).rounded() / 10) }
        var lines = [
            wording.text(
                .reportAlarmLine,
                [
                    "count": "\(figures.count)", "rate": NumberText.number(figures.perTenMinutes),
                    "most": "\(figures.mostInTenMinutes)", "flood": percent(figures.shareInFlood),
                    "top": percent(figures.topTenShare),
                ])
        ]
        if figures.severityShares.count == 4, figures.count > 0 {
            let shares = zip(["p1", "p2", "p3", "p4"], figures.severityShares.map(percent))
            lines.append(
                wording.text(.reportAlarmShares, Dictionary(shares.map { ($0, $1) }, uniquingKeysWith: { $1 })))
        }
        if let standing {
            lines.append(
                wording.text(
                    .reportAlarmStanding,
                    ["mean": NumberText.number((standing.perDay * 10).rounded() / 10), "most": "\(standing.most)"]))
        }
        return lines
            + figures.topTen.map { entry in
                wording.text(.reportAlarmTop, ["alarm": entry.alarm, "count": "\(entry.count)"])
            }
    }
}

extension ReportWords {
    /// Comma-separated values with a heading line (RFC 4180): one row a figure and a count, or one a ticket.
    public func csv(of report: EstateReport, _ part: ReportPart = .figures) -> String {
        let rows: [[String]]
        switch part {
        case .figures: rows = figureRows(of: report)
        case .overdue:
            rows =
                [["ticket", "priority", "asset", "building", "rule", "state", "owner", "assignee", "late", "due_at"]]
                + report.tickets.overdue.map { entry in
                    [
                        entry.ticket, entry.severity.word, entry.asset.text, entry.building, entry.rule.text,
                        entry.state.rawValue, entry.owner.text, entry.assignee?.text ?? "",
                        entry.promises.map(\.rawValue).joined(separator: " "), entry.dueAt.rfc3339,
                    ]
                }
        case .followUps:
            rows =
                [["ticket", "asset", "closed_at", "ground", "is_done", "score"]]
                + report.tickets.followUps.map { entry in
                    [
                        entry.ticket, entry.asset.text, entry.closedAt.rfc3339, entry.ground.rawValue,
                        "\(entry.isDone)", entry.score.map { "\($0)" } ?? "",
                    ]
                }
        }
        return rows.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private func figureRows(of report: EstateReport) -> [[String]] {
        var rows = [["key", "name", "value", "numerator", "denominator", "pending", "target", "formula"]]
        for figure in report.tickets.figures {
            let value = figure.permille.map(Self.percent) ?? figure.meanSeconds.map { "\($0)" } ?? ""
            rows.append([
                figure.key.rawValue, name(of: figure), value, "\(figure.numerator)", "\(figure.denominator)",
                "\(figure.pending)",
                figure.target.map { figure.key.unit == .seconds ? "\($0)" : Self.percent($0) } ?? "",
                formula(of: figure),
            ])
        }
        for (name, count) in report.tickets.counts.named {
            rows.append([name, wording.word(.count, name), "\(count)", "", "", "", "", ""])
        }
        if let water = report.water {
            for (name, value) in [
                ("lost_litres_low", water.lostLow), ("lost_litres_high", water.lostHigh),
                ("saved_litres_per_day", water.savedPerDay),
            ] {
                rows.append([name, "", "\(value)", "", "", "", "", ""])
            }
        }
        return rows
    }

    private static func field(_ text: String) -> String {
        guard text.contains(where: { [",", "\"", "\r", "\n", "\r\n"].contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// One object; units end the names, moments are RFC 3339 in UTC, seeds are hexadecimal.
    public func json(of report: EstateReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(body(of: report)), as: UTF8.self)
    }

    func body(of report: EstateReport) -> ReportBody { ReportBody(report, self) }
}
