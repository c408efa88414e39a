// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Model

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try what the broker of a site can do, and say what that means.",
        discussion: """
            Examples:
              sluice doctor --broker --config site.yaml

            Publishes below sluice/<site>/_doctor only, and once on a topic of another site to see whether that is
            refused. The gateway may be running. Exit codes: 0 the broker can be used, 1 it cannot, or not safely.
            """)

    @Flag(help: "Examine the broker.") var broker = false
    @OptionGroup var site: SiteOptions

    func run() async throws {
        guard broker else { throw ValidationError("Say what to examine: --broker.") }
        let configuration = try site.load()
        let report = await BrokerReport.make(configuration)
        for line in report.lines { tell(line) }
        if !report.isUsable { throw ExitStatus.problemsFound }
    }
}
