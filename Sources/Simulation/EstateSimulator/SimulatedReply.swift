// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// How a device of the estate answers one request.
public struct SimulatedReply: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// One word for each address; 0 or 1 for coils and discrete inputs.
        case words([UInt16])
        /// Exception code of Modbus Application Protocol V1.1b3, section 7.
        case exception(UInt8)
        /// No answer at all.
        case silence
    }

    public var content: Content
    /// How long the answer is held back.
    public var delay: Duration
    /// Whether the frame is spoilt on its way: a wrong CRC on a line, a wrong byte count on a socket.
    public var isCorrupted: Bool

    public init(_ content: Content, delay: Duration = .zero, isCorrupted: Bool = false) {
        self.content = content
        self.delay = delay
        self.isCorrupted = isCorrupted
    }

    /// What a master that waits for `timeout` makes of this reply, without any wire between.
    public func result(timeout: Duration = .seconds(1)) -> Result<[UInt16], ReadFailure> {
        switch content {
        case .silence: return .failure(.timeout)
        case .words, .exception:
            guard delay < timeout else { return .failure(.timeout) }
            guard !isCorrupted else { return .failure(.badChecksum) }
        }
        switch content {
        case .words(let words): return .success(words)
        case .exception(let code): return .failure(.exception(code))
        case .silence: return .failure(.timeout)
        }
    }
}
