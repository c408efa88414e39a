// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model

/// A time in which devices could not be reached.
struct CommunicationGap: Sendable {
    enum Reach: Hashable, Sendable {
        case plantRoom, riser(Int), dwellings(ofRiser: Int), dwelling(Int), lift(Int), gate(Int)
    }
    var reach: Reach
    var span: Range<Int>
    /// Whether the rows came afterwards, all at once.
    var isDeliveredLate: Bool
}

/// Everything harmless that happens, some of it announced.
struct Innocents: Sendable {
    var absences: [Int: [Range<Int>]] = [:]
    /// Dwellings with more going on than usual.
    var crowds: [(home: Int, span: Range<Int>, factor: Double)] = []
    /// Parties, and how often an hour a guest goes to the toilet.
    var parties: [(home: Int, span: Range<Int>, visits: Double)] = []
    /// Hoses that fill something in a garden, in L/h.
    var hoses: [(home: Int, span: Range<Int>, flow: Double)] = []
    /// Water from the common tap of a riser, in L/h.
    var common: [(riser: Int, span: Range<Int>, flow: Double)] = []
    var exchanges: [(target: FaultDraft.Target, minute: Int)] = []
    var manualIrrigation: [Range<Int>] = []
    var liftService: [(lift: Int, span: Range<Int>)] = []
    var keptOpen: [(gate: Int, span: Range<Int>)] = []
    var holidays: Set<CivilDate> = []
    var gaps: [CommunicationGap] = []
    /// Dwellings whose clock is wrong by an hour for a while, and by how many seconds.
    var wrongHours: [(home: Int, span: Range<Int>, seconds: Int)] = []
    var context: [HarmlessEvent] = []
    var calendar: [HarmlessEvent] = []

    /// Holds of a dwelling at a minute: 0 when it is empty, 1 usually.
    func activity(of home: Int, at minute: Int) -> Double {
        if let spans = absences[home], spans.contains(where: { $0.contains(minute) }) { return 0 }
        return crowds.first { $0.home == home && $0.span.contains(minute) }?.factor ?? 1
    }
}

extension Innocents {
    static func draw(_ plan: EstatePlan, seed: UInt64) -> Innocents {
        var drawing = InnocentDrawing(plan: plan, dice: Dice(seed: seed, "innocents"))
        drawing.drawDwellings()
        drawing.drawEstate()
        drawing.drawMachines()
        drawing.drawCommunication()
        return drawing.innocents
    }
}

private struct InnocentDrawing {
    let plan: EstatePlan
    var dice: Dice
    var innocents = Innocents()

    private var period: Period { plan.period }
    private var scale: Double { Double(period.days) / 60 }

    mutating func drawDwellings() {
        for (home, dwelling) in plan.dwellings.enumerated() {
            let name = dwelling.meter.name
            let whole = 0..<period.minutes
            if dwelling.household.habit == .nightShift { note("night_shift_household", name, whole, "lives at night") }
            if let days = dwelling.household.softenerDays {
                note("water_softener", name, whole, "regenerates every \(days) days at night")
            }
            if dice.chance(0.03) {
                absent(home, whole, isAnnounced: dice.chance(0.4))
            } else if dice.chance(0.07 * scale) {
                if let span = span(days: dice.real(4...16)) { absent(home, span, isAnnounced: dice.chance(0.3)) }
            } else if dice.chance(0.02 * scale), period.days > 20 {
                // New people: an empty dwelling that is lived in from one day to the next.
                let end = dice.whole(8...period.days - 6) * 1440 + 600
                absent(home, 0..<end, isAnnounced: false)
            }
            if dice.chance(0.06 * scale), let span = span(days: dice.real(2...9)) {
                innocents.crowds.append((home, span, dice.real(1.2...1.6)))
                note("guests", name, span, "visitors stay")
            }
            if dice.chance(0.03 * scale) { exchange(.dwelling(home), name, isAnnounced: dice.chance(0.5)) }
            if dwelling.meter.firstCount > 1 << 31 {
                note("counter_rollover", name, 0..<period.minutes, "32-bit register passes its end")
            }
        }
        let days = period.dates
        for _ in 0..<dice.poisson(4 * scale) {
            let home = dice.whole(0...plan.dwellings.count - 1)
            guard let date = days.filter({ plan.country.weekend.contains($0.weekday) }).randomElement(using: &dice)
            else { continue }
            let start = period.minute(of: date, hour: dice.real(16...20))
            guard let span = period.clip(start..<start + dice.whole(240...600)), isLivedIn(home, span) else { continue }
            innocents.parties.append((home, span, dice.real(5...14)))
            note("party", plan.dwellings[home].meter.name, span, "many guests")
        }
        for _ in 0..<dice.poisson(1.5 * scale) {
            guard let date = days.randomElement(using: &dice), plan.country.warmth(on: date) > 0.1 else { continue }
            let home = dice.whole(0...plan.dwellings.count - 1)
            let start = period.minute(of: date, hour: dice.real(9...14))
            guard let span = period.clip(start..<start + dice.whole(100...330)), isLivedIn(home, span) else { continue }
            innocents.hoses.append((home, span, dice.real(380...680)))
            note("paddling_pool", plan.dwellings[home].meter.name, span, "garden pool filled by hose, not announced")
        }
    }

