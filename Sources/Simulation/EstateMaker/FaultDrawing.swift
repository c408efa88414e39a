// SPDX-License-Identifier: Apache-2.0

import Model

/// Draws the faults of an estate: which, where, when and how large.
struct FaultDrawing {
    let plan: EstatePlan
    var dice: Dice
    /// Spans of each thing in which nothing else may be wrong with it.
    private var busy: [FaultDraft.Target: [Range<Int>]] = [:]
    private(set) var drafts: [FaultDraft] = []
    private var trouble = 1.0

    static let day = 1440

    /// - Parameters:
    ///   - vacant: Spans in which dwellings stand empty; a meter cannot miss water that nobody draws.
    ///   - trouble: How many times as many as usual.
    static func draw(
        _ plan: EstatePlan, seed: UInt64, vacant: [Int: [Range<Int>]], trouble: Double = 1
    ) -> [FaultDraft] {
        var drawing = FaultDrawing(plan: plan, dice: Dice(seed: seed, "faults"))
        drawing.trouble = trouble
        // Some estates have no trouble at all: there every finding is a false alarm.
        guard !drawing.dice.chance(0.08) || trouble > 1 else { return [] }
        drawing.drawAll(vacant)
        return drawing.drafts.sorted { ($0.span.lowerBound, $0.device) < ($1.span.lowerBound, $1.device) }
    }

    private init(plan: EstatePlan, dice: Dice) { (self.plan, self.dice) = (plan, dice) }

    private mutating func drawAll(_ vacant: [Int: [Range<Int>]]) {
        let scale = Double(plan.period.days) / 60 * trouble
        func times(_ dice: inout Dice, _ mean: Double) -> Int { dice.poisson(mean * scale) }
        for _ in 0..<times(&dice, 1.6) { drawBurst() }
        for _ in 0..<times(&dice, 1) { drawSlabLeak() }
        for _ in 0..<times(&dice, 1.3) { drawStuckMeter(vacant) }
        for _ in 0..<times(&dice, 0.8) { drawUnderRegistration(vacant) }
        for _ in 0..<times(&dice, 0.7) { drawBackflow() }
        for _ in 0..<times(&dice, 1.2) { drawOverflow() }
        for _ in 0..<times(&dice, 4) { drawToilet() }
        for _ in 0..<times(&dice, 1.5) { drawDrip() }
        for type in [FaultType.pumpDryRun, .pumpShortCycling, .pumpEfficiencyDrift, .pumpNightRun] {
            for _ in 0..<times(&dice, 0.9) { drawPump(type) }
        }
        for type in [FaultType.irrigationStuckOpen, .irrigationInRain] {
            for _ in 0..<times(&dice, 0.8) { drawIrrigation(type) }
        }
        for lift in plan.liftNames.indices {
            for _ in 0..<times(&dice, 1) { drawLift(lift) }
            for _ in 0..<times(&dice, 0.5) { drawDoor(lift) }
        }
        for gate in plan.gateNames.indices {
            for _ in 0..<times(&dice, 1) { drawGate(gate, .gateHeldOpen) }
            for _ in 0..<times(&dice, 0.8) { drawGate(gate, .gateForced) }
        }
    }

    // MARK: Water

    private mutating func drawToilet() {
        guard let home = freeDwelling() else { return }
        let days = dice.real(3.5...16)
        guard let span = free(.dwelling(home), days, needed: 3, mayBeOld: true) else { return }
        // A mechanical meter sees nothing below 4 L/h.
        let rate = dice.size(plan.dwellings[home].isUltrasonic ? 5...60 : 7...60).rounded(to: 0.1)
        var draft = FaultDraft(
            type: .toiletLeak, device: plan.dwellings[home].meter.name, span: span, size: rate, unit: "L/h",
            note: "continuous", target: .dwelling(home))
        switch dice.place([55, 33, 12]) {
        case 1:
            draft.spells = spells(in: span, share: dice.real(0.3...0.55))
            draft.note = "in spells; magnitude is the rate while running"
        case 2:
            draft.ramp = min(span.count, Int(dice.real(1...5) * 1440))
            draft.note = "grows; magnitude is the mean"
            draft.size = rate
        default: break
        }
        add(draft)
    }

