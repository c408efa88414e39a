// SPDX-License-Identifier: Apache-2.0

/// The dialogue of RTU over TCP: frames of a serial line with their checksum, moved by a serial server that knows
/// nothing of Modbus.
///
/// Pieces arrive when the server sends them, so a silence in the stream ends no frame. A whole frame is cut by its
/// byte count; what cannot be cut is gathered until nothing has come for ``settling``, and judged as on a line. A
/// torn or damaged answer does not close the connection, for a new one would bring the rest of it all the same.
public struct TunnelDialogue: WireDialogue {
    /// Silence in the stream after which nothing more belongs to what came: servers hold bytes back for some 10 ms.
    public static let settling: Int64 = 30_000_000
    /// Beyond what the line needs: the way through the network, once for each request.
    public static let allowance: Int64 = 50_000_000
    /// Most bytes that are held, four frames.
    public static let heldLimit = 1024
    /// Longest wait for a silent stream before a request.
    static let babbleLimit: Int64 = 1_000_000_000

    private struct Asked {
        var request: ReadRequest
        var timeout: Int64
        /// No request is sent before.
        var earliest: Int64
        var giveUp: Int64
        /// End of the request on the line, as predicted.
        var sent: Int64 = 0
        var limit: Int64 = 0
        var deadline: Int64 = 0
        var firstByte: Int64?
        /// The damage for which it is being asked again; a certain one cannot be followed by the first answer.
        var damage: (failure: ReadFailure, isCertain: Bool)?
        var failure = ReadFailure.timeout
    }

    /// Where the one request stands.
    private enum Phase {
        /// Nothing is open. Followed by `waiting` or `asked`.
        case idle
        /// The stream has to be silent first. Followed by `asked`.
        case waiting(Asked)
        /// Followed by `idle`, or by `recovering` when something damaged came.
        case asked(Asked)
        /// Gathers until nothing more comes. Followed by `idle`, `asked` again, or `waiting` for the second request.
        case recovering(Asked, ReadFailure)
    }

    private let timing: LineTiming
    private var conversation = SerialConversation()
    private var phase = Phase.idle
    private var held: [UInt8] = []
    private var heldSince: Int64 = 0
    private var lastByte: Int64 = .min / 2
    private var lastUnit = UnitIdentifier(0)

    /// - Parameter timing: That of the line behind the server.
    public init(timing: LineTiming) {
        self.timing = timing
        held.reserveCapacity(Self.heldLimit)
    }

    public mutating func opened(at now: Int64, word: UInt16) {
        // Debts stay: the server may bring a late answer on the new connection.
        phase = .idle
        held.removeAll(keepingCapacity: true)
        lastByte = now
    }

    public mutating func ask(_ request: ReadRequest, timeout: Int64, at now: Int64) -> [WireAct] {
        guard request.unit.value <= 247 else {
            return [.settled(.init(.failure(.refused(.unit(request.unit.value)))))]
        }
        var acts = flushUnasked(isSilent: now - lastByte >= Self.settling)
        lastUnit = request.unit
        guard conversation.isAskable(request, at: now) else {
            return acts + [
                .note(.quarantined, of: request.unit), .settled(.init(.failure(.timeout), endsSweep: true)),
            ]
        }
        let doubt = conversation.earliest(for: request) ?? .min
        acts += wait(
            Asked(
                request: request, timeout: timeout, earliest: doubt,
                giveUp: max(now, doubt) + timing.gap.wholeNanoseconds + Self.babbleLimit), at: now)
        return acts
    }

    public mutating func received(_ bytes: ArraySlice<UInt8>, at now: Int64) -> [WireAct] {
        lastByte = now
        if held.isEmpty { heldSince = now }
        held += bytes
        switch phase {
        case .idle, .waiting:
            return limitUnasked()
        case .asked(var asked):
            if asked.firstByte == nil { asked.firstByte = now }
            // Only the turnaround is bounded by the timeout; once something was heard, the deadline of the frame is.
            asked.limit = asked.deadline
            return cut(asked, at: now)
        case .recovering(let asked, let cause):
            guard held.count > Self.heldLimit else { return [.wake(at: now + Self.settling)] }
            phase = .idle
            held.removeAll(keepingCapacity: true)
            conversation.expectLateAnswer(to: asked.request, sent: asked.sent, timeout: asked.timeout, at: now)
            return [
                .note(note(of: cause), of: asked.request.unit), .settled(.init(.failure(cause))),
                .lose("noise without end"),
            ]
        }
    }

    public mutating func wake(at now: Int64) -> [WireAct] {
        switch phase {
        case .idle: []
        case .waiting(let asked): wait(asked, at: now)
        case .asked(let asked): now >= asked.limit ? expire(asked, at: now) : settleEarly(asked, at: now)
        case .recovering(let asked, let cause):
            now - lastByte >= Self.settling
                ? recover(asked, from: cause, at: now) : [.wake(at: lastByte + Self.settling)]
        }
    }

