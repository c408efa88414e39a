// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model

/// All water of an estate, from the taps up to the inlet, and the registers that count it.
struct WaterRun {
    private let plan: EstatePlan
    private let innocents: Innocents
    private let seed: UInt64
    private(set) var drafts: [FaultDraft]
    private(set) var signals: [Signal] = []
    private var riserLitres: [[Float]]
    /// Litres in each minute of the irrigation, and from the main to nowhere.
    private var gardenLitres: [Float]
    private var groundLitres: [Float]
    private(set) var supply = SupplyRecord()
    /// Flows in L/h of float valves that pass, by the place of their faults; those that are given stay.
    private(set) var valveFlows: [Int: Double]
    /// Spans in which the pressure of the main is low.
    private var dips: [Range<Int>] = []

    private var period: Period { plan.period }

    init(
        _ plan: EstatePlan, _ innocents: Innocents, faults: [FaultDraft], garden: [Float],
        valveFlows: [Int: Double] = [:],
        seed: UInt64
    ) {
        self.plan = plan
        self.valveFlows = valveFlows
        self.innocents = innocents
        self.seed = seed
        drafts = faults
        riserLitres = Array(repeating: Array(repeating: 0, count: plan.period.minutes), count: plan.risers.count)
        gardenLitres = garden
        groundLitres = Array(repeating: 0, count: plan.period.minutes)
        dips = faults.filter { $0.type == .backflow }.flatMap(\.livingSpells)
        runDwellings()
        runRisers()
        runSupply()
        runInlet()
    }

    // MARK: Dwellings

    private mutating func runDwellings() {
        var byHome: [Int: [Int]] = [:]
        for (place, draft) in drafts.enumerated() {
            if case .dwelling(let home) = draft.target { byHome[home, default: []].append(place) }
        }
        for home in plan.dwellings.indices {
            let dwelling = plan.dwellings[home]
            var dice = Dice(seed: seed, "home", home)
            var use = dwelling.household.uses(
                &dice, plan.country, period, holidays: innocents.holidays,
                activity: { innocents.activity(of: home, at: $0) })
            for hose in innocents.hoses where hose.home == home { use.add(hose.flow, over: hose.span) }
            for party in innocents.parties where party.home == home {
                for _ in 0..<dice.poisson(party.visits * Double(party.span.count) / 60) {
                    let at = Double(dice.whole(party.span.lowerBound...party.span.upperBound - 1)) + dice.share()
                    use.draw(dwelling.household.flush + dice.real(0...2), rate: dwelling.household.fillRate, at: at)
                }
            }
            for place in byHome[home] ?? [] where [.toiletLeak, .drippingTap, .burst].contains(drafts[place].type) {
                let draft = drafts[place]
                for minute in draft.span { use.litres[minute] += Float(draft.size / 60 * draft.share(at: minute)) }
                drafts[place].litres = draft.span.reduce(0) { $0 + draft.size / 60 * draft.share(at: $1) }
                drafts[place].size = (draft.size * draft.meanShare).rounded(to: 0.1)
            }
            quieten(&use, riser: dwelling.riser)
            for place in byHome[home] ?? [] where drafts[place].type == .backflow {
                drafts[place].litres = Double(drafts[place].spells.map(\.count).reduce(0, +)) / 60 * drafts[place].size
                for spell in drafts[place].livingSpells {
                    use.scale(0, over: spell)
                    use.add(-drafts[place].size, over: spell)
                }
            }
            for minute in use.litres.indices { riserLitres[dwelling.riser][minute] += use.litres[minute] }
            let phase = dwelling.pollSecond
            let seconds = stride(from: phase, to: period.minutes * 60, by: 900)
            var signal = Signal(device: dwelling.meter.name, point: "total", dwelling: home, reach: .dwelling(home))
            signal.samples = register(dwelling.meter, .dwelling(home), use.litres, troubled: byHome[home] ?? [])
                .samples(use.litres, at: seconds)
            signals.append(signal)
        }
    }

    /// Less comes out of the taps while a pump runs dry or the main's pressure dips below a riser.
    private func quieten(_ use: inout UseRecord, riser: Int) {
        for draft in drafts {
            switch (draft.type, draft.target) {
            case (.pumpDryRun, _) where plan.risers[riser].isBoosted && plan.scheme != .roofTank:
                for part in draft.livingSpan { use.scale(0.12, over: part) }
            case (.backflow, .riser(riser)):
                for spell in draft.livingSpells { use.scale(0, over: spell) }
            default: break
            }
        }
    }

