// SPDX-License-Identifier: Apache-2.0

import Model

/// D9 for a tank without a level sensor: its meter passes water for longer than any filling did.
///
/// Only a meter that stands still between the fillings can tell; one that feeds dwellings too seldom does.
struct LongFill: Hashable, Codable, Sendable {
    /// A filling is over when the meter has passed less than this share of an hour's most for half an hour.
    private static let pause: Int64 = 30
    /// Times the longest filling so far.
    static let factor = 1.5
    /// Fillings that tell what is usual.
    private static let fewest = 14

    private var startMinute: Int64?
    private var flowedAt: Int64 = -1
    private var through: Int64 = -1
    /// Longest of the fillings so far, in minutes, and how many there were.
    private var longest = 0.0
    private var count = 0
    private(set) var isInAlarm = false

    init() {}

    /// Judges once a minute of data time.
    ///
    /// - Parameter minutes: The register of the meter above the tank.
    mutating func judge(_ minutes: MinuteRegister, litresPerCount: Double, now: Timestamp) -> Verdict? {
        let end = minutes.knownThrough
        guard end > through, let passed = minutes.volume(from: end - Self.pause, to: end) else {
            // A hole: nobody knows how long it filled.
            if end > through + Self.pause, !isInAlarm { startMinute = nil }
            return nil
        }
        through = end
        // One count may have been waiting to fall since long before.
        if passed > 1.5 * litresPerCount {
            flowedAt = end
            if startMinute == nil { startMinute = end - 1 }
        }
        guard let start = startMinute else { return nil }
        let lasted = Double(flowedAt - start)
        if end - flowedAt >= Self.pause {
            startMinute = nil
            count = min(count + 1, 1 << 30)
            if isInAlarm {
                isInAlarm = false
                return .ends(grounds(start, lasted, now), at: Timestamp(minuteIndex: flowedAt))
            }
            // The longest is forgotten slowly, for a tank may once have been filled from empty.
            longest = max(lasted, longest * 0.999)
            return nil
        }
        guard !isInAlarm, count >= Self.fewest, lasted > Self.factor * longest + Double(Self.pause) else { return nil }
        isInAlarm = true
        return .arises(grounds(start, lasted, now))
    }

    var isKnown: Bool { count >= Self.fewest }

    private func grounds(_ start: Int64, _ lasted: Double, _ now: Timestamp) -> Grounds {
        let from = Timestamp(minuteIndex: start)
        return Grounds(
            startedAt: from, severity: .p1, loss: nil, size: Measure("fill", lasted, .minute),
            evidence: Evidence(
                from: from, to: max(from, now),
                measures: [
                    Measure("fill", lasted, .minute), Measure("longest_fill", longest, .minute),
                    Measure("required_factor", Self.factor),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return minutes.contains(startMinute ?? 0) && minutes.contains(flowedAt) && minutes.contains(through)
            && longest.isFinite && (0...1 << 30).contains(count)
    }
}
