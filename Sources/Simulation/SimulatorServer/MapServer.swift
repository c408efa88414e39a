// SPDX-License-Identifier: Apache-2.0

public import EstateSimulator
import NIOCore
import NIOPosix
import Synchronization

/// Serves one register map on loopback TCP: every unit of the port is that device.
public final class MapServer: Sendable {
    public enum Framing: Hashable, Sendable {
        /// The header of Modbus TCP.
        case mbap
        /// Frames of a serial line, as behind a serial server.
        case rtu
    }

    private let map: RegisterMap
    private let framing: Framing
    private let group = Mutex<MultiThreadedEventLoopGroup?>(nil)

    public init(_ map: RegisterMap, framing: Framing = .mbap) {
        self.map = map
        self.framing = framing
    }

    /// Begins to answer.
    ///
    /// - Returns: the port, on 127.0.0.1.
    /// - Throws: What the system reported; nothing stays open.
    public func start() async throws -> Int {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let isFirst = self.group.withLock { running in
            guard running == nil else { return false }
            running = group
            return true
        }
        guard isFirst else {
            try await group.shutdownGracefully()
            throw SimulatorError.alreadyStarted
        }
        let (map, framing) = (map, framing)
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        switch framing {
                        case .mbap:
                            try pipeline.addHandler(
                                SocketSlave { request, _ in WireAnswer(request: request, map: map) })
                        case .rtu:
                            try pipeline.addHandler(LineSlave { request, _ in WireAnswer(request: request, map: map) })
                        }
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            return channel.localAddress?.port ?? 0
        } catch {
            try await stop()
            throw error
        }
    }

    /// Closes the port and all connections. Without a start, or a second time, it does nothing.
    public func stop() async throws {
        let stopped = group.withLock { group in
            defer { group = nil }
            return group
        }
        try await stopped?.shutdownGracefully()
    }
}
