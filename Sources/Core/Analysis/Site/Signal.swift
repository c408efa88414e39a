// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a channel tells that is neither the register of a meter nor the position of a gate.
public enum Signal: String, Hashable, Codable, Sendable, CaseIterable {
    /// Pressure at a meter or in the main behind a pump set, in bar.
    case pressure
    /// Water above the floor of a tank, in metres.
    case level
    /// Whether a pump is on, 0 or 1. Sampled: a start shorter than the poll is not seen.
    case isRunning = "running"
    /// Electrical power of a pump in kilowatts.
    case power
    /// Starts of a pump since it was built; it counts what sampling does not see.
    case startCount = "start_count"
    /// Hours a pump has run since it was built.
    case runHours = "run_hours"
    /// Vibration of a pump at one or two places, in any unit: it is compared with its own past.
    case vibration
    case secondVibration = "vibration_2"
    /// Electrical current of a pump in amperes.
    case current
    /// Flow through a pump in any unit: it is compared with its own past.
    case flow
    /// Rain since the last value of this channel, in millimetres.
    case rain
    /// Whether rain falls, 0 or 1.
    case isRaining = "raining"
    /// Moisture of the soil in per cent.
    case soilMoisture = "soil_moisture"
    /// Whether a lift serves its passengers, 0 or 1.
    case inService = "in_service"
    /// Whether a lift reports a fault, 0 or 1.
    case fault
    /// The controller's number of the fault; 0 for none.
    case faultCode = "fault_code"
    /// Whether somebody works at a lift, 0 or 1.
    case maintenance
    /// Whether a lift calls for somebody shut in, 0 or 1.
    case entrapment
    /// Trips of a lift since it was built.
    case trips
    /// Openings of a lift's doors since it was built.
    case doorCycles = "door_cycles"
    /// Whether a lift's cabin moves, 0 or 1. Where the lift has no counter, its trips are counted from this.
    case isMoving = "moving"
    /// How a lift's doors stand: 0 closed, 1 open, 0.5 on their way. Where the lift has no counter, its door openings
    /// are counted from this.
    case door
    /// Whether a lift's safety chain is closed, 0 or 1: it is open while a door is, and otherwise never.
    case safetyChain = "safety_chain"
    /// Whether a gate was opened by force, 0 or 1.
    case forced
    /// Openings of a gate since it was built.
    case cycles
    /// Whether somebody with a right to it has asked a gate to open, 0 or 1.
    case command
    /// Residual chlorine in milligrams a litre.
    case chlorine
    /// Turbidity in NTU.
    case turbidity
}

/// One channel of a machine.
public struct SignalDescription: Hashable, Codable, Sendable {
    /// A meter, gate, tank, pump set, pump, lift or sensor of the site's description.
    public var asset: AssetIdentifier
    public var signal: Signal
    /// Longest usual time between two readings.
    public var period: Duration

    public init(asset: AssetIdentifier, signal: Signal, period: Duration) {
        (self.asset, self.signal, self.period) = (asset, signal, period)
    }
}
