// SPDX-License-Identifier: Apache-2.0

public import Model

/// What the analyzer must know of an estate: the tree of its meters, its machines and its local time.
///
/// The order of `meters`, then `gates`, then `signals` gives the channels of ``AnalyzerReading``.
public struct SiteDescription: Hashable, Codable, Sendable {
    /// The site's offsets from UTC; hours of the day are counted on them.
    public var zone: ZoneOffsets
    public var meters: [MeterDescription]
    public var gates: [GateDescription]
    /// Times of the local day in which a gate may stay open longer.
    public var peakWindows: [PeakWindow]
    public var tanks: [TankDescription] = []
    public var pumpSets: [PumpSetDescription] = []
    public var pumps: [PumpDescription] = []
    public var irrigation: [IrrigationSchedule] = []
    public var lifts: [LiftDescription] = []
    public var sensors: [SensorDescription] = []
    public var dwellings: [DwellingDescription] = []
    /// What the machines, meters and gates tell beside registers and positions. One that names an asset of none of
    /// the lists above is not looked at.
    public var signals: [SignalDescription] = []

    public init(
        zone: ZoneOffsets, meters: [MeterDescription], gates: [GateDescription],
        peakWindows: [PeakWindow] = PeakWindow.usual
    ) {
        self.zone = zone
        self.meters = meters
        self.gates = gates
        self.peakWindows = peakWindows
    }

    /// Channels of a reading: all meters, then all gates, then all signals.
    public var channelCount: Int { meters.count + gates.count + signals.count }
}

/// A water meter with a totalising register.
public struct MeterDescription: Hashable, Codable, Sendable {
    /// Where a meter stands in the estate.
    public enum Role: String, Hashable, Codable, Sendable, CaseIterable {
        /// The estate's inlet.
        case bulk
        /// A meter that several dwellings share.
        case riser
        /// A dwelling.
        case unit
        case irrigation
    }

    public var asset: AssetIdentifier
    public var role: Role
    /// The meter whose water passes through this one; `nil` at the inlet, or when it is not metered.
    public var parent: AssetIdentifier?
    /// Litres of one count of the register, more than zero. A meter with any other figure is not judged.
    public var litresPerCount: Double
    /// Count at which the register starts again at zero; `nil` when it is not known.
    public var counterModulus: UInt64?
    /// Permanent flow Q3; `nil` when it is not known.
    public var nominalFlow: LitresPerHour?
    /// Longest usual time between two readings. A minute or less makes the meter one that moves data time.
    public var period: Duration

    public init(
        asset: AssetIdentifier, role: Role, parent: AssetIdentifier?, litresPerCount: Double,
        counterModulus: UInt64? = nil, nominalFlow: LitresPerHour? = nil, period: Duration
    ) {
        self.asset = asset
        self.role = role
        self.parent = parent
        self.litresPerCount = litresPerCount
        self.counterModulus = counterModulus
        self.nominalFlow = nominalFlow
        self.period = period
    }
}

/// A gate or door that tells whether it is open.
public struct GateDescription: Hashable, Codable, Sendable {
    public var asset: AssetIdentifier
    /// Open for longer than this is a finding.
    public var heldOpenAfter: Duration
    /// The same for an opening that touches a peak window.
    public var heldOpenAfterInPeak: Duration

    public init(
        asset: AssetIdentifier, heldOpenAfter: Duration = .seconds(20 * 60),
        heldOpenAfterInPeak: Duration = .seconds(30 * 60)
    ) {
        self.asset = asset
        self.heldOpenAfter = heldOpenAfter
        self.heldOpenAfterInPeak = heldOpenAfterInPeak
    }
}

/// A time of the local day.
public struct PeakWindow: Hashable, Codable, Sendable {
    /// First minute since local midnight, 0 ... 1439.
    public var firstMinute: Int
    /// The minute after the last one; smaller than `firstMinute` when the window passes midnight.
    public var endMinute: Int

    public init(firstMinute: Int, endMinute: Int) {
        (self.firstMinute, self.endMinute) = (firstMinute, endMinute)
    }

    /// 07:30-09:00, 11:30-12:00, 13:45-14:30 and 17:30-18:30: the way to school, to work and home.
    public static let usual = [
        PeakWindow(firstMinute: 450, endMinute: 540), PeakWindow(firstMinute: 690, endMinute: 720),
        PeakWindow(firstMinute: 825, endMinute: 870), PeakWindow(firstMinute: 1050, endMinute: 1110),
    ]

    /// Whether the window holds this minute of the local day.
    public func contains(_ minuteOfDay: Int) -> Bool {
        firstMinute <= endMinute
            ? minuteOfDay >= firstMinute && minuteOfDay < endMinute
            : minuteOfDay >= firstMinute || minuteOfDay < endMinute
    }
}
