// SPDX-License-Identifier: Apache-2.0

import CMosquitto
public import Pipeline

/// Where the broker is and how the connection is kept.
public struct BrokerSettings: Sendable {
    /// Name or address.
    public var host: String
    /// 1 ... 65535.
    public var port: Int
    /// Unique at the broker: a second client with the same identifier throws the first one out.
    public var clientIdentifier: String
    /// Makes the last will at the moment of connecting; `nil` when there is none.
    public var will: @Sendable () -> OutboundMessage?
    /// Longest wait for the CONNACK, all addresses of the host together (default 10 s).
    public var connectTimeout = Duration.seconds(10)
    /// Longest silence before the broker is asked for a sign of life, 5 ... 65535 s (default 30 s).
    public var keepAliveSeconds = 30
    /// QoS 1 messages that the library may have under way (default 20).
    public var sendMaximum = 20
    /// Longest time for which PUBACKs that nobody waits for are gathered (default 4 ms).
    public var acknowledgementGathering = Duration.milliseconds(4)
    /// Largest message that is taken from the broker, in bytes (default 64 kB); a larger one is dropped and counted.
    public var largestMessage = 64 * 1024
    /// Messages from the broker that may wait to be taken (default 32).
    public var waitingMessages = 32
    /// When that many wait: no more is read from the broker until they were taken, instead of dropping what comes.
    public var waitsForRoom = false
    /// `nil` speaks plain MQTT.
    public var tls: BrokerTLS?
    /// `nil` says no name.
    public var login: BrokerLogin?
    /// Descriptors from here on are refused: libmosquitto may wait with `pselect`, which knows none above 1023.
    var descriptorLimit: Int32 = 1000

    public init(
        host: String, port: Int, clientIdentifier: String, will: @escaping @Sendable () -> OutboundMessage? = { nil }
    ) {
        self.host = host
        self.port = port
        self.clientIdentifier = clientIdentifier
        self.will = will
    }
}

/// What went wrong between Sluice and the broker, with what to check.
public enum BrokerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The host's name could not be resolved; the text is the resolver's.
    case unknownHost(host: String, port: Int, text: String)
    /// No TCP connection; the text is the system's.
    case unreachable(host: String, port: Int, text: String)
    /// TCP stands, but no CONNACK came.
    case silent(host: String, port: Int, seconds: Int)
    /// The CONNACK said no.
    case refused(host: String, port: Int, text: String)
    /// The CONNACK said that this client may not come in; `userName` is what it called itself, `nil` for nothing.
    case unauthorized(host: String, port: Int, text: String, userName: String?)
    /// No TLS session; the text says why and what to do.
    case tls(host: String, port: Int, text: String)
    /// A connection that stood has ended.
    case lost(host: String, port: Int, text: String)
    case tooManyDescriptors(host: String, port: Int, descriptor: Int32)
    /// Events were not taken in time, so the connection was cut rather than an event lost.
    case overrun(host: String, port: Int)
    /// The library could not be set up; the text is its own.
    case library(host: String, port: Int, text: String)
    /// `connect()` came before the connection before it had ended.
    case stillBusy(host: String, port: Int)
    /// `publish` without a connection.
    case notConnected(host: String, port: Int)

    /// What the code of a CONNACK means (MQTT 3.1.1, table 3.1; 4 is a bad name or password, 5 is not authorized).
    init(connack code: Int32, host: String, port: Int, userName: String?) {
        var text = mosquitto_connack_string(code).map { String(cString: $0) } ?? "code \(code)"
        if text.hasPrefix("Connection Refused: ") { text.removeFirst(20) }
        if text.hasSuffix(".") { text.removeLast() }
        self =
            code == 4 || code == 5
            ? .unauthorized(host: host, port: port, text: text, userName: userName)
            : .refused(host: host, port: port, text: text)
    }

    /// Whether the broker was reached and does not let this client in; another attempt changes nothing.
    var isAboutAdmission: Bool {
        switch self {
        case .unauthorized, .tls: true
        case .unknownHost, .unreachable, .silent, .refused, .lost, .tooManyDescriptors, .overrun, .library, .stillBusy,
            .notConnected:
            false
        }
    }

    public var description: String {
        switch self {
        case .unknownHost(let host, let port, let text):
            "MQTT broker \(host):\(port): the name '\(host)' cannot be resolved (\(text)). Check 'mqtt.url' and the "
                + "name server."
        case .unreachable(let host, let port, let text):
            "MQTT broker \(host):\(port): no connection (\(text)). Check that the broker runs there, that 'mqtt.url' "
                + "is right, and that no firewall is between."
        case .silent(let host, let port, let seconds):
            "MQTT broker \(host):\(port): no CONNACK in \(seconds) s. Check that this port speaks plain MQTT and that "
                + "the broker is not overloaded."
        case .refused(let host, let port, let text):
            "MQTT broker \(host):\(port): connection refused by the broker (\(text)). Check that it admits this client."
        case .unauthorized(let host, let port, let text, let userName?):
            "MQTT broker \(host):\(port): bad user name or password (the broker says: \(text)). Check 'mqtt.user_name' "
                + "\(userName) and what stands in 'mqtt.password_file', and that the broker knows this user."
        case .unauthorized(let host, let port, let text, nil):
            "MQTT broker \(host):\(port): the broker admits nobody without a name (it says: \(text)). Write "
                + "'mqtt.user_name' and 'mqtt.password_file', or use the certificate it asks for."
        case .tls(let host, let port, let text):
            "MQTT broker \(host):\(port): no TLS: \(text)."
        case .lost(let host, let port, let text):
            "MQTT broker \(host):\(port): connection lost (\(text)). Check that the broker still runs and that no "
                + "other client uses the same client identifier."
        case .tooManyDescriptors(let host, let port, let descriptor):
            "MQTT broker \(host):\(port): the socket got descriptor \(descriptor), and 1000 and above are not used. "
                + "Check for files or connections that are opened and never closed."
        case .overrun(let host, let port):
            "MQTT broker \(host):\(port): acknowledgements came faster than they were taken, so the connection was cut. "
                + "Check the load of this machine."
        case .library(let host, let port, let text):
            "MQTT broker \(host):\(port): libmosquitto: \(text). Check host, port and client identifier."
        case .stillBusy(let host, let port):
            "MQTT broker \(host):\(port): the attempt before this one has not ended. Check the name server if this "
                + "stays."
        case .notConnected(let host, let port):
            "MQTT broker \(host):\(port): not connected. Wait for the connection."
        }
    }
}
