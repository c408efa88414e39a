// SPDX-License-Identifier: Apache-2.0

/// The transaction identifiers of one TCP connection: 1 ... 65,535 in a circle, with the last 16 remembered.
public struct TransactionIdentifiers: Sendable {
    /// How many identifiers stay known after their use.
    public static let memory = 16

    private var last: UInt16
    private var recent: [UInt16] = []
    private var oldest = 0

    /// - Parameter start: The identifier before the first one; random for each connection, so that an answer to an
    ///   earlier connection of a careless server is not known here.
    public init(after start: UInt16) {
        last = start
        recent.reserveCapacity(Self.memory)
    }

    /// Takes the next identifier, never 0.
    public mutating func next() -> UInt16 {
        last = last == .max ? 1 : last + 1
        if recent.count < Self.memory {
            recent.append(last)
        } else {
            recent[oldest] = last
            oldest = (oldest + 1) % Self.memory
        }
        return last
    }

    /// Whether `identifier` is one of the last 16.
    public func isRecent(_ identifier: UInt16) -> Bool { recent.contains(identifier) }
}
