// SPDX-License-Identifier: Apache-2.0

/// The dialogue of a Modbus TCP connection: a ``SocketConversation`` and its deadlines.
public struct SocketDialogue: WireDialogue {
    /// Time for the rest of an answer whose first byte came in time. A server writes a frame in one piece, so this
    /// only has to cover a slow link.
    public static let frameAllowance: Int64 = 50_000_000

    /// The request whose answer is awaited.
    private struct Open {
        var unit: UnitIdentifier
        var sent: Int64
        /// What request and answer take on the line behind the endpoint.
        var wireTime: Int64
        var firstByteBy: Int64
        var firstByte: Int64?
        var deadline: Int64 { firstByteBy + SocketDialogue.frameAllowance }
    }

    /// A request that ended without its answer.
    private struct Given {
        var transaction: UInt16
        var open: Open
    }

    /// The serial line behind the endpoint, if there is one.
    private let line: LineTiming?
    private var conversation = SocketConversation(identifiersAfter: 0)
    private var open: Open?
    private var given: Given?
    private var asked = UnitIdentifier(0)

    /// - Parameter line: The serial line behind an endpoint that is itself a gateway. It sends an answer on when the
    ///   whole of it has come, so the time on the line is waited for beyond the timeout and is no part of a turnaround.
    public init(line: LineTiming? = nil) { self.line = line }

    public mutating func opened(at now: Int64, word: UInt16) {
        conversation = SocketConversation(identifiersAfter: word)
        (open, given) = (nil, nil)
    }

    public mutating func ask(_ request: ReadRequest, timeout: Int64, at now: Int64) -> [WireAct] {
        asked = request.unit
        guard let frame = conversation.begin(request) else {
            return [.note(.torn, of: asked), .lose("a torn frame stood before the request")]
        }
        let wireTime = line.map { $0.request + $0.answer(to: request.span) }?.wholeNanoseconds ?? 0
        let open = Open(
            unit: request.unit, sent: now, wireTime: wireTime, firstByteBy: now + timeout + wireTime * 6 / 5)
        self.open = open
        return [.note(.request, of: asked), .send(frame), .wake(at: open.firstByteBy)]
    }

    public mutating func received(_ bytes: ArraySlice<UInt8>, at now: Int64) -> [WireAct] {
        if open?.firstByte == nil { open?.firstByte = now }
        var bytes = bytes
        var acts: [WireAct] = []
        while let event = conversation.next(from: &bytes) {
            switch event {
            case .accepted(let words):
                acts += settle(.success(words), at: now)
            case .exception(let code):
                acts += settle(.failure(.exception(code)), at: now)
            case .discarded(let transaction):
                acts.append(.note(late(transaction, at: now), of: given?.open.unit ?? asked))
                open?.firstByte = bytes.isEmpty ? nil : now
            case .refused(let refusal):
                acts.append(.note(.refused, of: asked))
                if let open {
                    acts.append(.settled(.init(.failure(.refused(refusal)), firstByte: open.firstByte ?? now)))
                }
                open = nil
                return acts + [.lose("an answer was refused, \(refusal)")]
            }
        }
        return acts
    }

    public mutating func wake(at now: Int64) -> [WireAct] {
        guard let open else { return [] }
        let limit = conversation.isMidFrame ? open.deadline : open.firstByteBy
        guard now >= limit else { return [.wake(at: limit)] }
        self.open = nil
        if conversation.isMidFrame {
            return [
                .note(.torn, of: asked), .settled(.init(.failure(.torn))), .lose("an answer stopped in the middle"),
            ]
        }
        if let transaction = conversation.abandon() { given = Given(transaction: transaction, open: open) }
        return [.note(.timeout, of: asked), .settled(.init(.failure(.timeout), endsSweep: true, isSilence: true))]
    }

    public mutating func ended(at now: Int64) -> [WireAct] {
        guard open != nil, conversation.isMidFrame else { return [] }
        open = nil
        return [.note(.torn, of: asked), .settled(.init(.failure(.torn)))]
    }

    private mutating func settle(_ result: Result<[UInt16], ReadFailure>, at now: Int64) -> [WireAct] {
        guard let open else { return [] }
        self.open = nil
        let firstByte = open.firstByte ?? now
        let turnaround = max(0, firstByte - open.sent - open.wireTime)
        let note: WireNote =
            if case .success = result { .answer(turnaround: turnaround) } else { .exception(turnaround: turnaround) }
        return [
            .note(note, of: asked),
            .settled(.init(result, turnaround: turnaround, firstByte: firstByte)),
        ]
    }

    /// Only the last request that was given up has its times known.
    private func late(_ transaction: UInt16, at now: Int64) -> WireNote {
        guard let given, given.transaction == transaction else { return .late(by: nil, turnaround: nil) }
        return .late(
            by: max(0, now - given.open.firstByteBy), turnaround: max(0, now - given.open.sent - given.open.wireTime))
    }
}
