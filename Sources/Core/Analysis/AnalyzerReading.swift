// SPDX-License-Identifier: Apache-2.0

public import Model

/// One value of one channel, in the order of arrival.
public struct AnalyzerReading: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        /// The register of a meter as read, in counts.
        case count(Int64)
        /// Whether a gate stands open.
        case isOpen(Bool)
        /// A ``Signal`` in its unit; 1 and 0 for yes and no.
        case measure(Double)
        /// The poll failed: there is no value.
        case none
    }

    /// Place in the site's description: its meters first, then its gates, then its signals.
    public var channel: Int
    public var value: Value
    /// The device's or gateway's stamp of the value; it may be late, ahead, or nonsense.
    public var at: Timestamp
    /// The stored reading this is; `nil` on data from elsewhere.
    public var sequence: SequenceNumber?

    public init(channel: Int, value: Value, at: Timestamp, sequence: SequenceNumber? = nil) {
        self.channel = channel
        self.value = value
        self.at = at
        self.sequence = sequence
    }
}
