// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline

/// What the catalogue has words for of the analyzer's rules and figures.
enum FindingVocabulary {
    static let rules = RuleIdentifier.all.map(\.text)

    /// Rules that alarms have: those of findings, and those about the box itself, its files and the people on duty.
    static let alarmRules =
        rules
        + [
            RuleIdentifier.rosterGap, .calendarMissing, .devicesSilent, .brokerLost, .configurationRefused,
        ].map(\.text) + StorageTrouble.Kind.allCases.map(\.rawValue) + DeliveryTrouble.Kind.allCases.map(\.rawValue)

    /// Names of sentences of evidence: one with figures and one without for each rule, a second one with
    /// figures for rules that find their condition by two ways, and one for a rule that is not known.
    static let sentences =
        rules.flatMap { [$0, $0 + "_plain"] } + withTwo.map { $0 + "_also" } + ["other"]

    /// Rules that find their condition by two ways, each with its own figures.
    private static let withTwo = [RuleIdentifier.toiletLeak, .drippingTap, .leak, .nightRun].map(\.text)

    /// Names of figures.
    static let measures = [
        "after_a_run", "allowed_volume", "began_by_day", "blocks", "change", "children", "clause", "clip",
        "clock_ahead", "coarse_steps", "contact", "contact_chatter", "current_change", "day_pressure", "decline",
        "deviation", "doors_per_trip", "down_minutes", "dry", "dry_minutes", "efficiency_lost", "entrapment",
        "evaluations", "evidence", "excused", "expected", "expected_openings", "factor", "fall", "fault_code", "faults",
        "fill", "flow", "flow_change", "highest", "highest_pressure", "hits", "hours", "idle_minutes", "learned_days",
        "learned_nights", "learned_runs", "learned_turns", "least_flow", "least_share", "level", "likelihood", "limit",
        "limit_minutes", "limit_of_hour", "limit_of_three_hours", "litres_per_person", "longest_fill",
        "longest_innocent", "longest_turn_hours", "longest_turn_starts", "lowest", "measured", "median_lag", "minutes",
        "missed_runs", "missed_trips", "missing", "most_share", "needless", "needless_hours", "night_flow",
        "night_minutes", "night_pressure", "night_volume", "nights", "odd_days", "open", "open_minutes", "openings",
        "overflow_level", "peer_median", "peers", "power", "power_limit", "pressure", "pressure_change", "quiet_share",
        "rain", "rain_limit", "rain_window", "rate", "ratio", "readings", "reference", "refill_minutes",
        "refill_volume", "refills", "required_blocks", "required_counts", "required_deviation", "required_evaluations",
        "required_evidence", "required_factor", "required_fall", "required_flow", "required_hold", "required_hours",
        "required_likelihood", "required_looks", "required_minutes", "required_ratio", "required_readings",
        "required_refills", "required_residual", "required_rise", "required_share", "required_sum", "required_volume",
        "residual", "reversed_volume", "rise", "second_vibration_change", "seen_hours_of_day", "share_not_counted",
        "slack_minutes", "slot_hours", "soil_moisture", "spells", "spacing_variation", "spill", "spread",
        "standstill_days_share", "standstill_threshold", "starts", "starts_in_hour", "starts_in_three_hours",
        "starts_per_hour", "step", "step_length", "steps", "sum", "surprise", "target_pressure", "threshold",
        "tolerance", "trigger", "trips", "trips_a_day", "unanswered", "usual_doors_per_trip", "usual_flow",
        "usual_high", "usual_least", "usual_least_spread", "usual_minutes", "usual_night_flow", "usual_ratio",
        "usual_top", "usual_trips_a_day", "usual_volume", "vessel_holds", "vibration_change", "volume",
        "volume_variation", "wet_soil", "window", "window_minutes", "z", "zone_rise", "zone_rise_error",
    ]
}
