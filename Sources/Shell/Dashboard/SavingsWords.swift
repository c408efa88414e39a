// SPDX-License-Identifier: Apache-2.0

public import Pipeline
public import Savings
import Model

/// A savings report as people read it.
public struct SavingsWords: Sendable {
    private let wording: Wording

    /// - Throws: ``DashboardError/resourceNotUsable(path:reason:)``.
    public init(_ language: Language) throws {
        wording = Wording(language: language, texts: try PageResources.catalogue(of: language))
    }

    /// Lines, a heading over each part.
    public func text(of report: SavingsReport) -> String {
        var lines = [
            wording.text(
                .savingsPeriod, ["first": Self.day(report.days.lowerBound), "last": Self.day(report.days.upperBound)])
        ]
        lines.append(wording.text(.savingsLosses))
        lines += report.losses.isEmpty ? ["  " + wording.text(.savingsNone)] : report.losses.map { "  " + line(of: $0) }
        lines.append(wording.text(.savingsZones))
        lines += report.zones.isEmpty ? ["  " + wording.text(.savingsNone)] : report.zones.map { "  " + line(of: $0) }
        lines.append(wording.text(.savingsDwellings))
        if let quartiles = report.quartiles {
            lines.append(
                "  "
                    + wording.text(
                        .savingsQuartiles,
                        [
                            "lower": Self.whole(quartiles.lower), "median": Self.whole(quartiles.median),
                            "upper": Self.whole(quartiles.upper),
                        ]))
        }
        lines +=
            report.dwellings.isEmpty
            ? ["  " + wording.text(.savingsNone)] : report.dwellings.map { "  " + line(of: $0) }
        return lines.joined(separator: "\n")
    }

    private func line(of loss: SavingsReport.Loss) -> String {
        var parts = [
            wording.text(
                .savingsLoss,
                [
                    "rule": wording.word(.rule, loss.finding.rule.text), "place": loss.finding.asset.text,
                    "since": loss.finding.startedAt.rfc3339, "low": Self.whole(loss.litres.low),
                    "high": Self.whole(loss.litres.high),
                ])
        ]
        if let cost = loss.cost { parts.append(FindingCard.cost(cost, wording)) }
        if let saved = loss.saved {
            parts.append(
                wording.text(
                    .savingsSaved,
                    [
                        "litres": Self.whole(saved.litres), "low": Self.whole(saved.low),
                        "high": Self.whole(saved.high), "before": "\(saved.nightsBefore)",
                        "after": "\(saved.nightsAfter)",
                    ]))
        } else {
            parts.append(wording.text(.savingsNotMeasured))
        }
        return parts.joined(separator: wording.text(.savingsSeparator))
    }

    private func line(of zone: SavingsReport.Zone) -> String {
        var parts = [
            wording.text(
                .savingsZone,
                [
                    "place": zone.asset.text, "days": "\(zone.days)", "delivered": Self.cubicMetres(zone.delivered),
                    "metered": Self.cubicMetres(zone.metered), "unmetered": Self.cubicMetres(zone.unmetered),
                    "other": Self.cubicMetres(zone.unattributed),
                ])
        ]
        if let night = zone.excessNightFlow {
            parts.append(wording.text(.savingsZoneNight, ["flow": Self.whole(night)]))
        }
        return parts.joined(separator: wording.text(.savingsSeparator))
    }

    private func line(of dwelling: SavingsReport.Dwelling) -> String {
        var parts = [
            wording.text(
                .savingsDwelling,
                [
                    "place": dwelling.asset.text, "days": "\(dwelling.days)",
                    "litres": Self.whole(dwelling.litresPerDay),
                ])
        ]
        if let person = dwelling.litresPerPersonDay {
            parts.append(wording.text(.savingsPerson, ["litres": Self.whole(person)]))
        }
        parts.append(wording.text(.savingsNight, ["share": Self.percent(dwelling.nightShare)]))
        if let trend = dwelling.trend {
            parts.append(wording.text(.savingsTrend, ["change": (trend > 0 ? "+" : "") + Self.percent(trend)]))
        }
        return parts.joined(separator: wording.text(.savingsSeparator))
    }

    private static func whole(_ value: Double) -> String { NumberText.number(value.rounded()) }
    private static func percent(_ part: Double) -> String { NumberText.number((part * 100).rounded()) + " %" }
    private static func cubicMetres(_ litres: Double) -> String { NumberText.number((litres / 100).rounded() / 10) }

    static func day(_ number: Int) -> String {
        let date = CivilDate(daysSince1970: number)
        return "\(date.year)-\(NumberText.twoDigits(date.month))-\(NumberText.twoDigits(date.day))"
    }
}
