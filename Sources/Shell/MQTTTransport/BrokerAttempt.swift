// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc
import Pipeline

/// One connection on its own thread: the host's addresses are tried in turn until one gives a CONNACK, and that
/// connection is served until it ends.
final class BrokerAttempt {
    /// What the callbacks tell the loop. They run on its thread, inside `mosquitto_loop_read`.
    final class Heard {
        let link: BrokerLink
        var connack: (code: Int32, isSessionPresent: Bool)?
        /// PUBACKs that came and are not yet told.
        var acknowledged: [Int32] = []
        var hasOverrun = false
        var trouble = TLSTrouble()
        init(_ link: BrokerLink) { self.link = link }

        func take(_ message: mosquitto_message) {
            if !link.mailbox.put(message, within: link.settings, waiting: { !link.isEnding }) { hasOverrun = true }
        }

        func tellAcknowledged() {
            guard !acknowledged.isEmpty else { return }
            if case .dropped = link.events.yield(.acknowledged(acknowledged)) { hasOverrun = true }
            acknowledged = []
        }
    }

    private let link: BrokerLink
    private var settings: BrokerSettings { link.settings }
    private let deadline: ContinuousClock.Instant

    init(link: BrokerLink) {
        self.link = link
        deadline = .now + link.settings.connectTimeout
    }

    /// - Returns: why it ended; `nil` when we closed it.
    func run() -> BrokerFailure? {
        let addresses: [String]
        switch resolve() {
        case .failure(let failure): return failure
        // The name that is checked is the one the library connects to, so it looks the name up again.
        case .success(let found): addresses = settings.tls == nil ? found : [settings.host]
        }
        var failure = unreachable("no address")
        for address in addresses {
            if link.orders.isClosing { return nil }
            switch serve(address) {
            case .ended(let reason): return reason
            case .failed(let reason): failure = reason
            }
            if ContinuousClock.now >= deadline { break }
        }
        return link.orders.isClosing ? nil : failure
    }

    private enum Ending {
        /// There was a CONNACK, or nothing more is to be tried.
        case ended(BrokerFailure?)
        /// The next address may do better.
        case failed(BrokerFailure)
    }

    // MARK: reaching the broker

