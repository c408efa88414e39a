// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// One device of the simulated estate, as the site's file describes it.
public struct SimulatedDevice: Hashable, Sendable {
    /// What a water meter's place in the estate is.
    public struct Meter: Hashable, Sendable {
        /// `bulk`, `riser` or `unit`, as the site's file writes it.
        public var role: String
        /// The meter whose water passes through this one; `nil` at the inlet.
        public var parent: AssetIdentifier?
        /// Permanent flow Q3.
        public var nominalFlow: LitresPerHour
    }

    public var identifier: DeviceIdentifier
    public var bus: String
    public var unit: UnitIdentifier
    /// Identifier of its device profile.
    public var profile: String
    public var area: AreaIdentifier
    public var asset: AssetIdentifier
    public var name: BilingualText
    /// `utility`, `propertyCompany`, `contractor` or `resident`.
    public var responsible: String
    /// `nil` on anything but a water meter.
    public var meter: Meter?
    let machine: Machine
}

/// What a device is inside: which part of the estate its registers show.
enum Machine: Hashable, Sendable {
    /// Clamp-on flow meter at the inlet.
    case inletMeter
    /// Ultrasonic water meter; the place of its meter in the estate's list.
    case waterMeter(Int)
    case levelTransmitter
    /// 0 or 1.
    case pump(Int)
    case liftContacts
    case gateContacts
}

/// One bus of the simulated estate.
public struct SimulatedBus: Hashable, Sendable {
    public var name: String
    /// A serial line; a TCP endpoint otherwise.
    public var isSerial: Bool
}

extension EstateSimulator {
    /// Buses of the estate, in the order of the site's file.
    public static let buses = [
        SimulatedBus(name: "meters", isSerial: false), SimulatedBus(name: "pumps", isSerial: false),
        SimulatedBus(name: "gate", isSerial: false), SimulatedBus(name: "line-1", isSerial: true),
    ]

    /// Meters by their place: the inlet, two risers, six dwellings.
    static let inlet = 0
    static let risers = 1...2
    static let dwellings = 3...8
    static let meterNames = ["inlet-meter", "riser-1", "riser-2", "u101", "u102", "u103", "u201", "u202", "u203"]

    static let allDevices: [SimulatedDevice] = {
        var list = [
            SimulatedDevice(
                identifier: DeviceIdentifier("inlet-meter"), bus: "meters", unit: UnitIdentifier(1),
                profile: "tuf-2000-ultrasonic", area: AreaIdentifier("inlet"), asset: AssetIdentifier("inlet-meter"),
                name: BilingualText(zh: "进水总表", en: "Inlet meter"), responsible: "utility",
                meter: .init(role: "bulk", parent: nil, nominalFlow: LitresPerHour(25_000)), machine: .inletMeter)
        ]
        for place in risers {
            list.append(
                waterMeter(
                    place, unit: UInt8(place + 1), role: "riser", parent: "inlet-meter", nominal: 10_000,
                    name: BilingualText(zh: "\(place)号立管水表", en: "Riser \(place) meter"),
                    responsible: "propertyCompany"))
        }
        for place in dwellings {
            let number = meterNames[place].dropFirst()
            list.append(
                waterMeter(
                    place, unit: UInt8(place + 8), role: "unit", parent: meterNames[place < 6 ? 1 : 2], nominal: 2500,
                    name: BilingualText(zh: "\(number)室水表", en: "Flat \(number) meter"), responsible: "resident"))
        }
        list.append(
            machine(
                "tank", .levelTransmitter, bus: "line-1", unit: 5, profile: "qdy30a-level", area: "pump-room",
                name: BilingualText(zh: "生活水箱", en: "Water tank"), responsible: "propertyCompany"))
        for place in 0...1 {
            list.append(
                machine(
                    "pump-\(place + 1)", .pump(place), bus: "pumps", unit: UInt8(place + 1),
                    profile: "grundfos-cim-epump", area: "pump-room",
                    name: BilingualText(zh: "\(place + 1)号供水泵", en: "Pump \(place + 1)"),
                    responsible: "propertyCompany"))
        }
        list.append(
            machine(
                "lift-1", .liftContacts, bus: "line-1", unit: 6, profile: "contact-pairs-waveshare-io-8ch",
                area: "building-1", name: BilingualText(zh: "1号电梯", en: "Lift 1"), responsible: "contractor"))
        list.append(
            machine(
                "gate-1", .gateContacts, bus: "gate", unit: 1, profile: "contact-pairs-moxa-iologik-e1200",
                area: "entrance", name: BilingualText(zh: "车行大门", en: "Car gate"),
                responsible: "propertyCompany"))
        return list
    }()

    private static func waterMeter(
        _ place: Int, unit: UInt8, role: String, parent: String, nominal: Double, name: BilingualText,
        responsible: String
    ) -> SimulatedDevice {
        var device = machine(
            meterNames[place], .waterMeter(place), bus: "meters", unit: unit, profile: "usw-dn15-40-ultrasonic",
            area: "building-1", name: name, responsible: responsible)
        device.meter = .init(role: role, parent: AssetIdentifier(parent), nominalFlow: LitresPerHour(nominal))
        return device
    }

    private static func machine(
        _ name: String, _ machine: Machine, bus: String, unit: UInt8, profile: String, area: String,
        name text: BilingualText, responsible: String
    ) -> SimulatedDevice {
        SimulatedDevice(
            identifier: DeviceIdentifier(name), bus: bus, unit: UnitIdentifier(unit), profile: profile,
            area: AreaIdentifier(area), asset: AssetIdentifier(name), name: text, responsible: responsible, meter: nil,
            machine: machine)
    }
}
