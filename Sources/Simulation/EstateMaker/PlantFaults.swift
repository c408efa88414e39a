// SPDX-License-Identifier: Apache-2.0

import Model

/// Faults of pumps, irrigation, lifts and gates.
extension FaultDrawing {
    mutating func drawPump(_ type: FaultType) {
        guard plan.supply.pumpCount > 0 else { return }
        // Where the lead never changes, the other pumps hardly run.
        let used = plan.supply.rotation == .never ? 1 : plan.supply.pumpCount
        let pump = dice.whole(0...used - 1)
        // Pumps of variable speed in a large estate never rest at night: one that is kept running cannot be told.
        let nightFlow = Double(plan.dwellings.count) * 3 * plan.country.thirst
        let isVariable = plan.scheme == .variableSpeed || plan.scheme == .direct
        if type == .pumpNightRun, isVariable, nightFlow > plan.supply.sleepFlow { return }
        let target: FaultDraft.Target
        let days: Double
        switch type {
        case .pumpDryRun: (target, days) = (.pump(0), dice.size(0.5...4.5) / 24)
        case .pumpNightRun: (target, days) = (.pump(0), Double(dice.whole(3...6)))
        case .pumpShortCycling: (target, days) = (.pump(0), dice.real(3...10))
        default: (target, days) = (.pump(1 + pump), dice.real(21...32))
        }
        let needed = type == .pumpEfficiencyDrift ? 19 : min(days, 2.5)
        guard var span = free(target, days, needed: needed, earliest: type == .pumpEfficiencyDrift ? 7 : 6) else {
            return
        }
        if type == .pumpDryRun, plan.period.local(span.lowerBound).hour < 6 {
            // Pumps are called when people draw water.
            guard let later = plan.period.clip(span.lowerBound + 360..<span.upperBound + 360) else { return }
            span = later
        }
        var draft = FaultDraft(
            type: type, device: "\(plan.names.pump)\(pump + 1)", span: span, size: 0, unit: "", note: "",
            target: .pump(pump))
        switch type {
        case .pumpDryRun:
            (draft.size, draft.unit, draft.note) = (Double(span.count), "min", "runs without water")
        case .pumpShortCycling:
            draft.unit = "starts/h"
            draft.note = plan.scheme == .roofTank ? "level switch lost its difference" : "vessel lost its gas charge"
        case .pumpNightRun:
            let (hour, length) = (dice.real(-0.5...1.5), dice.real(2.5...4.5).rounded(to: 0.1))
            for date in plan.period.dates {
                let start = plan.period.minute(of: date, hour: 0) + Int(hour * 60)
                let spell = start..<start + Int(length * 60)
                if spell.lowerBound >= span.lowerBound, spell.upperBound <= span.upperBound {
                    draft.spells.append(spell)
                }
            }
            guard let first = draft.spells.first, let last = draft.spells.last else { return }
            draft.span = first.lowerBound..<last.upperBound
            (draft.size, draft.unit, draft.note) = (length, "h/night", "runs at night without being needed")
        default:
            (draft.size, draft.unit) = (dice.real(14...36).rounded(to: 0.1), "%")
            draft.note = "loss of efficiency at the end, grows from nothing"
        }
        add(draft, as: target)
    }

    mutating func drawIrrigation(_ type: FaultType) {
        guard plan.irrigation != nil else { return }
        let days = type == .irrigationStuckOpen ? dice.real(0.3...1.6) : dice.real(3...9)
        guard let span = free(.irrigation, days, needed: min(days, 2), earliest: 3) else { return }
        // When exactly follows from the runs and the weather.
        add(
            FaultDraft(
                type: type, device: plan.names.irrigation, span: span, size: 0,
                unit: type == .irrigationStuckOpen ? "L/h" : "L", note: "", target: .irrigation))
    }

    mutating func drawLift(_ lift: Int) {
        guard let span = free(.lift(lift), dice.size(0.6...40) / 24, needed: 0.025, earliest: 1, gap: Self.day) else {
            return
        }
        add(
            FaultDraft(
                type: .liftOutOfService, device: plan.liftNames[lift], span: span, size: Double(dice.whole(10...60)),
                unit: "code", note: "out of service with this fault code", target: .lift(lift)))
    }

    mutating func drawDoor(_ lift: Int) {
        guard let span = free(.lift(lift), dice.real(2...8), needed: 2, earliest: 8) else { return }
        add(
            FaultDraft(
                type: .liftDoorAnomaly, device: plan.liftNames[lift], span: span,
                size: dice.real(3.4...6).rounded(to: 0.1), unit: "doors/trip", note: "door opens again and again",
                target: .lift(lift)))
    }

    mutating func drawGate(_ gate: Int, _ type: FaultType) {
        let minutes = type == .gateHeldOpen ? dice.size(52...320) : dice.real(2...11)
        guard let span = free(.gate(gate), minutes / 1440, needed: minutes / 1440, earliest: 1, gap: Self.day) else {
            return
        }
        add(
            FaultDraft(
                type: type, device: plan.gateNames[gate], span: span, size: Double(span.count), unit: "min",
                note: type == .gateHeldOpen ? "stays open" : "opened without a command", target: .gate(gate)))
    }
}
