// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// What one request costs in time on a bus, request and answer together.
///
/// The planner compares plans by it and the scheduler predicts the load from it.
public struct CostModel: Hashable, Sendable, CustomStringConvertible {
    private enum Wire: Hashable, Sendable {
        /// Nanoseconds of one character are `bits * 1e9 / baud`; the three others are whole nanoseconds: the silence
        /// that ends a frame, the gap before a request, and the unit's own time.
        case serial(baud: Int64, bits: Int64, silence: Int64, gap: Int64, turnaround: Int64)
        case socket(roundTrip: Int64)
    }

    private var wire: Wire

    /// A serial line: every character of request and answer, the silences around them and the unit's turnaround.
    ///
    /// - Parameters:
    ///   - baud: Bits per second; anything below 1 counts as 1.
    ///   - bitsPerCharacter: 10 for 8N1, 11 with parity or two stop bits.
    ///   - turnaround: Time that the unit takes once it knows the end of the request, until its answer begins.
    ///   - extraGap: Silence before a request beyond the 3.5 characters.
    public static func serial(
        baud: Int, bitsPerCharacter: Int, turnaround: Duration, extraGap: Duration = .zero
    ) -> CostModel {
        let baud = Int64(clamping: min(max(baud, 1), 100_000_000))
        // Silence of 3.5 characters of 11 bits, and 1.75 ms above 19,200 baud
        // (Modbus over Serial Line V1.02, section 2.5.1.1).
        let silence = baud > 19_200 ? 1_750_000 : 38_500_000_000 / baud
        return CostModel(
            wire: .serial(
                baud: baud, bits: Int64(clamping: min(max(bitsPerCharacter, 1), 100)), silence: silence,
                gap: silence + max(0, extraGap.wholeNanoseconds), turnaround: max(0, turnaround.wholeNanoseconds)))
    }

    /// A socket: one round trip for each request, and 0.01 ms for each register.
    public static func socket(roundTrip: Duration) -> CostModel {
        CostModel(wire: .socket(roundTrip: max(0, roundTrip.wholeNanoseconds)))
    }

    /// The same wire with a unit that takes this long to answer; a round trip on a socket.
    public func with(turnaround: Duration) -> CostModel {
        let nanoseconds = max(0, turnaround.wholeNanoseconds)
        switch wire {
        case .serial(let baud, let bits, let silence, let gap, _):
            return CostModel(
                wire: .serial(baud: baud, bits: bits, silence: silence, gap: gap, turnaround: nanoseconds))
        case .socket: return CostModel(wire: .socket(roundTrip: nanoseconds))
        }
    }

    /// The turnaround of a unit by what was measured of it: the time from the end of a request until the first byte of
    /// its answer could be read.
    ///
    /// On a line that contains the silence by which the unit knows the end of the request, and the first character;
    /// both are counted already. On a socket it is the round trip.
    public func turnaround(measured: Duration) -> Duration {
        switch wire {
        case .serial(let baud, let bits, let silence, _, _):
            max(.zero, measured - .nanoseconds(silence + bits * 1_000_000_000 / baud))
        case .socket: measured
        }
    }

    /// Time from the first byte of the request for `span` to the last byte of its answer.
    public func duration(of span: RegisterSpan) -> Duration { .nanoseconds(nanoseconds(of: span)) }

    /// Such as `9600 baud, 10 bits a character, 20 ms to answer` or `2 ms a round trip`.
    public var description: String {
        switch wire {
        case .serial(let baud, let bits, _, _, let turnaround):
            "\(baud) baud, \(bits) bits a character, \(turnaround / 1_000_000) ms to answer"
        case .socket(let roundTrip): "\(roundTrip / 1_000_000) ms a round trip"
        }
    }

    func nanoseconds(of span: RegisterSpan) -> Int64 {
        let payload = span.table.isBits ? (Int64(span.count) + 7) / 8 : Int64(span.count) * 2
        switch wire {
        case .serial(let baud, let bits, let silence, let gap, let turnaround):
            // A request has 8 characters, an answer 5 and its payload.
            return (13 + payload) * bits * 1_000_000_000 / baud + silence + gap + turnaround
        case .socket(let roundTrip):
            return roundTrip + payload * 5_000
        }
    }
}

extension Duration {
    /// This span in nanoseconds, rounded towards zero, held inside plus and minus 31 years so that sums of a
    /// few of them stay in range.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let limit: Int64 = 1_000_000_000
        guard seconds < limit else { return limit * 1_000_000_000 }
        guard seconds > -limit else { return -limit * 1_000_000_000 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