    /// Spells of one to nine hours that fill about a share of the span.
    private mutating func spells(in span: Range<Int>, share: Double) -> [Range<Int>] {
        var spells: [Range<Int>] = []
        var minute = span.lowerBound
        while minute < span.upperBound {
            let length = Int(dice.real(1...9) * 60)
            spells.append(minute..<min(minute + length, span.upperBound))
            minute += length + max(20, Int(dice.exponential(5 * 60 * (1 - share) / share)))
        }
        return spells
    }

    private mutating func drawDrip() {
        // Only a static meter can see it at all.
        guard let home = freeDwelling(where: { $0.isUltrasonic }),
            let span = free(.dwelling(home), dice.real(9...28), needed: 8, mayBeOld: true)
        else { return }
        add(
            FaultDraft(
                type: .drippingTap, device: plan.dwellings[home].meter.name, span: span,
                size: dice.real(1.2...3.6).rounded(to: 0.1), unit: "L/h", note: "constant drip", target: .dwelling(home)
            ))
    }

    private mutating func drawBurst() {
        var hours = dice.size(1.5...18)
        let target: FaultDraft.Target
        switch dice.place([30, 40, 30]) {
        case 0: target = .inlet
        case 1: target = .riser(dice.whole(0...plan.risers.count - 1))
        default:
            target = .dwelling(freeDwelling() ?? 0)
            // By day a short one cannot be told from a hose that fills a pool.
            hours = max(8, hours)
        }
        guard let span = free(target, hours / 24, needed: hours / 24) else { return }
        let size: Double
        switch target {
        case .inlet: size = dice.size(1800...8000)
        case .riser(let riser):
            // More than its pumps can bring does not come.
            let able = plan.risers[riser].isBoosted ? plan.supply.pumpFlow * Double(plan.supply.pumpCount) * 0.6 : 4500
            size = min(dice.size(700...4500), able)
        default: size = dice.size(350...1600)
        }
        var draft = FaultDraft(
            type: .burst, device: name(target), span: span, size: size.rounded(), unit: "L/h", note: "pipe burst",
            target: target)
        draft.ramp = dice.whole(1...8)
        add(draft)
    }

    private mutating func drawSlabLeak() {
        guard let span = free(.inlet, dice.real(6...18), needed: 5, mayBeOld: true, beside: .slabLeak) else { return }
        var draft = FaultDraft(
            type: .slabLeak, device: plan.inlet.name, span: span,
            size: dice.size(70...400).rounded(), unit: "L/h", note: "between inlet and risers", target: .inlet)
        draft.ramp = min(span.count, Int(dice.real(0...5) * 1440))
        if draft.ramp > 0 { draft.note += ", grows; magnitude is the mean" }
        add(draft)
    }

    private mutating func drawOverflow() {
        guard plan.supply.tank != nil, let span = free(.tank, dice.real(2...8), needed: 2) else { return }
        add(
            FaultDraft(
                type: .tankOverflow, device: plan.names.tank, span: span, size: 0, unit: "L/h",
                note: "float valve passes; magnitude is the mean spill 00-05 local", target: .tank))
    }

    private mutating func drawBackflow() {
        let riser = dice.whole(0...plan.risers.count - 1)
        let target: FaultDraft.Target = dice.chance(0.7) ? .riser(riser) : .dwelling(freeDwelling() ?? 0)
        guard let span = free(target, dice.real(1...5), needed: 0.8) else { return }
        let rate = dice.size(target == .riser(riser) ? 150...900 : 40...250).rounded(to: 0.1)
        var draft = FaultDraft(
            type: .backflow, device: name(target), span: span, size: rate, unit: "L/h", note: "", target: target)
        // At least one dip of the pressure at the beginning and more of them later.
        var minute = span.lowerBound
        repeat {
            let length = dice.whole(25...150)
            draft.spells.append(minute..<min(minute + length, span.upperBound))
            minute += length + Int(dice.exponential(14 * 60)) + 60
        } while minute < span.upperBound - 30
        draft.note = "register runs backwards, \(draft.spells.map(\.count).reduce(0, +)) min in all"
        add(draft)
    }

    // MARK: Meters

    private mutating func drawStuckMeter(_ vacant: [Int: [Range<Int>]]) {
        let isRiser = dice.chance(0.35)
        let riser = dice.whole(0...plan.risers.count - 1)
        guard let home = freeDwelling(where: { $0.household.people > 1 }) else { return }
        let target: FaultDraft.Target = isRiser ? .riser(riser) : .dwelling(home)
        guard let span = free(target, dice.real(7...20), needed: 6, earliest: 10),
            isRiser || !(vacant[home] ?? []).contains(where: { $0.overlaps(span) })
        else { return }
        add(
            FaultDraft(
                type: .stuckMeter, device: name(target), span: span, size: 0, unit: "L/h",
                note: "register stands still; magnitude is the mean flow not counted", target: target))
    }

