// SPDX-License-Identifier: Apache-2.0

import Model

/// What is remembered of one tank: its levels, and what its levels usually are.
struct TankState: Hashable, Codable, Sendable {
    private(set) var history = LevelHistory()
    /// Smallest change of level seen between two readings, in metres; 0 before one was seen.
    private var step = 0.0
    /// The highest level of each of the last days that were without an overflow, in metres.
    private var tops: [Float] = []
    private var day = -1
    private var top: Float?
    private var isTopSpoilt = false
    var overflow = TankOverflow()
    var longFill = LongFill()
    var nights = TankNights()

    /// Two weeks of days.
    private static let days = 14
    /// Three days tell what is usual.
    private static let fewestDays = 3
    /// Waves, and what a sensor's last digit does: a quarter of a per cent of the height.
    private static let ripple = 0.0025

    init() {}

    mutating func take(_ level: Double, at: Timestamp, day newDay: Int, _ tank: TankDescription) {
        if let before = history.newestLevel, level != before {
            // A change below a thousandth of the height is the sensor's noise, not its step.
            let change = max(abs(level - before), tank.overflowLevel / 1000)
            step = step > 0 ? min(step, change) : change
        }
        history.take(level, at: at)
        if newDay != day {
            if let top, !isTopSpoilt {
                tops.append(top)
                if tops.count > Self.days { tops.removeFirst() }
            }
            (day, top, isTopSpoilt) = (newDay, nil, false)
        }
        let believable = Float(min(max(level, -1e6), 1e6))
        top = max(top ?? believable, believable)
        isTopSpoilt = isTopSpoilt || overflow.isInAlarm
    }

    /// What the level may differ by without having changed, in metres.
    func tolerance(_ tank: TankDescription) -> Double {
        min(max(step, Self.ripple * tank.overflowLevel), 0.02 * tank.overflowLevel)
    }

    /// The lowest level that may be the overflow edge, in metres.
    func edge(_ tank: TankDescription) -> Double { tank.overflowLevel - tolerance(tank) }

    /// The level that a full tank usually does not exceed, in metres; `nil` before three days of it.
    var usualTop: Double? {
        guard tops.count >= Self.fewestDays else { return nil }
        return Middle.copied(tops) { Double(Middle.select(tops.count - 1 - tops.count / 8, in: $0)) }
    }

    /// Whether the tank stood at its edge in any minute between; `nil` when that is not known.
    func stoodAtEdge(_ tank: TankDescription, from: Int64, to: Int64) -> Bool? {
        history.range(from: from, to: to).map { $0.upperBound >= edge(tank) }
    }

    /// Whether water may have run over the edge in any minute between; a wave's height below it some still does.
    func mayHaveSpilt(_ tank: TankDescription, from: Int64, to: Int64) -> Bool {
        guard let range = history.range(from: from, to: to) else { return true }
        return range.upperBound >= edge(tank) - tolerance(tank) || overflow.isOverHiddenEdge
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        history.isWellFormed && step.isFinite && tops.count <= Self.days && tops.allSatisfy(\.isFinite)
            && (top?.isFinite ?? true) && overflow.isWellFormed && longFill.isWellFormed && nights.isWellFormed
    }
}
