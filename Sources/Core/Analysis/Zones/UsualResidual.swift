// SPDX-License-Identifier: Apache-2.0

/// What a zone leaves unexplained when nothing is wrong, by hour of the local day: its level and its spread.
///
/// Sums of an hour are folded into one figure of that hour and day when it is over. The level is the median of two weeks of
/// days, the spread a high quantile of theirs, so that a burst in the first days, when nothing is known yet, or one bad
/// night spoils neither.
struct UsualResidual: Hashable, Codable, Sendable {
    static let windows: [Int64] = [10, 20, 30, 60]

    /// Usual residual of the hour in L/h.
    private var level: [Double]
    /// Usual square of (residual - level) for each hour and window, in (L/h)^2.
    private var square: [Double]
    /// What both come from: mean and mean squares of the hour on each of the last days.
    private var dailyLevels: [Float]
    private var dailySquares: [Float]
    /// Mean of the squares over the hours of the day that are known, for each window.
    private var pooled: [Double]
    /// For each hour of the day how many days are known, and where the next one is kept.
    private var days: [Int]
    private var next: [Int]
    /// Hours learned in all.
    private(set) var learnedHours = 0
    /// The hour that is being gathered, and its sums for each window.
    private var hour: Int64 = -1
    private var hourOfDay = 0
    private var count: [Int]
    private var sum: [Double]
    private var sumOfSquares: [Double]

    /// Two weeks.
    private static let memory = 14

    init() {
        let windows = Self.windows.count
        level = Array(repeating: 0, count: 24)
        square = Array(repeating: 0, count: 24 * windows)
        dailyLevels = Array(repeating: 0, count: 24 * Self.memory)
        dailySquares = Array(repeating: 0, count: 24 * windows * Self.memory)
        next = Array(repeating: 0, count: 24)
        pooled = Array(repeating: 0, count: windows)
        days = Array(repeating: 0, count: 24)
        count = Array(repeating: 0, count: windows)
        sum = Array(repeating: 0, count: windows)
        sumOfSquares = Array(repeating: 0, count: windows)
    }

    /// Three days are enough for a spread.
    var isReady: Bool { learnedHours >= 72 }

    /// Usual residual at this hour of the day in L/h.
    func expected(hourOfDay: Int) -> Double { level[hourOfDay] }

    /// Square of the usual spread in (L/h)^2.
    ///
    /// Never less than that of the whole day: what fills a tank at any hour may do so at this one, though three days
    /// have not shown it.
    func variance(window: Int, hourOfDay: Int) -> Double {
        max(square[hourOfDay * Self.windows.count + window], pooled[window])
    }

    /// Learns one residual in L/h of the window that ends in `hour`; whether that finished an hour.
    mutating func learn(_ residual: Double, window: Int, hour newHour: Int64, hourOfDay newHourOfDay: Int) -> Bool {
        let isNew = newHour != hour
        let didFinish = isNew && fold()
        if isNew { (hour, hourOfDay) = (newHour, newHourOfDay) }
        var deviation = residual - level[hourOfDay]
        if isReady {
            let bound = 8 * variance(window: window, hourOfDay: hourOfDay).squareRoot() + 1
            deviation = min(max(deviation, -bound), bound)
        }
        count[window] += 1
        sum[window] += deviation
        sumOfSquares[window] += deviation * deviation
        return didFinish
    }

    private mutating func fold() -> Bool {
        let windows = Self.windows.count
        defer {
            for window in 0..<windows { (count[window], sum[window], sumOfSquares[window]) = (0, 0, 0) }
        }
        // The longest window that was seen gives the level: it has the least noise.
        guard let widest = (0..<windows).last(where: { count[$0] > 0 }) else { return false }
        let day = next[hourOfDay]
        next[hourOfDay] = (day + 1) % Self.memory
        days[hourOfDay] = min(days[hourOfDay] + 1, Self.memory)
        learnedHours = min(learnedHours + 1, 1 << 30)
        let known = days[hourOfDay]
        let before = level[hourOfDay]
        dailyLevels[hourOfDay * Self.memory + day] = Self.stored(before + sum[widest] / Double(count[widest]))
        level[hourOfDay] = Self.quantile(dailyLevels, from: hourOfDay * Self.memory, known, place: known / 2)
        let shift = level[hourOfDay] - before
        for window in 0..<windows where count[window] > 0 {
            let place = hourOfDay * windows + window
            let mean = sum[window] / Double(count[window])
            let around = sumOfSquares[window] / Double(count[window]) - 2 * shift * mean + shift * shift
            dailySquares[place * Self.memory + day] = Self.stored(max(0, around))
            square[place] = Self.quantile(dailySquares, from: place * Self.memory, known, place: (known - 1) * 3 / 4)
        }
        for window in 0..<windows {
            var total = 0.0
            var known = 0
            for hour in 0..<24 where days[hour] > 0 {
                total += square[hour * windows + window]
                known += 1
            }
            pooled[window] = total / Double(max(known, 1))
        }
        return true
    }

    /// As it is kept: finite whatever came in.
    private static func stored(_ value: Double) -> Float {
        value.isFinite ? Float(min(max(value, -1e30), 1e30)) : 0
    }

    /// The value at `place` of the first `count` of the ring at `first`, in rising order.
    private static func quantile(_ ring: [Float], from first: Int, _ count: Int, place: Int) -> Double {
        Middle.copied(ring[first..<first + count]) { Double(Middle.select(place, in: $0)) }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let windows = Self.windows.count
        return next.count == 24 && next.allSatisfy { (0..<Self.memory).contains($0) }
            && dailyLevels.count == 24 * Self.memory && dailySquares.count == 24 * windows * Self.memory
            && level.count == 24 && square.count == 24 * windows && pooled.count == windows && days.count == 24
            && count.count == windows && sum.count == windows && sumOfSquares.count == windows
            && (0..<24).contains(hourOfDay) && (0...1 << 30).contains(learnedHours)
            && days.allSatisfy { (0...Self.memory).contains($0) } && count.allSatisfy { (0...1 << 30).contains($0) }
    }
}
