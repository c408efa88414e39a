// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc
import Pipeline

/// A client that tries things at a broker, all on the thread that calls it.
final class ProbeClient {
    struct Message: Hashable {
        var topic: String
        var size: Int
        var isRetained: Bool
    }

    /// What the callbacks heard.
    private final class Heard {
        var connack: (code: Int32, isSessionPresent: Bool)?
        var hasEnded = false
        var published: Set<Int32> = []
        var granted: [Int32: Int32] = [:]
        var messages: [Message] = []
        var trouble = TLSTrouble()
    }

    private let handle: OpaquePointer
    private let heard = Heard()
    private let settings: BrokerSettings
    private static let initialised: Int32 = mosquitto_lib_init()

    /// - Parameters:
    ///   - isVersion5: MQTT 5 instead of 3.1.1.
    ///   - isClean: The broker keeps nothing of the session.
    init?(_ settings: BrokerSettings, identifier: String, isVersion5: Bool = false, isClean: Bool = true) {
        _ = Self.initialised
        guard let handle = mosquitto_new(identifier, isClean, Unmanaged.passUnretained(heard).toOpaque()) else {
            return nil
        }
        (self.handle, self.settings) = (handle, settings)
        mosquitto_int_option(
            handle, MOSQ_OPT_PROTOCOL_VERSION, Int32(isVersion5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311))
        listen()
    }

    deinit { withExtendedLifetime(heard) { mosquitto_destroy(handle) } }

    private func listen() {
        mosquitto_connect_with_flags_callback_set(handle) { _, object, code, flags in
            ProbeClient.heard(object)?.connack = (code, flags & 1 == 1)
        }
        mosquitto_disconnect_callback_set(handle) { _, object, _ in ProbeClient.heard(object)?.hasEnded = true }
        mosquitto_publish_callback_set(handle) { _, object, identifier in
            ProbeClient.heard(object)?.published.insert(identifier)
        }
        mosquitto_subscribe_callback_set(handle) { _, object, identifier, count, granted in
            guard count > 0, let granted else { return }
            ProbeClient.heard(object)?.granted[identifier] = granted[0]
        }
        mosquitto_message_callback_set(handle) { _, object, message in
            guard let message = message?.pointee else { return }
            ProbeClient.heard(object)?.messages.append(
                Message(
                    topic: message.topic.map { String(cString: $0) } ?? "", size: Int(message.payloadlen),
                    isRetained: message.retain))
        }
        mosquitto_log_callback_set(handle) { handle, object, _, text in
            guard let handle, let text else { return }
            ProbeClient.heard(object)?.trouble.take(String(cString: text), of: handle)
        }
    }

    private static func heard(_ object: UnsafeMutableRawPointer?) -> Heard? {
        object.map { Unmanaged<Heard>.fromOpaque($0).takeUnretainedValue() }
    }

    var isConnected: Bool { heard.connack?.code == 0 && !heard.hasEnded }
    var isSessionPresent: Bool { heard.connack?.isSessionPresent ?? false }
    var messages: [Message] { heard.messages }

    /// - Returns: why there is no connection; `nil` when there is one.
    func connect() -> String? {
        if let tls = settings.tls, let problem = tls.apply(to: handle) { return problem }
        if let login = settings.login, login.apply(to: handle) != MOSQ_ERR_SUCCESS.code {
            return "'mqtt.user_name' or the password cannot be sent"
        }
        let code = mosquitto_connect(handle, settings.host, Int32(settings.port), 30)
        let text = code == MOSQ_ERR_ERRNO.code ? errorText(errno) : libraryText(code)
        guard code == MOSQ_ERR_SUCCESS.code else { return heard.trouble.reason(expecting: settings.host) ?? text }
        wait { heard.connack != nil || heard.hasEnded }
        if let connack = heard.connack {
            guard connack.code != 0 else { return nil }
            let failure = BrokerFailure(
                connack: connack.code, host: settings.host, port: settings.port, userName: settings.login?.userName)
            return "\(failure)"
        }
        return heard.trouble.reason(expecting: settings.host) ?? "closed or silent before the CONNACK"
    }

    /// Whether the broker granted it.
    func subscribe(_ filter: String) -> Bool {
        var identifier: Int32 = 0
        guard mosquitto_subscribe(handle, &identifier, filter, 1) == MOSQ_ERR_SUCCESS.code else { return false }
        wait { heard.granted[identifier] != nil }
        return heard.granted[identifier].map { $0 < 0x80 } ?? false
    }

    /// Whether the broker acknowledged it to the end.
    func publish(_ topic: String, size: Int = 1, qos: Int32 = 1, isRetained: Bool = false) -> Bool {
        let payload = [UInt8](repeating: 0x78, count: size)
        var identifier: Int32 = 0
        guard
            mosquitto_publish(handle, &identifier, topic, Int32(size), payload, qos, isRetained)
                == MOSQ_ERR_SUCCESS.code
        else { return false }
        wait { heard.published.contains(identifier) }
        return heard.published.contains(identifier)
    }

    /// Whether a message came that `isWanted`.
    func hears(where isWanted: (Message) -> Bool) -> Bool {
        wait { heard.messages.contains(where: isWanted) }
        return heard.messages.contains(where: isWanted)
    }

    func disconnect() {
        mosquitto_disconnect(handle)
        wait { heard.hasEnded }
    }

    /// Serves the connection until `isDone`, it ends, or three seconds have passed.
    private func wait(until isDone: () -> Bool) {
        let deadline = ContinuousClock.now + settings.connectTimeout
        while !isDone(), !heard.hasEnded, ContinuousClock.now < deadline {
            guard mosquitto_loop(handle, 20, 1) == MOSQ_ERR_SUCCESS.code else {
                heard.hasEnded = true
                return
            }
        }
    }
}
