// SPDX-License-Identifier: Apache-2.0

public import EstateSimulator
import Glibc
public import Logging
public import Model
import NIOCore
import NIOPosix
import Synchronization

/// Serves a simulated estate: one loopback TCP port for each socket bus and a pseudo-terminal for each line.
///
/// All requests are answered on one event loop, those of a paced line on a thread of its own; before each the estate
/// goes on to the time of `clock`.
public final class SimulatorServer: Sendable {
    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var terminals: [CInt] = []
        var pacedLines: [String: PacedLine] = [:]
    }

    private let estate: Mutex<EstateSimulator>
    private let running = Mutex<Running?>(nil)
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let ports: [String: Int]
    private let linePace: LinePace?

    /// - Parameters:
    ///   - clock: The time that the registers shall show; asked once for each request.
    ///   - ports: Port of each socket bus by its name; a bus that is not named gets a free one.
    ///   - linePace: How long the characters of a line take; `nil` for no time at all.
    public init(
        estate: EstateSimulator, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger = Logger(label: "sluice.simulator"), ports: [String: Int] = [:],
        linePace: LinePace? = nil
    ) {
        self.estate = Mutex(estate)
        self.clock = clock
        self.logger = logger
        self.ports = ports
        self.linePace = linePace
    }

    /// Begins to answer.
    ///
    /// - Returns: where each bus can be reached.
    /// - Throws: What the system reported when a port is taken or no pseudo-terminal can be had; nothing stays open.
    public func start() async throws -> [String: BusAddress] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let isFirst = running.withLock { running in
            guard running == nil else { return false }
            running = Running(group: group)
            return true
        }
        guard isFirst else {
            try await group.shutdownGracefully()
            throw SimulatorError.alreadyStarted
        }
        do {
            var addresses: [String: BusAddress] = [:]
            for bus in EstateSimulator.buses {
                let address = bus.isSerial ? try await openLine(bus.name, group) : try await openPort(bus.name, group)
                addresses[bus.name] = address
                logger.debug("Bus is served.", metadata: ["bus": "\(bus.name)", "address": "\(address)"])
            }
            return addresses
        } catch {
            try await stop()
            throw error
        }
    }

    /// Closes all ports, connections and lines. Without a start, or a second time, it does nothing.
    public func stop() async throws {
        let stopped = running.withLock { running in
            defer { running = nil }
            return running
        }
        guard let stopped else { return }
        try await stopped.group.shutdownGracefully()
        for descriptor in stopped.terminals { close(descriptor) }
        for line in stopped.pacedLines.values { line.stop() }
    }

    /// What each paced line has seen, by the name of its bus; empty when lines are not paced or not served.
    public var lineStatistics: [String: PacedStatistics] {
        running.withLock { $0?.pacedLines.mapValues(\.statistics) ?? [:] }
    }

    /// Looks at the estate, or changes it, between two requests. Do not wait inside.
    public func withEstate<T: Sendable>(_ body: (inout EstateSimulator) -> T) -> T {
        estate.withLock { estate in
            estate.advance(to: clock())
            return body(&estate)
        }
    }

    private func answer(_ request: [UInt8], _ unit: UInt8, on bus: String) -> WireAnswer? {
        let moment = clock()
        return estate.withLock { estate in
            estate.advance(to: moment)
            return WireAnswer(request: request, unit: unit, bus: bus, estate: estate)
        }
    }

    private func openPort(_ bus: String, _ group: MultiThreadedEventLoopGroup) async throws -> BusAddress {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SocketSlave { [self] request, unit in answer(request, unit, on: bus) })
                }
            }
            .bind(host: "127.0.0.1", port: ports[bus] ?? 0).get()
        return .tcp(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    private func openLine(_ bus: String, _ group: MultiThreadedEventLoopGroup) async throws -> BusAddress {
        if let linePace {
            let line = try PacedLine(pace: linePace) { [self] request, unit in answer(request, unit, on: bus) }
            running.withLock { $0?.pacedLines[bus] = line }
            return .pty(path: line.path)
        }
        let terminal = try PseudoTerminal()
        running.withLock { $0?.terminals.append(terminal.far) }
        // The channel closes its input and its output by itself, hence a descriptor for each.
        let output = fcntl(terminal.near, F_DUPFD_CLOEXEC, 0)
        guard output >= 0 else {
            let code = errno
            close(terminal.near)
            throw SimulatorError.pseudoTerminal(code: code)
        }
        _ = try await NIOPipeBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        LineSlave { [self] request, unit in answer(request, unit, on: bus) })
                }
            }
            .takingOwnershipOfDescriptors(input: terminal.near, output: output).get()
        return .pty(path: terminal.path)
    }
}
