// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model

extension Topology {
    /// Adds what the analyzer looks at in a device that is no meter, and the signals of every device.
    func addMachine(
        _ device: Device, to site: inout SiteDescription, _ devices: [String: Device], path: String
    ) throws(LeakbenchError) {
        let asset = AssetIdentifier(device.id)
        switch device.kind {
        case "water_meter":
            if let schedule = device.schedule {
                site.irrigation.append(try Self.schedule(schedule, of: device, path: path))
            }
        case "tank":
            site.tanks.append(
                TankDescription(
                    asset: asset, meter: Self.meter(above: device, devices),
                    volume: Litres((device.volume ?? 0) * 1000), overflowLevel: device.overflowLevel ?? 0))
        case "pump_set":
            site.pumpSets.append(
                PumpSetDescription(
                    asset: asset, control: Self.control(device.control), setPressure: device.setPressure,
                    boosted: self.devices.filter { $0.kind == "water_meter" && $0.fedBy == device.id }
                        .map { AssetIdentifier($0.id) }))
        case "pump", "sump_pump":
            site.pumps.append(
                PumpDescription(
                    asset: asset, set: device.parent.map { AssetIdentifier($0) }, ratedPower: device.ratedPower))
        case "lift": site.lifts.append(LiftDescription(asset: asset))
        case "weather": site.sensors.append(SensorDescription(asset: asset))
        default: break
        }
        let signals = Self.signals(of: device.kind)
        for (name, point) in (device.points ?? [:]).sorted(by: { $0.key < $1.key }) {
            let seconds = min(max(point.intervalSeconds ?? 900, 1), 86_400)
            let period = Duration.milliseconds(Int64(seconds * 1000))
            if name == "status_word" {
                for signal in (device.statusBits ?? []).compactMap({ Self.bits[$0] }) {
                    site.signals.append(SignalDescription(asset: asset, signal: signal, period: period))
                }
            } else if let signal = signals[name] {
                site.signals.append(SignalDescription(asset: asset, signal: signal, period: period))
            }
        }
    }

    /// Bits of a lift's status word that are signals, by their names in the topology.
    static let bits: [String: Signal] = ["in_service": .inService, "fault": .fault, "maintenance": .maintenance]

    /// Signals by the names of the points that carry them.
    static func signals(of kind: String) -> [String: Signal] {
        switch kind {
        case "water_meter": ["pressure": .pressure]
        case "tank": ["level_m": .level]
        case "pump_set": ["discharge_bar": .pressure]
        case "pump", "sump_pump":
            ["running": .isRunning, "power_kw": .power, "start_count": .startCount, "run_hours": .runHours]
        case "weather": ["rain_mm": .rain, "raining": .isRaining, "soil_moisture": .soilMoisture]
        case "lift": ["fault_code": .faultCode, "trip_counter": .trips, "door_cycles": .doorCycles]
        case "gate": ["forced": .forced, "cycles": .cycles]
        default: [:]
        }
    }

    private static func control(_ word: String?) -> PumpSetDescription.Control {
        switch word {
        case "vsd": .variableSpeed
        case "roof": .roofTank
        default: .vessel
        }
    }

    private static func schedule(
        _ schedule: Schedule, of device: Device, path: String
    ) throws(LeakbenchError) -> IrrigationSchedule {
        let parts = schedule.startLocal.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else {
            throw LeakbenchError(
                path: path,
                "device '\(device.id)': schedule.start_local '\(schedule.startLocal)' is no time such as 05:00.")
        }
        guard schedule.weekdays.allSatisfy({ (0..<7).contains($0) }), (1...1440).contains(schedule.maxMinutes) else {
            throw LeakbenchError(
                path: path,
                "device '\(device.id)': schedule.weekdays are 0 ... 6 and max_minutes 1 ... 1440.")
        }
        let hours = min(max(schedule.rainWindowHours ?? 12, 0), 240)
        return IrrigationSchedule(
            meter: AssetIdentifier(device.id), weekdays: Set(schedule.weekdays.map { $0 + 1 }),
            startMinute: parts[0] * 60 + parts[1], longestMinutes: schedule.maxMinutes,
            skippedAfterRain: schedule.skippedAfterRain, rainWindow: .milliseconds(Int64(hours * 3_600_000)))
    }
}
