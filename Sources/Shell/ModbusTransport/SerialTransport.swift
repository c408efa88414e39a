// SPDX-License-Identifier: Apache-2.0

public import Logging
public import ModbusCodec
public import Pipeline
import Synchronization

/// Modbus RTU on one serial line, by libmodbus on a thread of its own.
///
/// The line is opened by the first sweep, and again after a pause when it fails. Sweeps are carried out one after
/// another in the order of their calls; 64 of them may wait, further ones report at once that the bus is down.
public final class SerialTransport: ModbusPort {
    /// Sweeps in progress and waiting.
    static let queueLimit = 64

    private let path: String
    private let bus: SerialBus
    private let thread: LineThread
    private let counterBox = CounterBox()
    private let isClosing = ClosingFlag()
    private let sweeps = Atomic<Int>(0)

    /// - Parameter line: Any terminal device will do, a pseudo-terminal too; baud and parity then have no effect on
    ///   the bytes, only on the silence between them.
    public convenience init(line: SerialLine, logger: Logger) {
        // The pauses of two lines differ by their paths.
        let seed = line.path.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        self.init(line: line, logger: logger, reopenDelay: ReopenDelay(seed: seed))
    }

    package init(line: SerialLine, logger: Logger, reopenDelay: ReopenDelay) {
        path = line.path
        thread = LineThread()
        bus = SerialBus(
            line: line, thread: thread, logger: logger, reopenDelay: reopenDelay, counters: counterBox,
            isClosing: isClosing)
    }

    deinit { thread.stop() }

    /// What the line has seen so far.
    public var counters: TransportCounters { counterBox.snapshot }

    public var lineStatistics: LineStatistics? { counterBox.statistics }

    public func sweep(_ spans: [RegisterSpan], of unit: UnitIdentifier, timeout: Duration) async -> SweepAnswer {
        await sweep(spans, of: unit, answeringAs: [], timeout: timeout)
    }

    public func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Duration
    ) async -> SweepAnswer {
        defer { sweeps.subtract(1, ordering: .relaxed) }
        guard sweeps.add(1, ordering: .relaxed).newValue <= Self.queueLimit else {
            return refuse(spans, "\(Self.queueLimit) sweeps are waiting already")
        }
        if let code = thread.startFailure { return refuse(spans, "no thread for the line: \(systemText(code))") }
        return await bus.sweep(spans, of: unit, answeringAs: aliases, timeout: WireClock.bounded(timeout))
    }

    public func close() async {
        isClosing.set()
        guard thread.startFailure == nil else { return }
        await bus.close()
    }

    private func refuse(_ spans: [RegisterSpan], _ text: String) -> SweepAnswer {
        SweepAnswer(
            results: Array(repeating: .failure(.busDown("\(path): \(text)")), count: spans.count),
            firstByteNanoseconds: nil, finishedNanoseconds: WireClock.now())
    }
}
