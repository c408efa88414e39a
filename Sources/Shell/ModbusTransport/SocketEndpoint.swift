// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusCodec
import NIOCore
import NIOPosix

/// The connection of a ``SocketTransport`` and its queue of sweeps, all on one event loop.
final class SocketEndpoint: NIOScheduledCallbackHandler {
    private enum Link {
        /// No connection; the next sweep at or after the moment opens one. Followed by `connecting`.
        case closed(until: Int64, reason: String)
        /// The first sweep waits for the connection. Followed by `open` or `closed`.
        case connecting
        case open(any Channel)
        /// Given back for good.
        case shut
    }

    /// Sweeps that may wait; further ones report at once that the bus is down.
    static let queueLimit = 64

    private let host: String
    private let port: Int
    private let loop: any EventLoop
    private let counters: CounterBox
    private var logger: Logger
    private var reopenDelay: ReopenDelay

    private var link: Link = .closed(until: .min, reason: "")
    /// Counts connections, so that a closed one is not listened to any more.
    private var generation = 0
    private var dialogue: any WireDialogue
    private var silence = EndpointSilence(since: 0)
    private var hasAnswered = false
    private var isKnownDown = false

    private var waiting = CircularBuffer<SocketSweep>()
    private var current: SocketSweep?
    /// Whether the dialogue has a request whose end it will tell.
    private var isAsking = false
    private var timer: (callback: NIOScheduledCallback, at: Int64)?

    init(
        host: String, port: Int, dialogue: any WireDialogue, loop: any EventLoop, logger: Logger,
        reopenDelay: ReopenDelay, counters: CounterBox
    ) {
        self.host = host
        self.port = port
        self.dialogue = dialogue
        self.loop = loop
        self.counters = counters
        self.reopenDelay = reopenDelay
        self.logger = logger
        self.logger[metadataKey: "endpoint"] = "\(host):\(port)"
    }

    private var name: String { "\(host):\(port)" }

    // MARK: Sweeps

    func begin(_ sweep: SocketSweep) {
        guard waiting.count < Self.queueLimit else {
            var sweep = sweep
            sweep.failRest(.busDown("\(name): \(Self.queueLimit) sweeps are waiting already"))
            finish(sweep)
            return
        }
        waiting.append(sweep)
        advance()
    }

    /// Takes waiting sweeps until one has to wait for the wire.
    private func advance() {
        while current == nil, let sweep = waiting.popFirst() {
            current = sweep
            switch link {
            case .open:
                askNext()
            case .connecting:
                return
            case .closed(let until, let reason):
                let now = WireClock.now()
                if now >= until {
                    connect(limit: sweep.timeout)
                } else {
                    let pause = Double((until - now) / 1_000_000) / 1000
                    settleCurrent(.busDown("\(name): \(reason); opened again in \(pause) s"))
                }
            case .shut:
                settleCurrent(.busDown("\(name): closed by the gateway"))
            }
        }
    }

    /// Asks for the next span of the current sweep, or finishes the sweep.
    private func askNext() {
        while !isAsking, case .open = link, let sweep = current {
            guard sweep.results.count < sweep.spans.count else {
                settleCurrent(nil)
                return
            }
            let span = sweep.spans[sweep.results.count]
            guard let request = ReadRequest(span, of: sweep.unit, aliases: sweep.aliases) else {
                current?.note(.failure(.refused(.shape)))
                continue
            }
            isAsking = true
            carryOut(dialogue.ask(request, timeout: sweep.timeout, at: WireClock.now()))
        }
    }

    private func carryOut(_ acts: [WireAct]) {
        for act in acts {
            switch act {
            case .send(let bytes):
                guard case .open(let channel) = link else { continue }
                channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
            case .wake(let moment): arm(at: moment)
            case .settled(let settlement): settle(settlement)
            case .note(let note, let unit): counters.note(note, of: unit)
            case .lose(let reason): lose(reason)
            }
        }
    }

    private func settle(_ settlement: WireAct.Settlement) {
        isAsking = false
        let now = WireClock.now()
        if let firstByte = settlement.firstByte, current?.firstByte == nil { current?.firstByte = firstByte }
        if settlement.isAnswer { noteAnswer(at: now) }
        current?.note(settlement.result, turnaround: settlement.turnaround)
        guard settlement.endsSweep, let sweep = current else { return }
        settleCurrent(.timeout)
        if settlement.isSilence, !sweep.isAnswered, silence.sweepWasSilent(of: sweep.unit, at: now) {
            lose("nothing answers")
        }
    }

    private func noteAnswer(at now: Int64) {
        guard let unit = current?.unit else { return }
        silence.answered(unit, at: now)
        reopenDelay.reset()
        hasAnswered = true
        current?.isAnswered = true
        guard isKnownDown else { return }
        isKnownDown = false
        logger.info("Endpoint answers again.")
    }

