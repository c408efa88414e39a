// SPDX-License-Identifier: Apache-2.0

/// The one-byte address of a device on a bus.
///
/// 1 ... 247 on a serial line (Modbus over Serial Line V1.02, section 2.2); any byte in a TCP header.
public struct UnitIdentifier: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public let value: UInt8
    public init(_ value: UInt8) { self.value = value }
    public var description: String { String(value) }
    public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

/// The four tables of the Modbus data model.
public enum RegisterTable: String, Hashable, Codable, Sendable, CaseIterable {
    case coil
    case discreteInput = "discrete"
    case inputRegister = "input"
    case holdingRegister = "holding"

    /// Function code that reads this table (Modbus Application Protocol V1.1b3, sections 6.1 to 6.4).
    public var readFunction: UInt8 {
        switch self {
        case .coil: 1
        case .discreteInput: 2
        case .holdingRegister: 3
        case .inputRegister: 4
        }
    }

    /// Whether one address holds one bit rather than 16.
    public var isBits: Bool { self == .coil || self == .discreteInput }

    /// Most addresses that one request may name: 2,000 bits or 125 registers (same document).
    public var maximumRead: UInt16 { isBits ? 2000 : 125 }
}

/// A run of addresses of one table.
public struct RegisterSpan: Hashable, Codable, Sendable, CustomStringConvertible {
    public var table: RegisterTable
    /// Zero-based address on the wire.
    public var address: UInt16
    /// At least 1; `address + count` is at most 65,536.
    public var count: UInt16

    public init(_ table: RegisterTable, at address: UInt16, count: UInt16 = 1) {
        precondition(count >= 1 && Int(address) + Int(count) <= 65_536, "a span lies inside the table")
        (self.table, self.address, self.count) = (table, address, count)
    }

    /// First address and the one after the last.
    public var range: Range<Int> { Int(address)..<Int(address) + Int(count) }

    public func covers(_ other: RegisterSpan) -> Bool {
        table == other.table && range.lowerBound <= other.range.lowerBound && range.upperBound >= other.range.upperBound
    }

    public var description: String { "\(table.rawValue) \(address)..<\(range.upperBound)" }
}

/// What a device can take in one request, from its profile.
public struct ReadLimits: Hashable, Sendable {
    /// Most registers of one request, 1 ... 125.
    public var maximumRegisters: UInt16
    /// Most coils or discrete inputs of one request, 1 ... 2000.
    public var maximumBits: UInt16
    /// Widest run of unwanted addresses that a request may bridge; `nil` leaves it to the cost.
    public var maximumGap: UInt16?
    /// A request never crosses from below one of these addresses to it.
    public var boundaries: [UInt16]
    /// Addresses that no request may touch.
    public var forbidden: [RegisterSpan]
    /// Registers that are read by a request of their own: none for more than one item touches them.
    public var singleReads: [RegisterSpan]
    /// Requests start at even addresses.
    public var needsEvenAddress: Bool
    /// Requests ask for an even number of registers.
    public var needsEvenCount: Bool

    public init(
        maximumRegisters: UInt16 = 125, maximumBits: UInt16 = 2000, maximumGap: UInt16? = nil,
        boundaries: [UInt16] = [], forbidden: [RegisterSpan] = [], singleReads: [RegisterSpan] = [],
        needsEvenAddress: Bool = false, needsEvenCount: Bool = false
    ) {
        self.maximumRegisters = maximumRegisters
        self.maximumBits = maximumBits
        self.maximumGap = maximumGap
        self.boundaries = boundaries
        self.forbidden = forbidden
        self.singleReads = singleReads
        self.needsEvenAddress = needsEvenAddress
        self.needsEvenCount = needsEvenCount
    }
}

/// Why a read brought no values. None of them is a programming mistake: all come from a wire.
public enum ReadFailure: Error, Hashable, Sendable {
    /// No answer in time. Requests that were dropped after it in the same sweep say the same.
    case timeout
    /// The answer stopped in the middle.
    case torn
    case badChecksum
    /// The answer did not fit the request; the reason is for the log.
    case refused(FrameRefusal)
    /// The device answered with this exception code, 0 ... 255.
    case exception(UInt8)
    /// The line or the endpoint cannot be reached; the text says what the system reported.
    case busDown(String)
}

/// Which check an answer failed (the table of validated header fields in the fieldbus reference).
public enum FrameRefusal: Hashable, Sendable {
    case transactionIdentifier(UInt16)
    case protocolIdentifier(UInt16)
    case length(Int)
    case unit(UInt8)
    case function(UInt8)
    case byteCount(found: Int, expected: Int)
    case shape
}

/// The addresses of one device with the words last read there.
///
/// A bit of the tables of coils and discrete inputs is a word of 0 or 1. An address that was not read, or whose
/// read failed, holds a failure instead.
public struct RegisterImage: Sendable {
    private struct Piece: Sendable {
        var span: RegisterSpan
        var result: Result<[UInt16], ReadFailure>
    }

    private var pieces: [Piece] = []

    public init() {}

    /// What was stored, in its order.
    public var reads: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)] {
        pieces.map { ($0.span, $0.result) }
    }

    /// Notes the outcome of reading `span`; `words` has one element for each address.
    public mutating func store(_ result: Result<[UInt16], ReadFailure>, for span: RegisterSpan) {
        if case .success(let words) = result {
            precondition(words.count == Int(span.count), "one word for each address")
        }
        pieces.append(Piece(span: span, result: result))
    }

    /// The words of `span`, which must lie inside one span that was stored; the failure of that read otherwise.
    ///
    /// - Returns: `.failure(.refused(.shape))` for addresses that nobody read.
    public func words(_ span: RegisterSpan) -> Result<ArraySlice<UInt16>, ReadFailure> {
        for piece in pieces.reversed() where piece.span.covers(span) {
            let start = Int(span.address) - Int(piece.span.address)
            return piece.result.map { $0[start..<start + Int(span.count)] }
        }
        return .failure(.refused(.shape))
    }
}

/// What one visit to a unit brought.
public struct SweepAnswer: Sendable {
    /// One result for each span that was asked for, in the same order.
    public var results: [Result<[UInt16], ReadFailure>]
    /// Nanoseconds from the end of each request to the first byte of its answer; `nil` where none was measured, and
    /// empty when the transport measures none.
    public var turnarounds: [Int64?]
    /// Monotonic nanoseconds of the first byte of the first answer; `nil` when none came.
    public var firstByteNanoseconds: Int64?
    /// Monotonic nanoseconds when the last request was settled.
    public var finishedNanoseconds: Int64

    public init(
        results: [Result<[UInt16], ReadFailure>], turnarounds: [Int64?] = [], firstByteNanoseconds: Int64?,
        finishedNanoseconds: Int64
    ) {
        self.results = results
        self.turnarounds = turnarounds
        self.firstByteNanoseconds = firstByteNanoseconds
        self.finishedNanoseconds = finishedNanoseconds
    }
}
