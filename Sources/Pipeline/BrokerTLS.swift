// SPDX-License-Identifier: Apache-2.0

/// How the broker is known, and how the gateway is known to it. The broker's chain and name are always checked.
public struct BrokerTLS: Hashable, Sendable {
    /// Authorities that may have issued the broker's certificate; `nil` for those of the system.
    public var caFile: String?
    /// The gateway's own certificate; both or none.
    public var certificateFile: String?
    public var keyFile: String?
    public init(caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        (self.caFile, self.certificateFile, self.keyFile) = (caFile, certificateFile, keyFile)
    }
}
