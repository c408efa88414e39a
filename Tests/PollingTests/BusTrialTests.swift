// SPDX-License-Identifier: Apache-2.0

import BusTrials
import Foundation
import ModbusCodec
import Polling
import TestKit
import Testing

/// The short form of the program BusSimulation.
@Suite struct BusTrialTests {
    @Test(arguments: [1, 5])
    func `dead units of 30 leave the others their period and are found again`(dead: Int) {
        let result = DeadUnitTrial(phase: .seconds(200)).run(dead: dead)
        #expect(result.misses == [])
        #expect(result.timeoutsUntilDown >= 2 && result.probeShareOfAll > 0 && result.load > 0.6)
    }

    @Test func `every bundled profile is read in no more time than with the best fixed gap`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("DeviceProfiles")
        let rows = FixedGapTrial.rows(profilesIn: folder)
        #expect(rows.count >= 24)
        for row in rows {
            let row = try #require(row, "a profile cannot be read")
            #expect(!row.isMissed, "\(row.profile) at \(row.baud) baud: \(row.planned), fixed \(row.fixed)")
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `no fixed gap beats the plan, whatever is wanted`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let items = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            RegisterSpan(
                .holdingRegister, at: UInt16.random(in: 0...600, using: &random),
                count: UInt16.random(in: 1...4, using: &random))
        }
        let limits = ReadLimits(maximumRegisters: [8, 20, 125].randomElement(using: &random)!)
        for baud in FixedGapTrial.bauds {
            let cost = CostModel.serial(baud: baud, bitsPerCharacter: 11, turnaround: .milliseconds(20))
            func time(_ spans: [RegisterSpan]) -> Duration { spans.reduce(.zero) { $0 + cost.duration(of: $1) } }
            let planned = time(planReads(items, limits: limits, cost: cost))
            for gap in FixedGapTrial.gaps {
                let fixed = fixedGapPlan(items, limits: limits, gap: gap)
                #expect(items.allSatisfy { item in fixed.contains { $0.covers(item) } })
                #expect(planned <= time(fixed), "seed \(seed), gap \(gap), \(baud) baud")
            }
        }
    }
}
