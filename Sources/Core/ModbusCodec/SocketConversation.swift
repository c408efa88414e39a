// SPDX-License-Identifier: Apache-2.0

/// What was said on one TCP connection, and what the next bytes mean.
///
/// One request at a time is open. The transport moves bytes and carries out what each event asks for: an answer or
/// an exception settles the request, a discarded frame changes nothing, a refusal closes the connection.
public struct SocketConversation: Sendable {
    public enum Event: Hashable, Sendable {
        /// The answer to the open request, one word for each address.
        case accepted([UInt16])
        /// The device answered the open request with this exception code.
        case exception(UInt8)
        /// A late or duplicate answer to an earlier request: wait on.
        case discarded(transaction: UInt16)
        /// Close: the answer is not one to the open request, or the place of the next frame is lost.
        case refused(FrameRefusal)
    }

    /// Late frames that are thrown away between two requests. Past them the peer repeats itself, not its answers.
    static let discardLimit = 2 * TransactionIdentifiers.memory

    private var identifiers: TransactionIdentifiers
    private var reader = MBAPFrameReader()
    private var open: (request: ReadRequest, transaction: UInt16)?
    private var discards = 0

    /// - Parameter start: Random; the transaction identifiers count on from it.
    public init(identifiersAfter start: UInt16) {
        identifiers = TransactionIdentifiers(after: start)
    }

    /// Whether a frame has begun and not ended.
    public var isMidFrame: Bool { reader.isMidFrame }

    /// Opens `request`.
    ///
    /// - Returns: The bytes to send; `nil` when a torn frame stands before its answer, so that the connection has to
    ///   be closed instead.
    public mutating func begin(_ request: ReadRequest) -> [UInt8]? {
        guard !reader.isMidFrame else { return nil }
        let transaction = identifiers.next()
        open = (request, transaction)
        discards = 0
        return request.socketFrame(transaction: transaction)
    }

    /// Gives the open request up; its answer will be known as late.
    ///
    /// - Returns: The number of the request, if one was open.
    @discardableResult public mutating func abandon() -> UInt16? {
        defer { open = nil }
        return open?.transaction
    }

    /// Takes from the front of `bytes` what belongs to the next event; `nil` when it needs more of them.
    public mutating func next(from bytes: inout ArraySlice<UInt8>) -> Event? {
        switch reader.next(from: &bytes) {
        case .needsMore: nil
        case .refused(let refusal): .refused(refusal)
        case .frame(let frame): judge(frame)
        }
    }

    private mutating func judge(_ frame: MBAPFrame) -> Event {
        guard let (request, transaction) = open, frame.transaction == transaction else {
            guard identifiers.isRecent(frame.transaction), discards < Self.discardLimit else {
                return .refused(.transactionIdentifier(frame.transaction))
            }
            discards += 1
            return .discarded(transaction: frame.transaction)
        }
        open = nil
        guard request.isAnswered(by: frame.unit) else { return .refused(.unit(frame.unit)) }
        return switch request.check(frame.body, length: frame.length) {
        case .words(let words): .accepted(words)
        case .exception(let code): .exception(code)
        case .refused(let refusal): .refused(refusal)
        }
    }
}
