// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Logging
import Pipeline
import Store

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway until it is stopped by SIGTERM or Ctrl-C; SIGHUP reads the configuration again.",
        discussion: """
            Examples:
              sluice run --config site.yaml
              sluice run --config site.yaml --log-level debug
              sluice run --config east.yaml west.yaml        (two estates on one box)

            Of several estates each has its own state directory, site identifier and port; what happens to one does not
            stop the others.

            A changed file that has mistakes changes nothing (`sluice reload` tells them before it asks for the change).

            Exit codes: 0 stopped cleanly, 71 the system gives no threads, 75 another instance uses the state
            directory, 77 no permission, 78 the configuration has mistakes.
            """)

    @OptionGroup var site: SiteOptions
    @OptionGroup var log: LogOptions
    @Argument(help: "Further estates on the same box: their site files.") var others: [String] = []

    func run() async throws {
        let estates =
            others.isEmpty
            ? [try site.loadEstate()]
            : try EstateFiles.load([site.config] + others, profiles: site.profiles, all: false)
        let lines = estates.reduce(0) { sum, estate in
            sum + estate.configuration.buses.count { if case .serial = $0.wire { true } else { false } }
        }
        guard ThreadRoom.isThere(for: ThreadRoom.usual * estates.count + lines) else {
            say("sluice: the system gives this process too few threads. Raise TasksMax of its unit, or ulimit -u.")
            throw ExitStatus.system
        }
        let house = EstateHouse(estates, profiles: site.profiles, logger: try log.makeLogger())
        try await house.run(estates)
    }
}

/// Runs the gateway and turns what can go wrong at the start into a message and an exit code.
func runGateway(_ configuration: SiteConfiguration, _ options: SiteGateway.Options, _ logger: Logger) async throws {
    do {
        try await SiteGateway(configuration: configuration, options: options, logger: logger).run()
    } catch let error as StoreError {
        say("sluice: \(error)")
        throw error.exitStatus
    } catch {
        say("sluice: \(error)")
        throw ExitStatus.unavailable
    }
}
