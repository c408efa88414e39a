// SPDX-License-Identifier: Apache-2.0

import Model

/// The register of one meter at each whole minute of the last hours, interpolated linearly between its readings.
///
/// The fast path of a zone subtracts such registers. Of a meter read each quarter of an hour the minutes between two
/// readings share its water evenly; how far that may be from the truth is the zone's business.
struct MinuteRegister: Hashable, Codable, Sendable {
    /// The longest window (60 min), the wait for a child that is read each hour (60 min and its jitter), and room to look
    /// for a start.
    static let length: Int64 = 126

    /// First minute of the unbroken stretch that is known.
    private(set) var knownFrom: Int64 = 0
    /// Last minute that is known; before `knownFrom` when none is.
    private(set) var knownThrough: Int64 = -1
    /// Hundredths of a litre since some moment, wrapping: only differences are used. 2^31 of them are 21,000 m3.
    private var centilitres: [Int32]

    init() { centilitres = Array(repeating: 0, count: Int(Self.length)) }

    var isEmpty: Bool { knownThrough < knownFrom }

    /// Nothing is known before the reading at `moment`.
    mutating func restart() { (knownFrom, knownThrough) = (0, -1) }

    /// Fills the minutes from one reading to the next.
    mutating func extend(from: Timestamp, to: Timestamp, litresBefore: Double, litresAfter: Double) {
        var first = from.minuteIndex + 1
        if isEmpty {
            if from.milliseconds % 60_000 == 0 { first -= 1 }
            knownFrom = first
            knownThrough = first - 1
        }
        let last = to.minuteIndex
        guard last >= first else { return }
        if last - first >= Self.length { first = last - Self.length + 1 }
        let span = Double(to.milliseconds - from.milliseconds)
        for minute in first...last {
            let share = Double(minute * 60_000 - from.milliseconds) / span
            let litres = litresBefore + (litresAfter - litresBefore) * share
            let value = Int64(exactly: (litres * 100).rounded()) ?? 0
            centilitres[Int(minute % Self.length)] = Int32(truncatingIfNeeded: value)
        }
        knownThrough = last
        knownFrom = max(knownFrom, last - Self.length + 1)
    }

    func isKnown(_ minute: Int64) -> Bool { minute >= knownFrom && minute <= knownThrough }

    /// Litres between two whole minutes; `nil` unless everything between is known.
    func volume(from: Int64, to: Int64) -> Double? {
        guard from >= knownFrom, to <= knownThrough, from <= to else { return nil }
        let difference = centilitres[Int(to % Self.length)] &- centilitres[Int(from % Self.length)]
        return Double(difference) / 100
    }

    /// Litres a minute around `minute`: the larger of the minute that ends and the one that begins there.
    func slope(around minute: Int64) -> Double {
        max(volume(from: minute - 1, to: minute) ?? 0, volume(from: minute, to: minute + 1) ?? 0)
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        centilitres.count == Int(Self.length) && knownFrom >= 0 && knownThrough >= -1
            && knownThrough < 100_000_000 && knownThrough - knownFrom < Self.length
    }
}
