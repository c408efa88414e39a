// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Gateway
import Glibc
import Logging
import Model
import Pipeline
import SiteFiles
import Synchronization

/// One estate of the running program: its gateway, and the next one when its files have changed. Buses that are polled as
/// before go on from one to the other.
final class EstateLife: Sendable {
    let path: String
    let logger: Logger
    private let state: Mutex<State>
    /// The buses that are polled, from one gateway to the next.
    private let crew = BusCrew()
    /// Who has come by its door, from one gateway to the next.
    private let doorkeeper = Doorkeeper()

    private struct State {
        /// The text of every file that the configuration was read from.
        var texts: [String: String]
        /// What runs next, once the gateway that runs has ended.
        var next: EstateFiles.Estate?
        var stop = StopSwitch()
        var isStopping = false
        /// What was accepted last.
        var accepted: SiteConfiguration
        /// The files say something else, which has mistakes.
        var isRefused = false
    }

    init(_ estate: EstateFiles.Estate, logger: Logger) {
        path = estate.path
        self.logger = logger
        state = Mutex(State(texts: estate.texts, accepted: estate.configuration))
    }

    /// Runs the gateway, and again with each configuration that ``reload(profiles:)`` accepted.
    ///
    /// A configuration that is accepted and cannot be started (a port that is taken) gives way to the one before.
    func live(
        _ first: EstateFiles.Estate, profiles: [String], progress: ProgressBoard, neighbourhood: Neighbourhood,
        isReady: @escaping @Sendable (SiteGateway.Addresses, SiteConfiguration) -> Void
    ) async throws {
        do {
            try await succeed(first, profiles, progress, neighbourhood, isReady)
        } catch {
            await crew.disband()
            throw error
        }
        await crew.disband()
    }

    private func succeed(
        _ first: EstateFiles.Estate, _ profiles: [String], _ progress: ProgressBoard, _ neighbourhood: Neighbourhood,
        _ isReady: @escaping @Sendable (SiteGateway.Addresses, SiteConfiguration) -> Void
    ) async throws {
        var (estate, previous) = (first, EstateFiles.Estate?.none)
        while true {
            var options = SiteGateway.Options()
            let current = estate.configuration
            (options.handlesSignals, options.progress) = (false, progress)
            (options.neighbourhood, options.crew, options.doorkeeper) = (neighbourhood, crew, doorkeeper)
            options.heldSettings = estate.held
            options.settingsDesk = PageSettingsDesk(
                path: path, stateDirectory: current.storage.directory,
                profileFolders: ProfileFolders.standard + profiles,
                // The same way as `sluice reload`; the answer that is being sent ends before its gateway does.
                reload: { _ = kill(getpid(), SIGHUP) })
            options.isConfigurationRefused = { [self] in state.withLock { $0.isRefused } }
            options.isReady = { isReady($0, current) }
            options.stop = state.withLock { state in
                // A stop that came between two gateways holds for this one.
                if !state.isStopping { state.stop = StopSwitch() }
                return state.stop
            }
            do {
                try await runGateway(current, options, logger)
                previous = nil
            } catch {
                guard let earlier = previous else { throw error }
                logger.error("The changed configuration could not be started; the one before runs again.")
                (estate, previous) = (earlier, nil)
                crew.keep(for: earlier.configuration)
                state.withLock { ($0.texts, $0.accepted, $0.isRefused) = ([:], earlier.configuration, true) }
                continue
            }
            guard let next = state.withLock({ $0.isStopping ? nil : $0.next.take() }) else { return }
            (estate, previous) = (next, estate)
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
    /// - Returns: Whether another gateway takes over.
    func reload(profiles: [String]) -> Bool {
        let loaded = loadSite(at: path, profileFolders: ProfileFolders.standard + profiles, keepsRecord: true)
        for problem in loaded.problems { say(problem.description) }
        guard let configuration = loaded.configuration else {
            state.withLock { $0.isRefused = true }
            logger.error(
                "The changed configuration was not accepted; the one before stays.",
                metadata: ["file": "\(path)", "errors": "\(loaded.errorCount)"])
            return false
        }
        let change = state.withLock { state -> (stop: StopSwitch, difference: ConfigurationDifference)? in
            state.isRefused = false
            guard state.texts != loaded.texts else { return nil }
            let difference = ConfigurationDifference(from: state.accepted, to: configuration)
            let next = EstateFiles.Estate(loaded, configuration, at: path)
            (state.texts, state.next, state.accepted) = (loaded.texts, next, configuration)
            return (state.stop, difference)
        }
        guard let change else {
            logger.info("The configuration is the same; nothing was touched.", metadata: ["file": "\(path)"])
            return false
        }
        logger.info("The configuration has changed and is taken over.", metadata: ["file": "\(path)"])
        for line in change.difference.lines { logger.info("\(line)") }
        crew.keep(for: configuration)
        change.stop.engage()
        return true
    }
}
