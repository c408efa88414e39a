// SPDX-License-Identifier: Apache-2.0

import Alarms
public import Model

/// Something that is wrong between the gateway and the far end and that somebody must mend.
public struct DeliveryTrouble: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The broker is reached and does not let the gateway in: wrong name, password or certificate.
        case refused = "broker_refuses"
        /// The broker acknowledges what its access list does not let through.
        case forbidden = "publish_forbidden"
        /// The consumer that has to confirm rows has not been heard for 15 min.
        case consumerSilent = "consumer_silent"
        /// A certificate of the connection ends within 30 days, or has ended.
        case certificate = "certificate_expires"

        public var rule: RuleIdentifier { RuleIdentifier(rawValue) }
    }

    public var kind: Kind
    public var severity: Severity

    public init(_ kind: Kind, severity: Severity = .p3) { (self.kind, self.severity) = (kind, severity) }

    /// What a certificate that ends after `rest` asks for: P4 from 30 days on, P3 from 7 days on, P2 when it has ended;
    /// `nil` before.
    public init?(certificateEndsIn rest: Duration) {
        let day = Duration.seconds(86_400)
        guard rest < day * 30 else { return nil }
        self.init(.certificate, severity: rest <= .zero ? .p2 : rest < day * 7 ? .p3 : .p4)
    }
}

/// How the way to the far end stands.
public struct DeliveryState: Hashable, Sendable {
    /// Whether the broker is reached; one that refuses the gateway is.
    public var isBrokerReached: Bool
    public var troubles: [DeliveryTrouble]

    public init(isBrokerReached: Bool, troubles: [DeliveryTrouble] = []) {
        (self.isBrokerReached, self.troubles) = (isBrokerReached, troubles)
    }

    /// - Parameter certificate: Time until the first certificate of the connection ends; `nil` when there is none.
    public init(_ status: PublisherStatus, certificateEndsIn certificate: Duration?) {
        isBrokerReached = status.isConnected || status.isRefusedEntry
        troubles = [
            status.isRefusedEntry ? DeliveryTrouble(.refused) : nil,
            status.isForbidden ? DeliveryTrouble(.forbidden) : nil,
            status.isConsumerSilent ? DeliveryTrouble(.consumerSilent) : nil,
            certificate.flatMap { DeliveryTrouble(certificateEndsIn: $0) },
        ].compactMap { $0 }
    }
}

extension Books {
    /// What alarms about the way to the far end are about; no asset of the estate.
    ///
    /// It is not ``broker``: that one's silence would withhold that a certificate ends.
    static let deliveryAsset = AssetIdentifier("delivery")

    /// Raises what is wrong on the way to the far end, and clears what is no more.
    public mutating func watchDelivery(_ state: DeliveryState, at now: Timestamp, into verdict: inout Verdict) {
        noteBroker(isConnected: state.isBrokerReached, at: now, into: &verdict)
        for kind in DeliveryTrouble.Kind.allCases {
            settle(
                severity: state.troubles.first { $0.kind == kind }?.severity, asset: Self.deliveryAsset,
                rule: kind.rule, at: now, into: &verdict)
        }
    }
}
