// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Pipeline
import Store

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what polling a site will cost: requests, times and the load of each bus.",
        discussion: """
            Examples:
              sluice plan --config site.yaml
              sluice plan --config site.yaml --json --fail-above 0.7
              sluice plan --config site.yaml --learned    with the registers that devices have refused

            Touches no device and no network. Exits 1 when the load of a bus is above the limit.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Largest load of a bus that passes, as a share of its time, above 0 and at most 1 (default: 0.9).")
    var failAbove = 0.9

    @Flag(help: "Plan around the registers that the gateway has learned to be unreadable, and list them.")
    var learned = false

    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard failAbove > 0, failAbove <= 1 else {
            throw ValidationError("--fail-above \(failAbove) must be above 0 and at most 1.")
        }
    }

    func run() throws {
        let configuration = try site.load()
        let report: PlanReport
        do {
            report = try planSite(configuration, limit: failAbove, isLearnedUsed: learned)
        } catch let error as StoreError {
            say("sluice plan: \(error)")
            throw error.exitStatus
        }
        if json { tell(report.json) } else { for line in report.lines { tell(line) } }
        if !report.overloaded.isEmpty { throw ExitStatus.problemsFound }
    }
}
