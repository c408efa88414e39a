// SPDX-License-Identifier: Apache-2.0

public import Model

/// Vehicles that passed a gate, day by day on the site's wall: its controller counts each opening as one.
public struct VehicleDays: Sendable {
    public struct Day: Hashable, Codable, Sendable {
        public var date: CivilDate
        public var vehicles: Int64
        /// Whether the counter was read all day long; else there may have been more.
        public var isComplete: Bool
        /// The last read of the day.
        public var at: Timestamp

        public init(date: CivilDate, vehicles: Int64, isComplete: Bool, at: Timestamp) {
            (self.date, self.vehicles, self.isComplete, self.at) = (date, vehicles, isComplete, at)
        }
    }

    /// Between two reads that lie further apart it is not known on which day a vehicle passed.
    public static let longestGap = Duration.seconds(3600)
    /// A counter that starts again has counted no more than this since; what is above is another counter.
    public static let mostAfterRestart: Int64 = 500

    private let zone: ZoneOffsets
    private var last: (count: Int64, at: Timestamp, date: CivilDate)?
    private var found: [Day] = []

    public init(zone: ZoneOffsets) { self.zone = zone }

    /// Takes in what the counter showed; a read that is not later than the last one is passed over.
    public mutating func take(count: Int64, at: Timestamp) {
        guard count >= 0, last.map({ at > $0.at }) ?? true else { return }
        let date = zone.local(at).date
        defer { last = (count, at, date) }
        let isNewDay = found.last?.date != date
        if isNewDay {
            // The last read of a day that is over must lie near its end, the first near its beginning.
            if let place = found.indices.last, at - found[place].at > Self.longestGap {
                found[place].isComplete = false
            }
            found.append(Day(date: date, vehicles: 0, isComplete: true, at: at))
        }
        let place = found.count - 1
        found[place].at = at
        guard let last else {
            found[place].isComplete = Self.sinceMidnight(at, zone) <= Self.longestGap
            return
        }
        if at - last.at > Self.longestGap { found[place].isComplete = false }
        if count >= last.count {
            found[place].vehicles += count - last.count
        } else {
            // It started again: what it shows has passed since, unless it is another counter.
            found[place].vehicles += count <= Self.mostAfterRestart ? count : 0
            found[place].isComplete = false
        }
    }

    /// The days in their order. The last one is complete only if its end lies near its last read.
    ///
    /// - Parameter now: The present moment.
    public func days(at now: Timestamp) -> [Day] {
        guard var last = found.last else { return [] }
        last.isComplete =
            last.isComplete && zone.local(now).date > last.date
            && zone.local(last.at + Self.longestGap).date > last.date
        return found.dropLast() + [last]
    }

    private static func sinceMidnight(_ moment: Timestamp, _ zone: ZoneOffsets) -> Duration {
        .seconds(60 * Int64(zone.local(moment).minuteOfDay))
    }
}
