// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model

@testable import Analysis
import TestKit

/// Midnight of a Monday, UTC.
let monday = Timestamp(rfc3339: "2026-03-02T00:00:00Z")!

extension Timestamp {
    static func + (moment: Timestamp, minutes: Int) -> Timestamp { moment + .seconds(60 * minutes) }
    /// Minutes from `monday`.
    var minutesSinceMonday: Double { (self - monday).inSeconds / 60 }
}

/// Water that runs steadily for a while.
struct SteadyFlow {
    /// Minutes since the start.
    var minutes: Range<Int>
    var litresPerHour: Double
}

/// What passed a meter since the start, in litres, at each whole minute.
struct WaterCourse {
    var litres: [Double]

    /// A home: taps and showers by day, next to nothing by night, and what is added to it.
    static func home(minutes: Int, added: [SteadyFlow] = [], using random: inout SeededGenerator) -> WaterCourse {
        var flow = [Double](repeating: 0, count: minutes)
        var minute = 0
        while minute < minutes {
            let hour = minute / 60 % 24
            if Double.random(in: 0..<1, using: &random) < (hour >= 6 && hour < 23 ? 0.03 : 0.0005) {
                let rate = Double.random(in: 3..<11, using: &random)
                for later in minute..<min(minute + Int.random(in: 1...6, using: &random), minutes) {
                    flow[later] = rate
                }
            }
            minute += 1
        }
        return WaterCourse(flow: flow, added: added)
    }

    /// Nothing but what is added.
    init(flow: [Double], added: [SteadyFlow] = []) {
        var flow = flow
        for part in added {
            for minute in part.minutes.clamped(to: 0..<flow.count) { flow[minute] += part.litresPerHour / 60 }
        }
        litres = [0]
        for value in flow { litres.append(litres[litres.count - 1] + value) }
    }

    /// All of `courses` and what is added.
    init(sum courses: [WaterCourse], added: [SteadyFlow] = []) {
        let own = WaterCourse(flow: Array(repeating: 0, count: courses[0].litres.count - 1), added: added)
        litres = own.litres
        for course in courses {
            for minute in litres.indices { litres[minute] += course.litres[minute] }
        }
    }

    func litres(at moment: Timestamp) -> Double {
        let minutes = max(0, moment.minutesSinceMonday)
        let whole = min(Int(minutes), litres.count - 1)
        guard whole + 1 < litres.count else { return litres[whole] }
        return litres[whole] + (litres[whole + 1] - litres[whole]) * (minutes - Double(whole))
    }

    /// The register at `moment` in counts.
    func count(at moment: Timestamp, litresPerCount: Double, from first: Int64 = 5000) -> Int64 {
        first + Int64(litres(at: moment) / litresPerCount)
    }
}

/// Readings of one meter: its stamps, a period apart with some jitter, from `from` to `to` minutes.
func stamps(
    everySeconds period: Int, from: Int = 0, to: Int, phase: Int = 0, jitter: Int = 0,
    using random: inout SeededGenerator
) -> [Timestamp] {
    stride(from: from * 60 + phase, to: to * 60, by: period).map { second in
        monday + .seconds(second + (jitter > 0 ? Int.random(in: 0..<jitter, using: &random) : 0))
    }
}

func readings(
    _ channel: Int, _ course: WaterCourse, at stamps: [Timestamp], litresPerCount: Double
) -> [AnalyzerReading] {
    stamps.map {
        AnalyzerReading(channel: channel, value: .count(course.count(at: $0, litresPerCount: litresPerCount)), at: $0)
    }
}

/// Puts readings in the order of their stamps and numbers them.
func arrived(_ readings: [AnalyzerReading]) -> [AnalyzerReading] {
    var sorted = readings.enumerated().sorted {
        ($0.element.at, $0.element.channel, $0.offset) < ($1.element.at, $1.element.channel, $1.offset)
    }.map(\.element)
    for index in sorted.indices { sorted[index].sequence = SequenceNumber(Int64(index) + 1) }
    return sorted
}

extension Analyzer {
    mutating func ingest(_ readings: some Sequence<AnalyzerReading>) -> [FindingChange] {
        readings.flatMap { ingest($0) }
    }

    /// Saved and loaded again.
    func reloaded() throws -> Analyzer {
        try JSONDecoder().decode(Analyzer.self, from: JSONEncoder().encode(self))
    }
}

extension Sequence<FindingChange> {
    func of(_ rule: RuleIdentifier) -> [FindingChange] { filter { $0.finding.rule == rule } }
    /// Whatever a meter's own history proves about water that runs behind it.
    var ofLeaks: [FindingChange] {
        filter { [.continuousFlow, .toiletLeak, .drippingTap, .leak].contains($0.finding.rule) }
    }
    var raised: [Finding] {
        compactMap { if case .raised(let finding) = $0 { finding } else { nil } }
    }
    var cleared: [Finding] {
        compactMap { if case .cleared(let finding) = $0 { finding } else { nil } }
    }
}

func unit(
    _ name: String, parent: String? = nil, litresPerCount: Double = 1, role: MeterDescription.Role = .unit,
    everySeconds period: Int = 900, nominalFlow: Double? = nil, modulus: UInt64? = nil
) -> MeterDescription {
    MeterDescription(
        asset: AssetIdentifier(name), role: role, parent: parent.map { AssetIdentifier($0) },
        litresPerCount: litresPerCount, counterModulus: modulus, nominalFlow: nominalFlow.map { LitresPerHour($0) },
        period: .seconds(period))
}
