// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// This week of one meter beside the one before, day by day from Monday.
struct WaterWeeks: Sendable {
    struct Option: Sendable {
        var optionValue: String
        var optionName: String
        var isSelected: Bool
    }

    struct Day: Sendable {
        var dayName: String
        var dayNow: String
        var dayBefore: String
        /// 0 ... 100.
        var widthNow: String
        var widthBefore: String
    }

    var options: [Option]
    var period: String
    var days: [Day]
    /// The days of this week that are over against the same days of the week before.
    var summary: String

    /// - Returns: `nil` where no meter of a zone has a day.
    init?(_ water: WaterOverview, _ choice: WaterChoice, _ wording: Wording) {
        let zones = water.meters.filter { meter in
            meter.role != .unit && meter.days.contains { $0.litres != nil }
        }
        guard let first = zones.first else { return nil }
        let meter = water.meters.first { $0.asset == choice.meter && !$0.days.isEmpty } ?? first
        let offered = zones.contains { $0.asset == meter.asset } ? zones : zones + [meter]
        options = offered.map {
            Option(
                optionValue: $0.asset.text, optionName: wording.pick($0.name), isSelected: $0.asset == meter.asset)
        }
        period = choice.period.rawValue
        let monday = water.today.daysSince1970 - (water.today.weekday - 1)
        let counted = Dictionary(
            meter.days.map { ($0.date.daysSince1970, $0) }, uniquingKeysWith: { first, _ in first })
        let top = (monday - 7..<monday + 7).compactMap { counted[$0]?.litres }.max() ?? 0
        func text(_ day: Int) -> String { counted[day]?.litres.map(WaterText.volume) ?? "—" }
        func width(_ day: Int) -> String {
            "\((top > 0 ? (counted[day]?.litres ?? 0) / top * 100 : 0).rounded(toPlaces: 1))"
        }
        days = (0..<7).map { place in
            Day(
                dayName: wording.word(.weekday, "\(place + 1)"), dayNow: text(monday + place),
                dayBefore: text(monday - 7 + place), widthNow: width(monday + place),
                widthBefore: width(monday - 7 + place))
        }
        let pairs = (0..<7).compactMap { place -> (now: Double, before: Double)? in
            guard let now = counted[monday + place], now.isWhole, let litres = now.litres,
                let before = counted[monday - 7 + place], before.isWhole, let earlier = before.litres
            else { return nil }
            return (litres, earlier)
        }
        let (now, before) = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.now, $0.1 + $1.before) }
        summary =
            before > 0
            ? wording.text(
                .waterWeeks,
                [
                    "days": wording.counted(.wholeDays, pairs.count), "now": WaterText.volume(now),
                    "before": WaterText.volume(before),
                    "change": WaterText.signed(((now / before - 1) * 100).rounded()) + " %",
                ])
            : wording.text(.waterWeeksNothing)
    }
}
