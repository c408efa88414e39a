// SPDX-License-Identifier: Apache-2.0

public import Model

/// What can be wrong with an estate, by the names of the labels.
public enum FaultType: String, Hashable, Sendable, CaseIterable {
    case toiletLeak = "toilet_leak"
    case drippingTap = "dripping_tap"
    case slabLeak = "slab_leak"
    case burst
    case tankOverflow = "tank_overflow"
    case backflow
    case stuckMeter = "stuck_meter"
    case underRegistration = "under_registration"
    case pumpDryRun = "pump_dry_run"
    case pumpShortCycling = "pump_short_cycling"
    case pumpEfficiencyDrift = "pump_efficiency_drift"
    case pumpNightRun = "pump_night_run"
    case irrigationStuckOpen = "irrigation_stuck_open"
    case irrigationInRain = "irrigation_in_rain"
    case liftOutOfService = "lift_out_of_service"
    case liftDoorAnomaly = "lift_door_anomaly"
    case gateHeldOpen = "gate_held_open"
    case gateForced = "gate_forced"
}

/// One fault as `truth.csv` tells it.
public struct FaultLabel: Hashable, Sendable {
    public var identifier: String
    public var type: FaultType
    public var device: String
    public var start: Timestamp
    public var end: Timestamp
    public var magnitude: Double
    public var unit: String
    public var note: String
    /// Water that it lost, or that was not counted, over its whole time; `nil` for a fault that loses none.
    public var litres: Double?
}

/// Something harmless that looks odd, or something that was announced.
public struct HarmlessEvent: Hashable, Sendable {
    public var kind: String
    /// Empty when the whole estate is meant.
    public var device: String
    public var start: Timestamp
    public var end: Timestamp
    public var note: String
}

/// A fault before its size is known from the simulation.
struct FaultDraft: Sendable {
    var type: FaultType
    var device: String
    var span: Range<Int>
    /// Size in the unit of the label, as meant; the simulation may correct it.
    var size: Double
    var unit: String
    var note: String
    /// Minutes in which it grows to its full size.
    var ramp = 0
    /// Where it acts when not all of the time.
    var spells: [Range<Int>] = []
    var target: Target
    /// Water that the simulation lost by it, or did not count.
    var litres: Double?
    /// Place among the faults that were drawn; -1 before that is known.
    var place = -1
    /// Minutes in which somebody has mended it.
    var mended: [Range<Int>] = []

    /// The thing it happens to.
    enum Target: Hashable, Sendable {
        case dwelling(Int), riser(Int), inlet, tank, pump(Int), irrigation, lift(Int), gate(Int)
    }

    /// Share of the full size at a minute: 0 outside of the span and between spells.
    func share(at minute: Int) -> Double {
        guard isThere(at: minute) else { return 0 }
        if !spells.isEmpty, !spells.contains(where: { $0.contains(minute) }) { return 0 }
        return ramp > 0 ? min(1, Double(minute - span.lowerBound + 1) / Double(ramp)) : 1
    }

    /// Minutes in which it acts.
    var actingSpans: [Range<Int>] { spells.isEmpty ? [span] : spells }

    /// Mean of ``share(at:)`` over the minutes in which it acts.
    var meanShare: Double {
        var (sum, count) = (0.0, 0)
        for acting in actingSpans {
            for minute in acting { (sum, count) = (sum + share(at: minute), count + 1) }
        }
        return count > 0 ? sum / Double(count) : 0
    }
}
