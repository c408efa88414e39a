// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Model

/// Where an estate stands, as far as water, weather and the hours of the day go.
struct Country: Sendable {
    var zone: String
    /// Seconds ahead of UTC in winter.
    var standardOffset: Int
    var daylight: DaylightRule
    var isSouthern = false
    /// Hours by which people live later (Spain) or earlier than the profiles of ``Habit`` say.
    var lateness: Double
    /// Water that a person uses, against 120 L a day.
    var thirst: Double
    /// Share of days with rain in the drier and in the wetter half of the year.
    var wetDays: (dry: Double, wet: Double)
    /// Whether it is the warm half of the year that is wet.
    var isWetInSummer: Bool
    /// ISO weekdays without work.
    var weekend: Set<Int> = [6, 7]

    static let all: [Country] = [
        Country(
            zone: "Europe/Madrid", standardOffset: 3600, daylight: .europe, lateness: 1.4, thirst: 1.0,
            wetDays: (0.08, 0.25), isWetInSummer: false),
        Country(
            zone: "Europe/Berlin", standardOffset: 3600, daylight: .europe, lateness: -0.2, thirst: 1.0,
            wetDays: (0.3, 0.4), isWetInSummer: true),
        Country(
            zone: "Europe/London", standardOffset: 0, daylight: .europe, lateness: 0.2, thirst: 1.15,
            wetDays: (0.3, 0.45), isWetInSummer: false),
        Country(
            zone: "Europe/Helsinki", standardOffset: 7200, daylight: .europe, lateness: -0.4, thirst: 1.0,
            wetDays: (0.3, 0.4), isWetInSummer: true),
        Country(
            zone: "Asia/Singapore", standardOffset: 28_800, daylight: .none, lateness: 0.5, thirst: 1.2,
            wetDays: (0.4, 0.6), isWetInSummer: false),
        Country(
            zone: "Asia/Shanghai", standardOffset: 28_800, daylight: .none, lateness: -0.3, thirst: 1.0,
            wetDays: (0.2, 0.45), isWetInSummer: true),
        Country(
            zone: "Asia/Tokyo", standardOffset: 32_400, daylight: .none, lateness: 0.3, thirst: 1.6,
            wetDays: (0.2, 0.4), isWetInSummer: true),
        Country(
            zone: "Asia/Kolkata", standardOffset: 19_800, daylight: .none, lateness: -0.5, thirst: 1.0,
            wetDays: (0.04, 0.6), isWetInSummer: true),
        Country(
            zone: "Asia/Dubai", standardOffset: 14_400, daylight: .none, lateness: 0.6, thirst: 1.8,
            wetDays: (0.0, 0.05), isWetInSummer: false),
        Country(
            zone: "Asia/Kathmandu", standardOffset: 20_700, daylight: .none, lateness: -1.0, thirst: 0.7,
            wetDays: (0.05, 0.6), isWetInSummer: true, weekend: [6]),
        Country(
            zone: "Africa/Johannesburg", standardOffset: 7200, daylight: .none, isSouthern: true, lateness: -0.6,
            thirst: 1.4, wetDays: (0.05, 0.4), isWetInSummer: true),
        Country(
            zone: "Australia/Sydney", standardOffset: 36_000, daylight: .australia, isSouthern: true, lateness: 0,
            thirst: 1.5, wetDays: (0.25, 0.35), isWetInSummer: true),
        Country(
            zone: "Australia/Brisbane", standardOffset: 36_000, daylight: .none, isSouthern: true, lateness: -0.5,
            thirst: 1.5, wetDays: (0.15, 0.4), isWetInSummer: true),
        Country(
            zone: "Pacific/Auckland", standardOffset: 43_200, daylight: .newZealand, isSouthern: true, lateness: 0,
            thirst: 1.4, wetDays: (0.3, 0.45), isWetInSummer: false),
        Country(
            zone: "America/Santiago", standardOffset: -14_400, daylight: .chile, isSouthern: true, lateness: 1.0,
            thirst: 1.2, wetDays: (0.03, 0.25), isWetInSummer: false),
        Country(
            zone: "America/Sao_Paulo", standardOffset: -10_800, daylight: .none, isSouthern: true, lateness: 0.2,
            thirst: 1.2, wetDays: (0.15, 0.5), isWetInSummer: true),
        Country(
            zone: "America/New_York", standardOffset: -18_000, daylight: .northAmerica, lateness: 0, thirst: 1.7,
            wetDays: (0.3, 0.35), isWetInSummer: true),
        Country(
            zone: "America/Phoenix", standardOffset: -25_200, daylight: .none, lateness: -0.3, thirst: 2.0,
            wetDays: (0.05, 0.12), isWetInSummer: true),
        Country(
            zone: "America/Mexico_City", standardOffset: -21_600, daylight: .none, lateness: 0.5, thirst: 1.2,
            wetDays: (0.05, 0.6), isWetInSummer: true),
        Country(
            zone: "America/St_Johns", standardOffset: -12_600, daylight: .northAmerica, lateness: 0, thirst: 1.7,
            wetDays: (0.4, 0.5), isWetInSummer: false),
    ]

