// SPDX-License-Identifier: Apache-2.0

/// What a dialogue asks its transport to do, in this order.
public enum WireAct: Hashable, Sendable {
    case send([UInt8])
    /// Call ``WireDialogue/wake(at:)`` at this moment, monotonic nanoseconds, or earlier.
    case wake(at: Int64)
    /// The open request has ended.
    case settled(Settlement)
    /// Something for the counters and the log.
    case note(WireNote, of: UnitIdentifier)
    /// Close the connection, for the reason in words; the open request, if it has not been settled, ends with it.
    case lose(String)

    /// How one request ended.
    public struct Settlement: Hashable, Sendable {
        public var result: Result<[UInt16], ReadFailure>
        /// Nanoseconds from the end of the request to the first byte of its answer, where they are known.
        public var turnaround: Int64?
        /// Monotonic nanoseconds of the first byte of the answer.
        public var firstByte: Int64?
        /// Whether the rest of the sweep is dropped.
        public var endsSweep = false
        /// Whether the unit was asked and said nothing.
        public var isSilence = false

        /// Whether the unit gave an answer to this request, an exception included.
        public var isAnswer: Bool {
            switch result {
            case .success, .failure(.exception): true
            case .failure: false
            }
        }

        public init(
            _ result: Result<[UInt16], ReadFailure>, turnaround: Int64? = nil, firstByte: Int64? = nil,
            endsSweep: Bool = false, isSilence: Bool = false
        ) {
            self.result = result
            self.turnaround = turnaround
            self.firstByte = firstByte
            self.endsSweep = endsSweep
            self.isSilence = isSilence
        }
    }
}

/// What is said on one connection, one request at a time; it is told the time and owns no clock.
public protocol WireDialogue: Sendable {
    /// A new connection is there.
    ///
    /// - Parameter word: Random.
    mutating func opened(at now: Int64, word: UInt16)

    /// Asks; nothing else may be open.
    ///
    /// - Parameter timeout: Longest turnaround, in nanoseconds.
    mutating func ask(_ request: ReadRequest, timeout: Int64, at now: Int64) -> [WireAct]

    /// Takes all of `bytes`, which have just come.
    mutating func received(_ bytes: ArraySlice<UInt8>, at now: Int64) -> [WireAct]

    /// The moment of a `wake` has come, or an earlier one.
    mutating func wake(at now: Int64) -> [WireAct]

    /// The other side has closed the connection; tells how the open request ended, if an answer to it had begun.
    mutating func ended(at now: Int64) -> [WireAct]
}
