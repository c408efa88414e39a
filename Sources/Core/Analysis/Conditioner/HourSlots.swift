// SPDX-License-Identifier: Apache-2.0

import Model

/// The water of one closed elapsed hour of one meter, or a hole of several hours without any knowledge.
struct HourVolume: Hashable, Codable, Sendable {
    /// Hours since 1970 of the first one.
    var hour: Int64
    /// 1, or the length of a hole.
    var hours: Int64 = 1
    /// Litres that flowed in this hour without doubt.
    var litres = 0.0
    /// Litres that may have flowed in this hour: the volume of gaps that reach into it.
    var unattributed = 0.0
    /// Milliseconds of the hour that are known.
    var covered: Int64 = 0
    /// Litres in each quarter of the hour.
    var quarters = SIMD4<Float>()
    var firstSequence: Int64?
    var lastSequence: Int64?

    /// What the hour proves.
    enum Course { case standstill, flow, unknown }

    /// Two percent of the hour may be missing, such as a reading just before and after its edges.
    var isCovered: Bool { covered >= 3_528_000 }

    /// Whether the whole hour and its volume are known.
    var isKnown: Bool { hours == 1 && isCovered && unattributed == 0 }

    /// Flow of the quarter of an hour in which least flowed, in litres an hour.
    var leastFlow: Double { 4 * Double(quarters.min()) }

    /// - Parameter threshold: Litres up to which a meter stands still.
    func course(threshold: Double) -> Course {
        if hours == 1, litres > threshold { return .flow }
        return hours == 1 && isCovered && litres + unattributed <= threshold ? .standstill : .unknown
    }
}

/// An hour that is still open, in the room of a ring that each meter has.
private struct OpenHour: Hashable, Codable, Sendable {
    private static let none = Int64.min

    var litres = 0.0
    var unattributed = 0.0
    private var first = none
    private var last = none
    private var quarters = Fixed<4, Float>(repeating: 0)
    private var covered: Int32 = 0

    init() {}

    mutating func note(_ sequence: Int64?) {
        if first == Self.none { first = sequence ?? Self.none }
        last = sequence ?? Self.none
    }

    /// Adds a steady flow; both moments lie in the hour.
    mutating func share(_ litresPerMillisecond: Double, from: Int64, to: Int64) {
        covered &+= Int32(clamping: to - from)
        var start = from
        while start < to {
            let end = min(to, (start / 900_000 + 1) * 900_000)
            quarters[Int(start / 900_000 % 4)] += Float(litresPerMillisecond * Double(end - start))
            start = end
        }
    }

    func volume(hour: Int64) -> HourVolume {
        HourVolume(
            hour: hour, litres: litres, unattributed: unattributed, covered: Int64(covered),
            quarters: SIMD4(quarters[0], quarters[1], quarters[2], quarters[3]),
            firstSequence: first == Self.none ? nil : first, lastSequence: last == Self.none ? nil : last)
    }
}

/// The open hours of one meter and the hours that have just been closed.
struct HourSlots: Hashable, Codable, Sendable {
    /// The first open hour; `nil` before the first reading.
    @NarrowOptional<Int32, Int64> private var base: Int64?
    private var open: [OpenHour] = []
    /// Hours that readings have closed before they were due, oldest first, waiting to be judged.
    private var early: [HourVolume] = []

    /// Hours that can be open at once: the one that waits for late readings, the running one, and one for stamps ahead.
    private static let openHours: Int64 = 3

    init() {}

    /// Adds what flowed between two readings; the part in hours that are closed is left to history.
    ///
    /// - Parameters:
    ///   - from, to: Believable stamps, `from` before `to`.
    ///   - isGap: It is not known when in this time the water flowed.
    mutating func add(_ litres: Double, from: Timestamp, to: Timestamp, isGap: Bool, sequence: Int64?) {
        let firstHour = from.hourIndex
        let lastHour = Timestamp(milliseconds: to.milliseconds - 1).hourIndex
        makeRoom(from: firstHour, through: lastHour)
        guard let base, lastHour >= base else { return }
        // A hole inside one hour leaves that hour's volume in no doubt, and a register that did not move proves
        // that nothing flowed.
        let isDoubtful = isGap && firstHour != lastHour && litres > 0
        let span = Double(to.milliseconds - from.milliseconds)
        for hour in max(firstHour, base)...lastHour {
            let start = max(from.milliseconds, hour * 3_600_000)
            let end = min(to.milliseconds, (hour + 1) * 3_600_000)
            let place = Int(hour - base)
            if isDoubtful {
                open[place].unattributed += litres
            } else {
                open[place].litres += litres * Double(end - start) / span
                open[place].share(litres / span, from: start, to: end)
            }
            open[place].note(sequence)
        }
    }

    /// Closes all hours up to `hour` and hands them over, oldest first.
    mutating func close(through hour: Int64, into closed: inout [HourVolume]) {
        if !early.isEmpty {
            closed += early
            early = []
        }
        guard let first = base, first <= hour else { return }
        shift(to: hour + 1, from: first, into: &closed)
    }

    private mutating func makeRoom(from firstHour: Int64, through lastHour: Int64) {
        let first: Int64
        if let base {
            first = base
        } else {
            (base, first) = (firstHour, firstHour)
            open = Array(repeating: OpenHour(), count: Int(Self.openHours))
        }
        // A stamp this far ahead means that data time has stood still: the oldest hour waits no longer.
        guard lastHour >= first + Self.openHours else { return }
        var closed = early
        shift(to: lastHour - Self.openHours + 1, from: first, into: &closed)
        early = closed
    }

    private mutating func shift(to newBase: Int64, from first: Int64, into closed: inout [HourVolume]) {
        let moved = newBase - first
        for place in 0..<min(moved, Self.openHours) { closed.append(open[Int(place)].volume(hour: first + place)) }
        if moved > Self.openHours {
            closed.append(HourVolume(hour: first + Self.openHours, hours: moved - Self.openHours))
        }
        for place in 0..<Self.openHours {
            let old = place + moved
            open[Int(place)] = old < Self.openHours ? open[Int(old)] : OpenHour()
        }
        base = newBase
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = 0...1_200_000
        guard early.allSatisfy({ hours.contains($0.hour) }) else { return false }
        guard let base else { return open.isEmpty }
        return open.count == Int(Self.openHours) && hours.contains(base)
    }
}
