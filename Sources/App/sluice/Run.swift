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
              sluice run --config east.yaml west.yaml        (two estates on one box)

            Of several estates each has its own state directory, site identifier and port; what happens to one does not
            stop the others.

            Exit codes: 0 stopped cleanly, 75 another instance uses the state directory, 77 no permission,
            78 the configuration has mistakes.
            """)

    @OptionGroup var site: SiteOptions
    @OptionGroup var log: LogOptions
    @Argument(help: "Further estates on the same box: their site files.") var others: [String] = []

    func run() async throws {
        guard others.isEmpty else { return try await runSeveral() }
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

    /// Each estate is a gateway of its own in this program: one that cannot start, or ends, leaves the others running.
    private func runSeveral() async throws {
        let estates = try EstateFiles.load([site.config] + others, profiles: site.profiles, all: false)
        let logger = try log.makeLogger()
        let ended = await withTaskGroup(of: (any Error)?.self) { group in
            for estate in estates {
                group.addTask {
                    var logger = logger
                    logger[metadataKey: "site"] = "\(estate.configuration.site.identifier)"
                    var options = SiteGateway.Options()
                    options.isReady = { [logger] addresses in
                        logger.info(
                            "Gateway is running.",
                            metadata: ["dashboard": "\(addresses.dashboard)", "broker": "\(addresses.broker)"])
                    }
                    do {
                        try await runGateway(estate.configuration, options, logger)
                        return nil
                    } catch {
                        logger.error("The estate ended.", metadata: ["error": "\(error)"])
                        return error
                    }
                }
            }
            return await group.reduce(into: [(any Error)?]()) { $0.append($1) }
        }
        if let error = ended.compactMap({ $0 }).first { throw error }
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
