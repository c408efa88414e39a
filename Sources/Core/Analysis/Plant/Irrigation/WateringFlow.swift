// SPDX-License-Identifier: Apache-2.0

import Model

/// D17, irrigation flow: runs that take far more water than they did (a broken head), far less, or none (a blockage).
struct WateringFlow: Hashable, Codable, Sendable {
    /// Beyond these shares of the usual flow. Pressure alone moves the flow of a sprinkler by its root.
    static let most = 1.3
    static let least = 0.2
    /// Minutes of such runs on end: two quarters of an hour, less what a reading at either end misses.
    static let minutes: Int64 = 20
    /// A run that says something about flow: minutes, and counts at the usual flow.
    private static let leastMinutes: Int64 = 10
    private static let leastCounts = 10.0
    /// Runs without water where water was due, and runs before that on which it came each time.
    static let missedRuns = 2
    static let runsBefore = 5
    /// After so many odd runs on end that is how the irrigation is now.
    private static let oddRuns = 5

    private struct Alarm: Hashable, Codable, Sendable {
        var start: Int64
        var end: Int64
        var flow: Double
        var usual: Double
        var missed: Int
    }

    private(set) var usual = UsualRun()
    private var oddMinutes: Int64 = 0
    private var oddInRow = 0
    private var oddSince: Int64 = 0
    private var missed = 0
    private var missedSince: Int64 = 0
    private var runsInRow = 0
    private var alarm: Alarm?

    init() {}

    /// Judges a run that is over.
    mutating func judge(
        _ run: WateringRun, _ law: RegisterLaw, statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        missed = 0
        runsInRow = min(runsInRow + 1, 1000)
        guard run.minutes >= Self.leastMinutes else { return nil }
        guard let flow = usual.flow else {
            usual.learn(run)
            return nil
        }
        guard flow * Double(run.minutes) / 60 >= Self.leastCounts * law.litresPerCount else { return nil }
        statistics.evaluations.irrigationFlow += 1
        let share = run.flow / flow
        guard share > Self.most || share < Self.least else {
            (oddMinutes, oddInRow) = (0, 0)
            if share > 2 - Self.most { usual.learn(run) }
            return end(at: run.last)
        }
        if oddInRow == 0 { oddSince = run.first }
        oddMinutes = min(oddMinutes + run.minutes, 100_000)
        oddInRow += 1
        if oddInRow >= Self.oddRuns {
            usual.forget()
            usual.learn(run)
            (oddMinutes, oddInRow) = (0, 0)
            return end(at: run.last)
        }
        guard alarm == nil, oddMinutes >= Self.minutes else { return nil }
        let new = Alarm(start: oddSince, end: run.last, flow: run.flow, usual: flow, missed: 0)
        alarm = new
        return .arises(grounds(new))
    }

    /// A slot has passed without a run.
    ///
    /// - Parameter isDue: Whether it is certain that neither rain nor wet soil stopped it.
    mutating func miss(
        _ slot: WateringTimes.Slot, isDue: Bool, statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        guard isDue, let flow = usual.flow, runsInRow >= Self.runsBefore else { return nil }
        statistics.evaluations.irrigationFlow += 1
        if missed == 0 { missedSince = slot.start }
        missed = min(missed + 1, 1000)
        guard missed >= Self.missedRuns, alarm == nil else { return nil }
        let new = Alarm(start: missedSince, end: slot.end, flow: 0, usual: flow, missed: missed)
        alarm = new
        return .arises(grounds(new))
    }

    private mutating func end(at minute: Int64) -> Verdict? {
        guard var held = alarm else { return nil }
        alarm = nil
        held.end = max(held.end, minute)
        return .ends(grounds(held), at: Timestamp(minuteIndex: minute))
    }

    private func grounds(_ held: Alarm) -> Grounds {
        let change = held.usual > 0 ? 100 * (held.flow / held.usual - 1) : 0
        return Grounds(
            startedAt: Timestamp(minuteIndex: held.start), severity: .p4, loss: nil,
            size: Measure("change", change, .percent),
            evidence: Evidence(
                from: Timestamp(minuteIndex: held.start), to: Timestamp(minuteIndex: held.end),
                measures: [
                    Measure("flow", held.flow, .litrePerHour),
                    Measure("usual_flow", held.usual, .litrePerHour),
                    Measure("change", change, .percent),
                    Measure("missed_runs", Double(held.missed)),
                    Measure("learned_runs", Double(usual.count)),
                    Measure("most_share", Self.most),
                    Measure("least_share", Self.least),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let minutes: ClosedRange<Int64> = -1...100_000_000
        return usual.isWellFormed && minutes.contains(oddMinutes) && minutes.contains(oddSince)
            && minutes.contains(missedSince) && (0..<Self.oddRuns).contains(oddInRow) && (0...1000).contains(missed)
            && (0...1000).contains(runsInRow)
            && (alarm.map {
                minutes.contains($0.start) && minutes.contains($0.end) && $0.flow.isFinite && $0.usual.isFinite
            } ?? true)
    }
}
