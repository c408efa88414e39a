// SPDX-License-Identifier: Apache-2.0

import Model

/// What tanks and pumps show, minute by minute.
struct SupplyRecord: Sendable {
    struct Pump: Sendable {
        /// Seconds of the minute that it was on.
        var onSeconds: [UInt8] = []
        /// Mean of the minute in kW.
        var power: [Float] = []
        /// Starts since the beginning, at the end of the minute.
        var starts: [Int32] = []
    }
    var pumps: [Pump] = []
    var dischargeBar: [Float] = []
    var tankLevel: [Float] = []
    var roofLevel: [Float] = []
    /// Litres that spilled over the tank's edge in each minute.
    var spill: [Float] = []
    /// Litres that the boosted part took from the main in each minute.
    var intake: [Float] = []
}

/// Integrates tanks, vessel and pumps in steps of ten seconds.
struct SupplyRun {
    private static let stepsAMinute = 6
    private let plan: SupplyPlan
    private let troubles: SupplyTroubles
    private var dice: Dice
    private var tankLitres: Double
    private var isFilling = false
    private var roofLitres: Double
    /// Content of the pressure vessel above the pressure at which a pump starts; below zero when pressure is lower.
    private var vessel: Double
    private var isOn: [Bool]
    private var order: [Int]
    private var isAwake = false
    private var stepsInState = 0
    private var active = 0
    private var isCycling = false
    /// A pump that stops within a step was on in it.
    private var sleepAfterStep = false
    private var flow = 0.0
    private var starts: [Int32]
    private var record = SupplyRecord()

    init(_ plan: SupplyPlan, _ troubles: SupplyTroubles, dice: Dice) {
        self.plan = plan
        self.troubles = troubles
        self.dice = dice
        tankLitres = plan.tank.map { $0.litres(plan.closedLevel) } ?? 0
        roofLitres = plan.roofTank.map { $0.litres(plan.stopLevel) } ?? 0
        vessel = plan.vesselLitres
        isOn = Array(repeating: false, count: plan.pumpCount)
        order = Array(0..<plan.pumpCount)
        starts = Array(repeating: 0, count: plan.pumpCount)
        record.pumps = Array(repeating: SupplyRecord.Pump(), count: plan.pumpCount)
    }

    /// - Parameter demand: Litres that the boosted risers take in each minute.
    static func run(_ plan: SupplyPlan, _ troubles: SupplyTroubles, demand: [Float], period: Period, dice: Dice)
        -> SupplyRecord
    {
        var run = SupplyRun(plan, troubles, dice: dice)
        let rotationMinute = 600
        for (minute, litres) in demand.enumerated() {
            run.isCycling = troubles.shortCycling.contains { $0.pump.isThere(at: minute) }
            if run.plan.rotation == .daily, minute % 1440 == rotationMinute, !run.isCycling { run.rotate() }
            run.step(minute, Double(litres))
        }
        return run.record
    }

    private mutating func rotate() {
        guard order.count > 1 else { return }
        order.append(order.removeFirst())
    }

