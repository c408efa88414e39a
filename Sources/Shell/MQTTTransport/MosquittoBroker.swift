// SPDX-License-Identifier: Apache-2.0

import CMosquitto
import Glibc
import Model
public import Pipeline
import Synchronization

/// An MQTT 3.1.1 connection through libmosquitto, over TCP or TLS.
///
/// ``publish(_:)`` writes on the caller's thread. The connection's own thread waits for what the broker says, and is
/// left asleep by everything else.
///
/// Each ``connect()`` that does not throw has a thread and a library handle of its own, and ends with exactly one
/// `disconnected` event; only then may the next one come. The library never reconnects by itself, so how often the
/// broker is tried is decided by whoever reads ``events``.
public final class MosquittoBroker: BrokerPort {
    /// Events that wait to be taken: more than a window of PUBACKs. When it is full the connection is cut, and the
    /// `disconnected` event waits for a place.
    public static let eventLimit = 256

    public let events: AsyncStream<BrokerEvent>
    private let settings: BrokerSettings
    private let link: BrokerLink

    public init(_ settings: BrokerSettings) {
        let (events, continuation) = AsyncStream.makeStream(
            of: BrokerEvent.self, bufferingPolicy: .bufferingOldest(Self.eventLimit))
        self.events = events
        self.settings = settings
        link = BrokerLink(settings: settings, events: continuation)
    }

    /// - Throws: `BrokerFailure.stillBusy`, or `library` when there is no thread to be had.
    public func connect() throws {
        try link.begin()
        let box = Unmanaged.passRetained(link)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<BrokerLink>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            link.abandon()
            throw BrokerFailure.library(
                host: settings.host, port: settings.port, text: "no thread: \(errorText(code))")
        }
        pthread_detach(thread)
    }

    /// - Throws: `UnpublishableMessage` when MQTT or the library can never take this message; `BrokerFailure` when the
    ///   connection cannot.
    public func publish(_ message: OutboundMessage) throws -> Int32 { try link.publish(message) }

    public func subscribe(to filters: [String]) throws { try link.subscribe(to: filters) }

    public func takeReceived() -> InboundBatch { link.mailbox.take() }

    public var isRefused: Bool { link.isRefused }

    public func hold() { link.setHeld(true) }

    public func release(awaitsRoom: Bool) { link.release(awaitsRoom: awaitsRoom) }

    public func disconnect() async { await link.close() }

    /// Cuts the connection without a DISCONNECT, within a second, as a crash of the gateway would: the broker
    /// publishes the last will.
    public func drop() { link.drop() }
}

/// What the thread of a connection shares with the callers.
final class BrokerLink: Sendable {
    private struct State {
        /// A thread is at work.
        var isRunning = false
        /// Valid until the thread takes it out under the lock.
        var handle: LibraryHandle?
        /// The CONNACK came.
        var isConnected = false
        /// DISCONNECT was asked for.
        var isClosing = false
        /// To be cut without a DISCONNECT.
        var isDropped = false
        /// The next PUBACK makes room for what waits to be sent.
        var awaitsRoom = false
        /// The thread lets PUBACKs gather.
        var isGathering = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let settings: BrokerSettings
    let events: AsyncStream<BrokerEvent>.Continuation
    private let state = Mutex(State())
    private let refused = Mutex(false)
    /// Made with the first connection.
    private let bellBox = Mutex<Bell?>(nil)

    let mailbox: Mailbox

    private static let initialised: Int32 = mosquitto_lib_init()

    init(settings: BrokerSettings, events: AsyncStream<BrokerEvent>.Continuation) {
        _ = Self.initialised
        self.settings = settings
        self.events = events
        mailbox = Mailbox(events)
    }

    // MARK: callers

    func begin() throws {
        try makeBell()
        try state.withLock { state in
            guard !state.isRunning else {
                throw BrokerFailure.stillBusy(host: settings.host, port: settings.port)
            }
            state = State()
            state.isRunning = true
        }
    }

    private func makeBell() throws {
        try bellBox.withLock { bell in
            if bell == nil { bell = Bell() }
            guard bell != nil else {
                throw BrokerFailure.library(
                    host: settings.host, port: settings.port, text: "no descriptor: \(errorText(errno))")
            }
        }
    }

    func abandon() { state.withLock { $0.isRunning = false } }

    func publish(_ message: OutboundMessage) throws -> Int32 {
        guard let length = Int32(exactly: message.payload.count), length <= 268_435_455 else {
            throw UnpublishableMessage("\(message.payload.count) bytes are more than MQTT can carry in one message")
        }
        var identifier: Int32 = 0
        let code = state.withLock { state -> Int32 in
            guard let handle = state.handle, state.isConnected, !state.isClosing else {
                return MOSQ_ERR_NO_CONN.code
            }
            return mosquitto_publish(
                handle.pointer, &identifier, message.topic, length, message.payload, 1, message.isRetained)
        }
        switch code {
        case MOSQ_ERR_SUCCESS.code:
            if settings.tls != nil { bell?.ring() }
            return identifier
        case MOSQ_ERR_INVAL.code, MOSQ_ERR_PAYLOAD_SIZE.code, MOSQ_ERR_MALFORMED_UTF8.code,
            MOSQ_ERR_OVERSIZE_PACKET.code:
            throw UnpublishableMessage(libraryText(code))
        case MOSQ_ERR_NO_CONN.code:
            throw BrokerFailure.notConnected(host: settings.host, port: settings.port)
        default:
            throw BrokerFailure.library(host: settings.host, port: settings.port, text: libraryText(code))
        }
    }

