// SPDX-License-Identifier: Apache-2.0

import Model

/// What a meter passed on each of the last local days, as mean flow in litres an hour.
struct DayUse: Hashable, Codable, Sendable {
    static let length = 28
    private static let unknown: Float = -1
    /// A day is known by twenty of its hours.
    private static let leastHours = 20

    private var flows = Fixed<28, Float>(repeating: Self.unknown)
    /// The running local day, its hours and litres.
    @Narrow<Int32, Int> private(set) var day = 0
    @Narrow<Int32, Int> private var hours = 0
    private var litres = 0.0

    init() {}

    mutating func note(_ volume: HourVolume, day newDay: Int) {
        if newDay > day {
            if day > 0 { finish(before: newDay) }
            (day, hours, litres) = (newDay, 0, 0)
        }
        guard newDay == day, volume.hours == 1, volume.isCovered, volume.unattributed == 0 else { return }
        hours += 1
        litres += volume.litres
    }

    private mutating func finish(before newDay: Int) {
        flows[day % Self.length] = hours >= Self.leastHours ? Float(litres / Double(hours)) : Self.unknown
        for between in (day + 1)..<max(day + 1, min(newDay, day + Self.length + 1)) {
            flows[between % Self.length] = Self.unknown
        }
    }

    /// Mean flow of a local day that is over; `nil` when too little of it is known or it is long past.
    func flow(on past: Int) -> Double? {
        guard past > 0, past < day, past >= day - Self.length else { return nil }
        let flow = flows[past % Self.length]
        return flow >= 0 ? Double(flow) : nil
    }

    /// Mean flows of the days from `first` up to, not including, `end`, where they are known.
    func flows(from first: Int, to end: Int) -> [Double] {
        first < end ? (max(first, end - Self.length)..<end).compactMap { flow(on: $0) } : []
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        flows.count == Self.length && flows.allSatisfy(\.isFinite) && (0...60_000).contains(day)
            && (0...100_000).contains(hours) && litres.isFinite
    }
}
