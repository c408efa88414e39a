// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
public import Model
import NIOCore
public import Pipeline
import Synchronization

/// The web page and the HTTP interface of one gateway.
///
/// It serves a TCP port for browsers and, when asked to, a Unix domain socket for commands on the same machine.
/// ``run()`` ends after a graceful shutdown of the task that runs it: listeners close first, then the event
/// streams, then what was being answered.
public struct DashboardServer: Sendable {
    private let view: any EstateView
    private let host: String
    private let port: Int
    private let certificate: PageCertificateFiles?
    private let socketPath: String?
    private let language: Language
    private let chartLibraryFolder: String
    private let logger: Logger
    private let clock: @Sendable () -> Timestamp
    private let onServerRunning: @Sendable (_ host: String, _ port: Int) async -> Void

    /// The estates of the box, this one among them.
    private let neighbourhood: Neighbourhood?
    private let door: SignInDoor?
    private let settings: (any SettingsDesk)?

    /// Time between two signs of life on an event stream.
    var keepAlive: Duration = .seconds(15)
    var patience = ConnectionPatience.Limits()

    /// - Parameters:
    ///   - host: Address to listen on, such as `127.0.0.1`.
    ///   - port: 0 takes a free one; `onServerRunning` is told which.
    ///   - certificate: For browsers that come by TLS; `nil` serves plain HTTP.
    ///   - socketPath: Where commands on this machine connect; its file is made with mode 0600 and a stale one is
    ///     replaced. `nil` serves TCP only.
    ///   - language: For readers who have not chosen one.
    ///   - chartLibraryFolder: Holds `dygraph.min.js` and `dygraph.min.css`, as Debian's libjs-dygraphs installs
    ///     them. Without them the page works and says that charts are missing.
    ///   - clock: The wall clock, for ages and remaining times.
    ///   - neighbourhood: The estates of the box, this one among them; `nil` where it is alone.
    ///   - door: Accounts, and whether they are needed; `nil` keeps none.
    ///   - settings: What the site's file and the page say; `nil` shows none.
    ///   - onServerRunning: Called once, when the TCP port and the local socket accept connections.
    public init(
        view: any EstateView, host: String, port: Int, certificate: PageCertificateFiles? = nil, socketPath: String?,
        language: Language, chartLibraryFolder: String, logger: Logger, clock: @escaping @Sendable () -> Timestamp,
        neighbourhood: Neighbourhood? = nil, door: SignInDoor? = nil,
        settings: (any SettingsDesk)? = nil,
        onServerRunning: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) {
        self.view = view
        self.host = host
        self.port = port
        self.certificate = certificate
        self.socketPath = socketPath
        self.language = language
        self.chartLibraryFolder = chartLibraryFolder
        self.logger = logger
        self.clock = clock
        self.neighbourhood = neighbourhood
        self.door = door
        self.settings = settings
        self.onServerRunning = onServerRunning
    }

