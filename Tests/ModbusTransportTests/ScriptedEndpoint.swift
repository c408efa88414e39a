// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusCodec
import ModbusTransport
import NIOCore
import NIOPosix
import Pipeline
import Synchronization

/// A Modbus TCP server, or a serial server with units behind it, on loopback that answers as a script says.
final class ScriptedEndpoint: Sendable {
    private let channel: any Channel
    private let log: Log
    let port: Int

    init(framing: SocketFraming = .mbap, _ script: @escaping Script) async throws {
        let log = Log()
        self.log = log
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(
                        Handler(framing: framing, script: script, log: log, connection: log.connect()))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Requests so far.
    var requests: [SeenRequest] { log.requests.withLock { $0 } }
    var connections: Int { log.connections.withLock { $0 } }
    /// Most requests that were open at once on one connection.
    var mostOpen: Int { log.mostOpen.withLock { $0 } }

    func stop() async { try? await channel.close() }

    private final class Log: Sendable {
        let requests = Mutex<[SeenRequest]>([])
        let connections = Mutex(0)
        let mostOpen = Mutex(0)

        func connect() -> Int {
            connections.withLock { count in
                count += 1
                return count
            }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let framing: SocketFraming
        private let script: Script
        private let log: Log
        private let connection: Int
        private var held: [UInt8] = []
        private var steps: [Step] = []
        private var isPausing = false
        private var open = 0

        init(framing: SocketFraming, script: @escaping Script, log: Log, connection: Int) {
            self.framing = framing
            (self.script, self.log, self.connection) = (script, log, connection)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            held += Array(unwrapInboundIn(data).readableBytesView)
            let length = framing == .mbap ? 12 : 8
            while held.count >= length {
                let bytes = Array(held.prefix(length))
                held.removeFirst(length)
                let (transaction, place) =
                    framing == .mbap ? (UInt16(bytes[0]) << 8 | UInt16(bytes[1]), 6) : (0, 0)
                let request = log.requests.withLock { requests in
                    let request = SeenRequest(
                        number: requests.count, connection: connection, transaction: transaction, unit: bytes[place],
                        body: bytes[(place + 1)...], seenAt: .now)
                    requests.append(request)
                    return request
                }
                open += 1
                log.mostOpen.withLock { $0 = max($0, open) }
                steps += script(request)
            }
            play(context)
        }

        private func play(_ context: ChannelHandlerContext) {
            while !isPausing, !steps.isEmpty {
                switch steps.removeFirst() {
                case .send(let bytes):
                    open = 0
                    context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
                case .pause(let milliseconds):
                    isPausing = true
                    context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) {
                        self.isPausing = false
                        self.play(context)
                    }
                case .hangUp:
                    context.close(promise: nil)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs `body` against a scripted endpoint with a transport whose pauses are short.
func withEndpoint(
    framing: SocketFraming = .mbap, line: LineSettings? = nil, _ script: @escaping Script,
    _ body: (SocketTransport, ScriptedEndpoint) async throws -> Void
) async throws {
    let endpoint = try await ScriptedEndpoint(framing: framing, script)
    let transport = SocketTransport(
        host: "127.0.0.1", port: endpoint.port, framing: framing, line: line,
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
        reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(20)))
    do {
        try await body(transport, endpoint)
    } catch {
        await transport.close()
        await endpoint.stop()
        throw error
    }
    await transport.close()
    await endpoint.stop()
}

/// Sweeps until the bus is no longer down, 60 s at most.
func sweepWhenUp(
    _ transport: some ModbusPort, _ spans: [RegisterSpan], of unit: UInt8 = 1, timeout: Duration = .seconds(2)
) async -> SweepAnswer {
    let end = ContinuousClock.now + .seconds(60)
    while true {
        let answer = await transport.sweep(spans, of: UnitIdentifier(unit), timeout: timeout)
        guard case .failure(.busDown)? = answer.results.first, ContinuousClock.now < end else { return answer }
        await Task.yield()
    }
}
