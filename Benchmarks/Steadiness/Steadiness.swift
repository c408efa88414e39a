// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import EstateMaker
import Foundation
import Leakbench
import Model

/// Whether findings depend on what they must not depend on.
@main
struct Steadiness: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show that findings are the same under repeats, restarts and late arrival, and can be found again.",
        discussion: """
            Each seed makes a small estate and gives its readings to the analyzer three times: as they arrive; with one
            reading in ten repeated and the analyzer saved and loaded at random readings; and with every reading held
            back for up to ten minutes, inside its lateness limit. The second run must give the same changes of
            findings, each one to the last bit. The third must give the same findings of rules that judge whole hours.
            Every finding is found again from what a gateway would keep of it.

            Example:
              Steadiness --seeds 1000
            """)

    @Option(help: "Number of estates.") var seeds = 100
    @Option(help: "Seed of the first estate.") var first: UInt64 = 1
    @Option(help: "Days of readings.") var days = 14
    @Option(help: "Dwellings of an estate.") var dwellings = 6
    @Option(help: "Times the analyzer is saved and loaded in a run.") var restarts = 10

    func validate() throws {
        guard (1...100_000).contains(seeds), (1...1_000_000).contains(first), (1...1000).contains(days),
            (1...500).contains(dwellings),
            (0...10_000).contains(restarts)
        else {
            throw ValidationError("seeds 1-100000, first 1-1000000, days 1-1000, dwellings 1-500, restarts 0-10000.")
        }
    }

    func run() throws {
        var sum = Trial.Outcome()
        let start = ContinuousClock.now
        for seed in first..<first + UInt64(seeds) {
            let outcome = try Trial(seed: seed, days: days, dwellings: dwellings, restarts: restarts).run()
            if !outcome.isWhole {
                print("seed \(seed): \(outcome.text)")
                // Told at once, also into a file.
                fflush(nil)
            }
            sum.add(outcome)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("\(seeds) estates, \(sum.readings) readings, \(Int(seconds)) s")
        print("repeats and restarts: the same changes on \(sum.steady) of \(sum.estates) estates")
        print("late arrival: the same hourly findings on \(sum.orderless) of \(sum.estates) estates")
        print("found again to the last bit: \(sum.recomputed) of \(sum.findings) findings")
        guard sum.isWhole else { throw ExitCode(1) }
    }
}
