// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// One device that holds given registers and nothing else: an address that nobody gave it is answered with
/// exception 2, a table without any address with exception 1.
public struct RegisterMap: Sendable {
    private enum Held: Hashable, Sendable {
        case word(UInt16)
        case failure(SimulatedReply)
    }

    private var tables: [RegisterTable: [UInt16: Held]] = [:]

    public init() {}

    /// Holds `words` from the first address of `span` on; what was there before is replaced.
    ///
    /// Words beyond the span, and addresses without a word, are left out.
    public mutating func put(_ words: some Sequence<UInt16>, at span: RegisterSpan) {
        for (address, word) in zip(span.range, words) {
            tables[span.table, default: [:]][UInt16(address)] = .word(word)
        }
    }

    /// Answers a read of any address of `span` with `reply`, such as silence or an exception.
    public mutating func put(_ reply: SimulatedReply, at span: RegisterSpan) {
        for address in span.range { tables[span.table, default: [:]][UInt16(address)] = .failure(reply) }
    }

    /// How the device answers a read. Where several addresses have a reply of their own, the lowest one's is given.
    public func read(_ span: RegisterSpan) -> SimulatedReply {
        guard let table = tables[span.table] else { return SimulatedReply(.exception(1)) }
        var words: [UInt16] = []
        var isComplete = true
        for address in span.range {
            switch table[UInt16(address)] {
            case .word(let word): words.append(word)
            case .failure(let reply): return reply
            case nil: isComplete = false
            }
        }
        return SimulatedReply(isComplete ? .words(words) : .exception(2))
    }
}
