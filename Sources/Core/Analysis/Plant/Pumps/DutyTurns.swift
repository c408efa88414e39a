// SPDX-License-Identifier: Apache-2.0

import Model

/// D13, duty imbalance: pumps that used to take turns no longer do, and one does all the work.
///
/// A turn is a stretch in which only one pump of the set starts. Some sets change at every start, some once a day or a
/// week; so a turn is long only beside the turns that the set has made before, in starts and in time.
struct DutyTurns: Hashable, Codable, Sendable {
    /// Turns that must be known, and how many are remembered.
    static let learningTurns = 6
    static let memory = 12
    /// Least starts and time of a turn that is called too long, and how far beyond the longest before.
    static let leastStarts = 10
    static let leastTime: Duration = .seconds(60 * 3600)
    static let beyond = 3.0

    private var startsOfTurns: [Int32] = []
    private var hoursOfTurns: [Float] = []
    private var pump: Int?
    private var since: Timestamp?
    private var starts = 0
    private var isExcused = false
    private var isInAlarm = false
    private var firstSequence: Int64?

    init() {
        startsOfTurns.reserveCapacity(Self.memory)
        hoursOfTurns.reserveCapacity(Self.memory)
    }

    /// Whether the pumps take turns at every start or two, so that what one shows they all show.
    var alternates: Bool { startsOfTurns.count >= Self.learningTurns && longestStarts <= 2 }

    /// Notes that another finding explains why one pump works alone, or that nothing was heard for long.
    mutating func excuse() { isExcused = true }

    /// Takes the start of one pump, by its place in the set.
    ///
    /// - Returns: The place of the pump that does the work and what is to be said of it.
    mutating func take(
        start place: Int, at: Timestamp, sequence: Int64?, statistics: inout AnalyzerStatistics
    ) -> (place: Int, verdict: Verdict)? {
        if startsOfTurns.count >= Self.learningTurns { statistics.evaluations.dutyImbalance += 1 }
        guard place == pump, let began = since else {
            defer {
                (pump, since, starts, isExcused, firstSequence) = (place, at, 1, false, sequence)
            }
            guard let old = pump, let began = since else { return nil }
            if isInAlarm {
                isInAlarm = false
                return (old, .ends(grounds(to: at, began, sequence), at: at))
            }
            if !isExcused { learn(at - began) }
            return nil
        }
        starts = min(starts + 1, 1_000_000)
        guard startsOfTurns.count >= Self.learningTurns, !isInAlarm else { return nil }
        guard !isExcused, Double(starts) >= max(Double(Self.leastStarts), Self.beyond * longestStarts),
            at - began >= Self.leastTime, (at - began).inSeconds / 3600 >= Self.beyond * longestHours
        else { return nil }
        isInAlarm = true
        return (place, .arises(grounds(to: at, began, sequence)))
    }

    private mutating func learn(_ length: Duration) {
        if startsOfTurns.count >= Self.memory { startsOfTurns.removeFirst() }
        if hoursOfTurns.count >= Self.memory { hoursOfTurns.removeFirst() }
        startsOfTurns.append(Int32(starts))
        hoursOfTurns.append(Float(max(0, length.inSeconds) / 3600))
    }

    private var longestStarts: Double { Double(startsOfTurns.max() ?? 0) }
    private var longestHours: Double { Double(hoursOfTurns.max() ?? 0) }

    private func grounds(to end: Timestamp, _ began: Timestamp, _ sequence: Int64?) -> Grounds {
        Grounds(
            startedAt: began, severity: .p4, loss: nil, size: Measure("starts", Double(starts)),
            evidence: Evidence(
                from: began, to: end,
                measures: [
                    Measure("starts", Double(starts)),
                    Measure("hours", max(0, (end - began).inSeconds) / 3600, .hour),
                    Measure("longest_turn_starts", longestStarts),
                    Measure("longest_turn_hours", longestHours, .hour),
                    Measure("learned_turns", Double(startsOfTurns.count)),
                    Measure("required_ratio", Self.beyond),
                ],
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: sequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(pumps: Int) -> Bool {
        startsOfTurns.count <= Self.memory && hoursOfTurns.count <= Self.memory && hoursOfTurns.allSatisfy(\.isFinite)
            && (0...1_000_000).contains(starts) && (pump.map { (0..<pumps).contains($0) } ?? true)
            && (since.map { DataClock.believable.contains($0) } ?? true)
    }
}