    /// How much of summer a day is: 1 at its height, -1 in the middle of winter.
    func warmth(on date: CivilDate) -> Double {
        let dayOfYear = date.daysSince1970 - CivilDate(year: date.year, month: 1, day: 1).daysSince1970
        let northern = cos(2 * .pi * Double(dayOfYear - 196) / 365)
        return isSouthern ? -northern : northern
    }

    var offsets: ZoneOffsets {
        ZoneOffsets(
            name: zone, initialOffsetSeconds: standardOffset,
            transitions: daylight.transitions(standardOffset: standardOffset, years: 2015...2030))
    }
}

/// When clocks are put forward and back, as the law stands in the years that estates are drawn from (2024 to 2028).
/// Europe, where recorded data come from as well, has kept its rule since 1996.
enum DaylightRule: Sendable {
    case none, europe, northAmerica, australia, newZealand, chile

    func transitions(standardOffset: Int, years: ClosedRange<Int>) -> [ZoneOffsets.Transition] {
        years.flatMap { year -> [ZoneOffsets.Transition] in
            // Two o'clock by the winter clock, in UTC.
            let two = 2 * 3600 - standardOffset
            switch self {
            case .none:
                return []
            case .europe:
                return [
                    change(lastSunday(year, 3), 3600, standardOffset + 3600),
                    change(lastSunday(year, 10), 3600, standardOffset),
                ]
            case .northAmerica:
                return [
                    change(sunday(year, 3, from: 8), two, standardOffset + 3600),
                    change(sunday(year, 11, from: 1), two - 3600, standardOffset),
                ]
            case .australia:
                return [
                    change(sunday(year, 4, from: 1), two, standardOffset),
                    change(sunday(year, 10, from: 1), two, standardOffset + 3600),
                ]
            case .newZealand:
                return [
                    change(sunday(year, 4, from: 1), two, standardOffset),
                    change(lastSunday(year, 9), two, standardOffset + 3600),
                ]
            case .chile:
                return [
                    change(sunday(year, 4, from: 2), 3 * 3600, standardOffset),
                    change(sunday(year, 9, from: 2), 4 * 3600, standardOffset + 3600),
                ]
            }
        }
    }

    private func change(_ day: Int, _ secondOfDay: Int, _ offset: Int) -> ZoneOffsets.Transition {
        ZoneOffsets.Transition(at: Timestamp(seconds: Int64(day * 86_400 + secondOfDay)), offsetSeconds: offset)
    }

    /// First Sunday of the month on or after a day, in days since 1970.
    private func sunday(_ year: Int, _ month: Int, from day: Int) -> Int {
        let date = CivilDate(year: year, month: month, day: day)
        return date.daysSince1970 + 7 - date.weekday
    }

    /// In days since 1970; not for December.
    private func lastSunday(_ year: Int, _ month: Int) -> Int {
        let last = CivilDate(year: year, month: month + 1, day: 1).daysSince1970 - 1
        return last - CivilDate(daysSince1970: last).weekday % 7
    }
}

/// The offsets of a zone that made-up estates stand in; `nil` for any other.
public func estateZone(named name: String) -> ZoneOffsets? {
    Country.all.first { $0.zone == name }?.offsets
}
