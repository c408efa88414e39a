// SPDX-License-Identifier: Apache-2.0

/// Time that one character takes on a serial line.
///
/// - Parameters:
///   - baud: Bits a second; anything below 1 counts as 1.
///   - bitsPerCharacter: Start bit, 8 data bits, parity and stop bits: 10 for 8N1, 11 with parity or two stop bits.
public func characterTime(baud: Int, bitsPerCharacter: Int) -> Duration {
    .nanoseconds(1_000_000_000) * max(1, min(bitsPerCharacter, 12)) / max(1, min(baud, 1_000_000_000))
}

/// Silence that must pass before a request: 3.5 characters of 11 bits, and 1.75 ms above 19,200 baud
/// (Modbus over Serial Line V1.02, section 2.5.1.1).
public func silentInterval(baud: Int) -> Duration {
    baud > 19_200 ? .microseconds(1750) : characterTime(baud: baud, bitsPerCharacter: 11) * 7 / 2
}

/// How long requests and answers take on one serial line.
public struct LineTiming: Hashable, Sendable {
    /// Time of one character.
    public let character: Duration
    /// Silence that ends a frame.
    public let silence: Duration
    /// Silence before a request: that of the standard, and what the site asks for beyond it.
    public let gap: Duration

    /// - Parameter extraGap: Silence beyond the 3.5 characters, held between zero and 60 s.
    public init(baud: Int, bitsPerCharacter: Int, extraGap: Duration = .zero) {
        character = characterTime(baud: baud, bitsPerCharacter: bitsPerCharacter)
        silence = silentInterval(baud: baud)
        gap = silence + max(.zero, min(extraGap, .seconds(60)))
    }

    /// Predicted time of a read request, which has 8 characters.
    public var request: Duration { character * 8 }

    /// Predicted time of the answer to a read of `span`: 5 characters and the data.
    public func answer(to span: RegisterSpan) -> Duration {
        character * (5 + span.dataBytes)
    }
}

extension RegisterSpan {
    /// Bytes of data in the answer: two for a register, one for eight bits begun.
    public var dataBytes: Int { table.isBits ? (Int(count) + 7) / 8 : 2 * Int(count) }
}

extension Duration {
    /// This span in nanoseconds, rounded towards zero; saturates at the ends of `Int64`.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
