// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Savings

/// What the page of the estate's water shows; fetched again each minute.
struct WaterParts: Sendable {
    struct Choice: Sendable {
        var choiceHref: String
        var choiceName: String
        var isChosen: Bool
    }

    struct Loss: Sendable {
        var lossPlace: String
        var lossRule: String
        var lossHref: String
        var lossSince: String
        var lossFlow: String
        var lossDay: String
        var lossMoney: String?
        var lossTicket: String?
        var lossTicketHref: String?
    }

    struct Night: Sendable {
        var nightPlace: String
        var nightHref: String
        var nightLast: String
        var nightUsual: String
        var nightChange: String
        /// `attention` for a night well above the usual one.
        var nightTone: String
        /// Points of a line through the nights, in a box of 100 by 24.
        var nightLine: String
        var nightLineText: String
    }

    var word: [String: String]
    var hasMeters: Bool
    var asOfText: String
    var lostToday: String
    /// Where the fragment is fetched again.
    var partsHref: String
    var choices: [Choice]
    var zones: [WaterZoneBlock]
    var hasZones: Bool
    var picture: WaterPicture?
    var losses: [Loss]
    var hasLosses: Bool
    var hasMoney: Bool
    var nights: [Night]
    var hasNights: Bool
    var weeks: WaterWeeks?

    init(_ water: WaterOverview, choice: WaterChoice, in moment: EstateMoment) {
        let wording = moment.wording
        word = wording.texts
        hasMeters = !water.meters.isEmpty
        asOfText = wording.text(.waterAsOf, ["moment": moment.time.moment(water.asOf)])
        lostToday = Self.lostToday(water, wording)
        partsHref = "/fragments/water" + choice.query()
        choices = WaterPeriod.allCases.map {
            Choice(
                choiceHref: WaterPages.path + choice.query($0), choiceName: wording.word(.waterPeriod, $0.rawValue),
                isChosen: $0 == choice.period)
        }
        let names = Dictionary(water.meters.map { ($0.asset, $0) }, uniquingKeysWith: { first, _ in first })
        zones = water.zones.compactMap { WaterZoneBlock($0, choice.period, names, wording) }
        hasZones = !zones.isEmpty
        picture = WaterPicture(water, choice.period, wording)
        losses = water.losses.map { Loss($0, in: moment) }
        hasLosses = !losses.isEmpty
        hasMoney = water.losses.contains { $0.costPerDay != nil }
        nights = water.zones.compactMap { zone in
            names[zone.asset].flatMap { Night(zone, name: wording.pick($0.name), wording) }
        }
        hasNights = !nights.isEmpty
        weeks = WaterWeeks(water, choice, wording)
    }

    /// What findings account for since midnight, in words.
    static func lostToday(_ water: WaterOverview, _ wording: Wording) -> String {
        let (low, high) = (WaterText.volume(water.lostToday.low), WaterText.volume(water.lostToday.high))
        guard water.lostToday.high > 0 else { return wording.text(.waterLostNothing) }
        return low == high
            ? wording.text(.waterLostToday, ["litres": low])
            : wording.text(.waterLostTodayRange, ["low": low, "high": high])
    }
}

extension WaterParts.Loss {
    init(_ loss: WaterLoss, in moment: EstateMoment) {
        let (snapshot, wording) = (loss.finding, moment.wording)
        func range(_ low: String, _ high: String) -> String {
            low == high ? low : wording.text(.waterRange, ["low": low, "high": high])
        }
        lossPlace = wording.pick(snapshot.assetName)
        lossRule = wording.word(.rule, snapshot.finding.rule.text)
        lossHref = FindingPath.page(of: snapshot.finding.identifier)
        lossSince = moment.time.moment(snapshot.finding.startedAt)
        lossFlow =
            range(
                NumberText.number((loss.perDay.low / 24).rounded()),
                NumberText.number((loss.perDay.high / 24).rounded()))
            + " L/h"
        lossDay = range(WaterText.volume(loss.perDay.low), WaterText.volume(loss.perDay.high))
        lossMoney = loss.costPerDay.map { cost in
            range(cost.low.figures, cost.high.figures) + " " + cost.low.currency.code
        }
        (lossTicket, lossTicketHref) = (snapshot.ticket, snapshot.ticket.map(TicketPath.page(of:)))
    }
}

extension WaterParts.Night {
    /// - Returns: `nil` without a night.
    init?(_ zone: WaterZone, name: String, _ wording: Wording) {
        guard let last = zone.nights.last else { return nil }
        nightPlace = name
        nightHref = AssetPath.page(of: zone.asset)
        nightLast = NumberText.number(last.litresPerHour.rounded(toPlaces: 1)) + " L/h"
        nightUsual = zone.usualNight.map { NumberText.number($0.rounded(toPlaces: 1)) + " L/h" } ?? "—"
        let change = zone.usualNight.map { last.litresPerHour - $0 }
        nightChange = change.map { WaterText.signed($0.rounded(toPlaces: 1)) + " L/h" } ?? "—"
        // A fifth above what is usual, and a tap that runs all night more.
        let isHigh = zone.usualNight.map { last.litresPerHour > $0 * 1.2 && last.litresPerHour - $0 > 10 } ?? false
        nightTone = isHigh ? "attention" : "normal"
        let flows = zone.nights.map(\.litresPerHour)
        nightLine = WaterText.line(flows)
        nightLineText = wording.text(
            .waterNightLine,
            [
                "count": "\(flows.count)", "least": NumberText.number((flows.min() ?? 0).rounded(toPlaces: 1)),
                "greatest": NumberText.number((flows.max() ?? 0).rounded(toPlaces: 1)),
            ])
    }
}

/// Volumes and lines as the page of water writes them.
enum WaterText {
    /// `840 L`, `12.4 m³`.
    static func volume(_ litres: Double) -> String {
        litres.magnitude < 1000
            ? NumberText.number(litres.rounded()) + " L"
            : NumberText.number((litres / 1000).rounded(toPlaces: 2)) + " m³"
    }

    static func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + NumberText.number(value) }

    /// Points of a line through `values`, from zero to the greatest, in a box of 100 by 24.
    static func line(_ values: [Double]) -> String {
        guard let top = values.max(), values.count > 1 else { return "" }
        return values.enumerated().map { place, value in
            let x = Double(place) / Double(values.count - 1) * 100
            let y = 23 - (top > 0 ? value / top : 0) * 22
            return "\(x.rounded(toPlaces: 1)),\(y.rounded(toPlaces: 1))"
        }.joined(separator: " ")
    }
}