    mutating func drawEstate() {
        for _ in 0..<dice.poisson(2 * scale) {
            guard let date = period.dates.randomElement(using: &dice) else { continue }
            innocents.holidays.insert(date)
        }
        for date in innocents.holidays.sorted() {
            let start = period.minute(of: date, hour: 0)
            guard let span = period.clip(start..<start + 1440) else { continue }
            innocents.calendar.append(event("public_holiday", "", span, "\(date.year)-\(date.month)-\(date.day)"))
        }
        for riser in plan.risers.indices {
            let name = plan.risers[riser].meter.name
            if dice.chance(0.4 * scale), let span = daySpan(hour: 7, minutes: 1440) {
                innocents.common.append((riser, span, dice.real(200...600)))
                announce("construction_water", name, span, "building works take water from the common tap")
            }
            if dice.chance(0.3 * scale), let span = daySpan(hour: 9, minutes: dice.whole(500...1100)) {
                innocents.common.append((riser, span, dice.real(600...2000)))
                announce("pool_filling", name, span, "estate pool is filled from the common tap")
            }
            // The stairs are washed.
            if dice.chance(0.6) {
                let weekday = dice.whole(1...5)
                for date in period.dates where date.weekday == weekday || date.weekday == (weekday + 2) % 7 + 1 {
                    let start = period.minute(of: date, hour: dice.real(8.5...11))
                    guard let span = period.clip(start..<start + dice.whole(8...14)) else { continue }
                    innocents.common.append((riser, span, dice.real(120...350)))
                }
            }
        }
        if plan.irrigation != nil, dice.chance(0.6 * scale), let span = daySpan(hour: 15, minutes: dice.whole(45...130))
        {
            innocents.manualIrrigation.append(span)
            announce("manual_irrigation", plan.names.irrigation, span, "new planting is watered in")
        }
    }

    mutating func drawMachines() {
        for (lift, name) in plan.liftNames.enumerated() {
            for _ in 0..<dice.poisson(1.2 * scale) {
                guard let span = daySpan(hour: 9.5, minutes: dice.whole(70...220)) else { continue }
                innocents.liftService.append((lift, span))
                announce("lift_maintenance", name, span, "planned service")
            }
        }
        for (gate, name) in plan.gateNames.enumerated() {
            for _ in 0..<dice.poisson(0.8 * scale) {
                guard let span = daySpan(hour: 10, minutes: dice.whole(55...180)) else { continue }
                innocents.keptOpen.append((gate, span))
                announce("gate_kept_open", name, span, "removal firm, gate kept open")
            }
        }
    }

