// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import Gateway
import Logging
import Pipeline
import Store

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway until it is stopped by SIGTERM or Ctrl-C.",
        discussion: """
            Examples:
              sluice run --config site.yaml
              sluice run --config site.yaml --log-level debug

            Exit codes: 0 stopped cleanly, 75 another instance uses the state directory, 77 no permission,
            78 the configuration has mistakes.
            """)

    @OptionGroup var site: SiteOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let configuration = try site.load()
        let logger = try log.makeLogger()
        var options = SiteGateway.Options()
        options.isReady = { addresses in
            logger.info(
                "Gateway is running.",
                metadata: ["dashboard": "\(addresses.dashboard)", "broker": "\(addresses.broker)"])
        }
        try await runGateway(configuration, options, logger)
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
