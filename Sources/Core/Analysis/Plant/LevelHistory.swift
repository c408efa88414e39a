// SPDX-License-Identifier: Apache-2.0

import Model

/// The level of one tank at each whole minute of the last hours, interpolated between its readings.
struct LevelHistory: Hashable, Codable, Sendable {
    /// As far back as the registers of the meters around the tank.
    static let length = MinuteRegister.length
    /// Over a longer hole the level between is not known, only that at its ends.
    private static let longestHole: Int64 = 5 * 60_000

    private struct Reading: Hashable, Codable, Sendable {
        var at: Timestamp
        var level: Double
    }

    /// First minute of the unbroken stretch that is known.
    private(set) var knownFrom: Int64 = 0
    /// Last minute that is known; before `knownFrom` when none is.
    private(set) var knownThrough: Int64 = -1
    /// Metres, by the minute.
    private var levels = [Float](repeating: 0, count: Int(length))
    private var newest: Reading?

    init() {}

    var newestAt: Timestamp? { newest?.at }
    var newestLevel: Double? { newest?.level }

    /// Takes a level in metres that is newer than all before.
    mutating func take(_ level: Double, at: Timestamp) {
        defer { newest = Reading(at: at, level: level) }
        guard let before = newest, at > before.at else { return }
        if at.milliseconds - before.at.milliseconds > Self.longestHole { (knownFrom, knownThrough) = (0, -1) }
        let first = before.at.minuteIndex + 1
        let last = at.minuteIndex
        if knownThrough < knownFrom { (knownFrom, knownThrough) = (last, last - 1) }
        guard last >= first else { return }
        let span = Double(at.milliseconds - before.at.milliseconds)
        for minute in max(first, knownFrom, last - Self.length + 1)...last {
            let share = Double(minute * 60_000 - before.at.milliseconds) / span
            levels[Int(minute % Self.length)] = Float(before.level + (level - before.level) * share)
        }
        knownThrough = last
        knownFrom = max(knownFrom, last - Self.length + 1)
    }

    /// The level in metres at a whole minute; `nil` when it is not known.
    func level(at minute: Int64) -> Double? {
        minute >= knownFrom && minute <= knownThrough ? Double(levels[Int(minute % Self.length)]) : nil
    }

    /// Lowest and highest level between two whole minutes; `nil` unless all between is known.
    func range(from: Int64, to: Int64) -> ClosedRange<Double>? {
        guard from >= knownFrom, to <= knownThrough, from <= to else { return nil }
        var (low, high) = (Float.infinity, -Float.infinity)
        for minute in from...to {
            let level = levels[Int(minute % Self.length)]
            (low, high) = (min(low, level), max(high, level))
        }
        return low <= high ? Double(low)...Double(high) : nil
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        levels.count == Int(Self.length) && knownFrom >= 0 && knownThrough >= -1 && knownThrough < 100_000_000
            && knownThrough - knownFrom < Self.length && levels.allSatisfy(\.isFinite)
            && (newest.map { DataClock.believable.contains($0.at) && $0.level.isFinite } ?? true)
    }
}
