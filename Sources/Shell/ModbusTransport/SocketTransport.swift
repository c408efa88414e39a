// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ModbusCodec
public import NIOCore
public import Pipeline
import Synchronization

/// Modbus on a TCP connection to one endpoint: with the header of Modbus TCP, or with the frames of a serial line
/// when the endpoint is a serial server.
///
/// The connection is opened by the first sweep that needs it and kept: a late answer is known by its transaction
/// identifier, and on RTU frames by the quarantine of its unit. It is closed, and opened again after a pause, when
/// nothing of the endpoint has answered for 3 s and 2 sweeps; with the header also when an answer is refused or torn.
/// Sweeps are carried out one after another on one event loop, in the
/// order of their calls; 64 of them may wait, further ones report at once that the bus is down.
///
/// Close it before its event loops are shut down.
public final class SocketTransport: ModbusPort {
    private let loop: any EventLoop
    private let endpoint: NIOLoopBoundBox<SocketEndpoint>
    private let counterBox = CounterBox()
    private let isClosed = Mutex(false)

    /// - Parameters:
    ///   - host: Name, IPv4 or IPv6 address.
    ///   - port: 1 ... 65,535; any other is reported by each sweep.
    ///   - framing: What stands around each request and answer.
    ///   - line: The serial line behind the endpoint. RTU frames without it are timed as on 9600 baud, 8N1.
    ///   - reopenJitterSeed: Makes the pauses of one endpoint differ from those of others, and the transaction
    ///     identifiers of one connection from those of the next.
    public convenience init(
        host: String, port: Int, framing: SocketFraming = .mbap, line: LineSettings? = nil,
        eventLoopGroup: any EventLoopGroup, logger: Logger, reopenJitterSeed: UInt64
    ) {
        self.init(
            host: host, port: port, framing: framing, line: line, eventLoopGroup: eventLoopGroup, logger: logger,
            reopenDelay: ReopenDelay(seed: reopenJitterSeed))
    }

    package init(
        host: String, port: Int, framing: SocketFraming = .mbap, line: LineSettings? = nil,
        eventLoopGroup: any EventLoopGroup, logger: Logger, reopenDelay: ReopenDelay
    ) {
        let dialogue: any WireDialogue =
            switch framing {
            case .mbap: SocketDialogue(line: line?.timing)
            case .rtu: TunnelDialogue(timing: (line ?? .usual).timing)
            }
        loop = eventLoopGroup.next()
        endpoint = NIOLoopBoundBox.makeBoxSendingValue(
            SocketEndpoint(
                host: host, port: port, dialogue: dialogue, loop: loop, logger: logger, reopenDelay: reopenDelay,
                counters: counterBox),
            eventLoop: loop)
    }

    deinit {
        // Once it was closed nothing is left to give back, and its event loop may be gone.
        guard !isClosed.withLock({ $0 }) else { return }
        loop.execute { [endpoint] in endpoint.value.shut {} }
    }

    /// What the endpoint has seen so far.
    public var counters: TransportCounters { counterBox.snapshot }

    public var lineStatistics: LineStatistics? { counterBox.statistics }

    public func sweep(_ spans: [RegisterSpan], of unit: UnitIdentifier, timeout: Duration) async -> SweepAnswer {
        await sweep(spans, of: unit, answeringAs: [], timeout: timeout)
    }

    public func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer {
        await withCheckedContinuation { continuation in
            let sweep = SocketSweep(
                spans: spans, unit: unit, aliases: aliases, timeout: WireClock.bounded(timeout),
                continuation: continuation)
            loop.execute { [endpoint] in endpoint.value.begin(sweep) }
        }
    }

    public func close() async {
        isClosed.withLock { $0 = true }
        await withCheckedContinuation { continuation in
            loop.execute { [endpoint] in endpoint.value.shut { continuation.resume() } }
        }
    }
}

/// A sweep on its way through one endpoint.
struct SocketSweep: Sendable {
    let spans: [RegisterSpan]
    let unit: UnitIdentifier
    /// Units whose answer counts as that of ``unit``.
    let aliases: [UnitIdentifier]
    /// Longest wait for the first byte of each answer, in nanoseconds.
    let timeout: Int64
    let continuation: CheckedContinuation<SweepAnswer, Never>
    var results: [Result<[UInt16], ReadFailure>] = []
    /// One for each result.
    var turnarounds: [Int64?] = []
    var firstByte: Int64?
    var isAnswered = false

    /// Notes the result of the next span, and the nanoseconds from the end of its request to its first byte.
    mutating func note(_ result: Result<[UInt16], ReadFailure>, turnaround: Int64? = nil) {
        results.append(result)
        turnarounds.append(turnaround)
    }

    /// Gives every span that has no result yet the same failure.
    mutating func failRest(_ failure: ReadFailure) {
        while results.count < spans.count { note(.failure(failure)) }
    }
}
