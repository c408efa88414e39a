// SPDX-License-Identifier: Apache-2.0

import Model

extension Signal {
    private static let hourOfDay: [Double] = [
        0.1, 0.06, 0.05, 0.05, 0.1, 0.4, 1.2, 2, 1.8, 1.2, 1, 1.1, 1.3, 1.2, 1, 1.1, 1.4, 1.9, 2.1, 1.8, 1.4, 1, 0.6,
        0.25,
    ]

    private enum Bit {
        static let power: Int64 = 1
        static let service: Int64 = 2
        static let door: Int64 = 4
        static let moving: Int64 = 8
        static let fault: Int64 = 16
        static let maintenance: Int64 = 32
    }

    /// One lift: status and fault code every five minutes and on change, counters every quarter of an hour.
    static func lift(
        _ plan: EstatePlan, number: Int, faults: [FaultDraft], service: [Range<Int>], seed: UInt64
    ) -> [Signal] {
        var dice = Dice(seed: seed, "lift", number)
        let device = plan.liftNames[number]
        let reach = CommunicationGap.Reach.lift(number)
        var status = Signal(device: device, point: "status_word", reach: reach)
        var code = Signal(device: device, point: "fault_code", reach: reach)
        var floor = Signal(device: device, point: "floor", reach: reach)
        var trips = Signal(device: device, point: "trip_counter", reach: reach)
        var doors = Signal(device: device, point: "door_cycles", reach: reach)
        let perQuarter = Double(plan.dwellings.count) / Double(plan.liftNames.count) * dice.real(0.05...0.12)
        var (tripCount, doorCount, place) = (
            Int64(dice.whole(50_000...800_000)), Int64(dice.whole(100_000...1_700_000)), 0
        )
        let outages = faults.filter { $0.type == .liftOutOfService }
        let doorTroubles = faults.filter { $0.type == .liftDoorAnomaly }
        // Faults that the lift gets over by itself, some of them without anybody noticing.
        var blips: [(span: Range<Int>, code: Int64)] = []
        for _ in 0..<dice.poisson(Double(plan.period.days) / 9) {
            let start = dice.whole(0...plan.period.minutes - 5)
            blips.append((start..<start + dice.whole(1...3), Int64(dice.whole(10...60))))
        }
        let withoutPower = Set(outages.indices.filter { _ in dice.chance(0.2) })
        var last = (status: Int64(-1), code: Int64(-1))
        for minute in 0..<plan.period.minutes {
            let outage = outages.firstIndex { $0.isThere(at: minute) }
            let isServiced = service.contains { $0.contains(minute) }
            let blip = blips.first { $0.span.contains(minute) }
            var now = (status: Bit.power | Bit.service, code: Int64(0))
            if let outage {
                now = ((withoutPower.contains(outage) ? 0 : Bit.power) | Bit.fault, Int64(outages[outage].size))
            } else if isServiced {
                now.status = Bit.power | Bit.maintenance
            } else if let blip {
                now = (Bit.power | Bit.fault, blip.code)
            }
            let isUsable = now.status & Bit.service != 0
            if minute % 15 == 0 {
                let busy = perQuarter * hourOfDay[plan.period.local(minute).hour]
                let made = isUsable ? dice.poisson(busy) : isServiced ? dice.poisson(0.5) : 0
                let ratio = doorTroubles.first { $0.isThere(at: minute) }?.size ?? 2.06
                for _ in 0..<made {
                    tripCount += 1
                    doorCount += Int64(ratio.rounded(.down)) + (dice.chance(ratio - ratio.rounded(.down)) ? 1 : 0)
                    place = dice.chance(0.5) ? 0 : dice.whole(0...plan.liftFloors[number])
                }
                if isServiced { doorCount += Int64(dice.poisson(1)) }
                trips.add(tripCount, at: minute * 60 + 9)
                doors.add(doorCount, at: minute * 60 + 9)
            }
            let changed = last.code >= 0 && (now.status != last.status || now.code != last.code)
            last = now
            guard minute % 5 == 0 || changed else { continue }
            var shown = now.status
            if isUsable, !changed {
                let busy = perQuarter * hourOfDay[plan.period.local(minute).hour]
                if dice.chance(min(0.5, busy * 0.03)) { shown |= dice.chance(0.6) ? Bit.moving : Bit.door }
            }
            status.add(shown, at: minute * 60 + 9)
            code.add(now.code, at: minute * 60 + 9)
            if minute % 5 == 0 { floor.add(Int64(place), at: minute * 60 + 9) }
        }
        return [status, code, floor, trips, doors]
    }

    /// One gate: each opening and closing when it happens, and everything every quarter of an hour.
    static func gate(
        _ plan: EstatePlan, number: Int, faults: [FaultDraft], keptOpen: [Range<Int>], seed: UInt64
    ) -> [Signal] {
        var dice = Dice(seed: seed, "gate", number)
        let device = plan.gateNames[number]
        let reach = CommunicationGap.Reach.gate(number)
        var open = Signal(device: device, point: "open", reach: reach)
        var forced = Signal(device: device, point: "forced", reach: reach)
        var cycles = Signal(device: device, point: "cycles", reach: reach)
        let special = faults.flatMap(\.livingSpan) + keptOpen
        var openings = special.map { $0.lowerBound * 60..<$0.upperBound * 60 }
        let perHour = Double(plan.dwellings.count) * dice.real(0.06...0.14)
        for hour in 0..<plan.period.days * 24 {
            let busy = perHour * hourOfDay[plan.period.local(hour * 60).hour]
            for _ in 0..<dice.poisson(busy) {
                let start = hour * 3600 + dice.whole(0...3599)
                openings.append(start..<start + dice.whole(15...60))
            }
            if dice.chance(0.05), busy > perHour * 0.9 {
                let start = hour * 3600 + dice.whole(0...3599)
                openings.append(start..<start + dice.whole(120...540))
            }
        }
        let wide = special.map { $0.lowerBound * 60 - 90..<$0.upperBound * 60 + 90 }
        openings = openings.filter { opening in
            special.contains { $0.lowerBound * 60 == opening.lowerBound } || !wide.contains { $0.overlaps(opening) }
        }
        openings.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var (count, end) = (Int64(dice.whole(3000...90_000)), -30)
        var kept: [Range<Int>] = []
        for opening in openings where opening.lowerBound >= end + 8 {
            kept.append(opening)
            end = opening.upperBound
        }
        for opening in kept {
            open.add(1, at: opening.lowerBound + 2)
            if opening.upperBound < plan.period.minutes * 60 { open.add(0, at: opening.upperBound) }
        }
        let force = faults.filter { $0.type == .gateForced }.flatMap(\.livingSpan)
        for span in force {
            forced.add(1, at: span.lowerBound * 60)
            forced.add(0, at: span.upperBound * 60)
        }
        var next = 0
        for quarter in 0..<plan.period.minutes / 15 {
            let at = quarter * 900 + 10
            while next < kept.count, kept[next].lowerBound + 2 <= at { (next, count) = (next + 1, count + 1) }
            open.add(next > 0 && kept[next - 1].upperBound > at ? 1 : 0, at: at)
            forced.add(force.contains { $0.lowerBound * 60 <= at && $0.upperBound * 60 > at } ? 1 : 0, at: at)
            cycles.add(count, at: at)
        }
        open.sort()
        forced.sort()
        return [open, forced, cycles]
    }
}
