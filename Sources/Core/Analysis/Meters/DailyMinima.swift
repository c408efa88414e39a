// SPDX-License-Identifier: Apache-2.0

/// The least hour of each of the last three weeks: what a meter passes when nobody uses water.
struct DailyMinima: Hashable, Codable, Sendable {
    private var days = Fixed<21, Float>(repeating: 0)
    /// How many of ``days`` are known, the oldest first.
    @Narrow<UInt8, Int> private var count = 0
    @Narrow<UInt8, Int> private var knownHours = 0
    private var isSpoiled = false
    @NarrowOptional<Int32, Int> private var day: Int?
    /// -1 before the first hour of the day.
    private var least: Float = -1
    /// Median of the daily minima in litres an hour.
    private(set) var median = 0.0
    /// Median of their distances from it.
    private(set) var spread = 0.0

    private static let length = 21
    /// A day of which fewer hours are known may have been quiet in one of the others.
    private static let requiredHours = 20

    init() {}

    /// Notes an hour whose volume is known.
    ///
    /// - Parameter isInAlarm: Days under alarm are not learned.
    /// - Returns: Whether another day has begun.
    mutating func take(_ litres: Double, day: Int, isInAlarm: Bool) -> Bool {
        let isNew = self.day != nil && self.day != day
        if isNew { finishDay() }
        self.day = day
        least = least < 0 ? Float(litres) : min(least, Float(litres))
        knownHours += 1
        isSpoiled = isSpoiled || isInAlarm
        return isNew
    }

    private mutating func finishDay() {
        if knownHours >= Self.requiredHours, !isSpoiled {
            count = days.append(least, after: count)
            let known = days.prefix(count)
            let middle = Middle.of(known) ?? 0
            median = middle
            spread = Middle.distance(known, from: middle) ?? 0
        }
        (least, knownHours, isSpoiled) = (-1, 0, false)
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        count <= Self.length && days.count == Self.length && days.allSatisfy { $0.isFinite && $0 >= 0 }
            && (0...100).contains(knownHours) && least.isFinite
            && median.isFinite && spread.isFinite
    }
}
