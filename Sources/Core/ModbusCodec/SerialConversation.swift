// SPDX-License-Identifier: Apache-2.0

/// What was said on one serial line, and what the next bytes mean.
///
/// An RTU frame carries no number, so an answer is known only by unit, function and byte count. Whatever could bring
/// the answer to an earlier request under the shape of a later one is therefore kept apart here: a unit that owes an
/// answer is in quarantine for requests of that shape. Times are monotonic nanoseconds.
public struct SerialConversation: Sendable {
    /// What a frame cut from the line means.
    public enum Verdict: Hashable, Sendable {
        /// The answer, one word for each address.
        case accepted([UInt16])
        case exception(UInt8)
        /// A late answer of a unit in quarantine: wait on to the same deadline.
        case late(LateAnswer)
        /// Our own request, read back by an adapter that hears itself: wait on to the same deadline.
        case echo
        /// A whole frame that is not for us: wait on to the same deadline.
        case foreign
        /// Neither: read on until the line is silent, then ask ``recover(_:from:for:)``.
        case garbled(ReadFailure)
    }

    /// What bytes up to a silence mean that began with a garbled frame.
    public enum Recovery: Hashable, Sendable {
        /// The answer stood behind noise.
        case settled(Result<[UInt16], ReadFailure>)
        /// Too few bytes to be the answer: wait on to the same deadline.
        case waitOn
        /// The answer arrived damaged: ask again, once.
        ///
        /// - Parameter isCertain: No further answer to this request can come.
        case askAgain(isCertain: Bool)
    }

    /// An answer that came after its deadline.
    public struct LateAnswer: Hashable, Sendable {
        /// The unit that was asked.
        public var unit: UnitIdentifier
        /// Nanoseconds from the deadline to its first byte.
        public var lateness: Int64
        /// Nanoseconds from the end of its request to its first byte.
        public var turnaround: Int64

        public init(unit: UnitIdentifier, lateness: Int64, turnaround: Int64) {
            (self.unit, self.lateness, self.turnaround) = (unit, lateness, turnaround)
        }

        /// What the line's statistics say of it.
        public var note: WireNote { .late(by: lateness, turnaround: turnaround) }
    }

    /// What can be told about an answer before its unit is trusted.
    private struct Shape: Hashable {
        var unit: UInt8
        var function: UInt8
        var dataBytes: Int

        init(_ request: ReadRequest) {
            unit = request.unit.value
            function = request.span.table.readFunction
            dataBytes = request.span.dataBytes
        }
    }

    /// An answer that may still come.
    private struct Debt {
        var request: ReadRequest
        var sent: Int64
        var deadline: Int64
        var end: Int64
    }

    /// Late answers of one unit.
    private struct Lateness {
        var count = 0
        var largest: Int64 = 0
    }

    /// Late answers of a unit from which its lateness counts as known.
    static let knownLateness = 8
    /// What is waited beyond the largest lateness.
    static let latenessMargin: Int64 = 50_000_000

    private var quarantine: [Shape: Debt] = [:]
    private var doubtful: [Shape: Int64] = [:]
    private var lateness: [UInt8: Lateness] = [:]

    public init() {}

    /// Whether `request` may be asked now: its unit owes no answer of the same function and byte count.
    public func isAskable(_ request: ReadRequest, at now: Int64) -> Bool {
        now >= quarantine[Shape(request)]?.end ?? .min
    }

    /// Earliest moment for `request`: later than now while an answer to a request asked twice may still come.
    public mutating func earliest(for request: ReadRequest) -> Int64? {
        doubtful.removeValue(forKey: Shape(request))
    }

    /// Notes that `request` has ended at `now` without its answer, which may still come.
    ///
    /// The unit stays in quarantine for twice the timeout. Once eight of its answers have come late, it is the largest
    /// lateness and 50 ms, where that is less: one late answer says little about the next.
    ///
    /// - Parameters:
    ///   - sent: End of the request.
    ///   - timeout: Longest turnaround that was waited for.
    public mutating func expectLateAnswer(to request: ReadRequest, sent: Int64, timeout: Int64, at now: Int64) {
        var span = 2 * timeout
        if let known = lateness[request.unit.value], known.count >= Self.knownLateness {
            span = min(span, known.largest + Self.latenessMargin)
        }
        quarantine[Shape(request)] = Debt(request: request, sent: sent, deadline: sent + timeout, end: now + span)
    }

