// SPDX-License-Identifier: Apache-2.0

/// A volume of water in litres.
public struct Litres: Hashable, Comparable, Codable, Sendable {
    public var value: Double
    public init(_ value: Double) { self.value = value }
    public static let zero = Litres(0)
    public static func < (a: Litres, b: Litres) -> Bool { a.value < b.value }
    public static func + (a: Litres, b: Litres) -> Litres { Litres(a.value + b.value) }
    public static func - (a: Litres, b: Litres) -> Litres { Litres(a.value - b.value) }

    /// Mean flow over `elapsed`; `nil` unless that is longer than zero.
    public func meanFlow(over elapsed: Duration) -> LitresPerHour? {
        elapsed > .zero ? LitresPerHour(value / elapsed.inHours) : nil
    }
}

/// A flow of water in litres per hour.
public struct LitresPerHour: Hashable, Comparable, Codable, Sendable {
    public var value: Double
    public init(_ value: Double) { self.value = value }
    public static let zero = LitresPerHour(0)
    public static func < (a: LitresPerHour, b: LitresPerHour) -> Bool { a.value < b.value }
    public static func + (a: LitresPerHour, b: LitresPerHour) -> LitresPerHour { LitresPerHour(a.value + b.value) }
    public static func - (a: LitresPerHour, b: LitresPerHour) -> LitresPerHour { LitresPerHour(a.value - b.value) }

    /// What flows in `span` at this rate.
    public func volume(over span: Duration) -> Litres { Litres(value * span.inHours) }
}

/// The units of measure that a point may carry, named by their UCUM code.
public enum UnitOfMeasure: String, CaseIterable, Codable, Sendable {
    case none = "1"
    case cubicMetre = "m3"
    case litre = "L"
    case cubicMetrePerHour = "m3/h"
    case cubicMetrePerSecond = "m3/s"
    case litrePerHour = "L/h"
    case litrePerSecond = "L/s"
    case metrePerSecond = "m/s"
    case millimetrePerSecond = "mm/s"
    case metrePerSecondSquared = "m/s2"
    case bar = "bar"
    case kilopascal = "kPa"
    case megapascal = "MPa"
    case metre = "m"
    case centimetre = "cm"
    case millimetre = "mm"
    case celsius = "Cel"
    case percent = "%"
    case watt = "W"
    case kilowatt = "kW"
    case kilowattHour = "kW.h"
    case wattHourPerCubicMetre = "W.h/m3"
    case voltAmpere = "V.A"
    case voltAmpereReactive = "var"
    case kilovarHour = "kvar.h"
    case volt = "V"
    case ampere = "A"
    case hertz = "Hz"
    case revolutionPerMinute = "/min"
    case second = "s"
    case minute = "min"
    case hour = "h"
    case milligramPerLitre = "mg/L"
    case microsiemensPerCentimetre = "uS/cm"
    /// A level of power above one milliwatt; UCUM has no code for it, so this is the name that RFC 8798 registers.
    case decibelMilliwatt = "dBm"

    /// Factor that turns a volume in this unit into litres; `nil` when this is not a unit of volume.
    public var litresPerUnit: Double? {
        switch self {
        case .cubicMetre: 1000
        case .litre: 1
        default: nil
        }
    }

    /// The unit as people write it: `m³/h`, `°C`; empty for a bare number.
    public var symbol: String {
        switch self {
        case .none: ""
        case .cubicMetre: "m³"
        case .cubicMetrePerHour: "m³/h"
        case .cubicMetrePerSecond: "m³/s"
        case .metrePerSecondSquared: "m/s²"
        case .celsius: "°C"
        case .kilowattHour: "kWh"
        case .wattHourPerCubicMetre: "Wh/m³"
        case .voltAmpere: "VA"
        case .kilovarHour: "kvarh"
        case .revolutionPerMinute: "rpm"
        case .microsiemensPerCentimetre: "µS/cm"
        default: rawValue
        }
    }
}
