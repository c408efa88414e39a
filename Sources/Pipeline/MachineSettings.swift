// SPDX-License-Identifier: Apache-2.0

public import Model

/// What the analyzer must know of a tank.
public struct TankSettings: Hashable, Sendable {
    /// Volume up to the overflow edge.
    public var volume: Litres
    /// Height of the overflow edge above the floor, in metres.
    public var overflowLevel: Double
    /// The lowest meter whose water passes through the tank; `nil` when that is not metered.
    public var meter: AssetIdentifier?
    public init(volume: Litres, overflowLevel: Double, meter: AssetIdentifier?) {
        (self.volume, self.overflowLevel, self.meter) = (volume, overflowLevel, meter)
    }
}

/// What the analyzer must know of a pump.
public struct PumpSettings: Hashable, Sendable {
    /// The asset of the set that it belongs to; `nil` for one that stands alone.
    public var set: AssetIdentifier?
    /// `nil` when it is not known.
    public var ratedKilowatts: Double?
    /// Running time in which is learned how it usually vibrates; `nil` for the usual one.
    public var conditionLearning: Duration?
    public init(set: AssetIdentifier?, ratedKilowatts: Double?, conditionLearning: Duration? = nil) {
        (self.set, self.ratedKilowatts) = (set, ratedKilowatts)
        self.conditionLearning = conditionLearning
    }
}

/// What the analyzer must know of pumps that share a discharge main.
public struct PumpSetSettings: Hashable, Sendable {
    /// How the set is governed.
    public enum Control: String, Hashable, Sendable, CaseIterable {
        case variableSpeed, vessel, roofTank
    }
    public var control: Control
    /// Pressure that it holds or pumps against, in bar; `nil` when it is not known.
    public var setPressure: Double?
    /// Meters all of whose water the set has pumped.
    public var boosted: [AssetIdentifier]
    public init(control: Control, setPressure: Double?, boosted: [AssetIdentifier]) {
        (self.control, self.setPressure, self.boosted) = (control, setPressure, boosted)
    }
}

/// When the meter of an irrigation may pass water, on the site's clock.
public struct IrrigationSettings: Hashable, Sendable {
    /// 1 for Monday ... 7 for Sunday.
    public var weekdays: Set<Int>
    /// 0 ... 1439.
    public var startMinute: Int
    public var longestMinutes: Int
    /// Millimetres of rain that make a run needless; `nil` when rain does not stop it.
    public var skippedAfterRain: Double?
    public var rainWindow: Duration
    public init(
        weekdays: Set<Int>, startMinute: Int, longestMinutes: Int, skippedAfterRain: Double?, rainWindow: Duration
    ) {
        (self.weekdays, self.startMinute, self.longestMinutes) = (weekdays, startMinute, longestMinutes)
        (self.skippedAfterRain, self.rainWindow) = (skippedAfterRain, rainWindow)
    }
}

/// What a site allows of its water, in mg/L of chlorine and in NTU; `nil` where nothing is said.
public struct QualityLimits: Hashable, Sendable {
    public var chlorine: ClosedRange<Double>?
    public var turbidity: ClosedRange<Double>?
    public init(chlorine: ClosedRange<Double>? = nil, turbidity: ClosedRange<Double>? = nil) {
        (self.chlorine, self.turbidity) = (chlorine, turbidity)
    }
}

/// A drain or the fire water, and what tells that it does not stand ready; `nil` where there is no such limit.
public struct FacilitySettings: Hashable, Sendable {
    public var kind: Facility
    /// Metres of water.
    public var lowestLevel: Double?
    public var highestLevel: Double?
    /// In bar.
    public var lowestPressure: Double?
    public init(
        kind: Facility, lowestLevel: Double? = nil, highestLevel: Double? = nil, lowestPressure: Double? = nil
    ) {
        (self.kind, self.lowestLevel) = (kind, lowestLevel)
        (self.highestLevel, self.lowestPressure) = (highestLevel, lowestPressure)
    }
}

/// Something that the estate's manager announced, which explains what would look odd without it.
public struct AnnouncementSettings: Hashable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case publicHoliday, vacancy, buildingWorks, poolFilling, liftService, gateKeptOpen, manualIrrigation
        case meterExchange
        /// Something is under work: its alarms are out of service.
        case maintenance
    }
    public var kind: Kind
    public var start: Timestamp
    /// Not before `start`.
    public var end: Timestamp
    /// `nil` when the whole estate is meant.
    public var asset: AssetIdentifier?
    public var note: String
    /// Everything on that bus is meant, for ``Kind/maintenance``.
    public var bus: BusIdentifier?
    public init(kind: Kind, start: Timestamp, end: Timestamp, asset: AssetIdentifier?, note: String) {
        (self.kind, self.start, self.end, self.asset, self.note) = (kind, start, end, asset, note)
    }
}
