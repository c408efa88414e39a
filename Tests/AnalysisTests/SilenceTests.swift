// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct SilenceTests {
    private static let day = MetersEstate.day

    @Test func `a meter that tells nothing for a day is told of, once, until it is heard again`() throws {
        let estate = MetersEstate(
            days: 6, lost: [(3, 2 * Self.day..<4 * Self.day), (5, 2 * Self.day..<3 * Self.day - 60)])
        let (changes, analyzer) = estate.run()
        let finding = try #require(changes.of(.dropout).raised.first)
        #expect(changes.of(.dropout).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("home-2"))
        #expect(abs((finding.raisedAt - finding.startedAt).inSeconds / 3600 - 24.2) < 0.5)
        let cleared = try #require(changes.of(.dropout).cleared.first)
        #expect(abs((cleared.clearedAt?.minutesSinceMonday ?? 0) - Double(4 * Self.day)) <= 40)
        #expect(analyzer.statistics.evaluations.dropout > 0)
    }

    @Test func `when a building falls silent one finding stands on its riser`() {
        let lost = (1...5).map { (channel: $0, minutes: 2 * Self.day..<4 * Self.day) }
        let changes = MetersEstate(days: 6, lost: lost).run().changes.of(.dropout)
        #expect(changes.raised.map(\.asset) == [AssetIdentifier("riser")])
        #expect(changes.raised.first?.evidence.value("silent_children") == 5)
        #expect(changes.cleared.count == 1)
    }

    @Test func `silence that nothing breaks is told when time is told to go on`() throws {
        var (_, analyzer) = MetersEstate(homes: 2, days: 1).run()
        let end = monday + Self.day
        func wait(_ analyzer: inout Analyzer, _ minutes: ClosedRange<Int>) -> [FindingChange] {
            stride(from: minutes.lowerBound, through: minutes.upperBound, by: 15).flatMap {
                analyzer.advance(to: end + $0)
            }
        }
        #expect(wait(&analyzer, 15...23 * 60).of(.dropout).isEmpty)
        var loaded = try analyzer.reloaded()
        let changes = wait(&loaded, 23 * 60...25 * 60)
        // Both children and the riser are silent: it stands for all three.
        #expect(changes.of(.dropout).raised.map(\.asset) == [AssetIdentifier("riser")])
        #expect(wait(&analyzer, 23 * 60...25 * 60) == changes)
    }

    @Test func `two days without anybody are the gateway's, and a meter that was silent before stays told of`() {
        let pause = 4 * Self.day..<6 * Self.day
        let dead = (channel: 3, minutes: 2 * Self.day..<8 * Self.day)
        let lost = (0...8).map { (channel: $0, minutes: pause) } + [dead]
        let changes = MetersEstate(days: 9, lost: lost).run().changes.of(.dropout)
        #expect(changes.raised.map(\.asset) == [AssetIdentifier("home-2")])
        #expect(changes.cleared.map { Int($0.clearedAt?.minutesSinceMonday ?? 0) / Self.day } == [8])
    }

    @Test func `a meter that does not come back after a pause is told of a day later`() {
        let pause = 4 * Self.day..<6 * Self.day
        let dead = (channel: 3, minutes: pause.lowerBound..<9 * Self.day)
        let lost = (0...8).map { (channel: $0, minutes: pause) } + [dead]
        let changes = MetersEstate(days: 9, lost: lost).run().changes.of(.dropout)
        #expect(changes.raised.map(\.asset) == [AssetIdentifier("home-2")])
        #expect(changes.raised.map { Int($0.raisedAt.minutesSinceMonday) / Self.day } == [7])
    }

    @Test func `a damaged memory of what was heard is refused`() throws {
        let analyzer = MetersEstate(homes: 2, days: 1).run().analyzer
        #expect(throws: DecodingError.self) {
            try analyzer.reloaded { state in
                var silence = state["silence"] as? [String: Any] ?? [:]
                silence["heard"] = [1]
                state["silence"] = silence
            }
        }
        #expect(throws: DecodingError.self) {
            try analyzer.reloaded { state in
                var excess = state["excessUse"] as? [String: Any] ?? [:]
                excess["week"] = -1
                state["excessUse"] = excess
            }
        }
    }

    @Test func `people who take far more than their neighbours are told of after two weeks`() throws {
        let occupants: [Int?] = [2, 2, 2, 2, 2, 2, 2, nil]
        let (changes, analyzer) = MetersEstate(days: 24, occupants: occupants, thirst: 3).run()
        let finding = try #require(changes.of(.excessUse).raised.first)
        #expect(changes.of(.excessUse).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("home-0"))
        #expect((14.0...17).contains(finding.raisedAt.minutesSinceMonday / Double(Self.day)))
        #expect(finding.severity == .p4)
        #expect(analyzer.statistics.evaluations.excessUse > 0)
        // Three times the water for three times the people is no excess.
        let large = MetersEstate(days: 24, occupants: [6] + occupants.dropFirst(), thirst: 3).run().changes
        #expect(large.of(.excessUse).isEmpty)
    }
}
