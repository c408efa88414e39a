// SPDX-License-Identifier: Apache-2.0

import Model

/// D24, high pressure by night: when nobody draws, pressure rises, and every leak passes more.
///
/// A night counts when its 95th percentile is above 5 bar, or 0.8 bar above the middle of the day before; three such
/// nights on end are told, three others end it.
struct PressureNights: Hashable, Codable, Sendable {
    /// Local hours.
    static let night = 1..<5
    static let day = 9..<21
    /// Bar. Taps and hoses are built for less, by usual practice of house installations.
    private static let highest = 5.0
    private static let rise = 0.8
    private static let nights = 3
    /// Readings that make a night or a day.
    private static let fewest = 12
    /// Cells of a tenth of a bar.
    private static let cells = 160

    private var nightCells: [UInt16] = []
    private var dayCells: [UInt16] = []
    private var today = -1
    private var isNight = false
    private var dayMedian: Double?
    private var high = 0
    private var fine = 0
    private var since: Timestamp?
    private var isInAlarm = false

    init() {}

    /// Takes the newest pressure in bar.
    mutating func take(_ observation: Observation, at local: LocalMoment) -> Verdict? {
        guard let value = observation.value, -1...100 ~= value else { return nil }
        if nightCells.isEmpty {
            nightCells = Array(repeating: 0, count: Self.cells)
            dayCells = nightCells
        }
        var verdict: Verdict?
        if isNight, local.day != today || !Self.night.contains(local.hourOfDay) {
            isNight = false
            verdict = finishNight(at: observation.at)
        }
        if local.day != today {
            if let middle = Self.quantile(dayCells, 0.5) { dayMedian = middle }
            for cell in dayCells.indices { dayCells[cell] = 0 }
            today = local.day
        }
        let cell = min(max(Int(value * 10), 0), Self.cells - 1)
        if Self.night.contains(local.hourOfDay) {
            isNight = true
            nightCells[cell] += nightCells[cell] < .max ? 1 : 0
        } else if Self.day.contains(local.hourOfDay) {
            dayCells[cell] += dayCells[cell] < .max ? 1 : 0
        }
        return verdict
    }

    private mutating func finishNight(at moment: Timestamp) -> Verdict? {
        defer { for cell in nightCells.indices { nightCells[cell] = 0 } }
        guard let pressure = Self.quantile(nightCells, 0.95), let usual = dayMedian else { return nil }
        let isHigh = pressure > Self.highest || pressure > usual + Self.rise
        if isHigh, high == 0 { since = moment - .seconds(86_400) }
        (high, fine) = isHigh ? (min(high + 1, 1000), 0) : (0, min(fine + 1, 1000))
        if isInAlarm, fine >= Self.nights {
            isInAlarm = false
            return .ends(grounds(pressure, usual, to: moment), at: moment)
        }
        guard !isInAlarm, high >= Self.nights else { return nil }
        isInAlarm = true
        return .arises(grounds(pressure, usual, to: moment))
    }

    /// The value below which a share of the readings lies, in bar; `nil` when there are too few.
    private static func quantile(_ cells: [UInt16], _ share: Double) -> Double? {
        let total = cells.reduce(0) { $0 + Int($1) }
        guard total >= fewest else { return nil }
        var rest = share * Double(total)
        for cell in cells.indices {
            rest -= Double(cells[cell])
            if rest <= 0 { return (Double(cell) + 0.5) / 10 }
        }
        return nil
    }

    private func grounds(_ pressure: Double, _ usual: Double, to end: Timestamp) -> Grounds {
        let from = since ?? end
        return Grounds(
            startedAt: from, severity: .p4, size: Measure("night_pressure", pressure, .bar),
            evidence: Evidence(
                from: from, to: end,
                measures: [
                    Measure("night_pressure", pressure, .bar), Measure("day_pressure", usual, .bar),
                    Measure("highest_pressure", Self.highest, .bar), Measure("nights", Double(max(high, fine))),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        (nightCells.isEmpty && dayCells.isEmpty)
            || (nightCells.count == Self.cells && dayCells.count == Self.cells && (dayMedian?.isFinite ?? true)
                && (0...1000).contains(high) && (0...1000).contains(fine) && abs(today) < 1_000_000
                && (since.map { DataClock.believable.contains($0) } ?? true))
    }
}