    private func resolve() -> Result<[String], BrokerFailure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(settings.host, nil, &hints, &list)
        guard code == 0 else {
            let text = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            return .failure(.unknownHost(host: settings.host, port: settings.port, text: text))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(text.count)
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0
            {
                let address = text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
                if !address.isEmpty, !addresses.contains(address) { addresses.append(address) }
            }
            next = entry.pointee.ai_next
        }
        return .success(addresses)
    }

    private func unreachable(_ text: String) -> BrokerFailure {
        .unreachable(host: settings.host, port: settings.port, text: text)
    }

    private func library(_ text: String) -> BrokerFailure {
        .library(host: settings.host, port: settings.port, text: text)
    }

    private func serve(_ address: String) -> Ending {
        let heard = Heard(link)
        // The object lives until this function returns, and the handle is destroyed before that.
        let object = Unmanaged.passUnretained(heard).toOpaque()
        guard let handle = mosquitto_new(settings.clientIdentifier, false, object) else {
            return .ended(library(errorText(errno)))
        }
        defer {
            link.withdraw()
            withExtendedLifetime(heard) { mosquitto_destroy(handle) }
        }
        if let problem = prepare(handle) { return .ended(library(problem)) }
        link.install(LibraryHandle(pointer: handle))
        let code = mosquitto_connect_async(handle, address, Int32(settings.port), Int32(settings.keepAliveSeconds))
        guard code == MOSQ_ERR_SUCCESS.code else {
            if let reason = tlsReason(heard) { return .ended(reason) }
            return .failed(code == MOSQ_ERR_ERRNO.code ? unreachable(errorText(errno)) : library(libraryText(code)))
        }
        let socket = mosquitto_socket(handle)
        guard socket < settings.descriptorLimit else {
            return .ended(.tooManyDescriptors(host: settings.host, port: settings.port, descriptor: socket))
        }
        if let failure = waitForTCP(socket) { return .failed(failure) }
        return loop(handle, heard)
    }

    private func tlsReason(_ heard: Heard) -> BrokerFailure? {
        guard settings.tls != nil, let text = heard.trouble.reason(expecting: settings.host) else { return nil }
        return .tls(host: settings.host, port: settings.port, text: text)
    }

    private func prepare(_ handle: OpaquePointer) -> String? {
        guard (1...65_535).contains(settings.port) else { return "port \(settings.port) is outside 1...65535" }
        guard (5...65_535).contains(settings.keepAliveSeconds) else {
            return "a keep-alive of \(settings.keepAliveSeconds) s is outside 5...65535"
        }
        var codes = [
            // Calls from several threads are safe either way; so they write at once instead of waking the loop. A TLS
            // session is not, so all of it is left to the connection's own thread.
            mosquitto_threaded_set(handle, settings.tls != nil),
            mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, Int32(MQTT_PROTOCOL_V311)),
            mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, Int32(clamping: settings.sendMaximum)),
            mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1),
        ]
        if let tls = settings.tls {
            if let problem = tls.apply(to: handle) { return problem }
            mosquitto_log_callback_set(handle) { handle, object, _, text in
                guard let handle, let object, let text else { return }
                Unmanaged<Heard>.fromOpaque(object).takeUnretainedValue().trouble.take(
                    String(cString: text), of: handle)
            }
        }
        if let login = settings.login { codes.append(login.apply(to: handle)) }
        if let will = settings.will() {
            codes.append(
                mosquitto_will_set(
                    handle, will.topic, Int32(clamping: will.payload.count), will.payload, 1, will.isRetained))
        }
        mosquitto_connect_with_flags_callback_set(handle) { _, object, code, flags in
            guard let object else { return }
            let heard = Unmanaged<Heard>.fromOpaque(object).takeUnretainedValue()
            heard.connack = (code, flags & 1 == 1)
        }
        mosquitto_message_callback_set(handle) { _, object, message in
            guard let object, let message else { return }
            Unmanaged<Heard>.fromOpaque(object).takeUnretainedValue().take(message.pointee)
        }
        mosquitto_publish_callback_set(handle) { _, object, identifier in
            guard let object else { return }
            Unmanaged<Heard>.fromOpaque(object).takeUnretainedValue().acknowledged.append(identifier)
        }
        return codes.first { $0 != MOSQ_ERR_SUCCESS.code }.map(libraryText)
    }

    /// Waits until the socket is connected, because the library does not say why it is not.
    private func waitForTCP(_ socket: Int32) -> BrokerFailure? {
        var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        while true {
            if link.orders.isClosing { return unreachable("given up") }
            let code = poll(&entry, 1, 100)
            if code > 0 { break }
            if code < 0, errno != EINTR { return unreachable(errorText(errno)) }
            if ContinuousClock.now >= deadline { return unreachable(errorText(ETIMEDOUT)) }
        }
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length)
        // With TLS the library has begun to shake hands, so the broker may have refused already what it was shown.
        if error == ECONNRESET, settings.tls != nil { return certificateRefused(errorText(error)) }
        return error == 0 ? nil : unreachable(errorText(error))
    }

    private func certificateRefused(_ text: String) -> BrokerFailure {
        .tls(
            host: settings.host, port: settings.port,
            text: "the broker refused this client's certificate, or demands one (\(text) before the CONNACK). Check "
                + "'mqtt.certificate_file' and 'mqtt.key_file'")
    }

    // MARK: serving it

    /// Waits for the broker or for an order, and does what the library has to do then.
    private func serveOnce(_ handle: OpaquePointer, _ heard: Heard, milliseconds: Int32) -> Int32 {
        let socket = mosquitto_socket(handle)
        guard socket >= 0, let bell = link.bell else { return MOSQ_ERR_NO_CONN.code }
        let output = mosquitto_want_write(handle) ? Int16(POLLOUT) : 0
        var entries = (
            pollfd(fd: socket, events: Int16(POLLIN) | output, revents: 0),
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        )
        let count = withUnsafeMutableBytes(of: &entries) {
            poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, milliseconds)
        }
        if count < 0 { return errno == EINTR ? MOSQ_ERR_SUCCESS.code : MOSQ_ERR_ERRNO.code }
        if entries.1.revents != 0 { bell.silence() }
        var code = MOSQ_ERR_SUCCESS.code
        // Readable, or at an end.
        if entries.0.revents & ~Int16(POLLOUT) != 0 {
            link.gatherAcknowledgements()
            code = mosquitto_loop_read(handle, 1)
            heard.tellAcknowledged()
        }
        if code == MOSQ_ERR_SUCCESS.code, mosquitto_want_write(handle) { code = mosquitto_loop_write(handle, 1) }
        return code == MOSQ_ERR_SUCCESS.code ? mosquitto_loop_misc(handle) : code
    }

    private func loop(_ handle: OpaquePointer, _ heard: Heard) -> Ending {
        var isConnected = false
        // Begins the handshake, now that there is a connection to do it on.
        if settings.tls != nil { _ = mosquitto_loop_read(handle, 1) }
        var closeDeadline: ContinuousClock.Instant?
        while true {
            let code = serveOnce(handle, heard, milliseconds: isConnected && closeDeadline == nil ? 1000 : 100)
            if let connack = heard.connack, !isConnected {
                guard connack.code == 0 else {
                    return .ended(
                        BrokerFailure(
                            connack: connack.code, host: settings.host, port: settings.port,
                            userName: settings.login?.userName))
                }
                isConnected = true
                link.noteConnected(isSessionPresent: connack.isSessionPresent)
            }
            let orders = link.orders
            if orders.isDropped { return .ended(lost("cut on purpose")) }
            if heard.hasOverrun { return .ended(.overrun(host: settings.host, port: settings.port)) }
            if orders.isClosing {
                // The library ends its loop when the DISCONNECT is out.
                let limit = closeDeadline ?? .now + .seconds(1)
                closeDeadline = limit
                if !isConnected || code != MOSQ_ERR_SUCCESS.code || ContinuousClock.now >= limit { return .ended(nil) }
                if mosquitto_socket(handle) < 0 { return .ended(nil) }
                continue
            }
            guard code == MOSQ_ERR_SUCCESS.code else {
                if isConnected { return .ended(lost(libraryText(code))) }
                if let reason = tlsReason(heard) { return .ended(reason) }
                if settings.tls != nil {
                    // With TLS 1.3 a broker says that it wants a certificate when the session stands already.
                    return .ended(certificateRefused(libraryText(code)))
                }
                return .failed(unreachable("closed before the CONNACK: \(libraryText(code))"))
            }
            if !isConnected, ContinuousClock.now >= deadline {
                let seconds = Int(settings.connectTimeout.components.seconds)
                return .ended(.silent(host: settings.host, port: settings.port, seconds: seconds))
            }
        }
    }

    private func lost(_ text: String) -> BrokerFailure {
        .lost(host: settings.host, port: settings.port, text: text)
    }
}
