// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Leakbench
import Model
import SiteFiles

/// Where the readings of a simulated month come from.
enum MonthSource {
    /// An estate that is made up as it is lived in.
    case made(LivingEstate, LeakbenchStream)
    case recorded(LeakbenchRecording)

    /// October 2025: a month with a long holiday and a working Saturday, which every reader's clock has passed.
    static let firstDay = CivilDate(year: 2025, month: 10, day: 1)
    /// Two weeks in which the analyzer learns come before the month; after it come the days in which what became of
    /// its tickets still counts.
    private static let start = CivilDate(year: 2025, month: 9, day: 17)
    private static let otherDays = 14 + 4
    static let zone = "Asia/Shanghai"
    /// More goes wrong than in most months, so that every figure has its cases.
    private static let trouble = 2.5

    /// - Throws: `LeakbenchError`, or `ZoneFault` for a zone that the machine does not know.
    static func make(seed: UInt64, dwellings: Int, days: Int) throws -> MonthSource {
        let estate = LivingEstate(
            seed: seed, start: start, days: days + otherDays, zone: zone, dwellings: dwellings, trouble: trouble)
        let announced = estate.calendar.map {
            AnnouncedEvent(kind: $0.kind, start: $0.start, end: $0.end, device: $0.device, note: $0.note)
        }
        return .made(
            estate,
            try LeakbenchStream(topology: estate.topology, announced: announced, zone: try readZone(named: zone)))
    }

    var site: SiteDescription {
        switch self {
        case .made(_, let stream): stream.site
        case .recorded(let recording): recording.site
        }
    }

    var calendar: AnnouncedCalendar {
        switch self {
        case .made(_, let stream): stream.calendar
        case .recorded(let recording): recording.calendar
        }
    }

    /// Name of the estate, as a site may be called.
    func name(seed: UInt64) -> String {
        switch self {
        case .made: return "month-\(seed)"
        case .recorded(let recording):
            let letters = recording.estate.lowercased().map { letter -> Character in
                letter.isASCII && (letter.isLetter || letter.isNumber) ? letter : "-"
            }
            return String(letters.drop { $0 == "-" }.prefix(32)).isEmpty ? "recorded" : String(letters)
        }
    }

    var estate: LivingEstate? {
        if case .made(let estate, _) = self { estate } else { nil }
    }
}
