// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Savings

extension SavingsReport {
    /// One object; units end the names, and money is text with the currency's digits.
    func json(currency: Currency?) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Body(
            currency: currency?.code, firstDay: Self.text(ofDay: days.lowerBound),
            lastDay: Self.text(ofDay: days.upperBound), losses: losses.map(LossBody.init),
            zones: zones.map(ZoneBody.init), dwellings: dwellings.map(DwellingBody.init),
            litresPerPersonDayQuartiles: quartiles.map { [$0.lower, $0.median, $0.upper] })
        return String(decoding: try encoder.encode(body), as: UTF8.self)
    }

    private static func text(ofDay number: Int) -> String {
        let moment = Timestamp(CivilTime(date: CivilDate(daysSince1970: number), hour: 0, minute: 0))
        return String(moment.rfc3339.prefix(10))
    }
}

private struct Body: Encodable {
    var currency: String?
    var firstDay, lastDay: String
    var losses: [LossBody]
    var zones: [ZoneBody]
    var dwellings: [DwellingBody]
    var litresPerPersonDayQuartiles: [Double]?

    enum CodingKeys: String, CodingKey {
        case currency, losses, zones, dwellings
        case firstDay = "first_day"
        case lastDay = "last_day"
        case litresPerPersonDayQuartiles = "litres_per_person_day_quartiles"
    }
}

private struct LossBody: Encodable {
    var finding, rule, asset, startedAt: String
    var clearedAt, costLow, costHigh: String?
    var litresLow, litresHigh: Double
    var savedLitresPerDay, savedLow, savedHigh: Double?
    var nightsBefore, nightsAfter: Int?

    init(_ loss: SavingsReport.Loss) {
        (finding, rule) = (loss.finding.identifier.text, loss.finding.rule.text)
        (asset, startedAt) = (loss.finding.asset.text, loss.finding.startedAt.rfc3339)
        clearedAt = loss.finding.clearedAt?.rfc3339
        (costLow, costHigh) = (loss.cost?.low.figures, loss.cost?.high.figures)
        (litresLow, litresHigh) = (loss.litres.low, loss.litres.high)
        (savedLitresPerDay, savedLow, savedHigh) = (loss.saved?.litres, loss.saved?.low, loss.saved?.high)
        (nightsBefore, nightsAfter) = (loss.saved?.nightsBefore, loss.saved?.nightsAfter)
    }

    enum CodingKeys: String, CodingKey {
        case finding, rule, asset
        case startedAt = "started_at"
        case clearedAt = "cleared_at"
        case costLow = "cost_low"
        case costHigh = "cost_high"
        case litresLow = "litres_low"
        case litresHigh = "litres_high"
        case savedLitresPerDay = "saved_litres_per_day"
        case savedLow = "saved_litres_per_day_low"
        case savedHigh = "saved_litres_per_day_high"
        case nightsBefore = "nights_before"
        case nightsAfter = "nights_after"
    }
}

private struct ZoneBody: Encodable {
    var asset: String
    var days: Int
    var delivered, metered, unmetered, unattributed: Double
    var excessNightFlow: Double?

    init(_ zone: SavingsReport.Zone) {
        (asset, days) = (zone.asset.text, zone.days)
        (delivered, metered, unmetered) = (zone.delivered, zone.metered, zone.unmetered)
        (unattributed, excessNightFlow) = (zone.unattributed, zone.excessNightFlow)
    }

    enum CodingKeys: String, CodingKey {
        case asset, days
        case delivered = "delivered_litres"
        case metered = "metered_litres"
        case unmetered = "unmetered_litres"
        case unattributed = "unattributed_litres"
        case excessNightFlow = "excess_night_litres_per_hour"
    }
}

private struct DwellingBody: Encodable {
    var asset: String
    var days: Int
    var litresPerDay: Double
    var litresPerPersonDay: Double?
    var nightShare: Double
    var trend: Double?

    init(_ dwelling: SavingsReport.Dwelling) {
        (asset, days, litresPerDay) = (dwelling.asset.text, dwelling.days, dwelling.litresPerDay)
        (litresPerPersonDay, nightShare, trend) = (dwelling.litresPerPersonDay, dwelling.nightShare, dwelling.trend)
    }

    enum CodingKeys: String, CodingKey {
        case asset, days, trend
        case litresPerDay = "litres_per_day"
        case litresPerPersonDay = "litres_per_person_day"
        case nightShare = "night_share"
    }
}
