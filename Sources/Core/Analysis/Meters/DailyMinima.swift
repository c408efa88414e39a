// SPDX-License-Identifier: Apache-2.0

/// The least hour of each of the last three weeks: what a meter passes when nobody uses water.
struct DailyMinima: Hashable, Codable, Sendable {
    private var days: [Float] = []
    private var day: Int?
    private var least: Float?
    private var knownHours = 0
    private var isSpoiled = false
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
        least = min(least ?? .infinity, Float(litres))
        knownHours += 1
        isSpoiled = isSpoiled || isInAlarm
        return isNew
    }

    private mutating func finishDay() {
        if let least, knownHours >= Self.requiredHours, !isSpoiled {
            if days.count == Self.length { days.removeFirst() }
            if days.isEmpty { days.reserveCapacity(Self.length) }
            days.append(least)
            let middle = Middle.of(days) ?? 0
            median = middle
            spread = Middle.distance(days, from: middle) ?? 0
        }
        (least, knownHours, isSpoiled) = (nil, 0, false)
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        days.count <= Self.length && days.allSatisfy { $0.isFinite && $0 >= 0 } && (0...100).contains(knownHours)
            && median.isFinite && spread.isFinite
    }
}
