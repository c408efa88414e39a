// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Analysis

@Suite struct UnderRegistrationTests {
    private static let day = MetersEstate.day

    @Test(arguments: [(1, 0.7), (2, 0.85)] as [(UInt64, Double)])
    func `a riser that counts too little is found with its share`(seed: UInt64, share: Double) throws {
        let start = 9 * Self.day + 700
        let estate = MetersEstate(seed: seed, days: 20, faults: [(0, share, start..<16 * Self.day)])
        let (changes, analyzer) = estate.run()
        let finding = try #require(changes.of(.underRegistration).raised.first)
        #expect(changes.of(.underRegistration).raised.count == 1)
        #expect(finding.asset == AssetIdentifier("riser"))
        #expect(abs((finding.size?.value ?? 0) - 100 * (1 - share)) < 2)
        #expect((24.0...72).contains((finding.raisedAt.minutesSinceMonday - Double(start)) / 60))
        #expect(abs(finding.startedAt.minutesSinceMonday - Double(start)) < 8 * 60)
        #expect(changes.of(.underRegistration).cleared.count == 1)
        #expect(changes.of(.massBalance).isEmpty && changes.of(.stuckMeter).isEmpty)
        #expect(analyzer.statistics.evaluations.underRegistration > 0)
    }

    @Test func `a common tap that is closed again is no meter that counts too little`() {
        let tap = SteadyFlow(minutes: 0..<10 * Self.day, litresPerHour: 40)
        let (changes, analyzer) = MetersEstate(days: 16, loss: [tap]).run()
        #expect(changes.of(.underRegistration).isEmpty)
        #expect(analyzer.statistics.evaluations.underRegistration > 0)
    }

    @Test(arguments: [0.52, 0.6, 0.9])
    func `saved and loaded it finds the same`(part: Double) throws {
        let estate = MetersEstate(
            days: 17, faults: [(0, 0.7, 9 * Self.day..<14 * Self.day)])
        let whole = estate.run().changes
        #expect(whole.of(.underRegistration).cleared.count == 1)
        #expect(try estate.runReloaded(after: part) == whole)
    }

    @Test(arguments: ["history", "block", "ratio", "loss"])
    func `a damaged memory of a zone is refused`(part: String) throws {
        let analyzer = MetersEstate(homes: 2, days: 2).run().analyzer
        #expect(throws: DecodingError.self) {
            try analyzer.reloaded { state in
                guard var zones = state["zoneHours"] as? [[String: Any]] else { return }
                var memory = zones[0][part] as? [String: Any] ?? [:]
                switch part {
                case "history": memory["residuals"] = [7]
                case "block": memory["count"] = 5000
                case "ratio": memory["stamps"] = [1, 2, 3]
                case "loss": memory["sums"] = [0.5]
                default: break
                }
                zones[0][part] = memory
                state["zoneHours"] = zones
            }
        }
        _ = try analyzer.reloaded { _ in }
    }
}