    private mutating func drawUnderRegistration(_ vacant: [Int: [Range<Int>]]) {
        let riser = dice.whole(0...plan.risers.count - 1)
        let home = freeDwelling { $0.household.people > 2 }
        let target: FaultDraft.Target = dice.chance(0.2) && home != nil ? .dwelling(home ?? 0) : .riser(riser)
        guard let span = free(target, dice.real(14...30), needed: 12, earliest: 10) else { return }
        if case .dwelling(let home) = target, (vacant[home] ?? []).contains(where: { $0.overlaps(span) }) { return }
        let percent = (target == .riser(riser) ? dice.real(12...45) : dice.real(35...70)).rounded(to: 0.1)
        add(
            FaultDraft(
                type: .underRegistration, device: name(target), span: span, size: percent, unit: "%",
                note: "share of the flow not counted", target: target))
    }

    // MARK: Time and place

    /// A span of about `days` in which the target is free, or `nil` when none is found or the period is too short.
    ///
    /// - Parameters:
    ///   - needed: Days of it that must lie inside of the period.
    ///   - earliest: First day on which it usually begins; some begin earlier.
    ///   - mayBeOld: Whether it may have begun before the data did.
    ///   - gap: Minutes before and after in which the target is left alone: what returns sooner is the same trouble.
    ///   - beside: Only faults of this type keep the target busy.
    mutating func free(
        _ target: FaultDraft.Target, _ days: Double, needed: Double, earliest: Double = 8, mayBeOld: Bool = false,
        gap: Int = 4 * day, beside: FaultType? = nil
    ) -> Range<Int>? {
        let minutes = plan.period.minutes
        let length = max(2, Int(days * 1440))
        let latest = minutes - Int(needed * 1440) - 1
        let first = min(Int(earliest * 1440), latest / 3)
        guard latest > 0 else { return nil }
        for _ in 0..<12 {
            var start = dice.whole(min(first, latest)...latest)
            if mayBeOld, dice.chance(0.08) {
                start = 0
            } else if dice.chance(0.12) {
                start = dice.whole(min(latest, first / 8)...latest)
            } else if !drafts.isEmpty, dice.chance(0.3) {
                // Troubles come in pairs.
                let other = dice.pick(drafts).span.lowerBound + dice.whole(-1440...1440)
                if (first...max(first, latest)).contains(other), other <= latest { start = other }
            }
            let span = start..<min(start + length, minutes)
            let wide = max(0, span.lowerBound - gap)..<span.upperBound + gap
            let clashes =
                beside == nil
                ? (busy[target] ?? []).contains { $0.overlaps(wide) }
                : drafts.contains { $0.type == beside && $0.target == target && $0.span.overlaps(wide) }
            if !clashes { return span }
        }
        return nil
    }

    mutating func add(_ draft: FaultDraft, as target: FaultDraft.Target? = nil) {
        drafts.append(draft)
        // A slab leak may stand beside a burst at the inlet.
        if draft.type != .slabLeak { busy[target ?? draft.target, default: []].append(draft.span) }
    }

    private mutating func freeDwelling(where fits: (DwellingPlan) -> Bool = { _ in true }) -> Int? {
        let fitting = plan.dwellings.indices.filter { fits(plan.dwellings[$0]) && busy[.dwelling($0)] == nil }
        return fitting.isEmpty ? nil : dice.pick(fitting)
    }

    private func name(_ target: FaultDraft.Target) -> String {
        switch target {
        case .dwelling(let place): plan.dwellings[place].meter.name
        case .riser(let place): plan.risers[place].meter.name
        case .inlet: plan.inlet.name
        case .tank: plan.names.tank
        case .pump(let place): "\(plan.names.pump)\(place + 1)"
        case .irrigation: plan.names.irrigation
        case .lift(let place): plan.liftNames[place]
        case .gate(let place): plan.gateNames[place]
        }
    }
}

extension Double {
    /// The nearest multiple of `step`, as `step` tenths or hundredths write it.
    func rounded(to step: Double) -> Double { ((self / step).rounded() / (1 / step).rounded()) }
}
