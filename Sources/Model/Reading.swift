// SPDX-License-Identifier: Apache-2.0

/// The value of a point, in the point's unit.
public enum Quantity: Hashable, Codable, Sendable {
    /// A finite real number; never NaN or infinite.
    case number(Double)
    /// An exact count, such as a totaliser's pulses.
    case integer(Int64)
    case isOn(Bool)
    /// A place in the point's list of state labels.
    case state(UInt16)

    /// The quantity as a real number: 0 or 1 for a Boolean, the place of a state.
    public var asDouble: Double {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        case .isOn(let value): value ? 1 : 0
        case .state(let index): Double(index)
        }
    }
}

/// How far a reading may be believed.
public enum Quality: UInt8, Codable, Sendable, CaseIterable {
    case good = 0
    case uncertain = 1
    case bad = 2

    /// The word on the wire and in documents.
    public var word: String {
        switch self {
        case .good: "good"
        case .uncertain: "uncertain"
        case .bad: "bad"
        }
    }
}

/// Why a reading is not good.
public enum QualityReason: Hashable, Sendable {
    // uncertain: the value is present
    case frozen, softRange, suspectStep, gap
    /// Words that consumers of version 1 know and that nothing brings about: no value of an earlier run or of a backup is
    /// handed out as a reading (after a start an asset is `unknown` until its first answer, and a restored database
    /// begins an epoch of its own), and a device that is still starting gives no answer; its silence is not judged
    /// before `starts_within_seconds`.
    case restored, starting
    // bad: no value is present
    case timeout, deviceDown, busDown, crc, frame, address, sentinel, notFinite, range, contactPair, stale, disabled
    /// A Modbus exception code as the device sent it.
    case exception(UInt8)

    /// The word on the wire and in documents, such as `device_down` or `exception_2`.
    public var word: String {
        switch self {
        case .frozen: "frozen"
        case .softRange: "soft_range"
        case .suspectStep: "suspect_step"
        case .restored: "restored"
        case .gap: "gap"
        case .starting: "starting"
        case .timeout: "timeout"
        case .deviceDown: "device_down"
        case .busDown: "bus_down"
        case .crc: "crc"
        case .frame: "frame"
        case .address: "address"
        case .sentinel: "sentinel"
        case .notFinite: "not_finite"
        case .range: "range"
        case .contactPair: "contact_pair"
        case .stale: "stale"
        case .disabled: "disabled"
        case .exception(let code): "exception_\(code)"
        }
    }

    /// A number for storage: fixed for ever, 1 ... 99 for the words, 256 + code for exceptions.
    public var code: UInt16 {
        switch self {
        case .frozen: 1
        case .softRange: 2
        case .suspectStep: 3
        case .restored: 4
        case .gap: 5
        case .starting: 6
        case .timeout: 20
        case .deviceDown: 21
        case .busDown: 22
        case .crc: 23
        case .frame: 24
        case .address: 25
        case .sentinel: 26
        case .notFinite: 27
        case .range: 28
        case .contactPair: 29
        case .stale: 30
        case .disabled: 31
        case .exception(let code): 256 + UInt16(code)
        }
    }

    private static let named: [QualityReason] = [
        .frozen, .softRange, .suspectStep, .restored, .gap, .starting, .timeout, .deviceDown, .busDown, .crc, .frame,
        .address, .sentinel, .notFinite, .range, .contactPair, .stale, .disabled,
    ]

    /// The reason with this ``word``; `nil` for none.
    public init?(word: some StringProtocol) {
        if word.hasPrefix("exception_"), let code = UInt8(word.dropFirst("exception_".count)) {
            self = .exception(code)
        } else if let found = Self.named.first(where: { $0.word == word }) {
            self = found
        } else {
            return nil
        }
    }

    /// The reason with this storage number; `nil` for one that no version of Sluice has written.
    public init?(code: UInt16) {
        if (256...511).contains(code) {
            self = .exception(UInt8(code - 256))
        } else if let found = Self.named.first(where: { $0.code == code }) {
            self = found
        } else {
            return nil
        }
    }
}

/// How far the wall clock could be trusted when a record was stamped.
public enum TimeQuality: UInt8, Codable, Sendable, CaseIterable {
    case synced = 0
    case unsynced = 1
    /// Stamped before the clock was known and corrected afterwards.
    case restamped = 2
    /// The clock had stepped shortly before.
    case stepped = 3

    /// The word on the wire.
    public var word: String {
        switch self {
        case .synced: "synced"
        case .unsynced: "unsynced"
        case .restamped: "restamped"
        case .stepped: "stepped"
        }
    }
}

/// One point at one time.
public struct Reading: Hashable, Sendable {
    public var point: PointIndex
    /// `nil` exactly when the quality is bad.
    public var quantity: Quantity?
    public var quality: Quality
    /// `nil` exactly when the quality is good.
    public var reason: QualityReason?
    /// The registers as read, the first in the high bits, at most 64 bits; `nil` when nothing was read or when
    /// the value is wider or was put together from several places.
    public var raw: UInt64?
    /// The gateway's time at the first byte of the answer.
    public var sourceTime: Timestamp

    public init(
        point: PointIndex, good quantity: Quantity, raw: UInt64? = nil, sourceTime: Timestamp
    ) {
        self.point = point
        self.quantity = quantity
        quality = .good
        reason = nil
        self.raw = raw
        self.sourceTime = sourceTime
    }

    public init(
        point: PointIndex, uncertain quantity: Quantity, reason: QualityReason, raw: UInt64? = nil,
        sourceTime: Timestamp
    ) {
        self.point = point
        self.quantity = quantity
        quality = .uncertain
        self.reason = reason
        self.raw = raw
        self.sourceTime = sourceTime
    }

    public init(point: PointIndex, bad reason: QualityReason, raw: UInt64? = nil, sourceTime: Timestamp) {
        self.point = point
        quantity = nil
        quality = .bad
        self.reason = reason
        self.raw = raw
        self.sourceTime = sourceTime
    }
}

/// All readings that one visit to one asset's device brought, in the order of the device's points.
public struct Sweep: Hashable, Sendable {
    public var asset: AssetIndex
    /// When the answer was complete, on the monotonic clock of `boot`.
    public var receivedAt: MonotonicInstant
    /// The same moment on the wall clock.
    public var receivedWall: Timestamp
    public var timeQuality: TimeQuality
    /// Never empty.
    public var readings: [Reading]

    public init(
        asset: AssetIndex, receivedAt: MonotonicInstant, receivedWall: Timestamp, timeQuality: TimeQuality,
        readings: [Reading]
    ) {
        self.asset = asset
        self.receivedAt = receivedAt
        self.receivedWall = receivedWall
        self.timeQuality = timeQuality
        self.readings = readings
    }
}

/// A sweep that has been stored: its first reading has the sequence number `firstSequence`, the next one more each.
public struct StoredSweep: Hashable, Sendable {
    public var firstSequence: SequenceNumber
    public var sweep: Sweep
    public init(firstSequence: SequenceNumber, sweep: Sweep) {
        self.firstSequence = firstSequence
        self.sweep = sweep
    }
}
