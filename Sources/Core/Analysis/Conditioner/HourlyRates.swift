// SPDX-License-Identifier: Apache-2.0

import Model

/// How often a counter of events usually rises in each hour of the local day: trips of a lift, openings of a gate.
struct HourlyRates: Hashable, Codable, Sendable {
    /// Days that count at most: three weeks follow the seasons.
    static let mostDays = 21
    /// An hour is learned when so much of it was covered, in milliseconds.
    private static let leastCovered: Int64 = 40 * 60_000
    private static let spoilt: Int64 = -86_400_000

    /// Events an hour, and the days behind each.
    private var rates = Array(repeating: Float(0), count: 24)
    private var days = Array(repeating: UInt8(0), count: 24)
    /// The hour that is being learned: its index, its events and the covered time in milliseconds, negative when spoilt.
    private var hour: Int64 = 0
    private var events = 0.0
    private var covered: Int64 = 0

    init() {}

    func rate(_ hourOfDay: Int) -> Double { Double(rates[hourOfDay]) }
    func daysKnown(_ hourOfDay: Int) -> Int { Int(days[hourOfDay]) }

    /// Events an hour over the whole day.
    var mean: Double { rates.reduce(0) { $0 + Double($1) } / 24 }

    /// Takes what happened between two readings of the counter; an hour is learned as a whole or not at all.
    ///
    /// - Parameters:
    ///   - hourOfDay: Of the earlier reading.
    ///   - isSpoilt: Whether this is not to be learned.
    /// - Returns: Whether an hour is over.
    @discardableResult
    mutating func take(
        _ newEvents: Double, to at: Timestamp, over elapsed: Duration, hourOfDay: Int, isSpoilt: Bool
    ) -> Bool {
        events += newEvents
        covered = isSpoilt || covered < 0 ? Self.spoilt : covered + elapsed.wholeMilliseconds
        guard at.hourIndex != hour else { return false }
        if at.hourIndex == hour + 1, covered > Self.leastCovered {
            let known = min(Int(days[hourOfDay]), Self.mostDays - 1)
            let rate = events / (Double(covered) / 3_600_000)
            rates[hourOfDay] += (Float(rate) - rates[hourOfDay]) / Float(known + 1)
            days[hourOfDay] = UInt8(known + 1)
        }
        (hour, events, covered) = (at.hourIndex, 0, 0)
        return true
    }

    var isWellFormed: Bool {
        rates.count == 24 && days.count == 24 && rates.allSatisfy { $0.isFinite && $0 >= 0 } && events.isFinite
            && (Self.spoilt...4_200_000_000_000).contains(covered) && (0...1_200_000).contains(hour)
            && days.allSatisfy { $0 <= Self.mostDays }
    }
}
