// SPDX-License-Identifier: Apache-2.0

/// One whole frame of a TCP connection, its protocol identifier and length already checked.
public struct MBAPFrame: Hashable, Sendable {
    public let transaction: UInt16
    public let unit: UInt8
    /// Function code and all that follows it; 2 ... 253 bytes.
    public let body: ArraySlice<UInt8>

    /// The length field of its header: unit and body.
    public var length: Int { 1 + body.count }
}

/// Cuts the bytes of a TCP connection into frames (Modbus Messaging on TCP/IP V1.0b, section 3.1.3).
///
/// It holds one frame at most, 260 bytes, however many bytes arrive. A header whose protocol identifier is not 0 or
/// whose length is not 3 ... 254 is refused as soon as it is whole; after that the place of the next frame is
/// unknown, and the connection has to be closed.
public struct MBAPFrameReader: Sendable {
    /// Most bytes of one frame: 7 of header, 253 of protocol data unit.
    public static let maximumFrame = 260

    public enum Step: Hashable, Sendable {
        /// All bytes are taken and no frame is whole.
        case needsMore
        case frame(MBAPFrame)
        case refused(FrameRefusal)
    }

    private static let lengthEnd = 6
    private var held: [UInt8] = []

    public init() { held.reserveCapacity(Self.maximumFrame) }

    /// Whether a frame has begun and not ended.
    public var isMidFrame: Bool { !held.isEmpty }

    /// Takes from the front of `bytes` what belongs to the next frame.
    public mutating func next(from bytes: inout ArraySlice<UInt8>) -> Step {
        take(from: &bytes, until: Self.lengthEnd)
        guard held.count >= Self.lengthEnd else { return .needsMore }
        let protocolIdentifier = word(at: 2)
        guard protocolIdentifier == 0 else { return .refused(.protocolIdentifier(protocolIdentifier)) }
        let length = Int(word(at: 4))
        guard 3...254 ~= length else { return .refused(.length(length)) }
        take(from: &bytes, until: Self.lengthEnd + length)
        guard held.count == Self.lengthEnd + length else { return .needsMore }
        let frame = MBAPFrame(transaction: word(at: 0), unit: held[6], body: held[7...])
        held = []
        return .frame(frame)
    }

    private mutating func take(from bytes: inout ArraySlice<UInt8>, until count: Int) {
        let wanted = bytes.prefix(max(0, count - held.count))
        held.append(contentsOf: wanted)
        bytes = bytes.dropFirst(wanted.count)
    }

    private func word(at place: Int) -> UInt16 { UInt16(held[place]) << 8 | UInt16(held[place + 1]) }
}
