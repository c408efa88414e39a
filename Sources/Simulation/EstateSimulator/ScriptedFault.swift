// SPDX-License-Identifier: Apache-2.0

public import Model

/// Something that goes wrong in the estate between two moments. Devices are named by their identifier.
public struct ScriptedFault: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Water that runs in a dwelling without anybody drawing it; its meter counts it.
        case leak(dwelling: String, LitresPerHour)
        /// Water lost behind a shared meter, a riser or the inlet, and before its children.
        case burst(meter: String, LitresPerHour)
        case gateHeldOpen(gate: String)
        /// Never answers.
        case dead(device: String)
        /// Answers this much too late.
        case lateAnswer(device: String, by: Duration)
        /// Answers with a spoilt frame: a wrong CRC on a line, a wrong byte count on a socket.
        case badChecksum(device: String)
        /// Answers each request with this exception code.
        case exception(device: String, code: UInt8)
    }

    public var kind: Kind
    public var start: Timestamp
    /// `nil` never ends.
    public var end: Timestamp?

    public init(_ kind: Kind, from start: Timestamp, to end: Timestamp? = nil) {
        self.kind = kind
        self.start = start
        self.end = end
    }

    /// Identifier of the device it happens to.
    public var device: String {
        switch kind {
        case .leak(let device, _), .burst(let device, _), .gateHeldOpen(let device), .dead(let device),
            .lateAnswer(let device, _), .badChecksum(let device), .exception(let device, _):
            device
        }
    }

    func isActive(at moment: Timestamp) -> Bool { start <= moment && end.map { moment < $0 } ?? true }
}
