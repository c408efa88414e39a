// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// One value that a device delivers: a signal, or a point that no signal refers to.
public struct CompiledValue: Hashable, Sendable {
    /// Name on the wire and in the store: the signal's quantity, else the point's own name. Unique in its device.
    public var name: String
    /// `nil` for a point that no signal refers to.
    public var signal: SignalName?
    public var unit: UnitOfMeasure
    /// Words of ``Quantity/state(_:)``; empty for any other quantity.
    public var stateLabels: [String]
    public var pollClass: PollClass
    /// Spans that must be read together for it; one span where the device can answer it by one request.
    public var needs: [RegisterSpan]
    /// How its registers count, for a lifetime total in whole counts; `nil` for anything else.
    public var counting: RegisterCounting?
    /// When it is doubted for standing still; its companion may be a signal that this device does not have.
    public var frozen: FrozenRule?
    /// The values that it plausibly has, in its unit; `nil` where the profile does not say.
    public var plausible: ClosedRange<Double>?

    /// Whether it only rises as long as the device lives, in whole counts or not.
    public var isLifetimeTotal: Bool { signal.map(KnownSignal.isLifetimeTotal) ?? false }
}

/// What the registers say about one value.
public enum DecodedValue: Hashable, Sendable {
    /// `raw` is the registers as read, the first in the high bits; `nil` when it was put together from several places.
    case good(Quantity, raw: UInt64?)
    case uncertain(Quantity, QualityReason, raw: UInt64?)
    case bad(QualityReason, raw: UInt64?)
}

/// A profile with a site's parameters bound, ready to read and decode.
public struct CompiledDevice: Hashable, Sendable {
    /// Signals in the order of the file, then the points that no signal refers to.
    public var values: [CompiledValue]
    public var limits: ReadLimits
    /// One harmless read that tells whether the device is there.
    public var probe: RegisterSpan
    /// Time from power-up to the first answer.
    public var startsWithin: Duration
    public var manners: DeviceManners
    /// How each of ``values`` follows from the registers, in the same order.
    var recipes: [Recipe]

    /// Whether the device delivers `signal`.
    public func offers(_ signal: SignalName) -> Bool { values.contains { $0.signal == signal } }

    /// What `image` says about the value at this place of ``values``.
    ///
    /// Pure, and never traps: addresses that were not read or whose read failed give a bad value with the reason.
    public func decode(_ value: Int, from image: RegisterImage) -> DecodedValue {
        guard recipes.indices.contains(value) else { return .bad(.address, raw: nil) }
        return recipes[value].decode(image)
    }

    /// `number` with no more digits than the registers of the value at this place can mean.
    public func meaningful(_ number: Double, at value: Int) -> Double {
        recipes.indices.contains(value) ? recipes[value].meaningful(number) : number
    }
}

extension ReadFailure {
    /// The reason that a reading carries when its registers could not be read.
    public var qualityReason: QualityReason {
        switch self {
        case .timeout: .timeout
        case .torn, .refused: .frame
        case .badChecksum: .crc
        case .exception(let code): .exception(code)
        case .busDown: .busDown
        }
    }
}
