// SPDX-License-Identifier: Apache-2.0

import BusTrials
import Foundation
import Model

/// Dead units on a line of 30 at 9600 baud, and plans against fixed gaps over all bundled profiles, in virtual time.
///
/// Usage: BusSimulation [FOLDER OF DEVICE PROFILES]
///
/// Exits 1 when a target is missed.
@main
struct BusSimulation {
    static func main() {
        var isMissed = deadUnits()
        isMissed = sameUnitOnTwoBuses() || isMissed
        isMissed = fixedGaps() || isMissed
        print(isMissed ? "A TARGET WAS MISSED" : "every target was met")
        if isMissed { exit(1) }
    }

    private static func deadUnits() -> Bool {
        print("30 units on a line of 9600 baud, 10 registers every 2.7 s, timeout 500 ms; off and on again twice")
        var isMissed = false
        for dead in [0, 1, 5] {
            let result = DeadUnitTrial(phase: .seconds(600)).run(dead: dead)
            isMissed = isMissed || !result.misses.isEmpty
            print(
                "  \(dead) dead, load \(text(result.load)): others' period x \(text(result.periodRatio, 4))"
                    + " (<= \(DeadUnitTrial.Target.periodRatio(dead: dead)))")
            guard dead > 0 else { continue }
            print(
                "    \(result.timeoutsUntilDown) timeouts until seen dead (<= \(DeadUnitTrial.Target.timeoutsUntilDown)),"
                    + " back after \(text(result.recovery.inSeconds, 1)) s"
                    + " (probe interval \(text(result.probeInterval.inSeconds, 1)) s)")
            print(
                "    probes of one \(text(result.probeShareOfOne * 100, 2)) % (<= 5),"
                    + " of all \(text(result.probeShareOfAll * 100, 2)) % of the bus (<= 10)")
            for miss in result.misses { print("    MISSED: \(miss)") }
        }
        return isMissed
    }

    private static func sameUnitOnTwoBuses() -> Bool {
        let trial = DeadUnitTrial(phase: .seconds(600))
        let (with, beside, alone) = (
            trial.run(dead: 1), trial.run(dead: 0, busNumber: 1), trial.run(dead: 0, busNumber: 1)
        )
        let isMissed = beside.periodRatio != alone.periodRatio || with.timeoutsUntilDown == 0
        print(
            "unit 1 dead on one bus: period of unit 1 ... 30 on the other x \(text(beside.periodRatio, 4))"
                + (isMissed ? " MISSED" : ""))
        return isMissed
    }

    private static func fixedGaps() -> Bool {
        let folder =
            CommandLine.arguments.count > 1
            ? URL(fileURLWithPath: CommandLine.arguments[1])
            : URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("DeviceProfiles")
        let rows = FixedGapTrial.rows(profilesIn: folder)
        print("all registers of a profile once, 20 ms to answer, milliseconds (requests):")
        print("  " + cells(["profile", "baud", "planned"] + FixedGapTrial.gaps.map { "gap \($0)" }))
        var isMissed = rows.isEmpty
        for row in rows {
            guard let row else {
                print("  a profile could not be read")
                isMissed = true
                continue
            }
            func cell(_ plan: FixedGapTrial.Plan) -> String {
                "\(text(plan.time.inSeconds * 1000, 1)) (\(plan.requests))"
            }
            print(
                "  " + cells([row.profile, "\(row.baud)", cell(row.planned)] + row.fixed.map(cell))
                    + (row.isMissed ? " MISSED" : ""))
            isMissed = isMissed || row.isMissed
        }
        return isMissed
    }

    private static func cells(_ cells: [String]) -> String {
        zip(cells, [34, 8, 14, 14, 14, 14, 14]).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }

    private static func text(_ value: Double, _ decimals: Int = 3) -> String {
        String(format: "%.\(decimals)f", value)
    }
}