    private mutating func step(_ minute: Int, _ demand: Double) {
        let dry = Set(troubles.dryRuns.filter { $0.isThere(at: minute) }.map(\.number))
        let held = troubles.nightRuns.first { $0.isThere(at: minute) }?.number
        let forced = dry.union(held.map { [$0] } ?? [])
        let cycling = troubles.shortCycling.first { $0.pump.isThere(at: minute) }
        let shrink = cycling?.share ?? 1
        // Where it cycles, one pump does the work: the others have been switched off by hand.
        while let pump = cycling?.pump.number, order[0] != pump { rotate() }
        let passing = troubles.passingValves.first { $0.span.contains(minute) }?.flow ?? 0
        var onSteps = Array(repeating: 0, count: plan.pumpCount)
        var energy = Array(repeating: 0.0, count: plan.pumpCount)
        var (spilled, taken, pressure) = (0.0, 0.0, 0.0)
        for _ in 0..<Self.stepsAMinute {
            let before = isOn
            // What was kept running by hand stops when the hand is gone.
            if forced.isEmpty, !isAwake { isOn = Array(repeating: false, count: plan.pumpCount) }
            let wanted = demand / Double(Self.stepsAMinute)
            let pumped: Double
            switch plan.scheme {
            case .mains: pumped = wanted
            case .variableSpeed, .direct:
                pumped = held == nil ? variableSpeed(wanted, shrink, dry) : heldOn(wanted, shrink)
            case .vessel: pumped = held == nil ? onOff(wanted, shrink, dry) : heldOn(wanted, shrink)
            case .roofTank: pumped = transfer(wanted, shrink, dry)
            }
            for pump in forced { isOn[pump] = true }
            let working = isOn.indices.filter { isOn[$0] && !dry.contains($0) }
            for pump in isOn.indices where isOn[pump] {
                if !before[pump] { starts[pump] += 1 }
                onSteps[pump] += 1
                energy[pump] += power(pump, dry.contains(pump) ? nil : pumped / Double(max(1, working.count)), minute)
            }
            if sleepAfterStep {
                sleep()
                sleepAfterStep = false
            }
            pressure += discharge(isDry: !dry.isEmpty && working.isEmpty, isOn: !working.isEmpty, shrink)
            let (fill, over) = plan.tank == nil ? (pumped, 0) : fillTank(taking: pumped, passing)
            taken += fill
            spilled += over
        }
        for pump in record.pumps.indices {
            record.pumps[pump].onSeconds.append(UInt8(onSteps[pump] * 60 / Self.stepsAMinute))
            record.pumps[pump].power.append(Float(energy[pump] / Double(Self.stepsAMinute)))
            record.pumps[pump].starts.append(starts[pump])
        }
        record.dischargeBar.append(Float(pressure / Double(Self.stepsAMinute) + dice.normal(0, 0.015)))
        if let tank = plan.tank { record.tankLevel.append(Float(tank.level(tankLitres) + dice.normal(0, 0.0015))) }
        if let roof = plan.roofTank { record.roofLevel.append(Float(roof.level(roofLitres) + dice.normal(0, 0.0015))) }
        record.spill.append(Float(spilled))
        record.intake.append(Float(taken))
    }

    // MARK: Pumps; each gives the litres pumped in one step

    private mutating func variableSpeed(_ wanted: Double, _ shrink: Double, _ dry: Set<Int>) -> Double {
        let room = plan.vesselLitres * shrink
        vessel = min(vessel, room)
        stepsInState += 1
        guard dry.isEmpty else { return starve(wanted, room) }
        flow += (wanted * 360 - flow) * 0.5
        if !isAwake {
            guard vessel <= wanted else {
                vessel -= wanted
                return 0
            }
            wake()
        }
        if active < plan.pumpCount, flow > plan.pumpFlow * 0.85 * Double(active) { active += 1 }
        if active > 1, flow < plan.pumpFlow * 0.6 * Double(active - 1) { active -= 1 }
        for (place, pump) in order.enumerated() { isOn[pump] = place < active }
        let refill = min(room - vessel, plan.pumpFlow / 360 * 0.4)
        vessel += refill
        if flow < plan.sleepFlow, vessel >= room, stepsInState > 3 { sleepAfterStep = true }
        return wanted + refill
    }

    private mutating func onOff(_ wanted: Double, _ shrink: Double, _ dry: Set<Int>) -> Double {
        let room = plan.vesselLitres * shrink
        vessel = min(vessel, room)
        guard dry.isEmpty else { return starve(wanted, room) }
        if !isAwake {
            guard vessel <= wanted else {
                vessel -= wanted
                return 0
            }
            wake()
        }
        if active < plan.pumpCount, vessel < 0 { active += 1 }
        for (place, pump) in order.enumerated() { isOn[pump] = place < active }
        let able = plan.pumpFlow / 360 * Double(active) * (1.15 - 0.3 * max(0, vessel / room))
        // A small vessel is full before the step is over; then the pump has already stopped.
        let pumped = min(able, wanted + room - vessel)
        vessel = max(vessel + pumped - wanted, -room)
        if vessel >= room - 1e-9 { sleepAfterStep = true }
        return pumped
    }

    private mutating func transfer(_ wanted: Double, _ shrink: Double, _ dry: Set<Int>) -> Double {
        guard let roof = plan.roofTank else { return wanted }
        roofLitres = max(0, roofLitres - wanted)
        let level = roof.level(roofLitres)
        let start = plan.stopLevel - (plan.stopLevel - plan.startLevel) * shrink
        if !isAwake, level <= start { wake() }
        if isAwake, level >= plan.stopLevel { sleep() }
        guard isAwake else { return 0 }
        // Where the leading pump brings nothing, the level falls until the next one is called.
        active = level < plan.startLevel - roof.edge * 0.1 ? min(2, plan.pumpCount) : max(1, active)
        for (place, pump) in order.enumerated() { isOn[pump] = place < active }
        let working = isOn.indices.filter { isOn[$0] && !dry.contains($0) }.count
        let pumped = plan.pumpFlow / 360 * Double(working)
        roofLitres = min(roofLitres + pumped, roof.volume)
        return pumped
    }

