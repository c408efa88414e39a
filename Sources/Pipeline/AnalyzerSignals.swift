// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model
import Profiles

/// A signal of the analyzer and how it follows from a point's quantity.
struct AnalyzerSignal {
    /// How a quantity becomes a measure.
    enum Form {
        /// The point's unit times this; a Boolean is 1 or 0.
        case number(factor: Double)
        /// By the place of a state's label; `nil` for one that tells nothing.
        case states([Double?])
    }

    var signal: Signal
    var form: Form
}

extension AnalyzerSignal {
    /// What a point of a device is to the analyzer; `nil` for nothing.
    ///
    /// The signal's name in the profile decides, together with what the device is on this site: a pressure is that of a
    /// pump set, or that of a meter.
    init?(_ point: Point, of device: DeviceSettings) {
        guard let name = point.signal?.text else { return nil }
        func number(_ signal: Signal) -> AnalyzerSignal { AnalyzerSignal(signal: signal, form: .number(factor: 1)) }
        func scaled(_ signal: Signal, _ factor: Double?) -> AnalyzerSignal? {
            factor.map { AnalyzerSignal(signal: signal, form: .number(factor: $0)) }
        }
        func states(_ signal: Signal, _ values: [String: Double]) -> AnalyzerSignal {
            point.stateLabels.isEmpty
                ? number(signal)
                : AnalyzerSignal(signal: signal, form: .states(point.stateLabels.map { values[$0] }))
        }
        let found: AnalyzerSignal? =
            switch name {
            case "pump.running", "drive.running": device.isPump ? number(.isRunning) : nil
            case "pump.power", "drive.power": device.isPump ? scaled(.power, point.unit.kilowatts) : nil
            case "pump.vibration": device.tellsVibration ? number(.vibration) : nil
            case "pump.vibration_2": device.tellsVibration ? number(.secondVibration) : nil
            case "pump.current", "drive.current": device.tellsVibration ? number(.current) : nil
            case "pump.flow": device.tellsVibration ? number(.flow) : nil
            case "pump.starts": device.isPump ? number(.startCount) : nil
            case "pump.run_hours", "drive.run_hours": device.isPump ? number(.runHours) : nil
            case "pump.outlet_pressure":
                device.pumpSet != nil || device.tellsVibration ? scaled(.pressure, point.unit.bar) : nil
            case "water.pressure":
                device.pumpSet != nil || device.meter != nil || device.facility != nil
                    ? scaled(.pressure, point.unit.bar) : nil
            case "tank.level":
                device.tank != nil || device.facility != nil
                    ? scaled(.level, point.unit.metresOfWater(overflowLevel: device.tank?.overflowLevel)) : nil
            case "soil.moisture": number(.soilMoisture)
            case "weather.raining": number(.isRaining)
            case "water.chlorine": number(.chlorine)
            case "water.turbidity": number(.turbidity)
            case "lift.in_service": number(.inService)
            case "lift.fault": number(.fault)
            case "lift.fault_code": number(.faultCode)
            case "lift.maintenance": number(.maintenance)
            case "lift.mode": states(.maintenance, ["normal": 0, "inspection": 1])
            case "lift.alarm_button": number(.entrapment)
            case "lift.trips": number(.trips)
            case "lift.door_cycles": number(.doorCycles)
            case "lift.direction": states(.isMoving, ["up": 1, "down": 1, "stopped": 0])
            case "lift.door": states(.door, ["closed": 0, "open": 1, "moving": 0.5, "opening": 0.5, "closing": 0.5])
            case "lift.safety_chain": number(.safetyChain)
            case "gate.forced": device.gate != nil ? number(.forced) : nil
            case "gate.cycles": device.gate != nil ? number(.cycles) : nil
            case "gate.command": device.gate != nil ? number(.command) : nil
            default: nil
            }
        guard let found else { return nil }
        self = found
    }

    /// What a reading says; nothing where it is not good.
    static func value(of reading: Reading, _ form: Form) -> AnalyzerReading.Value {
        guard reading.quality == .good, let quantity = reading.quantity else { return .none }
        switch form {
        case .number(let factor): return .measure(quantity.asDouble * factor)
        case .states(let values):
            guard case .state(let place) = quantity, Int(place) < values.count, let value = values[Int(place)] else {
                return .none
            }
            return .measure(value)
        }
    }
}

extension DeviceSettings {
    /// Whether the analyzer watches it as a pump: one that says so in the site's file, or whose profile tells whether a
    /// pump runs. A controller of a whole set is a pump only if the file says so, and so is a drive.
    var isPump: Bool { pump != nil || pumpSet == nil && device.offers("pump.running") }

    /// Whether it is a pump whose vibration is read; only then is its condition judged.
    var tellsVibration: Bool { isPump && device.offers("pump.vibration") }

    /// Whether its profile tells something about a lift.
    var isLift: Bool { device.values.contains { $0.signal?.text.hasPrefix("lift.") == true } }

    /// Whether it measures weather, soil, the quality of water or a shared facility.
    var isSensor: Bool {
        facility != nil
            || ["soil.moisture", "weather.raining", "water.chlorine", "water.turbidity"].contains { device.offers($0) }
    }
}

extension UnitOfMeasure {
    /// Factor that turns a pressure in this unit into bar.
    fileprivate var bar: Double? {
        switch self {
        case .bar: 1
        case .kilopascal: 0.01
        case .megapascal: 10
        // A metre of water.
        case .metre: 0.098_066_5
        default: nil
        }
    }

    /// Factor that turns a power in this unit into kilowatts.
    fileprivate var kilowatts: Double? {
        switch self {
        case .kilowatt: 1
        case .watt: 0.001
        default: nil
        }
    }

    /// Factor that turns a level, or the pressure at a tank's floor, into metres of water above it; a percentage is one
    /// of the height of the overflow edge.
    fileprivate func metresOfWater(overflowLevel: Double?) -> Double? {
        switch self {
        case .metre: 1
        case .centimetre: 0.01
        case .millimetre: 0.001
        case .percent: overflowLevel.map { $0 / 100 }
        default: bar.map { $0 / 0.098_066_5 }
        }
    }
}