    /// Serves until the surrounding task is shut down gracefully or cancelled.
    ///
    /// - Throws: ``DashboardError`` when an address, the files of the page or its certificate cannot be used.
    public func run() async throws {
        let resources = try await PageResources(chartLibraryFolder: chartLibraryFolder)
        if resources.chartLibrary == nil {
            logger.warning(
                "Charts are off: the chart library is missing.", metadata: ["folder": "\(chartLibraryFolder)"])
        }
        let certificate = try certificate.map { try PageCertificate($0, logger: logger) }
        let hub = EventHub(run: clock().milliseconds)
        defer { hub.finish() }
        await hub.feed.follow(view)
        let opening = Opening(awaited: socketPath == nil ? 1 : 2)
        let site = Dashboard(
            view: view, hub: hub, resources: resources, defaultLanguage: language, ownHost: host, logger: logger,
            clock: clock, neighbourhood: neighbourhood, door: door, settings: settings)
        let own = await view.overview().site
        defer { neighbourhood?.close(own) }
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await serve(
                    site.router(for: .tcp), at: .hostname(host, port: port), by: certificate, on: hub, opening)
                return .listener
            }
            if let socketPath {
                group.addTask {
                    try await serve(
                        site.router(for: .localSocket), at: .unixDomainSocket(path: socketPath), on: hub, opening)
                    return .listener
                }
            }
            group.addTask {
                for await change in await view.changes() {
                    hub.publish(change)
                    if change == .tickets || change == .alarms { await hub.feed.follow(view) }
                }
                return .feed
            }
            group.addTask {
                while (try? await Task.sleep(for: keepAlive)) != nil { hub.keepAlive() }
                return .feed
            }
            var openListeners = socketPath == nil ? 1 : 2
            while openListeners > 0, let ended = try await group.next() {
                if ended == .listener { openListeners -= 1 }
            }
            group.cancelAll()
        }
    }

    private enum Part { case listener, feed }

    private func serve(
        _ router: Router<DashboardContext>, at address: BindAddress, by certificate: PageCertificate? = nil,
        on hub: EventHub, _ opening: Opening
    ) async throws {
        // The framework's own start and stop lines would repeat ours.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        let patience = patience
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [ConnectionPatience(patience)], idleTimeout: .seconds(60)))
        let application = Application(
            router: router,
            server: try certificate.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain,
            configuration: .init(
                address: address, availableConnectionsDelegate: .maximum(places(at: address), logger: quiet)),
            onServerRunning: { channel in await opened(channel, hub, opening) },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw DashboardError(error, host: host, port: port, socketPath: isLocal(address) ? socketPath : nil)
        } catch let error as SocketAddressError {
            throw DashboardError.addressNotUsable(
                isLocal(address) ? (socketPath ?? "") : "\(host):\(port)", reason: "\(error)",
                setting: isLocal(address) ? "storage.directory" : "dashboard.address")
        }
        if isLocal(address), let socketPath { unlink(socketPath) }
    }

    /// Connections at a time: six of a browser for each page that may stand open, and some for whoever else comes. The
    /// estates of a box share them, for descriptors are few.
    private func places(at address: BindAddress) -> Int {
        isLocal(address) ? 64 : max(64, (EventHub.capacity * 6 + 64) / max(1, neighbourhood?.all.count ?? 1))
    }

    private func isLocal(_ address: BindAddress) -> Bool {
        socketPath.map { address == .unixDomainSocket(path: $0) } ?? false
    }

    private func opened(_ channel: any Channel, _ hub: EventHub, _ opening: Opening) async {
        // A graceful shutdown closes the listening channel first and then waits for answers to end; an event
        // stream would never end by itself.
        channel.closeFuture.whenComplete { _ in hub.finish() }
        let bound = channel.localAddress?.port
        if let bound {
            logger.info("Dashboard is open.", metadata: ["host": "\(host)", "port": "\(bound)"])
        } else if let socketPath {
            if chmod(socketPath, 0o600) != 0 {
                logger.warning("Mode of the local socket could not be set.", metadata: ["path": "\(socketPath)"])
            }
            logger.info("Local socket is open.", metadata: ["path": "\(socketPath)"])
        }
        if let port = opening.note(port: bound) {
            neighbourhood?.open(await view.overview().site, view, port: port)
            await onServerRunning(host, port)
        }
    }

    /// Waits for all listeners to be open.
    private final class Opening: Sendable {
        private let state: Mutex<(awaited: Int, port: Int)>
        init(awaited: Int) { state = Mutex((awaited, 0)) }

        /// - Parameter port: The TCP port; `nil` for the local socket.
        /// - Returns: The TCP port when this was the last listener.
        func note(port: Int?) -> Int? {
            state.withLock { state in
                state.awaited -= 1
                if let port { state.port = port }
                return state.awaited == 0 ? state.port : nil
            }
        }
    }
}

/// Which kind of listener a request came in by.
enum Listener: Sendable {
    /// A browser, which may have been sent by a foreign page.
    case tcp
    /// A command on this machine, admitted by the mode of the socket's file.
    case localSocket
}
