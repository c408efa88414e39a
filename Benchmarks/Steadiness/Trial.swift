// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import Foundation
import Leakbench
import Model

/// One estate whose readings are given to the analyzer in several ways.
struct Trial {
    struct Outcome {
        var estates = 0
        var readings = 0
        var steady = 0
        var orderless = 0
        var findings = 0
        var recomputed = 0
        /// Hourly findings of one order of arrival that the other did not raise.
        var differing: [String] = []

        var isWhole: Bool { steady == estates && orderless == estates && recomputed == findings }
        var text: String {
            "same under repeats and restarts: \(steady == estates), in any order: \(orderless == estates), "
                + "found again \(recomputed) of \(findings)" + differing.map { "\n  \($0)" }.joined()
        }

        mutating func add(_ other: Outcome) {
            estates += other.estates
            readings += other.readings
            steady += other.steady
            orderless += other.orderless
            findings += other.findings
            recomputed += other.recomputed
        }
    }

    var seed: UInt64
    var days: Int
    var dwellings: Int
    var restarts: Int

    /// Rules that judge whole hours only: they wait for late readings, so the order of arrival is nothing to them.
    static let hourly: Set<RuleIdentifier> = [.toiletLeak, .drippingTap, .leak, .continuousFlow]
    /// Longest time that a reading is held back.
    private static let longestDelay: Int64 = 600_000

    func run() throws -> Outcome {
        let folder = NSTemporaryDirectory() + "steadiness-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Estate(seed: seed, days: days, dwellings: dwellings).write(to: folder)
        let recording = try LeakbenchRecording(folder: folder) { name in
            guard let zone = estateZone(named: name) else { throw LeakbenchError(path: folder, "zone '\(name)'.") }
            return zone
        }
        var report = LeakbenchReport()
        var readings: [AnalyzerReading] = []
        try recording.forEachReading(report: &report) {
            var reading = $0
            reading.sequence = SequenceNumber(Int64(readings.count) + 1)
            readings.append(reading)
        }
        var outcome = Outcome()
        outcome.estates = 1
        outcome.readings = readings.count
        let fresh = Analyzer(site: recording.site, calendar: recording.calendar)
        let (straight, arrivals) = try follow(readings, fresh, &outcome)
        var random = Steps(state: seed &* 0x9E37_79B9_7F4A_7C15)
        outcome.steady =
            try changes(repeated(readings, &random), fresh, restarts: restarts, &random) == straight ? 1 : 0
        let late = Self.hourly(try changes(heldBack(arrivals, &random), fresh, restarts: 0, &random))
        let expected = Self.hourly(straight)
        outcome.orderless = late == expected ? 1 : 0
        outcome.differing =
            Set(expected).subtracting(late).sorted().map { "only as they arrive: \($0)" }
            + Set(late).subtracting(expected).sorted().map { "only held back: \($0)" }
        return outcome
    }

    /// A reading, and what may be done to it.
    private struct Arrival {
        var reading: AnalyzerReading
        /// Data time when it came, in milliseconds.
        var at: Int64
        /// For how long it can be held back and still reach its hour, in milliseconds; `nil` when it came too late.
        var patience: Int64?
    }

    /// Changes of the readings as they arrive; every finding is found again.
    private func follow(
        _ readings: [AnalyzerReading], _ fresh: Analyzer, _ outcome: inout Outcome
    ) throws -> ([FindingChange], [Arrival]) {
        var analyzer = fresh
        var trails = try TrailRecorder(analyzer)
        var changes: [FindingChange] = []
        var arrivals: [Arrival] = []
        arrivals.reserveCapacity(readings.count)
        for reading in readings {
            try trails.note(reading, analyzer)
            let tooLate = analyzer.statistics.tooLate
            let new = analyzer.ingest(reading)
            let now = (analyzer.dataTime ?? reading.at).milliseconds
            let rest = analyzer.lateness(ofChannel: reading.channel).map {
                reading.at.milliseconds + Int64($0 / .milliseconds(1)) - now
            }
            arrivals.append(
                Arrival(
                    reading: reading, at: now,
                    patience: analyzer.statistics.tooLate > tooLate ? nil : max(rest ?? Self.longestDelay, 0)))
            for case .raised(let finding) in new {
                outcome.findings += 1
                outcome.recomputed += try trails.trail(of: finding).recompute().differences.isEmpty ? 1 : 0
            }
            changes += new
        }
        return (changes, arrivals)
    }

    private func changes(
        _ readings: [AnalyzerReading], _ fresh: Analyzer, restarts: Int, _ random: inout Steps
    ) throws -> [FindingChange] {
        var analyzer = fresh
        let stops = Set((0..<restarts).map { _ in Int(random.next() % UInt64(max(1, readings.count))) })
        var changes: [FindingChange] = []
        for (place, reading) in readings.enumerated() {
            if stops.contains(place) {
                analyzer = try JSONDecoder().decode(Analyzer.self, from: JSONEncoder().encode(analyzer))
            }
            changes += analyzer.ingest(reading)
        }
        return changes
    }

    /// One reading in ten comes again, up to a hundred readings later.
    private func repeated(_ readings: [AnalyzerReading], _ random: inout Steps) -> [AnalyzerReading] {
        var all: [(place: Int, isRepeat: Int, reading: AnalyzerReading)] = []
        for (place, reading) in readings.enumerated() {
            all.append((place, 0, reading))
            if random.next() % 10 == 0 { all.append((place + Int(random.next() % 100), 1, reading)) }
        }
        return all.enumerated().sorted {
            ($0.element.place, $0.element.isRepeat, $0.offset) < ($1.element.place, $1.element.isRepeat, $1.offset)
        }.map(\.element.reading)
    }

    /// Each reading comes up to ten minutes later, so that their order changes: one that came in time for its hour still
    /// does, and one that did not comes too late again.
    private func heldBack(_ arrivals: [Arrival], _ random: inout Steps) -> [AnalyzerReading] {
        arrivals.map { arrival -> (at: Int64, reading: AnalyzerReading) in
            let delay = Int64(random.next() % UInt64(Self.longestDelay))
            // Ten minutes later data time is no earlier than it was, although its readings were held back too.
            return (arrival.at + (arrival.patience.map { min(delay, $0) } ?? Self.longestDelay), arrival.reading)
        }.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element.reading)
    }

    /// What the hourly rules found: rule, place and start by their own evidence.
    ///
    /// A finding of the minutes that has been told of the same water before moves to the lower meter instead of a new one
    /// being raised; whether there is one depends on the order of arrival, what the hours prove does not.
    private static func hourly(_ changes: [FindingChange]) -> [String] {
        var seen: Set<String> = []
        return changes.compactMap { change in
            let finding: Finding
            switch change {
            case .raised(let new), .updated(let new): finding = new
            case .cleared: return nil
            }
            guard hourly.contains(finding.rule), seen.insert("\(finding.identifier) \(finding.asset)").inserted else {
                return nil
            }
            return "\(finding.rule) \(finding.asset) \(finding.evidence.from.rfc3339)"
        }.sorted()
    }
}

/// SplitMix64: chance from a seed.
struct Steps {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
