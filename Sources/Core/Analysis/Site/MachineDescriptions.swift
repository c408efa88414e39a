// SPDX-License-Identifier: Apache-2.0

public import Model

/// A tank with a level sensor.
public struct TankDescription: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    /// The lowest meter whose water passes through the tank; `nil` when that is not metered.
    public var meter: AssetIdentifier?
    /// Volume up to the overflow edge.
    public var volume: Litres
    /// Height of the overflow edge above the floor, in metres.
    public var overflowLevel: Double

    public init(asset: AssetIdentifier, meter: AssetIdentifier?, volume: Litres, overflowLevel: Double) {
        (self.asset, self.meter, self.volume, self.overflowLevel) = (asset, meter, volume, overflowLevel)
    }

    /// Litres of one metre of level; `nil` for a description that makes no sense.
    public var litresPerMetre: Double? {
        let litres = volume.value / overflowLevel
        return litres.isFinite && litres > 0 && overflowLevel > 0 ? litres : nil
    }
}

/// Pumps that share a discharge main, and how they are governed.
public struct PumpSetDescription: Hashable, Codable, Sendable {
    public enum Control: String, Hashable, Codable, Sendable, CaseIterable {
        /// The speed follows the pressure.
        case variableSpeed = "variable_speed"
        /// On and off between two pressures, with a vessel that holds some water under pressure.
        case vessel
        /// Fills a roof tank between two levels.
        case roofTank = "roof_tank"
    }

    public var asset: AssetIdentifier
    public var control: Control
    /// Pressure it holds, or pumps against, in bar; `nil` when it is not known.
    public var setPressure: Double?
    /// Meters all of whose water the set has pumped.
    public var boosted: [AssetIdentifier]

    public init(asset: AssetIdentifier, control: Control, setPressure: Double?, boosted: [AssetIdentifier]) {
        (self.asset, self.control, self.setPressure, self.boosted) = (asset, control, setPressure, boosted)
    }
}

/// One pump.
public struct PumpDescription: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    /// The set it belongs to; `nil` for one that stands alone, such as a sump pump.
    public var set: AssetIdentifier?
    /// Rated power in kilowatts; `nil` when it is not known.
    public var ratedPower: Double?
    /// Running time in which is learned how it usually vibrates, draws and delivers.
    public var conditionLearning: Duration

    /// Three days.
    public static let usualConditionLearning: Duration = .seconds(3 * 86_400)

    public init(
        asset: AssetIdentifier, set: AssetIdentifier?, ratedPower: Double?,
        conditionLearning: Duration = usualConditionLearning
    ) {
        (self.asset, self.set, self.ratedPower) = (asset, set, ratedPower)
        self.conditionLearning = conditionLearning
    }
}

/// When an irrigation meter may pass water.
public struct IrrigationSchedule: Hashable, Codable, Sendable {
    /// The meter of the irrigation.
    public var meter: AssetIdentifier
    /// Days of the local week, 1 for Monday ... 7 for Sunday.
    public var weekdays: Set<Int>
    /// Minute of the local day at which a run starts, 0 ... 1439.
    public var startMinute: Int
    /// Longest run in minutes.
    public var longestMinutes: Int
    /// Rain in millimetres that makes a run needless; `nil` when rain does not stop it.
    public var skippedAfterRain: Double?
    /// The time before a run in which the rain counts.
    public var rainWindow: Duration

    public init(
        meter: AssetIdentifier, weekdays: Set<Int>, startMinute: Int, longestMinutes: Int, skippedAfterRain: Double?,
        rainWindow: Duration
    ) {
        (self.meter, self.weekdays, self.startMinute) = (meter, weekdays, startMinute)
        (self.longestMinutes, self.skippedAfterRain, self.rainWindow) = (longestMinutes, skippedAfterRain, rainWindow)
    }
}

/// One lift.
public struct LiftDescription: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    public init(asset: AssetIdentifier) { self.asset = asset }
}

/// What a site allows of one signal; a value outside is a finding.
public struct SignalLimits: Hashable, Codable, Sendable {
    public var signal: Signal
    /// In the signal's unit; `nil` when there is no such limit.
    public var lowest: Double?
    public var highest: Double?

    public init(signal: Signal, lowest: Double? = nil, highest: Double? = nil) {
        (self.signal, self.lowest, self.highest) = (signal, lowest, highest)
    }
}

/// A sensor of weather, of the soil, of water quality or of a shared facility.
public struct SensorDescription: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    /// Of chlorine, turbidity, level in metres and pressure in bar; without limits they are not judged.
    public var limits: [SignalLimits]
    /// What its level or pressure is about; `nil` for the quality of water.
    public var facility: Facility? = nil

    public init(asset: AssetIdentifier, limits: [SignalLimits] = []) {
        (self.asset, self.limits) = (asset, limits)
    }
}

/// What is known of a dwelling.
public struct DwellingDescription: Hashable, Codable, Sendable {
    /// The dwelling's meter.
    public var meter: AssetIdentifier
    /// People who live there; `nil` when it is not known.
    public var occupants: Int?
    /// Floor area in square metres; `nil` when it is not known.
    public var floorArea: Double?

    public init(meter: AssetIdentifier, occupants: Int? = nil, floorArea: Double? = nil) {
        (self.meter, self.occupants, self.floorArea) = (meter, occupants, floorArea)
    }
}
