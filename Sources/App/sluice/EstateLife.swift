// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Gateway
import Logging
import Model
import Pipeline
import SiteFiles
import Synchronization

/// One estate of the running program: its gateway, started anew when its files have changed.
final class EstateLife: Sendable {
    let path: String
    let logger: Logger
    private let state: Mutex<State>

    private struct State {
        /// The text of every file that the configuration was read from.
        var texts: [String: String]
        /// What runs next, once the gateway that runs has ended.
        var next: SiteConfiguration?
        var stop = StopSwitch()
        var isStopping = false
    }

    init(_ estate: EstateFiles.Estate, logger: Logger) {
        path = estate.path
        self.logger = logger
        state = Mutex(State(texts: estate.texts))
    }

    /// Runs the gateway, and again with each configuration that ``reload(profiles:)`` accepted.
    ///
    /// A configuration that is accepted and cannot be started (a port that is taken) gives way to the one before.
    func live(
        _ first: SiteConfiguration, progress: ProgressBoard, neighbourhood: Neighbourhood,
        isReady: @escaping @Sendable (SiteGateway.Addresses, SiteConfiguration) -> Void
    ) async throws {
        var (configuration, previous) = (first, SiteConfiguration?.none)
        while true {
            var options = SiteGateway.Options()
            let current = configuration
            (options.handlesSignals, options.progress) = (false, progress)
            options.neighbourhood = neighbourhood
            options.isReady = { isReady($0, current) }
            options.stop = state.withLock { state in
                // A stop that came between two gateways holds for this one.
                if !state.isStopping { state.stop = StopSwitch() }
                return state.stop
            }
            do {
                try await runGateway(configuration, options, logger)
                previous = nil
            } catch {
                guard let earlier = previous else { throw error }
                logger.error("The changed configuration could not be started; the one before runs again.")
                (configuration, previous) = (earlier, nil)
                state.withLock { $0.texts = [:] }
                continue
            }
            guard let next = state.withLock({ $0.isStopping ? nil : $0.next.take() }) else { return }
            (configuration, previous) = (next, configuration)
        }
    }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            return state.stop
        }.engage()
    }

    /// Reads the files again. What is broken or says the same changes nothing.
    ///
    /// - Returns: Whether the gateway starts anew.
    func reload(profiles: [String]) -> Bool {
        let loaded = loadSite(at: path, profileFolders: ProfileFolders.standard + profiles)
        for problem in loaded.problems { say(problem.description) }
        guard let configuration = loaded.configuration else {
            logger.error(
                "The changed configuration was not accepted; the one before stays.",
                metadata: ["file": "\(path)", "errors": "\(loaded.errorCount)"])
            return false
        }
        let stop: StopSwitch? = state.withLock { state in
            guard state.texts != loaded.texts else { return nil }
            (state.texts, state.next) = (loaded.texts, configuration)
            return state.stop
        }
        guard let stop else {
            logger.info("The configuration is the same; nothing was touched.", metadata: ["file": "\(path)"])
            return false
        }
        logger.info("The configuration has changed; the estate starts anew.", metadata: ["file": "\(path)"])
        stop.engage()
        return true
    }
}
