// SPDX-License-Identifier: Apache-2.0

/// How far the care for a published row goes.
public struct DeliverySettings: Hashable, Sendable {
    public enum Confirmation: String, Hashable, Sendable, CaseIterable {
        /// A row is done when the replay window has passed since its PUBACK.
        case replay
        /// A row is done when the far end says that it is stored there.
        case consumer
    }

    public var confirmation = Confirmation.replay
    /// Messages of the backlog per second.
    public var backlogRate = 200.0
    public init() {}
}
