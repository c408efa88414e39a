// SPDX-License-Identifier: Apache-2.0

import Model

/// When an irrigation meter may pass water, in minutes since 1970.
struct WateringTimes {
    /// Controllers have clocks of their own, valves close slowly, and the last of the water drains.
    static let slack: Int64 = 15

    /// The run to which a minute belongs.
    struct Slot: Hashable, Codable, Sendable {
        /// The minute at which it starts by the schedule.
        var start: Int64
        /// The minute at which the longest run is over.
        var end: Int64
        /// Place of its schedule among those of all meters.
        var schedule: Int

        var isWellFormed: Bool {
            (-10_000...100_000_000).contains(start) && (-10_000...100_000_000).contains(end) && schedule >= 0
        }
    }

    /// Of all meters.
    let schedules: [IrrigationSchedule]
    let meter: AssetIdentifier
    let zone: ZoneOffsets

    /// The slot that holds `minute`, with some minutes on both sides of it; the latest when several do.
    func slot(at minute: Int64) -> Slot? {
        var found: Slot?
        for (place, schedule) in schedules.enumerated() where schedule.meter == meter {
            guard let start = latestStart(of: schedule, by: minute + Self.slack) else { continue }
            let end = start + Int64(min(max(schedule.longestMinutes, 0), 1440))
            guard minute <= end + Self.slack, start > found?.start ?? -1 else { continue }
            found = Slot(start: start, end: end, schedule: place)
        }
        if found == nil, let shifted = clockChange(at: minute) {
            // A controller that does not know of the new time yet, or had it before.
            for other in [minute - shifted, minute + shifted] where found == nil {
                for (place, schedule) in schedules.enumerated() where schedule.meter == meter {
                    guard let start = latestStart(of: schedule, by: other + Self.slack) else { continue }
                    let end = start + Int64(min(max(schedule.longestMinutes, 0), 1440))
                    if other <= end + Self.slack {
                        found = Slot(start: start + minute - other, end: end + minute - other, schedule: place)
                    }
                }
            }
        }
        return found
    }

    /// Minutes by which local time jumped within the last day; `nil` when it did not.
    private func clockChange(at minute: Int64) -> Int64? {
        let now = Timestamp(minuteIndex: minute)
        let jump = abs(zone.offsetSeconds(at: now) - zone.offsetSeconds(at: now - .seconds(86_400))) / 60
        return jump > 0 && jump <= 1440 ? Int64(jump) : nil
    }

    /// The last start of a schedule at or before a minute; `nil` when there was none on that local day or the one before.
    private func latestStart(of schedule: IrrigationSchedule, by minute: Int64) -> Int64? {
        let local = LocalMoment(Timestamp(minuteIndex: minute), in: zone)
        for day in [local.day, local.day - 1] {
            // 1 January 1970 was a Thursday.
            guard schedule.weekdays.contains(((day + 3) % 7 + 7) % 7 + 1) else { continue }
            let wall = Int64(day) * 1440 + Int64(min(max(schedule.startMinute, 0), 1439))
            // The offset at the start may be another one than now.
            var start = wall - offset(at: minute)
            start = wall - offset(at: start)
            if start <= minute { return start }
        }
        return nil
    }

    private func offset(at minute: Int64) -> Int64 {
        Int64(min(max(zone.offsetSeconds(at: Timestamp(minuteIndex: max(0, minute))), -86_400), 86_400) / 60)
    }
}
