// SPDX-License-Identifier: Apache-2.0

/// Where a channel leads, and what proves who we are.
public enum ChannelAddress: Hashable, Sendable {
    case webhook(Webhook)
    /// The whole address, its key included.
    case wecom(url: Secret)
    /// `secret` signs; `keyword` must stand in every text. Each may be `nil`.
    case dingtalk(url: Secret, secret: Secret?, keyword: String?)
    case feishu(url: Secret, secret: Secret?)
    case email(Mailbox)

    public struct Webhook: Hashable, Sendable {
        public var url: Secret
        /// The one in use first; empty signs nothing.
        public var secrets: [Secret]
        public init(url: Secret, secrets: [Secret] = []) { (self.url, self.secrets) = (url, secrets) }
    }

    /// A mail server and the letters given to it.
    public struct Mailbox: Hashable, Sendable {
        public enum Security: String, Hashable, Sendable, CaseIterable {
            /// TLS from the first byte, port 465.
            case tls
            /// TLS after STARTTLS, port 587; nothing is sent when the server does not offer it.
            case starttls
            /// Nothing; for a server on the same machine.
            case plain
        }

        public var host: String
        public var port: Int
        public var security: Security
        public var user: String?
        public var password: Secret?
        public var from: String
        public var to: [String]

        public init(
            host: String, port: Int, security: Security, user: String? = nil, password: Secret? = nil, from: String,
            to: [String]
        ) {
            (self.host, self.port, self.security) = (host, port, security)
            (self.user, self.password, self.from, self.to) = (user, password, from, to)
        }
    }

    public var kind: ChannelKind {
        switch self {
        case .webhook: .webhook
        case .wecom: .wecom
        case .dingtalk: .dingtalk
        case .feishu: .feishu
        case .email: .email
        }
    }
}

/// A request that is ready for the wire. Its address may hold a key, so it prints as `***`.
public struct OutgoingRequest: Hashable, Sendable {
    public enum Way: Hashable, Sendable {
        /// A POST with these headers beside those of every request.
        case http(url: Secret, headers: [Header])
        case smtp(ChannelAddress.Mailbox)
    }

    public struct Header: Hashable, Sendable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    public var way: Way
    public var body: [UInt8]
    public init(way: Way, body: [UInt8]) { (self.way, self.body) = (way, body) }
}
