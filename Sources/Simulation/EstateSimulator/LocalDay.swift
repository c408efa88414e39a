// SPDX-License-Identifier: Apache-2.0

import Model

/// One day on the site's wall clock: 23, 24 or 25 hours of UTC.
struct LocalDay: Sendable {
    let zone: ZoneOffsets
    /// Days from 1970-01-01 to this date.
    let number: Int
    /// First millisecond, and the first one of the next day.
    let start: Int64
    let end: Int64

    init(number: Int, zone: ZoneOffsets) {
        self.zone = zone
        self.number = number
        start = LocalDay.moment(day: number, second: 0, zone: zone)
        end = max(start + 1, LocalDay.moment(day: number + 1, second: 0, zone: zone))
    }

    init(containing moment: Timestamp, zone: ZoneOffsets) {
        let day = LocalDay(number: zone.local(moment).date.daysSince1970, zone: zone)
        self = day.start <= moment.milliseconds ? day : LocalDay(number: day.number - 1, zone: zone)
    }

    /// The moment when the wall clock shows `second` seconds after midnight, in milliseconds.
    func moment(second: Int) -> Int64 { LocalDay.moment(day: number, second: second, zone: zone) }

    private static func moment(day: Int, second: Int, zone: ZoneOffsets) -> Int64 {
        let local = (Int64(day) * 86_400 + Int64(second)) * 1000
        let near = local - Int64(zone.offsetSeconds(at: Timestamp(milliseconds: local))) * 1000
        return local - Int64(zone.offsetSeconds(at: Timestamp(milliseconds: near))) * 1000
    }
}

/// The place of the last element that is not above `moment`; `nil` when all are. `moments` rises.
func lastPlace(in moments: [Int64], notAfter moment: Int64) -> Int? {
    var (low, high) = (0, moments.count)
    while low < high {
        let middle = (low + high) / 2
        if moments[middle] <= moment { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : low - 1
}