    /// Ends the current sweep; spans without a result get `failure`.
    private func settleCurrent(_ failure: ReadFailure?) {
        isAsking = false
        guard var sweep = current else { return }
        current = nil
        if let failure { sweep.failRest(failure) }
        finish(sweep)
    }

    private func finish(_ sweep: SocketSweep) {
        sweep.continuation.resume(
            returning: SweepAnswer(
                results: sweep.results, turnarounds: sweep.turnarounds, firstByteNanoseconds: sweep.firstByte,
                finishedNanoseconds: WireClock.now()))
    }

    // MARK: The wire

    private func connect(limit: Int64) {
        guard 1...65_535 ~= port else {
            settleCurrent(.busDown("\(name): a port lies in 1...65535"))
            return
        }
        link = .connecting
        generation += 1
        let mine = generation
        let bound = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(limit))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                        try DescriptorRule.admit($0)
                    }
                    try pipeline.addHandler(AnswerHandler(endpoint: bound.value, generation: mine))
                }
            }
        let connection =
            if let address = try? SocketAddress(ipAddress: host, port: port) {
                bootstrap.connect(to: address)
            } else {
                bootstrap.connect(host: host, port: port)
            }
        connection.assumeIsolated().whenComplete { self.connected($0) }
    }

    private func connected(_ outcome: Result<any Channel, any Error>) {
        guard case .connecting = link else {
            if case .success(let channel) = outcome { channel.close(promise: nil) }
            return
        }
        switch outcome {
        case .success(let channel):
            guard channel.isActive else {
                lose("the endpoint closed the connection")
                break
            }
            link = .open(channel)
            dialogue.opened(at: WireClock.now(), word: reopenDelay.randomWord())
            silence.reopened(at: WireClock.now())
            hasAnswered = false
            if generation > 1 { counters.count { $0.reconnects += 1 } }
            askNext()
        case .failure(let error):
            if findRefusal(in: error) != nil { counters.count { $0.refusedDescriptors += 1 } }
            lose(explain(error))
        }
        advance()
    }

    /// Bytes from connection `generation`.
    func received(_ buffer: ByteBuffer, from generation: Int) {
        guard generation == self.generation, case .open = link else { return }
        carryOut(dialogue.received(ArraySlice(buffer.readableBytesView), at: WireClock.now()))
        // Only now, so that all that had come stands before the next request.
        askNext()
        advance()
    }

    /// Connection `generation` has ended by itself.
    func ended(_ generation: Int, because error: (any Error)?) {
        guard generation == self.generation, case .open = link else { return }
        // A server may close a connection that it finds idle; that is no failure.
        let isIdleEnd = !isAsking && hasAnswered
        carryOut(dialogue.ended(at: WireClock.now()))
        lose(error.map(explain) ?? "the endpoint closed the connection", isFailure: !isIdleEnd)
        advance()
    }

    /// Closes the connection; it is opened again after a pause.
    private func lose(_ reason: String, isFailure: Bool = true) {
        let last = link
        let pause = isFailure ? reopenDelay.next().wholeNanoseconds : 0
        link = .closed(until: WireClock.now() + pause, reason: reason)
        // Only now, for the end of the channel may be told while it is being closed.
        if case .open(let channel) = last { channel.close(promise: nil) }
        if isFailure, !isKnownDown {
            isKnownDown = true
            logger.warning("Connection lost; it is opened again.", metadata: ["reason": "\(reason)"])
        }
        settleCurrent(.busDown("\(name): \(reason)"))
    }

    /// Gives everything back; `done` follows when the connection is closed.
    func shut(_ done: @escaping @Sendable () -> Void) {
        let last = link
        link = .shut
        timer?.callback.cancel()
        timer = nil
        settleCurrent(.busDown("\(name): closed by the gateway"))
        advance()
        if case .open(let channel) = last {
            channel.close(promise: nil)
            channel.closeFuture.whenComplete { _ in done() }
        } else {
            done()
        }
    }

    // MARK: Deadlines

    /// Makes sure that the timer fires no later than `moment`. It is not moved for each request: one that fires early
    /// looks at the deadlines and is armed again.
    private func arm(at moment: Int64) {
        if let timer {
            guard moment < timer.at else { return }
            timer.callback.cancel()
        }
        timer = nil
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(clamping: moment))
        guard let callback = try? loop.assumeIsolated().scheduleCallback(at: deadline, handler: self) else {
            // Only a loop that is shutting down refuses.
            lose("the event loop is shut down")
            return
        }
        timer = (callback, moment)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        timer = nil
        guard isAsking else { return }
        carryOut(dialogue.wake(at: WireClock.now()))
        askNext()
        advance()
    }

    func didCancelScheduledCallback(eventLoop: some EventLoop) {}
}
