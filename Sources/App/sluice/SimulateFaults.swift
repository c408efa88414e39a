// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway

extension Simulate {
    /// Lives through whole sites in virtual time, one a seed, and tells what did not hold.
    func runFaults(hours: Int) throws {
        let site = try SiteSimulation.practiceSite(profileFolders: ProfileFolders.standard)
        var (sweeps, rows, kills, cuts, broken) = (0, 0, 0, 0, 0)
        for seed in seed..<seed + UInt64(seeds) {
            let outcome = SiteSimulation(site, seed: seed, hours: hours).run()
            (sweeps, rows, kills) = (sweeps + outcome.sweeps, rows + outcome.acceptedRows, kills + outcome.kills)
            cuts += outcome.powerCuts
            if seeds == 1 || !outcome.violations.isEmpty {
                tell(
                    "seed \(seed): \(outcome.sweeps) sweeps, \(outcome.acceptedRows) rows accepted, "
                        + "\(outcome.duplicates) arrived twice, \(outcome.forgottenByBroker) forgotten by the broker, "
                        + "\(outcome.kills) kills, \(outcome.refusedTransactions) refused transactions, "
                        + "\(outcome.powerCuts) power cuts of the broker, \(outcome.tickets) tickets")
            }
            for violation in outcome.violations { tell("  \(violation)") }
            if !outcome.violations.isEmpty {
                broken += 1
                tell("  again: sluice simulate --seed \(seed) --hours \(hours)")
            }
        }
        tell(
            "\(seeds) sites, \(seeds * hours) hours, \(sweeps) sweeps, \(rows) accepted rows, \(kills) kills, "
                + "\(cuts) power cuts: \(broken == 0 ? "everything held" : "\(broken) sites broke a promise")")
        if broken > 0 { throw ExitStatus.problemsFound }
    }
}
