// SPDX-License-Identifier: Apache-2.0

import Model

/// `topology.json` of an estate.
struct TopologyText {
    private let plan: EstatePlan
    private var devices: [String] = []

    static func text(_ plan: EstatePlan) -> String {
        var text = TopologyText(plan: plan)
        text.addWater()
        text.addPlant()
        text.addMachines()
        text.addDwellings()
        let end = plan.period.timestamp(minute: plan.period.minutes)
        return """
            {
             "estate": "\(plan.name)",
             "timezone": "\(plan.country.zone)",
             "start": "\(short(plan.period.start))",
             "end": "\(short(end))",
             "units": \(plan.dwellings.count),
             "devices": [
              \(text.devices.joined(separator: ",\n  "))
             ]
            }

            """
    }

    private init(plan: EstatePlan) { self.plan = plan }

    /// `2026-05-04T00:00:00Z`.
    static func short(_ moment: Timestamp) -> String { String(moment.rfc3339.prefix(19)) + "Z" }

    private mutating func add(
        _ id: String, _ kind: String, _ facts: [(String, String)], points: [(String, String)]
    ) {
        let all = [("id", quoted(id)), ("kind", quoted(kind))] + facts
        let fields = all.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ")
        let named = points.map { "\(quoted($0.0)): {\($0.1)}" }.joined(separator: ", ")
        devices.append("{\(fields), \"points\": {\(named)}}")
    }

    private func quoted(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }

    private func point(_ unit: String, _ interval: Int, onChange: Bool = false) -> String {
        "\"unit\": \"\(unit)\", \"interval_s\": \(interval)" + (onChange ? ", \"on_change\": true" : "")
    }

    private func total(_ meter: MeterPlan, _ interval: Int) -> (String, String) {
        (
            "total",
            "\"unit\": \"count\", \"litres_per_count\": \(meter.litresPerCount), \"interval_s\": \(interval), \"counter_bits\": 32"
        )
    }

    private mutating func addWater() {
        add(
            plan.inlet.name, "water_meter", [("role", quoted("bulk")), ("parent", "null")],
            points: [total(plan.inlet, 60), ("pressure", point("bar", 300))])
        for (place, riser) in plan.risers.enumerated() {
            add(
                riser.meter.name, "water_meter",
                [
                    ("role", quoted("riser")), ("parent", quoted(plan.inlet.name)),
                    ("building", quoted("B\(place + 1)")),
                    ("fed_by", quoted(riser.isBoosted ? plan.names.booster : "main pressure")),
                ], points: [total(riser.meter, 60)])
        }
        guard let irrigation = plan.irrigation else { return }
        let minute = irrigation.startMinute
        let clock = "\(minute < 600 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        let days = irrigation.weekdays.map(String.init).joined(separator: ", ")
        add(
            irrigation.meter.name, "water_meter",
            [
                ("role", quoted("irrigation")), ("parent", quoted(plan.inlet.name)),
                (
                    "schedule",
                    "{\"weekdays\": [\(days)], \"start_local\": \"\(clock)\", \"max_minutes\": \(irrigation.runMinutes), "
                        + "\"skipped_after_rain_mm\": 1.0, \"rain_window_h\": 12}"
                ),
            ], points: [total(irrigation.meter, 60)])
    }

    private mutating func addPlant() {
        let supply = plan.supply
        if let tank = supply.tank {
            add(
                plan.names.tank, "tank",
                [
                    ("role", quoted("ground")), ("parent", quoted(plan.inlet.name)),
                    ("volume_m3", "\(tank.volume / 1000)"),
                    ("overflow_level_m", "\(tank.edge)"),
                    ("float_valve", quoted(supply.floatBand == nil ? "hysteresis" : "proportional")),
                ], points: [("level_m", point("m", 60))])
        }
        if let tank = supply.roofTank {
            add(
                plan.names.roofTank, "tank",
                [
                    ("role", quoted("roof")), ("parent", quoted(plan.names.tank)),
                    ("volume_m3", "\(tank.volume / 1000)"),
                    ("overflow_level_m", "\(tank.edge)"),
                ], points: [("level_m", point("m", 60))])
        }
        guard supply.pumpCount > 0 else { return }
        let control = supply.scheme == .direct ? SupplyScheme.variableSpeed : supply.scheme
        let above = supply.tank == nil ? plan.inlet.name : plan.names.tank
        add(
            plan.names.booster, "pump_set",
            [
                ("parent", quoted(above)), ("control", quoted(control.rawValue)),
                ("set_pressure_bar", "\(supply.setPressure.rounded(to: 0.01))"),
            ], points: [("discharge_bar", point("bar", 60))])
        for number in 1...supply.pumpCount {
            add(
                "\(plan.names.pump)\(number)", "pump",
                [("parent", quoted(plan.names.booster)), ("rated_kw", "\(supply.ratedKilowatts)")],
                points: [
                    ("running", point("0/1", 60)), ("power_kw", point("kW", 60)), ("start_count", point("count", 900)),
                    ("run_hours", point("h", 900)),
                ])
        }
    }

    private mutating func addMachines() {
        if plan.hasSump {
            add(
                plan.names.sump, "sump_pump", [("parent", "null")],
                points: [
                    ("running", point("0/1", 900, onChange: true)), ("start_count", point("count", 900)),
                    ("run_hours", point("h", 900)),
                ])
        }
        add(
            plan.names.weather, "weather", [("parent", "null")],
            points: [("rain_mm", point("mm in the last 15 min", 900)), ("raining", point("0/1", 900, onChange: true))])
        for (place, name) in plan.liftNames.enumerated() {
            let bits = ["power_ok", "in_service", "door_open", "moving", "fault", "maintenance"].map { quoted($0) }
            add(
                name, "lift",
                [
                    ("parent", "null"), ("building", quoted("B\(place % plan.risers.count + 1)")),
                    ("floors", "\(plan.liftFloors[place])"), ("status_bits", "[\(bits.joined(separator: ", "))]"),
                ],
                points: [
                    ("status_word", point("bits", 300, onChange: true)),
                    ("fault_code", point("code", 300, onChange: true)),
                    ("floor", point("floor", 300)), ("trip_counter", point("count", 900)),
                    ("door_cycles", point("count", 900)),
                ])
        }
        for name in plan.gateNames {
            add(
                name, "gate", [("parent", "null")],
                points: [
                    ("open", point("0/1", 900, onChange: true)), ("forced", point("0/1", 900, onChange: true)),
                    ("cycles", point("count", 900)),
                ])
        }
    }

    private mutating func addDwellings() {
        for dwelling in plan.dwellings {
            add(
                dwelling.meter.name, "water_meter",
                [
                    ("role", quoted("unit")), ("parent", quoted(plan.risers[dwelling.riser].meter.name)),
                    ("building", quoted("B\(dwelling.riser + 1)")),
                    ("technology", quoted(dwelling.isUltrasonic ? "ultrasonic" : "mechanical")),
                ], points: [total(dwelling.meter, 900)])
        }
    }
}
