// SPDX-License-Identifier: Apache-2.0

import Model

/// The garden's water and what went wrong with it.
struct IrrigationRecord {
    /// Litres in each minute.
    var litres: [Float]
    /// The drafts with their true spans and sizes; those that had no occasion are left out.
    var drafts: [FaultDraft] = []

    /// Runs the schedule; where a fault needs rain that has not fallen, it rains.
    init(
        _ plan: EstatePlan, _ irrigation: IrrigationPlan, faults: [FaultDraft], manual: [Range<Int>],
        weather: inout Weather, seed: UInt64
    ) {
        var dice = Dice(seed: seed, "irrigation")
        let period = plan.period
        litres = Array(repeating: 0, count: period.minutes)
        let runs = period.dates.compactMap { date -> Range<Int>? in
            guard irrigation.weekdays.contains(date.weekday - 1) else { return nil }
            let start = period.minute(of: date, hour: Double(irrigation.startMinute) / 60)
            return period.clip(start..<start + irrigation.runMinutes)
        }
        for draft in faults where draft.type == .irrigationInRain {
            for run in runs where draft.span.contains(run.lowerBound) && dice.chance(0.75) {
                let start = run.lowerBound - dice.whole(100...500)
                weather.fall(&dice, from: start, minutes: dice.whole(20...90), millimetres: dice.real(2.5...9))
            }
        }
        var wrong = Array(repeating: [Range<Int>](), count: faults.count)
        for run in runs {
            let fallen = weather.fallen(before: run.lowerBound, in: 720)
            let broken = faults.firstIndex { $0.type == .irrigationInRain && $0.isThere(at: run.lowerBound) }
            // A run between the two figures is left out, so that no label hangs on a tenth of a millimetre.
            guard fallen <= 0.85 || (broken != nil && fallen > 1.2) else { continue }
            if fallen > 1.2, let broken { wrong[broken].append(run) }
            water(run, irrigation.flow * dice.normal(1, 0.01), &dice)
        }
        for run in manual { water(run, irrigation.flow * dice.real(0.6...1), &dice) }
        for (place, draft) in faults.enumerated() {
            var draft = draft
            if draft.type == .irrigationInRain {
                guard let first = wrong[place].first, let last = wrong[place].last else { continue }
                draft.span = first.lowerBound..<last.upperBound
                draft.size = wrong[place].reduce(0) { $0 + volume($1) }.rounded()
                draft.litres = draft.size
                draft.note = "\(wrong[place].count) runs although it had rained; magnitude is the volume of all"
            } else {
                guard let run = runs.first(where: { $0.upperBound > draft.span.lowerBound && volume($0) > 0 }) else {
                    continue
                }
                let start = run.upperBound
                guard let span = period.clip(start..<start + draft.span.count), span.count > 120 else { continue }
                draft.span = span
                draft.size = (irrigation.flow * dice.real(0.35...1)).rounded(to: 0.1)
                draft.note = "valve does not close after the run"
                for minute in span where !draft.isMended(at: minute) {
                    litres[minute] = max(litres[minute], Float(draft.size / 60))
                }
                draft.litres = draft.size * Double(span.count) / 60
            }
            drafts.append(draft)
        }
    }

    private mutating func water(_ run: Range<Int>, _ flow: Double, _ dice: inout Dice) {
        for minute in run { litres[minute] = Float(flow / 60 * dice.normal(1, 0.01)) }
    }

    private func volume(_ run: Range<Int>) -> Double { litres[run].reduce(0) { $0 + Double($1) } }
}
