// SPDX-License-Identifier: Apache-2.0

public import Notices

/// The name and password by which the gateway is known to the broker (MQTT 3.1.1, section 3.1.3.4).
public struct BrokerLogin: Hashable, Sendable {
    public var userName: String
    public var password: Secret
    public init(userName: String, password: Secret) { (self.userName, self.password) = (userName, password) }

    /// The password itself, for the wire only.
    public var revealedPassword: String { password.revealed }
}
