// SPDX-License-Identifier: Apache-2.0

import Model

/// What a point is in the words of Home Assistant's MQTT integration.
struct HomeAssistantKind: Hashable, Sendable {
    enum Component: String, Hashable, Sendable { case sensor, binarySensor = "binary_sensor" }

    var component: Component
    var deviceClass: String?
    var stateClass: String?
    /// Its name for the unit; `nil` for a bare number, a state or a contact.
    var unit: String?
    /// Words of a state.
    var options: [String] = []

    init(of point: Point) {
        let quantity = point.signal?.quantityName ?? point.name
        if !point.stateLabels.isEmpty {
            // A list of options has to be of unique words.
            var seen: Set<String> = []
            (component, deviceClass) = (.sensor, "enum")
            options = point.stateLabels.filter { seen.insert($0).inserted }
            return
        }
        if point.unit == .none, let contact = Self.contacts[point.signal?.text ?? ""] {
            (component, deviceClass) = (.binarySensor, contact)
            return
        }
        component = .sensor
        unit = Self.units[point.unit]
        deviceClass = Self.deviceClass(of: point, quantity: quantity)
        if Self.isTotal(point, quantity: quantity) {
            stateClass = "total_increasing"
        } else if point.unit != .none {
            // A bare number may be a code, of which no mean makes sense.
            stateClass = "measurement"
        }
    }

    private static func isTotal(_ point: Point, quantity: String) -> Bool {
        switch point.unit {
        case .cubicMetre, .litre, .kilowattHour, .kilovarHour: true
        case .hour, .minute, .second: quantity.hasSuffix("hours") || quantity == "uptime"
        case .none: ["cycles", "starts", "door_cycles"].contains(quantity)
        default: false
        }
    }

    /// Those that the documentation of the integration pairs with the unit.
    private static func deviceClass(of point: Point, quantity: String) -> String? {
        switch point.unit {
        case .cubicMetre, .litre: point.signal?.text.hasPrefix("water.") == true ? "water" : "volume"
        case .cubicMetrePerHour, .litrePerHour, .litrePerSecond, .cubicMetrePerSecond: "volume_flow_rate"
        case .bar, .kilopascal: "pressure"
        case .metre, .centimetre, .millimetre: "distance"
        case .metrePerSecond, .millimetrePerSecond: "speed"
        case .celsius: "temperature"
        case .percent: quantity.hasSuffix("moisture") ? "moisture" : nil
        case .watt, .kilowatt: "power"
        case .kilowattHour: "energy"
        case .voltAmpere: "apparent_power"
        case .voltAmpereReactive: "reactive_power"
        case .volt: "voltage"
        case .ampere: "current"
        case .hertz: "frequency"
        case .second, .minute, .hour: "duration"
        case .decibelMilliwatt: "signal_strength"
        // Versions of Home Assistant that do not know the class `conductivity` yet (2024.3) refuse the whole message.
        case .none, .megapascal, .metrePerSecondSquared, .wattHourPerCubicMetre, .kilovarHour, .revolutionPerMinute,
            .milligramPerLitre, .microsiemensPerCentimetre:
            nil
        }
    }

    /// UCUM to the names that Home Assistant knows; those it has no device class for are shown as they are.
    static let units: [UnitOfMeasure: String] = [
        .cubicMetre: "m³", .litre: "L", .cubicMetrePerHour: "m³/h", .cubicMetrePerSecond: "m³/s",
        .litrePerHour: "L/h", .litrePerSecond: "L/s", .metrePerSecond: "m/s", .millimetrePerSecond: "mm/s",
        .metrePerSecondSquared: "m/s²", .bar: "bar", .kilopascal: "kPa", .megapascal: "MPa", .metre: "m",
        .centimetre: "cm", .millimetre: "mm", .celsius: "°C", .percent: "%", .watt: "W", .kilowatt: "kW",
        .kilowattHour: "kWh", .wattHourPerCubicMetre: "Wh/m³", .voltAmpere: "VA", .voltAmpereReactive: "var",
        .kilovarHour: "kvarh", .volt: "V", .ampere: "A", .hertz: "Hz", .revolutionPerMinute: "rpm", .second: "s",
        .minute: "min", .hour: "h", .milligramPerLitre: "mg/L", .microsiemensPerCentimetre: "µS/cm",
        .decibelMilliwatt: "dBm",
    ]

    /// Signals that are on or off; an empty class is a contact without one.
    private static let contacts: [String: String?] = [
        "pump.running": "running", "pump.running_1": "running", "pump.running_2": "running", "drive.running": "running",
        "pump.ready": nil, "lift.safety_chain": nil, "lift.alarm_button": "problem", "lift.door_error": "problem",
        "gate.forced": "problem", "gate.call": nil, "gate.auto_open": nil, "gate.warning": "problem",
        "pump.collective_fault": "problem", "leak.alarm": "moisture", "leak.suspended": nil,
        "leak.detected_1": "moisture", "leak.detected_2": "moisture", "leak.detected_3": "moisture",
        "leak.detected_4": "moisture", "leak.detected_5": "moisture", "leak.detected_6": "moisture",
    ]
}
