// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusCodec
import Pipeline
import Synchronization

/// One serial line on its own thread: the order of requests, the silence between them and the state of the wire.
actor SerialBus {
    /// How one request ended.
    private struct Outcome {
        var result: Result<[UInt16], ReadFailure>
        /// Nanoseconds from the predicted end of the request to the first byte of its answer.
        var turnaround: Int64?
        /// Whether the rest of the sweep is dropped.
        var endsSweep = false
    }

    private enum Attempt {
        case settled(Result<[UInt16], ReadFailure>, turnaround: Int64)
        /// No answer by the deadline.
        case expired(ReadFailure)
        case damaged(ReadFailure, isCertain: Bool)
        case unitNotTaken

        /// Whether the answer may still come although something damaged did.
        var isInDoubt: Bool {
            if case .damaged(_, isCertain: false) = self { true } else { false }
        }
    }

    /// Longest time spent on reading until a line is silent; a line that chatters on is reported as down.
    private static let babbleLimit: Int64 = 1_000_000_000

    nonisolated let thread: LineThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let line: SerialLine
    private let timing: LineTiming
    private let counters: CounterBox
    private let isClosing: ClosingFlag
    private var logger: Logger
    private var reopenDelay: ReopenDelay

    private var wire: SerialWire?
    private var reopenAt: Int64 = .min
    private var downReason = ""
    private var opened = 0
    private var isKnownDown = false
    private var conversation = SerialConversation()
    /// When the last byte was on the line, ours or another's.
    private var lastByte: Int64 = 0
    private var firstAnswerByte: Int64?
    private var answerBegan: Int64 = 0

    init(
        line: SerialLine, thread: LineThread, logger: Logger, reopenDelay: ReopenDelay, counters: CounterBox,
        isClosing: ClosingFlag
    ) {
        self.line = line
        self.thread = thread
        self.counters = counters
        self.isClosing = isClosing
        self.reopenDelay = reopenDelay
        timing = LineTiming(baud: line.baud, bitsPerCharacter: line.bitsPerCharacter, extraGap: line.extraGap)
        self.logger = logger
        self.logger[metadataKey: "line"] = "\(line.path)"
    }

    func sweep(_ spans: [RegisterSpan], of unit: UnitIdentifier, timeout: Int64) -> SweepAnswer {
        var results: [Result<[UInt16], ReadFailure>] = []
        var turnarounds: [Int64?] = []
        var rest: ReadFailure?
        firstAnswerByte = nil
        for span in spans {
            var turnaround: Int64?
            defer { turnarounds.append(turnaround) }
            if rest == nil, isClosing.isSet { rest = .busDown("\(line.path): closed by the gateway") }
            if let rest {
                results.append(.failure(rest))
                continue
            }
            do throws(WireFault) {
                let outcome = try ask(span, of: unit, timeout: timeout)
                results.append(outcome.result)
                turnaround = outcome.turnaround
                if outcome.endsSweep { rest = .timeout }
            } catch {
                let failure = ReadFailure.busDown("\(line.path): \(error.text)")
                lose(error)
                results.append(.failure(failure))
                rest = failure
            }
        }
        return SweepAnswer(
            results: results, turnarounds: turnarounds, firstByteNanoseconds: firstAnswerByte,
            finishedNanoseconds: WireClock.now())
    }

    func close() { wire = nil }

    // MARK: One request

    private func ask(_ span: RegisterSpan, of unit: UnitIdentifier, timeout: Int64) throws(WireFault) -> Outcome {
        guard let request = ReadRequest(span, of: unit) else { return Outcome(result: .failure(.refused(.shape))) }
        let wire = try openWire()
        // What came since the last request may settle the debt that keeps this one back.
        try drain(wire)
        guard conversation.isAskable(request, at: WireClock.now()) else {
            counters.note { $0.quarantinedRequests += 1 }
            return Outcome(result: .failure(.timeout), endsSweep: true)
        }
        try waitForSilence(wire, atLeastUntil: conversation.earliest(for: request) ?? .min)
        switch try attempt(request, on: wire, timeout: timeout) {
        case .damaged(let failure, let isCertain):
            logger.debug("Damaged answer; asked again.", metadata: ["unit": "\(unit)", "failure": "\(failure)"])
            counters.note { $0.retries += 1 }
            try waitForSilence(wire, atLeastUntil: .min)
            let second = try attempt(request, on: wire, timeout: timeout)
            if !isCertain || second.isInDoubt {
                // A unit that takes its requests one after another begins the second answer when the first is out.
                let answer = timing.answer(to: span).wholeNanoseconds
                conversation.expectSecondAnswer(to: request, until: WireClock.now() + timeout + answer)
            }
            var last = outcome(of: second, request, timeout: timeout)
            // Which of the two requests was answered is not known then.
            if !isCertain { last.turnaround = nil }
            return last
        case let first:
            return outcome(of: first, request, timeout: timeout)
        }
    }

    private func outcome(of attempt: Attempt, _ request: ReadRequest, timeout: Int64) -> Outcome {
        switch attempt {
        case .settled(let result, let turnaround):
            isAnswering()
            switch result {
            case .success: counters.note { $0.answers += 1 }
            case .failure: counters.note { $0.exceptions += 1 }
            }
            return Outcome(result: result, turnaround: turnaround)
        case .expired(let failure):
            conversation.expectLateAnswer(to: request, until: WireClock.now() + 2 * timeout)
            if failure == .timeout { counters.note { $0.timeouts += 1 } }
            return Outcome(result: .failure(failure), endsSweep: true)
        case .damaged(let failure, _):
            return Outcome(result: .failure(failure))
        case .unitNotTaken:
            return Outcome(result: .failure(.refused(.unit(request.unit.value))))
        }
    }

    /// Sends `request` once and waits for what comes of it.
    private func attempt(_ request: ReadRequest, on wire: SerialWire, timeout: Int64) throws(WireFault) -> Attempt {
        guard try wire.send(request) else { return .unitNotTaken }
        counters.note { $0.requests += 1 }
        let sent = WireClock.now() + timing.request.wholeNanoseconds
        lastByte = sent
        let deadline = sent + timeout + timing.answer(to: request.span).wholeNanoseconds * 6 / 5
        // Only the turnaround is bounded by the timeout; once something else was heard, the deadline of the frame is.
        var limit = sent + timeout
        var failure = ReadFailure.timeout
        while WireClock.now() < limit, try wire.waitForByte(until: limit) {
            answerBegan = WireClock.now()
            let reception = try wire.receive(until: deadline)
            lastByte = WireClock.now()
            limit = deadline
            switch reception {
            case .torn:
                counters.note { $0.tornFrames += 1 }
                var rest: [UInt8] = []
                try readToSilence(wire, into: &rest)
                return .expired(.torn)
            case .frame(let frame):
                switch conversation.judge(frame, for: request) {
                case .accepted(let words):
                    return settled(.success(words), sent)
                case .exception(let code):
                    return settled(.failure(.exception(code)), sent)
                case .late:
                    counters.note { $0.lateReplies += 1 }
                case .foreign:
                    counters.note { $0.foreignFrames += 1 }
                case .garbled(let cause):
                    var bytes = frame
                    try readToSilence(wire, into: &bytes)
                    switch conversation.recover(bytes, from: cause, for: request) {
                    case .settled(let answer):
                        counters.note { $0.strayBytes += bytes.count - request.answerLength(of: answer) }
                        return settled(answer, sent)
                    case .waitOn:
                        counters.note { $0.strayBytes += bytes.count }
                        failure = .badChecksum
                    case .askAgain(let isCertain):
                        note(cause)
                        return .damaged(cause, isCertain: isCertain)
                    }
                }
            }
        }
        if failure == .badChecksum { note(failure) }
        return .expired(failure)
    }

    private func settled(_ result: Result<[UInt16], ReadFailure>, _ sent: Int64) -> Attempt {
        if firstAnswerByte == nil { firstAnswerByte = answerBegan }
        // A pseudo-terminal answers before the characters of the request could be out.
        return .settled(result, turnaround: max(0, answerBegan - sent))
    }

    private func note(_ failure: ReadFailure) {
        if case .badChecksum = failure {
            counters.note { $0.checksumErrors += 1 }
        } else {
            counters.note { $0.frameRefusals += 1 }
        }
    }

    // MARK: Silence

    /// Reads and counts what nobody asked for.
    private func drain(_ wire: SerialWire) throws(WireFault) {
        var bytes: [UInt8] = []
        while bytes.count < Self.strayLimit, try wire.waitForByte(until: .min) {
            let count = bytes.count
            try wire.readAvailable(into: &bytes)
            guard bytes.count > count else { break }
            lastByte = WireClock.now()
        }
        guard !bytes.isEmpty else { return }
        if conversation.settlesLateAnswer(bytes) {
            counters.note { $0.lateReplies += 1 }
        } else {
            counters.note { $0.strayBytes += bytes.count }
        }
    }

    /// Waits until the line has been silent for the gap before a request, and until `moment`.
    private func waitForSilence(_ wire: SerialWire, atLeastUntil moment: Int64) throws(WireFault) {
        let giveUp = max(WireClock.now(), moment, lastByte) + timing.gap.wholeNanoseconds + Self.babbleLimit
        while true {
            let due = max(lastByte + timing.gap.wholeNanoseconds, moment)
            guard try wire.waitForByte(until: due) else { return }
            try drain(wire)
            guard WireClock.now() < giveUp else {
                throw WireFault(text: "the line is never silent; another master may be talking on it")
            }
        }
    }

    /// Appends all bytes until the line has been silent for 3.5 characters.
    private func readToSilence(_ wire: SerialWire, into bytes: inout [UInt8]) throws(WireFault) {
        let giveUp = WireClock.now() + Self.babbleLimit
        while bytes.count < Self.strayLimit, WireClock.now() < giveUp,
            try wire.waitForByte(until: lastByte + timing.silence.wholeNanoseconds)
        {
            try wire.readAvailable(into: &bytes)
            lastByte = WireClock.now()
        }
    }

    /// Most unasked bytes that are looked at together.
    private static let strayLimit = 4096

    // MARK: Opening

    private func openWire() throws(WireFault) -> SerialWire {
        if let wire { return wire }
        let now = WireClock.now()
        guard now >= reopenAt else {
            let pause = Double((reopenAt - now) / 1_000_000) / 1000
            throw WireFault(text: "\(downReason); opened again in \(pause) s", isRepeated: true)
        }
        let wire = try SerialWire(line)
        self.wire = wire
        lastByte = WireClock.now()
        opened += 1
        if opened > 1 { counters.note { $0.reconnects += 1 } }
        return wire
    }

    private func lose(_ fault: WireFault) {
        guard !fault.isRepeated else { return }
        wire = nil
        downReason = fault.text
        reopenAt = WireClock.now() + reopenDelay.next().wholeNanoseconds
        if fault.isDescriptorRefused { counters.note { $0.refusedDescriptors += 1 } }
        guard !isKnownDown else { return }
        isKnownDown = true
        logger.warning("Line lost; it is opened again.", metadata: ["reason": "\(fault.text)"])
    }

    private func isAnswering() {
        reopenDelay.reset()
        guard isKnownDown else { return }
        isKnownDown = false
        logger.info("Line answers again.")
    }
}

/// Tells a sweep in progress that the line is given back.
final class ClosingFlag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
