// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// Devices, and what they are beside a place in the registers.
extension SiteKeys {
    static let device: [SchemaKey] =
        [
            SchemaKey("profile", text, isRequired: true, "The profile of its model; `sluice profiles list` has them."),
            SchemaKey("bus", text, isRequired: true, "The bus that it is wired to."),
            SchemaKey("unit", .integer(0...255), isRequired: true, "Its address on the bus; 1 to 247 on a line."),
            SchemaKey("area", identifier, isRequired: true, "The part of the estate that it stands in."),
            SchemaKey("asset", identifier, isRequired: true, "The thing that it speaks for, such as riser-2."),
            SchemaKey("name", .bilingual, "The asset's name for people; without it the asset."),
            SchemaKey("place", text, "Building or room, as people call it."),
            SchemaKey("responsible", .words(ResponsibleParty.self), isRequired: true, "Who has to repair it."),
            SchemaKey("parameters", .map(keys: ".", text), "What the profile leaves to the site."),
            SchemaKey("meter", .section(meter), "What the analyzer must know of a water meter."),
            SchemaKey("gate", .section(gate), "When a gate has stood open too long."),
            SchemaKey("report", .map(keys: ".", .section(reportedPoint)), "Points published when they change only."),
            SchemaKey(
                "frozen_after", .map(keys: ".", .section(frozenPoint)), "Points doubted when they stand still."),
        ] + card + machines

    static let card: [SchemaKey] = [
        SchemaKey("contact", text, "A person who hears of new tickets of this asset."),
        SchemaKey("boundary", .bilingual, "Where whose responsibility ends."),
        SchemaKey("warranty_until", date, "Last day of the warranty."),
    ]

    static let machines: [SchemaKey] = [
        SchemaKey("tank", .section(tank), "A tank whose level the device tells."),
        SchemaKey("pump", .section(pump), "A pump."),
        SchemaKey("pump_set", .section(pumpSet), "Pumps with a discharge main of which the device tells the pressure."),
        SchemaKey("irrigation", .section(irrigation), "The schedule of a meter of the role irrigation."),
        SchemaKey("limits", .section(limits), "What is allowed of the water."),
        SchemaKey(
            "facility", .section(facility), "A drain or the fire water; at least one of its limits is needed."),
    ]

    static let meter: [SchemaKey] = [
        SchemaKey("role", .words(MeterRole.self), isRequired: true, "Where it stands."),
        SchemaKey("parent", identifier, "The asset of the meter whose water passes through this one."),
        SchemaKey(
            "litres_per_count", .quantity(0.000_001...1_000_000),
            "Smallest step of its register; needed where the profile does not know it."),
        SchemaKey("counter_modulus", .integer(2...Int.max), "Count at which the register starts again at zero."),
        SchemaKey(
            "nominal_flow_cubic_metres_per_hour", .quantity(0.001...100_000), "Permanent flow Q3 of the meter."),
        SchemaKey(
            "longest_interval_minutes", .quantity(0.01...1440),
            "Longest usual time between two new values, where it is longer than the poll period."),
        SchemaKey("occupants", .integer(0...1000), "People who live behind a dwelling's meter."),
        SchemaKey("floor_area_square_metres", .quantity(1...100_000), "Floor of the dwelling."),
    ]

    static let gate: [SchemaKey] = [
        SchemaKey(
            "held_open_after_minutes", .quantity(0.1...1440), usual: .whole(20), "Open longer than this is a finding."),
        SchemaKey(
            "held_open_after_in_peak_minutes", .quantity(0.1...1440), usual: .whole(30),
            "The same while many come and go."),
    ]

    static let reportedPoint: [SchemaKey] = [
        SchemaKey(
            "deadband", .quantity(0...1_000_000_000), "In the point's unit; without it every number is published."),
        SchemaKey("deadband_percent", .quantity(0...100), "Per cent of the span, in place of deadband."),
        SchemaKey(
            "span", .list(.quantity(-1e15...1e15), count: 2...2), "Lowest and highest value, for deadband_percent."),
        silence,
    ]

    static let frozenPoint: [SchemaKey] = [
        SchemaKey("seconds", .quantity(FrozenRule.seconds), isRequired: true, "Unchanged for this long."),
        SchemaKey("while", text, isRequired: true, "What was on all the while: POINT, or ASSET/POINT."),
    ]

    static let tank: [SchemaKey] = [
        SchemaKey(
            "volume_cubic_metres", .quantity(0.01...1_000_000), isRequired: true, "Volume up to the overflow edge."),
        SchemaKey(
            "overflow_level_metres", .quantity(0.05...100), isRequired: true,
            "Height of the overflow edge above the floor."),
        SchemaKey("meter", text, "The lowest meter whose water passes through the tank."),
    ]

    static let pump: [SchemaKey] = [
        SchemaKey("set", text, "The asset of the set that it belongs to; without it it stands alone."),
        SchemaKey("rated_kilowatts", .quantity(0.01...10_000), "Rated power."),
        SchemaKey(
            "condition_learning_hours", .quantity(0.1...2000),
            "Running time in which is learned how it usually vibrates; without it three days."),
    ]

    static let pumpSet: [SchemaKey] = [
        SchemaKey("control", .words(PumpSetSettings.Control.self), isRequired: true, "How the set is governed."),
        SchemaKey("set_pressure_bar", .quantity(0.1...100), "Pressure that it holds or pumps against."),
        SchemaKey("boosted", .list(text), "Assets of meters all of whose water the set has pumped."),
    ]

    static let irrigation: [SchemaKey] = [
        SchemaKey("weekdays", .list(.integer(weekday)), "1 is Monday; without it every day."),
        SchemaKey("start", timeOfDay, isRequired: true, "When a run starts, on the site's clock."),
        SchemaKey("longest_minutes", .integer(1...1440), isRequired: true, "The longest run."),
        SchemaKey("skipped_after_rain_millimetres", .quantity(0...1000), "Rain that makes a run needless."),
        SchemaKey(
            "rain_window_hours", .quantity(0.25...240), usual: .whole(12), "How long before the run rain counts."),
    ]

    static let limit = 0.0...10_000
    static let limits: [SchemaKey] = [
        SchemaKey("chlorine", .list(.quantity(limit), count: 2...2), "Lowest and highest, in mg/L."),
        SchemaKey("turbidity", .list(.quantity(limit), count: 2...2), "Lowest and highest, in NTU."),
    ]

    static let facility: [SchemaKey] = [
        SchemaKey("kind", .words(Facility.self), isRequired: true, "A drain, or fire water."),
        SchemaKey("lowest_level_metres", .quantity(0...100), "Metres of water."),
        SchemaKey("highest_level_metres", .quantity(0...100), "Metres of water."),
        SchemaKey("lowest_pressure_bar", .quantity(0...100), "Pressure of the hydrants."),
    ]
}
