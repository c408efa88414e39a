// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// What a maker prints about the timing of a device and about who answers for it.
public struct DeviceManners: Hashable, Sendable {
    /// Silence that the device needs before a request to it, 0 ... 10 s; zero when nothing is printed.
    public var gap: Duration
    /// The device may take this long to begin an answer, so that no timeout falls below; zero when nothing is printed.
    public var respondsWithin: Duration
    /// The device closes its connection when nothing was asked for this long; `nil` when it keeps it.
    public var keepAlive: Duration?
    /// Units whose answer counts as this device's.
    public var answersAs: [UnitIdentifier]

    public init(
        gap: Duration = .zero, respondsWithin: Duration = .zero, keepAlive: Duration? = nil,
        answersAs: [UnitIdentifier] = []
    ) {
        (self.gap, self.respondsWithin, self.keepAlive, self.answersAs) = (gap, respondsWithin, keepAlive, answersAs)
    }
}

/// Registers that hold something which tells the model of a device.
public struct IdentityCheck: Hashable, Sendable {
    public enum Expectation: Hashable, Sendable {
        case oneOf([UInt64])
        case within(ClosedRange<UInt64>)
    }

    /// One to four registers, or one bit.
    public var span: RegisterSpan
    /// Compared with the registers as one unsigned number, the first in the high bits.
    public var expectation: Expectation
    public var source: String?

    /// Whether the registers hold what they must; `nil` when they could not be read.
    func isMet(by image: RegisterImage) -> Bool? {
        guard case .success(let words) = image.words(span) else { return nil }
        let value = words.reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return switch expectation {
        case .oneOf(let values): values.contains(value)
        case .within(let range): range.contains(value)
        }
    }
}
