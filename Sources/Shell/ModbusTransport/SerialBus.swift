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
        ///
        /// - Parameter sent: End of the request.
        case expired(ReadFailure, sent: Int64)
        case damaged(ReadFailure, isCertain: Bool)
        case unitNotTaken

        /// Whether the answer may still come although something damaged did.
        var isInDoubt: Bool {
            if case .damaged(_, isCertain: false) = self { true } else { false }
        }
    }

    /// What bytes up to a silence turned out to be.
    private enum Recovered {
        case settled(Result<[UInt16], ReadFailure>)
        /// - Parameter isDamage: Whether something was not understood.
        case waitOn(isDamage: Bool)
        case askAgain(isCertain: Bool)
    }

    nonisolated let thread: LineThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let line: SerialLine
    let timing: LineTiming
    let counters: CounterBox
    private let isClosing: ClosingFlag
    private var logger: Logger
    private var reopenDelay: ReopenDelay

    private var wire: SerialWire?
    private var reopenAt: Int64 = .min
    private var downReason = ""
    private var opened = 0
    private var isKnownDown = false
    var conversation = SerialConversation()
    /// When the last byte was on the line, ours or another's.
    var lastByte: Int64 = 0
    var lastUnit = UnitIdentifier(0)
    /// Whether the adapter is taken to hear itself, so that the own request comes before each answer.
    private var isEchoing = false
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

    func sweep(
        _ spans: [RegisterSpan], of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier], timeout: Int64
    ) -> SweepAnswer {
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
                let outcome =
                    if let request = ReadRequest(span, of: unit, aliases: aliases) {
                        try ask(request, timeout: timeout)
                    } else {
                        Outcome(result: .failure(.refused(.shape)))
                    }
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

    private func ask(_ request: ReadRequest, timeout: Int64) throws(WireFault) -> Outcome {
        let wire = try openWire()
        // What came since the last request may settle the debt that keeps this one back.
        try drain(wire)
        lastUnit = request.unit
        guard conversation.isAskable(request, at: WireClock.now()) else {
            counters.note(.quarantined, of: request.unit)
            return Outcome(result: .failure(.timeout), endsSweep: true)
        }
        try waitForSilence(wire, atLeastUntil: conversation.earliest(for: request) ?? .min)
        switch try attempt(request, on: wire, timeout: timeout) {
        case .damaged(let failure, let isCertain):
            logger.debug(
                "Damaged answer; asked again.", metadata: ["unit": "\(request.unit)", "failure": "\(failure)"])
            counters.note(.retry, of: request.unit)
            try waitForSilence(wire, atLeastUntil: .min)
            let second = try attempt(request, on: wire, timeout: timeout)
            if !isCertain || second.isInDoubt {
                // A unit that takes its requests one after another begins the second answer when the first is out.
                let answer = timing.answer(to: request.span).wholeNanoseconds
                conversation.expectSecondAnswer(to: request, until: WireClock.now() + timeout + answer)
            }
            // Which of the two requests was answered is not known when both may have been.
            return outcome(of: second, request, timeout: timeout, isTimed: isCertain)
        case let first:
            return outcome(of: first, request, timeout: timeout, isTimed: true)
        }
    }

    private func outcome(of attempt: Attempt, _ request: ReadRequest, timeout: Int64, isTimed: Bool) -> Outcome {
        switch attempt {
        case .settled(let result, let turnaround):
            isAnswering()
            let turnaround = isTimed ? turnaround : nil
            switch result {
            case .success: counters.note(.answer(turnaround: turnaround), of: request.unit)
            case .failure: counters.note(.exception(turnaround: turnaround), of: request.unit)
            }
            return Outcome(result: result, turnaround: turnaround)
        case .expired(let failure, let sent):
            conversation.expectLateAnswer(to: request, sent: sent, timeout: timeout, at: WireClock.now())
            if failure == .timeout { counters.note(.timeout, of: request.unit) }
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
        let unit = request.unit
        counters.note(.request, of: unit)
        let sent = WireClock.now() + timing.request.wholeNanoseconds
        lastByte = sent
        let deadline = sent + timeout + timing.answer(to: request.span).wholeNanoseconds * 6 / 5
        // Only the turnaround is bounded by the timeout; once something else was heard, the deadline of the frame is.
        var limit = sent + timeout
        var failure = ReadFailure.timeout
        var mayEcho = isEchoing
        while WireClock.now() < limit, try wire.waitForByte(until: limit) {
            answerBegan = WireClock.now()
            let heard: [UInt8]
            var verdict: SerialConversation.Verdict
            if mayEcho {
                mayEcho = false
                heard = try wire.readExactly(request.serialFrame.count, until: min(deadline, limit))
                lastByte = WireClock.now()
                isEchoing = heard == request.serialFrame
                verdict = isEchoing ? .echo : .garbled(.badChecksum)
            } else {
                let reception = try wire.receive(until: deadline)
                lastByte = WireClock.now()
                guard case .frame(let frame) = reception else {
                    counters.note(.torn, of: unit)
                    // An own request read back may name a length that is never reached. The next one will tell.
                    isEchoing = (serialAnswerLength(request.serialFrame) ?? 0) > request.serialFrame.count
                    var rest: [UInt8] = []
                    try readToSilence(wire, into: &rest)
                    return .expired(.torn, sent: sent)
                }
                heard = frame
                verdict = conversation.judge(frame, for: request, at: answerBegan)
            }
            if case .garbled(let cause) = verdict {
                switch try recover(heard, from: cause, for: request, on: wire) {
                case .settled(let answer): return settled(answer, sent)
                case .waitOn(let isDamage):
                    if isDamage {
                        failure = .badChecksum
                        limit = deadline
                    }
                    continue
                case .askAgain(let isCertain): return .damaged(cause, isCertain: isCertain)
                }
            }
            switch verdict {
            case .accepted(let words): return settled(.success(words), sent)
            case .exception(let code): return settled(.failure(.exception(code)), sent)
            case .late(let late): counters.note(late.note, of: late.unit)
            case .foreign: counters.note(.foreignAnswer, of: UnitIdentifier(heard[0]))
            case .echo: counters.note(.echo, of: unit)
            case .garbled: break
            }
            // The line was busy with another frame, so the answer may begin later. An echo takes no time of its own.
            if verdict != .echo { limit = deadline }
        }
        if failure == .badChecksum { counters.note(.badChecksum, of: unit) }
        return .expired(failure, sent: sent)
    }

    /// Judges bytes that are no whole frame together with all that follows them up to a silence.
    private func recover(
        _ heard: [UInt8], from cause: ReadFailure, for request: ReadRequest, on wire: SerialWire
    ) throws(WireFault) -> Recovered {
        var bytes = heard
        try readToSilence(wire, into: &bytes)
        let sifting = conversation.sift(bytes, for: request)
        if sifting.echoes > 0 { isEchoing = true }
        for (note, unit) in sifting.notes(asked: request.unit) { counters.note(note, of: unit) }
        let unit = request.unit
        let note: WireNote = cause == .badChecksum ? .badChecksum : .refused
        guard !sifting.isAskedByAnother else {
            counters.note(note, of: unit)
            return .askAgain(isCertain: false)
        }
        guard !sifting.rest.isEmpty else { return .waitOn(isDamage: false) }
        switch conversation.recover(sifting.rest, from: cause, for: request) {
        case .settled(let answer):
            let strays = sifting.rest.count - request.answerLength(of: answer)
            if strays > 0 { counters.note(.stray(strays), of: unit) }
            return .settled(answer)
        case .waitOn:
            counters.note(.stray(sifting.rest.count), of: unit)
            return .waitOn(isDamage: true)
        case .askAgain(let isCertain):
            counters.note(note, of: unit)
            return .askAgain(isCertain: isCertain)
        }
    }

    private func settled(_ result: Result<[UInt16], ReadFailure>, _ sent: Int64) -> Attempt {
        if firstAnswerByte == nil { firstAnswerByte = answerBegan }
        // A pseudo-terminal answers before the characters of the request could be out.
        return .settled(result, turnaround: max(0, answerBegan - sent))
    }

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
        if opened > 1 { counters.count { $0.reconnects += 1 } }
        return wire
    }

    private func lose(_ fault: WireFault) {
        guard !fault.isRepeated else { return }
        wire = nil
        downReason = fault.text
        reopenAt = WireClock.now() + reopenDelay.next().wholeNanoseconds
        if fault.isDescriptorRefused { counters.count { $0.refusedDescriptors += 1 } }
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
