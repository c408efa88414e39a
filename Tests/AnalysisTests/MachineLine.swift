// SPDX-License-Identifier: Apache-2.0

import Model

@testable import Analysis
import TestKit

/// One value of one signal, some minutes after `monday`; `nil` for a poll that failed.
struct Told {
    var minute: Double
    var signal: Signal
    var value: Double?

    init(_ minute: Double, _ signal: Signal, _ value: Double?) {
        (self.minute, self.signal, self.value) = (minute, signal, value)
    }

    var at: Timestamp { monday + .milliseconds(Int64(minute * 60_000)) }
}

/// The asset of every machine under test.
let machine = AssetIdentifier("machine")

/// One machine whose signals are the only channels of its site.
struct MachineLine {
    var analyzer: Analyzer
    private let signals: [Signal]
    private let first: Int

    /// - Parameter period: Of every signal, in seconds.
    init(
        _ signals: [Signal], everySeconds period: Int = 60, announced: [Announcement] = [],
        describe: (inout SiteDescription) -> Void
    ) {
        var site = SiteDescription(
            zone: ZoneOffsets(name: "test", initialOffsetSeconds: 0, transitions: []), meters: [], gates: [])
        describe(&site)
        site.signals = signals.map { SignalDescription(asset: machine, signal: $0, period: .seconds(period)) }
        self.signals = signals
        first = site.gates.count
        analyzer = Analyzer(site: site, calendar: AnnouncedCalendar(announced))
    }

    func reading(_ told: Told) -> AnalyzerReading {
        AnalyzerReading(
            channel: first + (signals.firstIndex(of: told.signal) ?? signals.count),
            value: told.value.map { .measure($0) } ?? .none, at: told.at)
    }

    mutating func tell(_ told: Told...) -> [FindingChange] { tell(told) }

    mutating func tell(_ told: [Told]) -> [FindingChange] { told.flatMap { analyzer.ingest(reading($0)) } }

    /// The position of the machine as a gate.
    mutating func tell(isOpen: Bool, at minute: Double) -> [FindingChange] {
        analyzer.ingest(
            AnalyzerReading(channel: 0, value: .isOpen(isOpen), at: monday + .milliseconds(Int64(minute * 60_000))))
    }

    mutating func wait(until minute: Double) -> [FindingChange] {
        analyzer.advance(to: monday + .milliseconds(Int64(minute * 60_000)))
    }

    /// Saved and loaded between any two readings the analyzer finds the same.
    mutating func tellWithReloads(_ told: [Told], every step: Int) throws -> [FindingChange] {
        var changes: [FindingChange] = []
        for (place, one) in told.enumerated() {
            if place % step == 0 { analyzer = try analyzer.reloaded() }
            changes += tell(one)
        }
        return changes
    }
}

extension Timestamp {
    /// Whole minutes from `monday`, for tables.
    var minute: Double { minutesSinceMonday }
}

extension Sequence<FindingChange> {
    var updated: [Finding] {
        compactMap { if case .updated(let finding) = $0 { finding } else { nil } }
    }
}

extension SeededGenerator {
    /// Whether something happens that has this chance.
    mutating func happens(_ chance: Double) -> Bool { Double.random(in: 0..<1, using: &self) < chance }
}

/// A lift's counters, a reading each five minutes.
struct LiftDays {
    /// What the lift does at a minute since Monday.
    struct Habit {
        var tripsPerHour = 6.0
        var doorsPerTrip = 2.0
    }

    /// Chance is that of a seeded generator; nights have a fifth of the trips.
    static func told(
        minutes: Range<Int>, seed: UInt64, trips: Double = 10_000, habit: (Int) -> Habit
    ) -> [Told] {
        var random = SeededGenerator(seed: seed)
        var (trips, doors) = (trips, 2 * trips)
        var told: [Told] = []
        for minute in minutes {
            let habit = habit(minute)
            let isDay = (6..<23).contains(minute / 60 % 24)
            if random.happens(habit.tripsPerHour / 60 * (isDay ? 1 : 0.2)) {
                trips += 1
                doors += habit.doorsPerTrip.rounded(random.happens(0.5) ? .down : .up)
            }
            if minute % 5 == 0 {
                told += [
                    Told(Double(minute), .inService, 1), Told(Double(minute), .trips, trips),
                    Told(Double(minute), .doorCycles, doors),
                ]
            }
        }
        return told
    }
}
