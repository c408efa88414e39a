// SPDX-License-Identifier: Apache-2.0

/// A request to read one span of one unit, and the measure of its answer.
public struct ReadRequest: Hashable, Sendable {
    public let span: RegisterSpan
    public let unit: UnitIdentifier
    /// Units whose answer counts as that of ``unit``: some devices answer as 0, as 255, or by their own number when
    /// they are asked as 0.
    public let aliases: [UnitIdentifier]

    /// - Returns: `nil` when `span` is longer than one request may be: 125 registers or 2,000 bits.
    public init?(_ span: RegisterSpan, of unit: UnitIdentifier, aliases: [UnitIdentifier] = []) {
        guard span.count <= span.table.maximumRead else { return nil }
        self.span = span
        self.unit = unit
        self.aliases = aliases
    }

    /// Function code, address and count: what both framings carry.
    var protocolDataUnit: [UInt8] {
        [
            span.table.readFunction,
            UInt8(truncatingIfNeeded: span.address >> 8), UInt8(truncatingIfNeeded: span.address),
            UInt8(truncatingIfNeeded: span.count >> 8), UInt8(truncatingIfNeeded: span.count),
        ]
    }

    /// Unit and protocol data unit without a checksum, as libmodbus takes a raw request.
    public var rawForm: [UInt8] { [unit.value] + protocolDataUnit }

    /// The frame on a serial line, checksum included.
    public var serialFrame: [UInt8] { rawForm.withChecksum }

    /// The frame on a TCP connection.
    ///
    /// - Parameter transaction: Number by which the answer is known; not 0, which careless servers send unasked.
    public func socketFrame(transaction: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: transaction >> 8), UInt8(truncatingIfNeeded: transaction), 0, 0, 0, 6] + rawForm
    }

    /// Bytes of a right answer on a serial line, checksum included.
    var serialAnswerLength: Int { 5 + span.dataBytes }

    /// Bytes of this answer on a serial line, checksum included.
    package func answerLength(of answer: Result<[UInt16], ReadFailure>) -> Int {
        switch answer {
        case .success: serialAnswerLength
        case .failure: 5
        }
    }

    func isAnswered(by unit: UInt8) -> Bool {
        unit == self.unit.value || aliases.contains { $0.value == unit }
    }
}

/// What the part of an answer behind the unit says, once every field of it has been checked.
enum AnswerBody: Equatable {
    /// One word for each address; 0 or 1 for a bit.
    case words([UInt16])
    case exception(UInt8)
    case refused(FrameRefusal)
}

extension ReadRequest {
    /// Checks function, byte count and length of an answer and takes its words out.
    ///
    /// - Parameters:
    ///   - body: Function code and all that follows it, without a checksum.
    ///   - length: Length that a refusal names: that of the header on TCP, that of the frame on a serial line.
    func check(_ body: ArraySlice<UInt8>, length: Int) -> AnswerBody {
        guard let function = body.first, let second = body.dropFirst().first else { return .refused(.length(length)) }
        if function == span.table.readFunction | 0x80 {
            return body.count == 2 ? .exception(second) : .refused(.length(length))
        }
        guard function == span.table.readFunction else { return .refused(.function(function)) }
        guard Int(second) == span.dataBytes else {
            return .refused(.byteCount(found: Int(second), expected: span.dataBytes))
        }
        let data = body.dropFirst(2)
        guard data.count == span.dataBytes else { return .refused(.length(length)) }
        return .words(span.table.isBits ? bits(of: data) : registers(of: data))
    }

    private func registers(of data: ArraySlice<UInt8>) -> [UInt16] {
        (0..<Int(span.count)).map { place in
            let start = data.startIndex + 2 * place
            return UInt16(data[start]) << 8 | UInt16(data[start + 1])
        }
    }

    /// The first address stands in the lowest bit of the first byte; bits past the last address say nothing.
    private func bits(of data: ArraySlice<UInt8>) -> [UInt16] {
        (0..<Int(span.count)).map { place in
            UInt16(data[data.startIndex + place / 8] >> (place % 8) & 1)
        }
    }
}