    /// Notes that `request` was asked twice while its first answer may still come until `end`.
    public mutating func expectSecondAnswer(to request: ReadRequest, until end: Int64) {
        doubtful[Shape(request)] = end
    }

    /// Whether `bytes`, whose first came at `began`, are one late answer; the debt of its unit is then settled.
    public mutating func settlesLateAnswer(_ bytes: some Collection<UInt8>, at began: Int64) -> LateAnswer? {
        guard bytes.count >= 5, crc16(bytes) == 0 else { return nil }
        let head = Array(bytes.prefix(3))
        let owed = quarantine.first { shape, debt in
            guard debt.request.isAnswered(by: head[0]) else { return false }
            if head[1] == shape.function | 0x80 { return bytes.count == 5 }
            return head[1] == shape.function && Int(head[2]) == shape.dataBytes && bytes.count == 5 + shape.dataBytes
        }
        guard let (shape, debt) = owed else { return nil }
        quarantine[shape] = nil
        let answer = LateAnswer(
            unit: debt.request.unit, lateness: max(0, began - debt.deadline), turnaround: max(0, began - debt.sent))
        var known = lateness[shape.unit] ?? Lateness()
        known.count += 1
        known.largest = max(known.largest, answer.lateness)
        lateness[shape.unit] = known
        return answer
    }

    /// Judges a frame, whose first byte came at `began`, that arrived while `request` was open.
    public mutating func judge(_ frame: [UInt8], for request: ReadRequest, at began: Int64) -> Verdict {
        guard frame.count >= 5, crc16(frame) == 0 else { return .garbled(.badChecksum) }
        // Some requests have the form of an answer: bits from address 0x0300 on.
        guard frame != request.serialFrame else { return .echo }
        guard request.isAnswered(by: frame[0]) else {
            return settlesLateAnswer(frame, at: began).map { .late($0) } ?? .foreign
        }
        switch request.check(frame[1..<frame.count - 2], length: frame.count) {
        case .words(let words):
            quarantine[Shape(request)] = nil
            return .accepted(words)
        case .exception(let code): return .exception(code)
        case .refused(let refusal):
            return settlesLateAnswer(frame, at: began).map { .late($0) } ?? .garbled(.refused(refusal))
        }
    }

    /// Decides about all bytes up to a silence, the first of which were judged garbled.
    public func recover(_ bytes: [UInt8], from failure: ReadFailure, for request: ReadRequest) -> Recovery {
        if let answer = answer(within: bytes, to: request) { return .settled(answer) }
        let answerLength = request.serialAnswerLength
        let isOwn = bytes.first.map { request.isAnswered(by: $0) } ?? false
        let isException = isOwn && bytes.count == 5 && bytes[1] == request.span.table.readFunction | 0x80
        if isException || (isOwn && bytes.count == answerLength) { return .askAgain(isCertain: true) }
        // A right checksum on a wrong shape comes from the unit itself, but it may be an older answer repeated.
        if case .refused = failure { return .askAgain(isCertain: false) }
        return bytes.count >= answerLength ? .askAgain(isCertain: false) : .waitOn
    }

    /// Takes whole frames that are no answer out of bytes up to a silence.
    ///
    /// - Parameter request: The open one; `nil` between two requests, when only requests of others are taken out.
    public func sift(_ bytes: [UInt8], for request: ReadRequest?) -> SerialSifting {
        var sifting = SerialSifting()
        let own = request?.serialFrame
        var place = 0
        while place < bytes.count {
            let left = bytes[place...]
            if let own, left.starts(with: own) {
                sifting.echoes += 1
                place += own.count
            } else if let request, answer(at: place, in: bytes, to: request) != nil {
                sifting.rest += left
                break
            } else if let other = foreignRequest(left) {
                sifting.requestUnits.append(UnitIdentifier(other.unit))
                if let request, other.isShaped(as: request) { sifting.isAskedByAnother = true }
                place += 8
            } else if request != nil, let length = serialAnswerLength(left), left.count >= length, left[place] <= 247,
                crc16(left.prefix(length)) == 0, request?.isAnswered(by: left[place]) == false
            {
                sifting.answerUnits.append(UnitIdentifier(left[place]))
                place += length
            } else {
                sifting.rest.append(left[place])
                place += 1
            }
        }
        return sifting
    }