    /// The register of a meter with its troubles; notes the sizes that follow from the water.
    private mutating func register(
        _ meter: MeterPlan, _ target: FaultDraft.Target, _ litres: [Float], troubled: [Int]
    ) -> Register {
        var register = Register(plan: meter)
        register.exchanges = innocents.exchanges.filter { $0.target == target }.map(\.minute)
        for place in troubled {
            let span = drafts[place].span
            switch drafts[place].type {
            case .stuckMeter:
                register.troubles += drafts[place].livingSpan.map { ($0, .stuck) }
                let missed = litres[span].reduce(0) { $0 + Double($1) }
                drafts[place].size = (missed / Double(span.count) * 60).rounded(to: 0.1)
                drafts[place].litres = missed
            case .underRegistration:
                register.troubles += drafts[place].livingSpan.map { ($0, .slip(drafts[place].size / 100)) }
            default: break
            }
        }
        return register
    }

    // MARK: Risers

    private mutating func runRisers() {
        for riser in plan.risers.indices {
            var dice = Dice(seed: seed, "riser", riser)
            // Something always drips somewhere behind a riser.
            let background = max(0, dice.normal(1, 1))
            let target = FaultDraft.Target.riser(riser)
            let mine = drafts.indices.filter { drafts[$0].target == target }
            for minute in riserLitres[riser].indices { riserLitres[riser][minute] += Float(background / 60) }
            for common in innocents.common where common.riser == riser {
                for minute in common.span {
                    riserLitres[riser][minute] += Float(common.flow / 60 * dice.normal(1, 0.03))
                }
            }
            for place in mine {
                let draft = drafts[place]
                switch draft.type {
                case .burst:
                    var lost = 0.0
                    for minute in draft.span {
                        let flow = Float(draft.size / 60 * draft.share(at: minute) * breath(minute, &dice))
                        riserLitres[riser][minute] += flow
                        lost += Double(flow)
                    }
                    drafts[place].litres = lost
                    drafts[place].size = (draft.size * draft.meanShare).rounded(to: 0.1)
                case .backflow:
                    for spell in draft.spells {
                        for minute in spell {
                            // Drawn for a mended minute too, so that a repair changes nothing before it.
                            let flow = Float(-draft.size / 60 * dice.normal(1, 0.05))
                            if !draft.isMended(at: minute) { riserLitres[riser][minute] = flow }
                        }
                    }
                    drafts[place].litres = draft.spells.joined().reduce(0) { $0 - Double(riserLitres[riser][$1]) }
                default: break
                }
            }
            let meter = plan.risers[riser].meter
            var signal = Signal(device: meter.name, point: "total", reach: .riser(riser))
            signal.samples = register(meter, target, riserLitres[riser], troubled: mine)
                .samples(riserLitres[riser], at: stride(from: 3, to: period.minutes * 60, by: 60))
            signals.append(signal)
        }
    }

    /// A leak breathes with the pressure, which is higher at night.
    private func breath(_ minute: Int, _ dice: inout Dice) -> Double {
        1 + 0.05 * cos(2 * .pi * (Double(period.local(minute).minuteOfDay) / 1440 - 0.12)) + dice.normal(0, 0.01)
    }

    // MARK: Tanks and pumps

    private mutating func runSupply() {
        var demand = Array(repeating: Float(0), count: period.minutes)
        for (riser, litres) in riserLitres.enumerated() where plan.risers[riser].isBoosted {
            for minute in demand.indices { demand[minute] += max(0, litres[minute]) }
        }
        var dice = Dice(seed: seed, "supply")
        var troubles = SupplyTroubles()
        var valves: [FaultDraft] = []
        let mean = demand.reduce(0) { $0 + Double($1) } / Double(demand.count) * 60
        for draft in drafts {
            switch (draft.type, draft.target) {
            case (.pumpDryRun, .pump(let number)):
                troubles.dryRuns.append(SupplyTroubles.Pump(number: number, span: draft.span, mended: draft.mended))
            case (.pumpNightRun, .pump(let number)):
                troubles.nightRuns += draft.livingSpells.map { SupplyTroubles.Pump(number: number, span: $0) }
            case (.pumpShortCycling, .pump(let number)):
                let pump = SupplyTroubles.Pump(number: number, span: draft.span, mended: draft.mended)
                troubles.shortCycling.append((pump, dice.real(0.07...0.15)))
            case (.pumpEfficiencyDrift, .pump(let number)):
                let pump = SupplyTroubles.Pump(number: number, span: draft.span, mended: draft.mended)
                troubles.drifts.append((pump, draft.size / 100))
            case (.tankOverflow, _):
                let flow = mean * dice.real(0.55...1) + dice.size(80...500)
                valves.append(draft)
                troubles.passingValves.append((draft.span, valveFlows[draft.place] ?? flow))
            default: break
            }
        }
        supply = SupplyRun.run(
            plan.supply, valveFlows.isEmpty ? troubles : troubles.closing(valves), demand: demand, period: period,
            dice: dice)
        // A valve that passes too little to make the tank spill is worn out further.
        for _ in 0..<(valveFlows.isEmpty ? 6 : 0) {
            let weak = troubles.passingValves.indices.filter { spilled(troubles.passingValves[$0].span) < 400 }
            guard !weak.isEmpty else { break }
            for valve in weak { troubles.passingValves[valve].flow *= 1.3 }
            supply = SupplyRun.run(plan.supply, troubles, demand: demand, period: period, dice: dice)
        }
        for (valve, passing) in zip(valves, troubles.passingValves) { valveFlows[valve.place] = passing.flow }
        for place in drafts.indices {
            switch drafts[place].type {
            case .tankOverflow: sizeOverflow(place)
            case .pumpShortCycling: sizeCycling(place)
            default: break
            }
        }
    }