    public mutating func ended(at now: Int64) -> [WireAct] {
        defer {
            phase = .idle
            held.removeAll(keepingCapacity: true)
        }
        let asked: Asked
        switch phase {
        case .idle, .waiting: return []
        case .asked(let open), .recovering(let open, _): asked = open
        }
        conversation.expectLateAnswer(to: asked.request, sent: asked.sent, timeout: asked.timeout, at: now)
        guard !held.isEmpty else { return [] }
        return [.note(.torn, of: asked.request.unit), .settled(.init(.failure(.torn)))]
    }

    // MARK: Before a request

    /// Sends the request once the stream is silent.
    private mutating func wait(_ asked: Asked, at now: Int64) -> [WireAct] {
        // A whole answer ends by its length. After anything else it takes longer to know that no more comes.
        let gap = held.isEmpty ? timing.gap.wholeNanoseconds : max(Self.settling, timing.gap.wholeNanoseconds)
        let due = max(asked.earliest, lastByte + gap)
        guard now >= due else {
            phase = .waiting(asked)
            guard now < asked.giveUp else {
                phase = .idle
                return flushUnasked(isSilent: true) + [
                    .lose("the line is never silent; another master may be talking on it")
                ]
            }
            return [.wake(at: due)]
        }
        var acts = flushUnasked(isSilent: true)
        var open = asked
        open.sent = now + timing.request.wholeNanoseconds
        open.limit = open.sent + open.timeout + Self.allowance
        open.deadline = open.limit + timing.answer(to: open.request.span).wholeNanoseconds * 6 / 5
        open.firstByte = nil
        phase = .asked(open)
        lastByte = max(lastByte, now)
        acts += [
            .note(.request, of: open.request.unit), .send(open.request.serialFrame), .wake(at: open.limit),
        ]
        return acts
    }

    /// Judges what came while nothing was asked.
    private mutating func flushUnasked(isSilent: Bool) -> [WireAct] {
        guard !held.isEmpty else { return [] }
        if let late = conversation.settlesLateAnswer(held, at: heldSince) {
            held.removeAll(keepingCapacity: true)
            return [.note(late.note, of: late.unit)]
        }
        guard isSilent else { return [] }
        let sifting = conversation.sift(held, for: nil)
        held.removeAll(keepingCapacity: true)
        return notes(sifting, of: lastUnit) + strays(sifting.rest.count, of: lastUnit)
    }

    private mutating func limitUnasked() -> [WireAct] {
        guard held.count > Self.heldLimit else { return [] }
        let count = held.count
        held.removeAll(keepingCapacity: true)
        return strays(count, of: lastUnit)
    }

    // MARK: Answers

    /// Takes whole frames from the front of what is held.
    private mutating func cut(_ open: Asked, at now: Int64) -> [WireAct] {
        var asked = open
        var acts: [WireAct] = []
        let unit = asked.request.unit
        let own = asked.request.serialFrame
        while !held.isEmpty {
            // An own request that comes back has no byte count; what begins like one is not cut as an answer.
            if held.count < own.count, own.starts(with: held) { break }
            let isEcho = held.starts(with: own)
            guard let length = isEcho ? own.count : serialAnswerLength(held) else { break }
            guard length <= 256 else {
                phase = .recovering(asked, .badChecksum)
                return acts + [.wake(at: lastByte + Self.settling)]
            }
            guard held.count >= length else { break }
            let frame = Array(held.prefix(length))
            let verdict = conversation.judge(frame, for: asked.request, at: heldSince)
            if case .garbled(let cause) = verdict {
                phase = .recovering(asked, cause)
                return acts + [.wake(at: lastByte + Self.settling)]
            }
            held.removeFirst(length)
            switch verdict {
            case .accepted(let words): return acts + settle(.success(words), asked, at: now)
            case .exception(let code): return acts + settle(.failure(.exception(code)), asked, at: now)
            case .late(let late): acts.append(.note(late.note, of: late.unit))
            case .echo: acts.append(.note(.echo, of: unit))
            case .foreign: acts.append(.note(.foreignAnswer, of: UnitIdentifier(frame[0])))
            case .garbled: break
            }
            heldSince = now
            asked.firstByte = held.isEmpty ? nil : now
        }
        phase = .asked(asked)
        acts.append(.wake(at: held.isEmpty ? asked.limit : min(asked.limit, lastByte + Self.settling)))
        return acts
    }

    /// An incomplete frame may be noise that names a length, with the answer behind it.
    private mutating func settleEarly(_ asked: Asked, at now: Int64) -> [WireAct] {
        guard !held.isEmpty, now - lastByte >= Self.settling else {
            return [.wake(at: held.isEmpty ? asked.limit : min(asked.limit, lastByte + Self.settling))]
        }
        let sifting = conversation.sift(held, for: asked.request)
        if !sifting.isAskedByAnother,
            case .settled(let answer) = conversation.recover(sifting.rest, from: .badChecksum, for: asked.request)
        {
            return take(answer, from: sifting, asked, at: now)
        }
        return [.wake(at: asked.limit)]
    }

