// SPDX-License-Identifier: Apache-2.0

/// How long one unit takes to begin its answer, learned from its answers.
///
/// A histogram of 160 counters, so that the memory of a unit never grows: its steps are an eighth of an octave or
/// finer (at most 12.5 %), from 16 us to a minute. Every figure is the upper edge of a step, never below what was
/// measured. After about 4,000 answers all counts are halved, so that what a unit did long ago fades.
public struct TurnaroundEstimate: Hashable, Sendable {
    /// Answers before the estimate is used at all.
    public static let answersNeeded = 200
    private static let shortestTimeout: Int64 = 100_000_000
    private static let fadingAt = 4096
    private static let steps = 160

    private var counts = [UInt16](repeating: 0, count: steps)
    /// Weight in the histogram: answers, halved now and then, and what late ones were given on top.
    private var total = 0
    private var isCutShort = false
    /// Answers noted, up to ``answersNeeded``.
    private var answers = 0

    public init() {}

    /// Whether enough answers are known to rest a timeout on them.
    public var isLearned: Bool { answers >= Self.answersNeeded }

    /// Half of the answers began no later than this; `nil` until enough are known.
    public var median: Duration? { isLearned ? .nanoseconds(quantile(percent: 50)) : nil }

    /// 99 of 100 answers began no later than this; `nil` until enough are known.
    public var p99: Duration? { isLearned ? .nanoseconds(quantile(percent: 99)) : nil }

    /// Notes the time from the end of a request to the first byte of its answer, also of one that came too late.
    ///
    /// An answer later than the timeout that was learned is given the weight of a hundredth of all, so that the 99th
    /// percentile, and with it the timeout, rises to it at once.
    public mutating func note(_ turnaround: Duration) {
        let nanoseconds = max(0, turnaround.wholeNanoseconds)
        let weight = isLearned && nanoseconds > learnedTimeout ? total / 99 + 1 : 1
        counts[Self.step(of: nanoseconds)] += UInt16(weight)
        total += weight
        answers = min(answers + 1, Self.answersNeeded)
        isCutShort = false
        if total >= Self.fadingAt { fade() }
    }

    /// Notes that no answer came in time.
    ///
    /// Nobody knows whether a longer wait would have brought it; so the configured time is waited until the unit
    /// answers again, and a unit that became slower teaches that instead of seeming dead.
    public mutating func noteSilence() { isCutShort = true }

    /// Longest wait for the first byte of an answer: 1.5 times the 99th percentile and 20 ms, at least 100 ms and
    /// at most `configured`.
    ///
    /// - Parameters:
    ///   - configured: The site's timeout, which holds until ``answersNeeded`` answers are known and after a silence.
    ///   - least: What the profile says the device may take; the timeout is never below it.
    public func timeout(configured: Duration, least: Duration = .zero) -> Duration {
        guard isLearned, !isCutShort else { return max(configured, least) }
        return max(min(.nanoseconds(max(learnedTimeout, Self.shortestTimeout)), configured), least)
    }

    private var learnedTimeout: Int64 { quantile(percent: 99) * 3 / 2 + 20_000_000 }

    /// The nearest rank: the smallest step edge that at least this share of the weight does not exceed.
    private func quantile(percent: Int) -> Int64 {
        let rank = (total * percent + 99) / 100
        var passed = 0
        for (step, count) in counts.enumerated() where count > 0 {
            passed += Int(count)
            if passed >= rank { return Self.upperEdge(of: step) }
        }
        return 0
    }

    /// Rounds up, so that a rare slow answer is not forgotten before the many quick ones are.
    private mutating func fade() {
        total = 0
        for step in counts.indices {
            counts[step] = (counts[step] + 1) / 2
            total += Int(counts[step])
        }
    }

    // Eight steps of one unit of 2^14 ns each, then eight to each octave.
    private static func step(of nanoseconds: Int64) -> Int {
        let units = UInt64(nanoseconds) >> 14
        guard units >= 8 else { return Int(units) }
        let octave = 63 - units.leadingZeroBitCount
        return min((octave - 2) * 8 + Int(units >> UInt64(octave - 3)) & 7, steps - 1)
    }

    private static func upperEdge(of step: Int) -> Int64 {
        guard step >= 8 else { return Int64(step + 1) << 14 }
        return Int64(9 + step % 8) << Int64(step / 8 + 13)
    }
}
