// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Savings

/// One finding: what, where, since when, how much water, and why the gateway thinks so.
struct FindingCard: Sendable {
    struct MeasureRow: Sendable {
        var measureName: String
        var measureText: String
    }

    var ruleName: String
    var severityWord: String
    /// `p1` ... `p4`.
    var severityTone: String
    var place: String
    var areaName: String?
    var since: String
    /// Set when the condition is over.
    var clearedText: String?
    var lossRate: String?
    var lossLitres: String?
    /// Set on a site with a tariff.
    var lossCost: String?
    var evidenceSentence: String
    var measures: [MeasureRow]
    var ticketNumber: String?
    var ticketHref: String?
    var findingHref: String
    var verdicts: [VerdictRow]

    init(_ snapshot: FindingSnapshot, in moment: EstateMoment) {
        let (finding, wording) = (snapshot.finding, moment.wording)
        ruleName = wording.word(.rule, finding.rule.text)
        severityTone = finding.severity.word
        severityWord = wording.word(.severity, finding.severity.word)
        place = wording.pick(snapshot.assetName)
        areaName = moment.overview.assets.first { $0.identifier == finding.asset }?.area.text
        since = wording.text(
            .findingSince,
            [
                "moment": moment.time.moment(finding.startedAt),
                "span": moment.time.span((finding.clearedAt ?? moment.now) - finding.startedAt),
            ])
        clearedText = finding.clearedAt.map {
            wording.text(.findingCleared, ["moment": moment.time.moment($0)])
        }
        if let loss = finding.loss {
            lossRate = Self.rate(loss, wording)
            lossLitres = wording.text(
                .lossLitres,
                [
                    "litres": NumberText.number(loss.litres.value.rounded()),
                    "low": NumberText.number(loss.litresLow.value.rounded(.down)),
                    "high": NumberText.number(loss.litresHigh.value.rounded(.up)),
                ])
        }
        lossCost = snapshot.cost.map { Self.cost($0, wording) }
        evidenceSentence = Self.sentence(finding, wording)
        measures = finding.evidence.measures.map { measure in
            MeasureRow(
                measureName: wording.word(.measure, measure.name), measureText: Self.text(measure, wording))
        }
        ticketNumber = snapshot.ticket
        ticketHref = snapshot.ticket.map(TicketPath.page(of:))
        findingHref = FindingPath.page(of: finding.identifier)
        verdicts = snapshot.verdicts.map { VerdictRow($0, in: moment) }
    }

    private static func rate(_ loss: LossEstimate, _ wording: Wording) -> String {
        let low = NumberText.number(loss.rateLow.value.rounded())
        let high = NumberText.number(loss.rateHigh.value.rounded())
        return low == high
            ? wording.text(.lossRate, ["rate": low])
            : wording.text(.lossRateRange, ["low": low, "high": high])
    }

    static func cost(_ cost: MoneyRange, _ wording: Wording) -> String {
        let (low, high) = (cost.low.figures, cost.high.figures)
        let currency = cost.low.currency.code
        return low == high
            ? wording.text(.lossCost, ["cost": low, "currency": currency])
            : wording.text(.lossCostRange, ["low": low, "high": high, "currency": currency])
    }

    static func text(_ measure: Measure, _ wording: Wording) -> String {
        let number = NumberText.number(measure.value)
        return measure.unit == .none
            ? number : wording.text(.measureValue, ["value": number, "unit": measure.unit.symbol])
    }

    /// The rule's sentence with the figures in it, the rule's plain sentence when a figure is missing, a sentence
    /// that fits every rule when the catalogue does not know this one.
    static func sentence(_ finding: Finding, _ wording: Wording) -> String {
        var values: [String: String] = [:]
        for measure in finding.evidence.measures {
            // The sentences name hours and minutes themselves.
            let hasOwnUnit = measure.unit == .hour || measure.unit == .minute
            values[measure.name] = hasOwnUnit ? NumberText.number(measure.value) : text(measure, wording)
            if measure.unit == .none, measure.name.hasSuffix("share") {
                values[measure.name] = NumberText.number((measure.value * 100).rounded()) + " %"
            }
        }
        return wording.sentence(.evidence, finding.rule.text, values)
            ?? wording.sentence(.evidence, finding.rule.text + "_also", values)
            ?? wording.sentence(.evidence, finding.rule.text + "_plain", [:])
            ?? wording.sentence(.evidence, "other", ["rule": wording.word(.rule, finding.rule.text)])
            ?? finding.rule.text
    }
}