    /// The answer to `request` that stands somewhere within `bytes`, whole and with its checksum.
    ///
    /// A driver that switches on late puts a byte of noise before an answer. Unit, function, byte count and checksum
    /// must all fit, so noise passes once in some 2^40 places.
    private func answer(within bytes: [UInt8], to request: ReadRequest) -> Result<[UInt16], ReadFailure>? {
        bytes.indices.lazy.compactMap { answer(at: $0, in: bytes, to: request) }.first
    }

    /// The answer to `request` that begins at `start`.
    private func answer(at start: Int, in bytes: [UInt8], to request: ReadRequest) -> Result<[UInt16], ReadFailure>? {
        let function = request.span.table.readFunction
        guard request.isAnswered(by: bytes[start]), start + 1 < bytes.count else { return nil }
        let length = bytes[start + 1] == function ? request.serialAnswerLength : 5
        guard bytes[start + 1] | 0x80 == function | 0x80, start + length <= bytes.count else { return nil }
        let frame = bytes[start..<start + length]
        guard crc16(frame) == 0, !frame.elementsEqual(request.serialFrame) else { return nil }
        switch request.check(frame.dropFirst().dropLast(2), length: length) {
        case .words(let words): return .success(words)
        case .exception(let code): return .failure(.exception(code))
        case .refused: return nil
        }
    }
}

/// Bytes up to a silence, sorted.
public struct SerialSifting: Hashable, Sendable {
    /// Own requests read back.
    public var echoes = 0
    /// Units that somebody else asked.
    public var requestUnits: [UnitIdentifier] = []
    /// Units that answered without having been asked.
    public var answerUnits: [UnitIdentifier] = []
    /// Somebody else asked our unit for an answer of the same shape, which is then not known from ours.
    public var isAskedByAnother = false
    /// All other bytes.
    public var rest: [UInt8] = []

    /// What the line's statistics say of the frames, each with its unit.
    ///
    /// - Parameter asked: The unit that was asked.
    public func notes(asked: UnitIdentifier) -> [(WireNote, UnitIdentifier)] {
        Array(repeating: (.echo, asked), count: echoes) + requestUnits.map { (.foreignRequest, $0) }
            + answerUnits.map { (.foreignAnswer, $0) }
    }
}

/// A request of 8 bytes that somebody made, as much of it as tells its answer's shape.
private struct ForeignRequest {
    var unit: UInt8
    var function: UInt8
    var count: Int

    func isShaped(as request: ReadRequest) -> Bool {
        let bytes = function <= 2 ? (count + 7) / 8 : 2 * count
        return request.isAnswered(by: unit) && function == request.span.table.readFunction
            && bytes == request.span.dataBytes
    }
}

/// The whole read request that `bytes` begin with. Single writes look like their answers and are not told apart.
private func foreignRequest(_ bytes: ArraySlice<UInt8>) -> ForeignRequest? {
    let frame = Array(bytes.prefix(8))
    guard frame.count == 8, 1...247 ~= frame[0], 1...4 ~= frame[1] else { return nil }
    let count = Int(frame[4]) << 8 | Int(frame[5])
    guard 1...(frame[1] <= 2 ? 2000 : 125) ~= count, crc16(frame) == 0 else { return nil }
    return ForeignRequest(unit: frame[0], function: frame[1], count: count)
}

/// Length of the answer that begins with `bytes`, in the rule by which libmodbus 3.1.6 cuts a serial line into
/// frames; `nil` while three bytes are not there.
///
/// Functions 0 ... 4, 17 and 23 carry a byte count, 5, 6, 15 and 16 four bytes, 22 six, all others, exceptions among
/// them, one.
public func serialAnswerLength(_ bytes: some Collection<UInt8>) -> Int? {
    let head = Array(bytes.prefix(3))
    guard head.count == 3 else { return nil }
    switch head[1] {
    case 0...4, 17, 23: return 5 + Int(head[2])
    case 5, 6, 15, 16: return 8
    case 22: return 10
    default: return 5
    }
}
