// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// When every character of a serial line passes, and how long the line was silent before each request.
///
/// A pseudo-terminal hands over a request at once. Here its characters take their time: they end `characters` after
/// the request arrived. A unit knows the end of a request by 3.5 characters of silence, then takes its turnaround,
/// and answers character by character. All moments are nanoseconds of one monotonic clock, given by the caller, so
/// that a day of a line runs in a test in a second.
public struct PacedWire: Sendable {
    /// Some characters of an answer that are written together when the last of them has passed.
    public struct Portion: Hashable, Sendable {
        /// Places in the answer.
        public var characters: Range<Int>
        public var due: Int64
        public var isLast: Bool
    }

    /// Longest time that characters are gathered for. The first and the last one of an answer are always exact.
    private static let gathering: Int64 = 1_000_000

    public let timing: LineTiming
    public private(set) var statistics: PacedStatistics

    private let baud: Int64
    private let bits: Int64
    private let silence: Int64
    /// End of the last character so far; `nil` before the first request.
    private var lastCharacter: Int64?

    /// - Parameters:
    ///   - baud: Bits a second, held between 50 and 10,000,000.
    ///   - bitsPerCharacter: 10 for 8N1, 11 with parity or two stop bits; held between 7 and 12.
    public init(baud: Int, bitsPerCharacter: Int) {
        let (baud, bits) = (min(max(baud, 50), 10_000_000), min(max(bitsPerCharacter, 7), 12))
        (self.baud, self.bits) = (Int64(baud), Int64(bits))
        timing = LineTiming(baud: baud, bitsPerCharacter: bits)
        silence = nanoseconds(of: timing.silence)
        statistics = PacedStatistics(demandedSilence: timing.silence)
    }

    /// Notes that a request arrived.
    ///
    /// - Returns: When its last character has passed.
    public mutating func request(to unit: UInt8, characters: Int, at arrival: Int64) -> Int64 {
        if let lastCharacter { statistics.note(silence: arrival - lastCharacter, demanded: silence) }
        statistics.noteRequest(to: unit, at: arrival)
        let end = max(arrival, lastCharacter ?? arrival) + time(of: characters)
        lastCharacter = end
        return end
    }

    /// How the answer to a request that ended at `requestEnd` is to be written.
    ///
    /// - Parameter characters: Length of the answer with unit and checksum; without any there is nothing to write.
    public func answer(characters: Int, after requestEnd: Int64, turnaround: Duration) -> [Portion] {
        let start = requestEnd + silence + max(0, nanoseconds(of: turnaround))
        var portions: [Portion] = []
        var from = 0
        for place in 0..<max(0, characters) {
            let isLast = place == characters - 1
            guard place == 0 || isLast || time(of: place + 2 - from) > Self.gathering else { continue }
            portions.append(
                Portion(characters: from..<place + 1, due: start + time(of: place + 1), isLast: isLast))
            from = place + 1
        }
        return portions
    }

    /// Notes that a portion is written now, which is never before it is due.
    public mutating func write(_ portion: Portion, at moment: Int64) {
        lastCharacter = max(moment, lastCharacter ?? moment)
        if portion.isLast { statistics.noteAnswer(lateBy: max(0, moment - portion.due)) }
    }

    /// Begins to count again; what the wire remembers stays.
    public mutating func resetStatistics() { statistics = PacedStatistics(demandedSilence: timing.silence) }

    private func time(of characters: Int) -> Int64 { Int64(characters) * bits * 1_000_000_000 / baud }
}

/// What a paced line has seen.
public struct PacedStatistics: Hashable, Sendable, CustomStringConvertible {
    private static let step: Int64 = 100_000
    private static let steps = 500

    /// Silence that a master must keep before each request: 3.5 characters, and 1.75 ms above 19,200 baud.
    public let demandedSilence: Duration
    public private(set) var requests = 0
    /// Requests to each unit, by its number.
    public private(set) var requestsByUnit = [Int](repeating: 0, count: 256)
    /// Answers written to the end.
    public private(set) var answers = 0
    /// Requests that came before the line had been silent long enough, or while an answer was under way.
    public private(set) var violations = 0
    /// The shortest silence before a request; below zero when one came while another passed. `nil` before the second.
    public private(set) var shortestSilence: Duration?
    /// When the first and the last counted request arrived, in nanoseconds of the wire's clock.
    public private(set) var firstRequest: Int64?
    public private(set) var lastRequest: Int64?
    /// How late the last characters were written, together: what the simulator itself adds to the bus time.
    public private(set) var lateness: Duration = .zero
    public private(set) var longestLateness: Duration = .zero
    /// Silences by steps of 0.1 ms; the last step holds all longer ones.
    private var silences = [Int](repeating: 0, count: steps)

    init(demandedSilence: Duration) { self.demandedSilence = demandedSilence }

    /// Mean time from one request to the next; `nil` before the second.
    public var timePerRequest: Duration? {
        guard let firstRequest, let lastRequest, requests > 1 else { return nil }
        return .nanoseconds((lastRequest - firstRequest) / Int64(requests - 1))
    }

    /// Half of the silences were no longer than this, to 0.1 ms; `nil` before the second request.
    public var medianSilence: Duration? {
        let count = silences.reduce(0, +)
        guard count > 0 else { return nil }
        var passed = 0
        for (place, number) in silences.enumerated() {
            passed += number
            if passed * 2 >= count { return .nanoseconds(Int64(place + 1) * Self.step) }
        }
        return nil
    }

    mutating func noteRequest(to unit: UInt8, at arrival: Int64) {
        requests += 1
        requestsByUnit[Int(unit)] += 1
        firstRequest = firstRequest ?? arrival
        lastRequest = arrival
    }

    mutating func note(silence: Int64, demanded: Int64) {
        if silence < demanded { violations += 1 }
        let span = Duration.nanoseconds(silence)
        shortestSilence = min(shortestSilence ?? span, span)
        silences[Int(min(max(0, silence / Self.step), Int64(Self.steps - 1)))] += 1
    }

    mutating func noteAnswer(lateBy nanoseconds: Int64) {
        answers += 1
        lateness += .nanoseconds(nanoseconds)
        longestLateness = max(longestLateness, .nanoseconds(nanoseconds))
    }

    /// One line for people.
    public var description: String {
        "\(requests) requests, \(answers) answers, \(violations) without \(text(demandedSilence)) of silence before "
            + "(shortest \(shortestSilence.map(text) ?? "-"), median \(medianSilence.map(text) ?? "-")); "
            + "answers written late by \(text(lateness / max(1, answers))) on average, \(text(longestLateness)) at most"
    }

    private func text(_ span: Duration) -> String {
        "\(Double(nanoseconds(of: span) / 10_000) / 100) ms"
    }
}

/// Saturates at a century, so that sums of a few stay in range.
private func nanoseconds(of span: Duration) -> Int64 {
    let (seconds, attoseconds) = span.components
    return min(max(seconds, -3_000_000_000), 3_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
}
