// SPDX-License-Identifier: Apache-2.0

import Model

/// The time that an estate covers, counted in minutes from its start, and the local time of each of them.
struct Period: Sendable {
    var start: Timestamp
    var days: Int
    var zone: ZoneOffsets

    var minutes: Int { days * 1440 }

    func timestamp(minute: Int) -> Timestamp { start + .seconds(minute * 60) }

    /// The minute from the start, which may lie outside of the period, of a local date and time of day.
    func minute(of date: CivilDate, hour: Double) -> Int {
        let seconds = Int(hour * 3600)
        let civil = Timestamp(seconds: Int64(date.daysSince1970 * 86_400 + seconds))
        // The offset of the hour itself, save in the hour that a clock change leaves out or doubles.
        let guess = civil - .seconds(zone.offsetSeconds(at: civil))
        let moment = civil - .seconds(zone.offsetSeconds(at: guess))
        return Int((moment - start).inSeconds / 60)
    }

    /// Local dates that the period touches.
    var dates: [CivilDate] {
        let first = zone.local(start).date.daysSince1970
        return (first...first + days + 1).map { CivilDate(daysSince1970: $0) }
    }

    func local(_ minute: Int) -> CivilTime { zone.local(timestamp(minute: minute)) }

    /// The part of a span that lies in the period; `nil` when nothing does.
    func clip(_ span: Range<Int>) -> Range<Int>? {
        let clipped = span.clamped(to: 0..<minutes)
        return clipped.isEmpty ? nil : clipped
    }
}