    func subscribe(to filters: [String]) throws {
        for filter in filters {
            let code = state.withLock { state -> Int32 in
                guard let handle = state.handle, state.isConnected, !state.isClosing else {
                    return MOSQ_ERR_NO_CONN.code
                }
                return mosquitto_subscribe(handle.pointer, nil, filter, 1)
            }
            guard code == MOSQ_ERR_SUCCESS.code else {
                if code == MOSQ_ERR_NO_CONN.code {
                    throw BrokerFailure.notConnected(host: settings.host, port: settings.port)
                }
                throw BrokerFailure.library(
                    host: settings.host, port: settings.port, text: "\(filter): \(libraryText(code))")
            }
        }
        bell?.ring()
    }

    /// Lets the kernel gather what is written, at most 200 ms, or sends what it has gathered.
    func setHeld(_ isHeld: Bool) {
        state.withLock { state in
            guard let handle = state.handle, state.isConnected else { return }
            handle.setCorked(isHeld)
        }
    }

    func release(awaitsRoom: Bool) {
        let rings = state.withLock { state in
            state.awaitsRoom = awaitsRoom
            guard let handle = state.handle, state.isConnected else { return false }
            handle.setCorked(false)
            // What the kernel could not take is the thread's to send.
            return mosquitto_want_write(handle.pointer) || (awaitsRoom && state.isGathering)
        }
        if rings { bell?.ring() }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state -> Bool in
                guard state.isRunning else { return false }
                state.isClosing = true
                // Without a handle the thread is still asking the name server, which nobody can interrupt.
                guard let handle = state.handle else { return false }
                if state.isConnected { mosquitto_disconnect(handle.pointer) }
                state.waiters.append(continuation)
                return true
            }
            if isWaiting { bell?.ring() } else { continuation.resume() }
        }
    }

    func drop() {
        state.withLock { $0.isDropped = true }
        bell?.ring()
    }

    // MARK: the thread

    var orders: (isClosing: Bool, isDropped: Bool) { state.withLock { ($0.isClosing, $0.isDropped) } }

    /// Whether the last attempt ended because the broker does not admit this client.
    var isRefused: Bool { refused.withLock { $0 } }

    var isEnding: Bool { state.withLock { $0.isClosing || $0.isDropped } }

    var bell: Bell? { bellBox.withLock { $0 } }

    /// Lets PUBACKs come together when nobody waits for one: each wakes two threads.
    func gatherAcknowledgements() {
        let mayGather = state.withLock { state in
            state.isGathering = state.isConnected && !state.isClosing && !state.isDropped && !state.awaitsRoom
            return state.isGathering
        }
        guard mayGather, let bell else { return }
        var entry = pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, Int32(settings.acknowledgementGathering / .milliseconds(1)))
        state.withLock { $0.isGathering = false }
    }

    func install(_ handle: LibraryHandle) { state.withLock { $0.handle = handle } }

    /// Takes the handle away from the callers, so that it can be destroyed.
    func withdraw() {
        state.withLock {
            $0.handle = nil
            $0.isConnected = false
        }
    }

    func noteConnected(isSessionPresent: Bool) {
        state.withLock { $0.isConnected = true }
        events.yield(.connected(isSessionPresent: isSessionPresent))
    }

    /// Names the thread for `top` and the like. The kernel keeps 15 characters, and the last ones tell sites apart.
    private func nameThread() {
        guard let file = fopen("/proc/thread-self/comm", "w") else { return }
        fputs(String(settings.clientIdentifier.suffix(15)), file)
        fclose(file)
    }

    /// One connection from the first look at the host's name to its end.
    func run() {
        nameThread()
        let ending = BrokerAttempt(link: self).run()
        refused.withLock { $0 = ending?.isAboutAdmission ?? false }
        let event: BrokerEvent =
            switch ending {
            case nil: .disconnected(isClean: true, reason: "closed by Sluice")
            case let failure?: .disconnected(isClean: false, reason: "\(failure)")
            }
        while true {
            // The event and the freedom to connect again come as one, or a new attempt could overtake the event.
            let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
                if case .dropped = events.yield(event) { return nil }
                let waiters = state.waiters
                state = State()
                return waiters
            }
            if let waiters {
                for waiter in waiters { waiter.resume() }
                return
            }
            usleep(10_000)
        }
    }
}

/// The library's own object. Its functions may be called from any thread as long as it is not destroyed, which the
/// lock around it sees to.
struct LibraryHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Small messages that are written one after another leave in few packets when they are held up.
    func setCorked(_ isCorked: Bool) {
        let socket = mosquitto_socket(pointer)
        guard socket >= 0 else { return }
        var value: Int32 = isCorked ? 1 : 0
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension mosq_err_t {
    /// The value as the library's functions return it.
    var code: Int32 { Int32(rawValue) }
}

/// What the system says about an error number.
func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
}

/// What the library says about one of its codes.
func libraryText(_ code: Int32) -> String {
    mosquitto_strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