    /// Litres over the tank's edge in a span.
    private func spilled(_ span: Range<Int>) -> Float { supply.spill[span].reduce(0, +) }

    private mutating func sizeOverflow(_ place: Int) {
        let span = drafts[place].span
        var (sum, count) = (0.0, 0)
        for minute in drafts[place].span where period.local(minute).hour < 5 {
            (sum, count) = (sum + Double(supply.spill[minute]), count + 1)
        }
        let rate = count > 0 ? sum / Double(count) * 60 : 0
        drafts[place].size = rate.rounded(to: 0.1)
        drafts[place].litres = Double(spilled(span))
    }

    private mutating func sizeCycling(_ place: Int) {
        guard case .pump(let number) = drafts[place].target else { return }
        let (span, starts) = (drafts[place].span, supply.pumps[number].starts)
        let count = Double(starts[span.upperBound - 1] - starts[span.lowerBound])
        drafts[place].size = (count / Double(span.count) * 60).rounded(to: 0.1)
    }

    // MARK: Inlet

    private mutating func runInlet() {
        var dice = Dice(seed: seed, "inlet")
        let background = dice.real(0...5)
        for minute in groundLitres.indices { groundLitres[minute] = Float(background / 60) }
        let mine = drafts.indices.filter { drafts[$0].target == .inlet }
        for place in mine {
            let draft = drafts[place]
            var lost = 0.0
            for minute in draft.span {
                let flow = Float(draft.size / 60 * draft.share(at: minute) * breath(minute, &dice))
                groundLitres[minute] += flow
                lost += Double(flow)
            }
            drafts[place].litres = lost
            drafts[place].size = (draft.size * draft.meanShare).rounded(to: 0.1)
        }
        var litres = groundLitres
        for minute in litres.indices {
            litres[minute] += gardenLitres[minute] + supply.intake[minute]
            for (riser, flows) in riserLitres.enumerated() where !plan.risers[riser].isBoosted {
                litres[minute] += flows[minute]
            }
            // A check valve stands before the inlet.
            litres[minute] = max(0, litres[minute])
        }
        var total = Signal(device: plan.inlet.name, point: "total", reach: .plantRoom)
        total.samples = Register(plan: plan.inlet).samples(litres, at: stride(from: 2, to: period.minutes * 60, by: 60))
        signals.append(total)
        var pressure = Signal(device: plan.inlet.name, point: "pressure", decimals: 2, reach: .plantRoom)
        for minute in stride(from: 0, to: period.minutes, by: 5) {
            let flow = Double(litres[minute]) * 60 / (plan.supply.valveFlow + 3000)
            let dip = dips.contains { $0.contains(minute) } ? 0.25 : 1
            let bar = (plan.supply.mainPressure * dip - 0.6 * flow * flow) + dice.normal(0, 0.03)
            pressure.add(Int64((max(0.05, bar) * 100).rounded()), at: minute * 60 + 2)
        }
        signals.append(pressure)
        if let irrigation = plan.irrigation {
            var garden = Signal(device: irrigation.meter.name, point: "total", reach: .plantRoom)
            garden.samples = Register(plan: irrigation.meter)
                .samples(gardenLitres, at: stride(from: 4, to: period.minutes * 60, by: 60))
            signals.append(garden)
        }
    }
}