    private mutating func recover(_ open: Asked, from cause: ReadFailure, at now: Int64) -> [WireAct] {
        var asked = open
        let unit = asked.request.unit
        let sifting = conversation.sift(held, for: asked.request)
        let recovery: SerialConversation.Recovery =
            if sifting.isAskedByAnother {
                .askAgain(isCertain: false)
            } else if sifting.rest.isEmpty {
                .waitOn
            } else {
                conversation.recover(sifting.rest, from: cause, for: asked.request)
            }
        switch recovery {
        case .settled(let answer):
            return take(answer, from: sifting, asked, at: now)
        case .waitOn:
            var acts = notes(sifting, of: unit) + strays(sifting.rest.count, of: unit)
            held.removeAll(keepingCapacity: true)
            if !sifting.rest.isEmpty { asked.failure = .badChecksum }
            asked.firstByte = nil
            phase = .asked(asked)
            acts.append(.wake(at: asked.limit))
            return acts
        case .askAgain(let isCertain):
            held.removeAll(keepingCapacity: true)
            let acts = notes(sifting, of: unit) + [.note(note(of: cause), of: unit)]
            guard let first = asked.damage else {
                asked.damage = (cause, isCertain)
                asked.giveUp = now + timing.gap.wholeNanoseconds + Self.babbleLimit
                asked.failure = .timeout
                return acts + [.note(.retry, of: unit)] + wait(asked, at: now)
            }
            if !first.isCertain || !isCertain { expectSecondAnswer(to: asked, at: now) }
            phase = .idle
            return acts + [.settled(.init(.failure(cause)))]
        }
    }

    private mutating func take(
        _ answer: Result<[UInt16], ReadFailure>, from sifting: SerialSifting, _ asked: Asked, at now: Int64
    ) -> [WireAct] {
        held.removeAll(keepingCapacity: true)
        return notes(sifting, of: asked.request.unit)
            + strays(sifting.rest.count - asked.request.answerLength(of: answer), of: asked.request.unit)
            + settle(answer, asked, at: now)
    }

    private mutating func settle(_ result: Result<[UInt16], ReadFailure>, _ asked: Asked, at now: Int64) -> [WireAct] {
        phase = .idle
        let firstByte = asked.firstByte ?? now
        var turnaround: Int64? = max(0, firstByte - asked.sent)
        if let damage = asked.damage, !damage.isCertain {
            // Which of the two requests was answered is not known.
            turnaround = nil
            expectSecondAnswer(to: asked, at: now)
        }
        let note: WireNote =
            if case .success = result { .answer(turnaround: turnaround) } else { .exception(turnaround: turnaround) }
        return [
            .note(note, of: asked.request.unit),
            .settled(.init(result, turnaround: turnaround, firstByte: firstByte)),
        ]
    }

    private mutating func expire(_ asked: Asked, at now: Int64) -> [WireAct] {
        if !held.isEmpty, case let acts = settleEarly(asked, at: max(now, lastByte + Self.settling)),
            case .idle = phase
        {
            return acts
        }
        phase = .idle
        let unit = asked.request.unit
        if let damage = asked.damage, !damage.isCertain { expectSecondAnswer(to: asked, at: now) }
        conversation.expectLateAnswer(to: asked.request, sent: asked.sent, timeout: asked.timeout, at: now)
        // What is held stays until the stream is silent, and is counted before the next request.
        let failure = held.isEmpty ? asked.failure : .torn
        let note: WireNote =
            switch failure {
            case .timeout: .timeout
            case .torn: .torn
            default: .badChecksum
            }
        let isSilence = failure == .timeout
        return [
            .note(note, of: unit), .settled(.init(.failure(failure), endsSweep: true, isSilence: isSilence)),
        ]
    }

    private mutating func expectSecondAnswer(to asked: Asked, at now: Int64) {
        // A unit that takes its requests one after another begins the second answer when the first is out.
        let answer = timing.answer(to: asked.request.span).wholeNanoseconds
        conversation.expectSecondAnswer(to: asked.request, until: now + asked.timeout + answer + Self.allowance)
    }

    // MARK: Notes

    private func notes(_ sifting: SerialSifting, of unit: UnitIdentifier) -> [WireAct] {
        sifting.notes(asked: unit).map { .note($0, of: $1) }
    }

    private func strays(_ count: Int, of unit: UnitIdentifier) -> [WireAct] {
        count > 0 ? [.note(.stray(count), of: unit)] : []
    }

    private func note(of failure: ReadFailure) -> WireNote {
        if case .badChecksum = failure { .badChecksum } else { .refused }
    }
}
