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
        case late
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

    private var quarantine: [Shape: Int64] = [:]
    private var doubtful: [Shape: Int64] = [:]

    public init() {}

    /// Whether `request` may be asked now: its unit owes no answer of the same function and byte count.
    public func isAskable(_ request: ReadRequest, at now: Int64) -> Bool {
        now >= quarantine[Shape(request)] ?? .min
    }

    /// Earliest moment for `request`: later than now while an answer to a request asked twice may still come.
    public mutating func earliest(for request: ReadRequest) -> Int64? {
        doubtful.removeValue(forKey: Shape(request))
    }

    /// Notes that `request` has ended without its answer, which may still come until `end`.
    public mutating func expectLateAnswer(to request: ReadRequest, until end: Int64) {
        quarantine[Shape(request)] = end
    }

    /// Notes that `request` was asked twice while its first answer may still come until `end`.
    public mutating func expectSecondAnswer(to request: ReadRequest, until end: Int64) {
        doubtful[Shape(request)] = end
    }

    /// Whether `bytes`, read while no request was open, are one late answer; the debt of its unit is then settled.
    public mutating func settlesLateAnswer(_ bytes: some Collection<UInt8>) -> Bool {
        guard bytes.count >= 5, crc16(bytes) == 0 else { return false }
        let head = Array(bytes.prefix(3))
        let owed = quarantine.keys.first { shape in
            guard shape.unit == head[0] else { return false }
            if head[1] == shape.function | 0x80 { return bytes.count == 5 }
            return head[1] == shape.function && Int(head[2]) == shape.dataBytes && bytes.count == 5 + shape.dataBytes
        }
        guard let owed else { return false }
        quarantine[owed] = nil
        return true
    }

    /// Judges a frame that arrived while `request` was open.
    public mutating func judge(_ frame: [UInt8], for request: ReadRequest) -> Verdict {
        guard frame.count >= 5, crc16(frame) == 0 else { return .garbled(.badChecksum) }
        guard request.isAnswered(by: frame[0]) else { return settlesLateAnswer(frame) ? .late : .foreign }
        switch request.check(frame[1..<frame.count - 2], length: frame.count) {
        case .words(let words):
            quarantine[Shape(request)] = nil
            return .accepted(words)
        case .exception(let code): return .exception(code)
        case .refused(let refusal): return settlesLateAnswer(frame) ? .late : .garbled(.refused(refusal))
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

    /// The answer to `request` that stands somewhere within `bytes`, whole and with its checksum.
    ///
    /// A driver that switches on late puts a byte of noise before an answer. Unit, function, byte count and checksum
    /// must all fit, so noise passes once in some 2^40 places.
    private func answer(within bytes: [UInt8], to request: ReadRequest) -> Result<[UInt16], ReadFailure>? {
        let function = request.span.table.readFunction
        for start in bytes.indices where request.isAnswered(by: bytes[start]) && start + 1 < bytes.count {
            let length = bytes[start + 1] == function ? request.serialAnswerLength : 5
            guard bytes[start + 1] | 0x80 == function | 0x80, start + length <= bytes.count else { continue }
            let frame = bytes[start..<start + length]
            guard crc16(frame) == 0 else { continue }
            switch request.check(frame.dropFirst().dropLast(2), length: length) {
            case .words(let words): return .success(words)
            case .exception(let code): return .failure(.exception(code))
            case .refused: continue
            }
        }
        return nil
    }
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
