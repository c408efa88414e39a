// SPDX-License-Identifier: Apache-2.0

/// Which findings count for one type of fault, and how soon they should come.
struct FaultFamily {
    /// What kind of equipment a fault belongs to.
    enum Group: String, CaseIterable {
        case water
        case plant
        case machines = "lifts and gates"
    }

    var type: String
    var group: Group
    /// Findings that name the fault.
    var specific: Set<String>
    /// Findings that fit it and others as well.
    var generic: Set<String>
    /// Delay in hours up to which a finding has full credit.
    var targetHours: Double

    private init(
        _ type: String, _ group: Group, _ targetHours: Double, _ specific: Set<String>, generic: Set<String> = []
    ) {
        self.type = type
        self.group = group
        self.specific = specific.union([type])
        self.generic = generic
        self.targetHours = targetHours
    }

    private static let suspicion: Set<String> = ["leak", "leak_suspected", "water_anomaly"]
    private static let night: Set<String> = ["continuous_flow", "high_night_flow", "minimum_night_flow", "night_flow"]
    private static let balance: Set<String> = ["imbalance", "mass_balance"]
    private static let anyLeak = suspicion.union(night).union(balance)
    private static let meterDoubt = balance.union(["water_anomaly"])

    /// The table of the leakbench scorer, in its order.
    static let all: [FaultFamily] = [
        FaultFamily(
            "toilet_leak", .water, 36,
            ["running_toilet", "unit_leak", "leak_continuous", "leak_intermittent", "small_leak", "dripping_tap"],
            generic: suspicion.union(night).union(["excess_consumption"])),
        FaultFamily(
            "dripping_tap", .water, 96, ["drip", "unit_leak", "leak_continuous", "small_leak", "toilet_leak"],
            generic: suspicion.union(night)),
        FaultFamily(
            "slab_leak", .water, 48, ["hidden_leak", "underground_leak", "network_leak", "distribution_leak"],
            generic: anyLeak),
        FaultFamily(
            "burst", .water, 0.5, ["pipe_burst", "major_leak", "network_leak"],
            generic: anyLeak.union(["high_flow", "excess_consumption"])),
        FaultFamily(
            "tank_overflow", .plant, 24, ["overflow", "float_valve", "float_valve_failed"], generic: anyLeak),
        FaultFamily("backflow", .water, 24, ["reverse_flow"], generic: meterDoubt),
        FaultFamily(
            "stuck_meter", .water, 72, ["meter_stuck", "dead_meter", "frozen_meter", "meter_fault"],
            generic: meterDoubt),
        FaultFamily(
            "under_registration", .water, 168,
            ["under_registering_meter", "meter_under_registration", "meter_inaccuracy", "meter_fault"],
            generic: meterDoubt),
        FaultFamily(
            "pump_dry_run", .plant, 0.25, ["dry_run", "pump_no_flow", "low_discharge_pressure", "pump_fault"]),
        FaultFamily(
            "pump_short_cycling", .plant, 6, ["short_cycling", "pump_excess_starts", "pump_fault"]),
        FaultFamily(
            "pump_efficiency_drift", .plant, 336,
            ["efficiency_drift", "pump_efficiency", "pump_degradation", "pump_wear"]),
        FaultFamily(
            "pump_night_run", .plant, 24,
            ["pump_idle_run", "pump_running_without_demand", "pump_deadhead", "pump_fault"]),
        FaultFamily(
            "irrigation_stuck_open", .water, 1.5,
            ["irrigation_valve_stuck", "irrigation_leak", "irrigation_off_schedule"],
            generic: suspicion.union(["continuous_flow", "high_flow", "excess_consumption"])),
        FaultFamily("irrigation_in_rain", .water, 24, ["irrigation_during_rain", "irrigation_rain"]),
        FaultFamily("lift_out_of_service", .machines, 0.25, ["lift_fault", "elevator_fault", "lift_down"]),
        FaultFamily("lift_door_anomaly", .machines, 24, ["lift_door", "door_cycle_anomaly", "lift_door_cycles"]),
        FaultFamily("gate_held_open", .machines, 0.75, ["gate_open_too_long", "gate_open"]),
        FaultFamily("gate_forced", .machines, 0.1, ["gate_forced_open", "forced_entry", "gate_tamper"]),
    ]

    /// The family of a type that the table does not know: only its own name counts.
    static func unknown(_ type: String) -> FaultFamily { FaultFamily(type, .water, 24, []) }

    /// Findings that inform and neither find nor alarm.
    static let informational: Set<String> = [
        "comms_lost", "comms_gap", "device_offline", "no_data", "stale_data", "data_quality", "clock_error",
        "counter_reset", "counter_rollover", "meter_replaced", "late_data", "low_tank_level", "low_supply_pressure",
        "sump_high_activity", "vacancy", "info",
    ]

    /// Type of fault to which a false alarm of some type is put; `nil` for generic and unknown types.
    static let owners: [String: String] = {
        var owners: [String: String] = [:]
        for family in all {
            for name in family.specific where owners[name] == nil { owners[name] = family.type }
        }
        for family in all { owners[family.type] = family.type }
        return owners
    }()
}
