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
    @Narrow<Int32, Int64> private(set) var knownFrom: Int64 = 0
    /// Last minute that is known; before `knownFrom` when none is.
    @Narrow<Int32, Int64> private(set) var knownThrough: Int64 = -1
    /// Hundredths of a litre since some moment at the last minute that is known, wrapping: only differences are used.
    private var newest: Int32 = 0
    /// The last bits of the same at each minute: enough while less than ``mostOfFine`` passes in all of them.
    @Packed private var fine: [UInt16] = []
    /// All bits, of a meter that has passed more: 2^31 of them are 21,000 m3. One of the two is empty.
    @Packed private var wide: [Int32] = []

    /// Hundredths of a litre: what a dwelling hardly ever takes in two hours.
    private static let mostOfFine: Int32 = 65_535

    init() {}

    var isEmpty: Bool { knownThrough < knownFrom }

    /// Nothing is known before the reading at `moment`.
    mutating func restart() { (knownFrom, knownThrough, wide) = (0, -1, []) }

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
        func value(_ minute: Int64) -> Int32 {
            let share = Double(minute * 60_000 - from.milliseconds) / span
            let litres = litresBefore + (litresAfter - litresBefore) * share
            return Int32(truncatingIfNeeded: Int64(exactly: (litres * 100).rounded()) ?? 0)
        }
        makeRoom(first: first, value(first), last: last, value(last))
        for minute in first...last {
            let value = value(minute)
            if wide.isEmpty {
                fine[Int(minute % Self.length)] = UInt16(truncatingIfNeeded: value)
            } else {
                wide[Int(minute % Self.length)] = value
            }
            newest = value
        }
        knownThrough = last
        knownFrom = max(knownFrom, last - Self.length + 1)
    }

    /// Goes over to all bits when the last ones would not tell the minutes apart any more.
    private mutating func makeRoom(first: Int64, _ firstValue: Int32, last: Int64, _ lastValue: Int32) {
        guard wide.isEmpty else { return }
        let oldest = max(knownFrom, last - Self.length + 1)
        let before = oldest <= knownThrough ? newest &- difference(from: oldest, to: knownThrough) : firstValue
        if (0...Self.mostOfFine).contains(lastValue &- before) {
            if fine.isEmpty { fine = Array(repeating: 0, count: Int(Self.length)) }
            return
        }
        var values = [Int32](repeating: 0, count: Int(Self.length))
        var minute = knownFrom
        while minute <= knownThrough {
            values[Int(minute % Self.length)] = newest &- difference(from: minute, to: knownThrough)
            minute += 1
        }
        (wide, fine) = (values, [])
    }

    /// Hundredths of a litre between two minutes that are known.
    private func difference(from: Int64, to: Int64) -> Int32 {
        wide.isEmpty
            ? Int32(fine[Int(to % Self.length)] &- fine[Int(from % Self.length)])
            : wide[Int(to % Self.length)] &- wide[Int(from % Self.length)]
    }

    func isKnown(_ minute: Int64) -> Bool { minute >= knownFrom && minute <= knownThrough }

    /// Litres between two whole minutes; `nil` unless everything between is known.
    func volume(from: Int64, to: Int64) -> Double? {
        guard from >= knownFrom, to <= knownThrough, from <= to else { return nil }
        return Double(difference(from: from, to: to)) / 100
    }

    /// Litres a minute around `minute`: the larger of the minute that ends and the one that begins there.
    func slope(around minute: Int64) -> Double {
        max(volume(from: minute - 1, to: minute) ?? 0, volume(from: minute, to: minute + 1) ?? 0)
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [fine.count, wide.count].allSatisfy { $0 == 0 || $0 == Int(Self.length) }
            && (isEmpty || fine.isEmpty != wide.isEmpty) && knownFrom >= 0 && knownThrough >= -1
            && knownThrough < 100_000_000 && knownThrough - knownFrom < Self.length
    }
}