    /// No pump brings water: the vessel empties and pressure is lost.
    private mutating func starve(_ wanted: Double, _ room: Double) -> Double {
        // It was called because pressure was low, and what is left runs back through the foot valve in minutes.
        vessel = max(min(vessel, room * 0.2) - wanted - room / 60, -room)
        (isAwake, active, stepsInState) = (true, 1, 0)
        for pump in isOn.indices { isOn[pump] = false }
        return 0
    }

    /// A pump that is kept running holds the vessel full and gives what is wanted.
    private mutating func heldOn(_ wanted: Double, _ shrink: Double) -> Double {
        let refill = max(0, plan.vesselLitres * shrink - vessel)
        vessel += refill
        (isAwake, active, stepsInState) = (false, 0, 0)
        for pump in isOn.indices { isOn[pump] = false }
        return wanted + refill
    }

    private mutating func wake() {
        (isAwake, active, stepsInState) = (true, 1, 0)
        for (place, pump) in order.enumerated() { isOn[pump] = place == 0 }
    }

    private mutating func sleep() {
        (isAwake, active, stepsInState) = (false, 0, 0)
        for pump in isOn.indices { isOn[pump] = false }
        if plan.rotation == .everyStart, !isCycling { rotate() }
    }

    // MARK: What is seen

    /// Power in kW of a pump that brings so many litres in a step; `nil` when it runs without water.
    private mutating func power(_ pump: Int, _ litres: Double?, _ minute: Int) -> Double {
        guard let litres else { return plan.ratedKilowatts * dice.normal(0.27, 0.004) }
        let load = min(1.2, litres * 360 / plan.pumpFlow)
        let share = plan.scheme == .variableSpeed || plan.scheme == .direct ? 0.32 + 0.62 * load : 0.5 + 0.45 * load
        var efficiency = 1.0
        for drift in troubles.drifts where drift.pump.number == pump && drift.pump.isThere(at: minute) {
            let progress = Double(minute - drift.pump.span.lowerBound) / Double(drift.pump.span.count)
            efficiency -= drift.loss * progress
        }
        return plan.ratedKilowatts * share / efficiency * dice.normal(1, 0.012)
    }

    private func discharge(isDry: Bool, isOn: Bool, _ shrink: Double) -> Double {
        let room = plan.vesselLitres * shrink
        switch plan.scheme {
        case .mains:
            return plan.mainPressure
        case .variableSpeed, .direct:
            let low = plan.setPressure - 0.5
            if isDry { return lost(low, vessel / room, floor: plan.scheme == .direct ? plan.mainPressure * 0.4 : 0.25) }
            return isOn ? plan.setPressure : low + 0.6 * max(0, vessel / room)
        case .vessel:
            let low = plan.setPressure - 0.8
            if isDry { return lost(low, vessel / room, floor: 0.25) }
            // Pumps that cannot keep up still hold most of the pressure.
            return vessel < 0 ? low * (1 + 0.4 * vessel / room) : low + 1.4 * vessel / room + (isOn ? 0.1 : 0)
        case .roofTank:
            // Behind a check valve stands the column up to the roof; a pump without water does not open it.
            return isDry ? 0.3 : plan.setPressure - (isOn ? 0 : 0.9)
        }
    }

    /// Pressure without a pump that brings water.
    private func lost(_ low: Double, _ content: Double, floor: Double) -> Double {
        content > 0 ? low + content : max(floor, low * (1 + content))
    }

    /// Litres that flow in and that spill in one step.
    private mutating func fillTank(taking pumped: Double, _ passing: Double) -> (fill: Double, spill: Double) {
        guard let tank = plan.tank else { return (pumped, 0) }
        let level = tank.level(tankLitres)
        var rate: Double
        if let band = plan.floatBand {
            rate = plan.valveFlow * min(1, max(0, (plan.closedLevel - level) / band))
        } else {
            if level < plan.closedLevel - 0.25 { isFilling = true }
            if level >= plan.closedLevel { isFilling = false }
            rate = isFilling ? plan.valveFlow : 0
        }
        rate = max(rate, passing)
        let fill = rate / 360
        tankLitres = max(0, tankLitres + fill - pumped)
        let spill = max(0, tankLitres - tank.volume)
        tankLitres -= spill
        return (fill, spill)
    }
}
