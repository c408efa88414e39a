// SPDX-License-Identifier: Apache-2.0

/// One point of one device with its true samples, before clocks and lines have done anything to them.
struct Signal: Sendable {
    struct Sample: Sendable {
        /// Seconds since the start of the period, in true time.
        var second: Int
        /// The value times ten to the power of `decimals`.
        var value: Int64
    }
    var device: String
    var point: String
    var decimals = 0
    /// Rising in time.
    var samples: [Sample] = []
    /// Whether the device stamps its own values, by a clock that is wrong.
    var dwelling: Int?
    /// The part of the network that it hangs on.
    var reach: CommunicationGap.Reach?

    mutating func add(_ value: Int64, at second: Int) { samples.append(Sample(second: second, value: value)) }

    /// Takes changes and periodic samples in any order.
    mutating func sort() { samples.sort { $0.second < $1.second } }
}
