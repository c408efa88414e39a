// SPDX-License-Identifier: Apache-2.0

import Model

/// A signal that rules, pages or topics speak of, with the units that measure it.
///
/// A profile may offer others; these have a meaning of their own in the product.
struct KnownSignal {
    var name: SignalName
    /// Empty for a state or a Boolean, which has no unit.
    var units: [UnitOfMeasure]

    private static let volumes: [UnitOfMeasure] = [.litre, .cubicMetre]
    private static let flows: [UnitOfMeasure] = [
        .cubicMetrePerHour, .cubicMetrePerSecond, .litrePerHour, .litrePerSecond,
    ]
    private static let pressures: [UnitOfMeasure] = [.bar, .kilopascal, .megapascal, .metre]

    static let all: [KnownSignal] = [
        KnownSignal(name: "water.total", units: volumes),
        KnownSignal(name: "water.reverse_total", units: volumes),
        KnownSignal(name: "water.flow", units: flows),
        KnownSignal(name: "water.pressure", units: pressures),
        KnownSignal(name: "water.temperature", units: [.celsius]),
        KnownSignal(name: "water.fault", units: []),
        KnownSignal(name: "pump.running", units: []),
        KnownSignal(name: "pump.fault", units: []),
        KnownSignal(name: "pump.warning", units: []),
        KnownSignal(name: "pump.outlet_pressure", units: pressures),
        KnownSignal(name: "pump.inlet_pressure", units: pressures),
        KnownSignal(name: "pump.flow", units: flows),
        KnownSignal(name: "pump.speed", units: [.revolutionPerMinute, .percent]),
        KnownSignal(name: "pump.current", units: [.ampere]),
        KnownSignal(name: "pump.vibration", units: [.millimetrePerSecond, .metrePerSecondSquared]),
        KnownSignal(name: "pump.power", units: [.watt, .kilowatt]),
        KnownSignal(name: "pump.starts", units: [.none]),
        KnownSignal(name: "pump.run_hours", units: [.hour]),
        KnownSignal(name: "pump.energy", units: [.kilowattHour]),
        KnownSignal(name: "drive.state", units: []),
        KnownSignal(name: "drive.running", units: []),
        KnownSignal(name: "drive.fault", units: []),
        KnownSignal(name: "drive.warning", units: []),
        KnownSignal(name: "drive.frequency", units: [.hertz]),
        KnownSignal(name: "drive.speed", units: [.revolutionPerMinute]),
        KnownSignal(name: "drive.voltage", units: [.volt]),
        KnownSignal(name: "drive.bus_voltage", units: [.volt]),
        KnownSignal(name: "drive.current", units: [.ampere]),
        KnownSignal(name: "drive.torque", units: [.percent]),
        KnownSignal(name: "drive.power", units: [.watt, .kilowatt]),
        KnownSignal(name: "drive.temperature", units: [.celsius]),
        KnownSignal(name: "drive.energy", units: [.kilowattHour]),
        KnownSignal(name: "drive.run_hours", units: [.hour]),
        KnownSignal(
            name: "tank.level",
            units: [.millimetre, .centimetre, .metre, .kilopascal, .megapascal, .bar, .percent]),
        KnownSignal(name: "lift.door", units: []),
        KnownSignal(name: "lift.door_error", units: []),
        KnownSignal(name: "lift.direction", units: []),
        KnownSignal(name: "lift.mode", units: []),
        KnownSignal(name: "lift.safety_chain", units: []),
        KnownSignal(name: "lift.alarm_button", units: []),
        KnownSignal(name: "gate.position", units: []),
        KnownSignal(name: "gate.forced", units: []),
        KnownSignal(name: "gate.warning", units: []),
        KnownSignal(name: "gate.call", units: []),
        KnownSignal(name: "gate.auto_open", units: []),
        KnownSignal(name: "gate.cycles", units: [.none]),
        KnownSignal(name: "energy.total", units: [.kilowattHour]),
        KnownSignal(name: "energy.export_total", units: [.kilowattHour]),
        KnownSignal(name: "energy.power", units: [.watt, .kilowatt]),
        KnownSignal(name: "energy.voltage", units: [.volt]),
        KnownSignal(name: "energy.current", units: [.ampere]),
        KnownSignal(name: "energy.frequency", units: [.hertz]),
        KnownSignal(name: "leak.detected", units: []),
        KnownSignal(name: "leak.alarm", units: []),
        KnownSignal(name: "leak.suspended", units: []),
        KnownSignal(name: "soil.moisture", units: [.percent]),
        KnownSignal(name: "soil.temperature", units: [.celsius]),
        KnownSignal(name: "soil.conductivity", units: [.microsiemensPerCentimetre]),
        KnownSignal(name: "uplink.rssi", units: [.decibelMilliwatt]),
        KnownSignal(name: "uplink.uptime", units: [.second]),
        KnownSignal(name: "uplink.temperature", units: [.celsius]),
        KnownSignal(name: "pulse.total", units: [.none]),
        KnownSignal(name: "lift.door_cycles", units: [.none]),
    ]

    /// The signal of this name; `pump.running_2`, that of one of several alike, means what `pump.running` does.
    static func named(_ name: SignalName) -> KnownSignal? {
        let plain = withoutNumber(name.text)
        return all.first { $0.name == name } ?? all.first { $0.name.text == plain }
    }

    private static func withoutNumber(_ name: String) -> String {
        let stem = name[..<(name.lastIndex { !("0"..."9").contains($0) } ?? name.startIndex)]
        return name.hasPrefix("\(stem)_") && name.count > stem.count + 1 ? String(stem) : name
    }

    /// Whether the signal only ever grows over the life of the device.
    static func isLifetimeTotal(_ name: SignalName) -> Bool {
        let quantity = withoutNumber(name.quantityName)
        return quantity.hasSuffix("total") || quantity.hasSuffix("cycles")
            || ["energy", "starts", "run_hours"].contains(quantity)
    }
}