    mutating func drawCommunication() {
        func gap(_ reach: CommunicationGap.Reach, _ name: String, hours: Double, lateShare: Double) {
            guard let span = span(days: hours / 24) else { return }
            let isLate = dice.chance(lateShare)
            innocents.gaps.append(CommunicationGap(reach: reach, span: span, isDeliveredLate: isLate))
            note("comms_gap", name, span, isLate ? "delivered late" : "lost")
        }
        for _ in 0..<dice.poisson(4 * scale) { gap(.plantRoom, "plant room", hours: dice.size(0.1...1), lateShare: 0) }
        for riser in plan.risers.indices {
            for _ in 0..<dice.poisson(0.8 * scale) {
                gap(.riser(riser), plan.risers[riser].meter.name, hours: dice.size(0.5...4), lateShare: 0.4)
            }
            for _ in 0..<dice.poisson(1.2 * scale) {
                gap(.dwellings(ofRiser: riser), "all units of B\(riser + 1)", hours: dice.size(3...60), lateShare: 0.7)
            }
        }
        for _ in 0..<dice.poisson(0.07 * scale * Double(plan.dwellings.count)) {
            let home = dice.whole(0...plan.dwellings.count - 1)
            gap(.dwelling(home), plan.dwellings[home].meter.name, hours: dice.size(10...100), lateShare: 0.2)
        }
        for (lift, name) in plan.liftNames.enumerated() where dice.chance(0.5 * scale) {
            gap(.lift(lift), name, hours: dice.size(1...8), lateShare: 0)
        }
        for (gate, name) in plan.gateNames.enumerated() where dice.chance(0.5 * scale) {
            gap(.gate(gate), name, hours: dice.size(1...8), lateShare: 0)
        }
        guard dice.chance(0.5) else { return }
        for change in period.zone.transitions {
            let minute = Int((change.at - period.start).inSeconds / 60)
            guard minute > 0, minute < period.minutes else { continue }
            let before = period.zone.offsetSeconds(at: change.at - .seconds(60))
            let span = minute..<min(minute + dice.whole(3...12) * 60, period.minutes)
            for home in plan.dwellings.indices where dice.chance(0.12) {
                innocents.wrongHours.append((home, span, before - change.offsetSeconds))
                note("clock_error", plan.dwellings[home].meter.name, span, "an hour off after the clock change")
            }
        }
    }

    // MARK: Bits

    private func isLivedIn(_ home: Int, _ span: Range<Int>) -> Bool {
        !(innocents.absences[home] ?? []).contains { $0.overlaps(span) }
    }

    private mutating func absent(_ home: Int, _ span: Range<Int>, isAnnounced: Bool) {
        innocents.absences[home, default: []].append(span)
        let name = plan.dwellings[home].meter.name
        if isAnnounced {
            announce("vacancy", name, span, "dwelling empty")
        } else {
            note("vacancy", name, span, "not announced")
        }
    }

    private mutating func exchange(_ target: FaultDraft.Target, _ name: String, isAnnounced: Bool) {
        guard let day = daySpan(hour: 8.5, minutes: 60) else { return }
        innocents.exchanges.append((target, day.lowerBound + dice.whole(5...50)))
        if isAnnounced {
            announce("meter_replacement", name, day, "meter exchanged, register restarts")
        } else {
            note("meter_replacement", name, day, "not announced")
        }
    }

    private mutating func span(days: Double) -> Range<Int>? {
        let length = max(5, Int(days * 1440))
        guard length < period.minutes / 2 else { return nil }
        let start = dice.whole(0...period.minutes - length)
        return start..<start + length
    }

    /// A span that begins at about this local hour of some day.
    private mutating func daySpan(hour: Double, minutes: Int) -> Range<Int>? {
        guard period.days > 6 else { return nil }
        let date = dice.pick(Array(period.dates.dropFirst(3).dropLast(2)))
        let start = period.minute(of: date, hour: hour + dice.real(-1...1))
        return period.clip(start..<start + minutes)
    }

    private mutating func note(_ kind: String, _ device: String, _ span: Range<Int>, _ text: String) {
        innocents.context.append(event(kind, device, span, text))
    }

    private mutating func announce(_ kind: String, _ device: String, _ span: Range<Int>, _ text: String) {
        innocents.calendar.append(event(kind, device, span, text))
        innocents.context.append(event(kind, device, span, "announced"))
    }

    private func event(_ kind: String, _ device: String, _ span: Range<Int>, _ text: String) -> HarmlessEvent {
        HarmlessEvent(
            kind: kind, device: device, start: period.timestamp(minute: span.lowerBound),
            end: period.timestamp(minute: span.upperBound), note: text)
    }
}
