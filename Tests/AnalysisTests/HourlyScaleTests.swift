// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing

@testable import Analysis

/// A register of 10 L in the hours of a home, some of them in another unit.
@Suite struct HourlyScaleTests {
    /// What the home draws in an hour: nothing by night, and by day now little, now much.
    private static func draw(_ hour: Int, _ random: inout SeededGenerator) -> Double {
        guard hour % 24 >= 6, Double.random(in: 0..<1, using: &random) < 0.55 else { return 0 }
        let much = Double.random(in: 0..<1, using: &random)
        return 8 + 150 * much * much
    }

    /// Hours as a register of 10 L shows them: litres of whole counts.
    private static func hours(_ litres: [Double]) -> [HourVolume] {
        var (total, shown) = (0.0, 0.0)
        return litres.enumerated().map { hour, volume in
            total += volume
            let counted = (total / 10).rounded(.down) * 10
            defer { shown = counted }
            return HourVolume(hour: monday.hourIndex + Int64(hour), litres: counted - shown, covered: 3_600_000)
        }
    }

    private static func home(days: Int, seed: UInt64, _ change: (Int, Double) -> Double = { $1 }) -> [HourVolume] {
        var random = SeededGenerator(seed: seed)
        return hours((0..<days * 24).map { change($0, draw($0, &random)) })
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `ten times as much is proved within four days and believed again afterwards`(seed: UInt64) throws {
        let wrong = 20 * 24..<30 * 24
        var scale = HourlyScale()
        var provedAt: Int?
        var believedAt: Int?
        for (hour, volume) in Self.home(days: 45, seed: seed, { wrong.contains($0) ? 10 * $1 : $1 }).enumerated() {
            scale.judge(volume, litresPerCount: 10)
            if scale.factor != nil { provedAt = provedAt ?? hour }
            if provedAt != nil, scale.factor == nil { believedAt = believedAt ?? hour }
            #expect(scale.factor == nil || scale.factor == 10)
        }
        let proved = try #require(provedAt)
        #expect((1...96).contains(proved - wrong.lowerBound), "after \(proved - wrong.lowerBound) h")
        let since = try #require(believedAt)
        #expect((1...168).contains(since - wrong.upperBound), "after \(since - wrong.upperBound) h")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a leak, a burst and guests are no wrong unit`(seed: UInt64) {
        let changes: [(Int, Double) -> Double] = [
            // A cistern that runs, a pipe that has burst, and twice as many people.
            { $1 + ($0 > 500 ? 60 : 0) }, { $1 + ((500..<520).contains($0) ? 1500 : 0) }, { $0 > 500 ? 2 * $1 : $1 },
        ]
        for (place, change) in changes.enumerated() {
            var scale = HourlyScale()
            var proved = 0
            for volume in Self.home(days: 40, seed: seed, change) {
                scale.judge(volume, litresPerCount: 10)
                proved += scale.factor == nil ? 0 : 1
            }
            #expect(proved == 0, "change \(place)")
        }
        // One spell is never suspected, or a burst would wait.
        var scale = HourlyScale()
        var suspected = 0
        for volume in Self.home(days: 22, seed: seed, changes[1]).prefix(520) {
            scale.judge(volume, litresPerCount: 10)
            suspected += scale.isSuspect ? 1 : 0
        }
        #expect(suspected == 0)
    }

    @Test func `it may be saved at any hour`() throws {
        var plain = HourlyScale()
        var saved = HourlyScale()
        for volume in Self.home(days: 30, seed: 4, { $0 > 480 ? 10 * $1 : $1 }) {
            plain.judge(volume, litresPerCount: 10)
            saved.judge(volume, litresPerCount: 10)
            saved = try JSONDecoder().decode(HourlyScale.self, from: JSONEncoder().encode(saved))
            #expect(saved == plain && saved.isWellFormed)
        }
        #expect(plain.factor == 10)
    }
}
