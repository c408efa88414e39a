// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Gateway
import Logging
import Model
import Pipeline
import Supervision
import Synchronization
import UnixSignals

/// The estates of the running program: what its signals mean to them, and what the service manager is told.
struct EstateHouse: Sendable {
    let lives: [EstateLife]
    let profiles: [String]
    let logger: Logger
    private let progress = ProgressBoard()
    private let doors: Doors
    private let neighbourhood: Neighbourhood

    init(_ estates: [EstateFiles.Estate], profiles: [String], logger: Logger) {
        lives = estates.map { estate in
            var logger = logger
            if estates.count > 1 { logger[metadataKey: "site"] = "\(estate.configuration.site.identifier)" }
            return EstateLife(estate, logger: logger)
        }
        (self.profiles, self.logger) = (profiles, logger)
        doors = Doors(closed: estates.count)
        neighbourhood = Neighbourhood(
            estates.map { estate in
                let site = estate.configuration.site
                return Neighbourhood.Estate(
                    site: site.identifier, name: site.name, area: site.area,
                    publicAddress: estate.configuration.dashboard.publicAddress)
            })
    }

    /// Runs all of them until a signal; one that cannot start, or ends, leaves the others running.
    ///
    /// - Throws: The first of the errors that ended an estate.
    func run(_ estates: [EstateFiles.Estate]) async throws {
        let ended = await withTaskGroup(of: [(any Error)?].self) { group in
            group.addTask { await heed() }
            group.addTask { await beat() }
            group.addTask {
                await withTaskGroup(of: (any Error)?.self) { group in
                    for (life, estate) in zip(lives, estates) { group.addTask { await live(life, estate) } }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            var errors: [(any Error)?] = []
            while let result = await group.next() {
                // Signals and beats are for living estates.
                if result.isEmpty { continue }
                errors = result
                group.cancelAll()
            }
            return errors
        }
        ServiceManager.stopping()
        if let error = ended.compactMap({ $0 }).first { throw error }
    }

    private func live(_ life: EstateLife, _ estate: EstateFiles.Estate) async -> (any Error)? {
        do {
            try await life.live(
                estate, profiles: profiles, progress: progress, neighbourhood: neighbourhood
            ) { addresses, configuration in
                life.logger.info(
                    "Gateway is running.",
                    metadata: ["dashboard": "\(addresses.dashboard)", "broker": "\(addresses.broker)"])
                if doors.open(life.path) { ServiceManager.ready(status: status) }
                life.logger.debug("Devices.", metadata: ["count": "\(configuration.devices.count)"])
            }
            return nil
        } catch {
            if lives.count > 1 { life.logger.error("The estate ended.", metadata: ["error": "\(error)"]) }
            if doors.open(life.path) { ServiceManager.ready(status: status) }
            return error
        }
    }

    private var status: String { "Running \(lives.count) estate\(lives.count == 1 ? "" : "s")" }

    /// Waits for signals: SIGTERM and SIGINT stop, SIGHUP reads the configuration again.
    private func heed() async -> [(any Error)?] {
        for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup) {
            guard signal == .sighup else {
                ServiceManager.stopping()
                for life in lives { life.stop() }
                continue
            }
            ServiceManager.reloading()
            let changed = lives.filter { $0.reload(profiles: profiles) }
            doors.close(changed.map(\.path))
            if changed.isEmpty { ServiceManager.ready(status: status) }
        }
        return []
    }

    /// Tells the service manager that all is well, as long as it is.
    private func beat() async -> [(any Error)?] {
        guard let interval = ServiceManager.watchdogInterval else { return [] }
        var told: [String] = []
        while !Task.isCancelled {
            let late = progress.late
            if late.isEmpty { ServiceManager.alive() }
            if late != told {
                if late.isEmpty {
                    logger.info("All tasks get on again.")
                } else {
                    logger.error(
                        "A task does not get on; the service manager is not told that all is well.",
                        metadata: ["late": "\(late.joined(separator: ", "))"])
                }
                told = late
            }
            try? await Task.sleep(for: interval / 6)
        }
        return []
    }
}

/// Which estates are not running yet.
private final class Doors: Sendable {
    private let state: Mutex<(closed: Set<String>, unseen: Int)>

    init(closed count: Int) { state = Mutex((closed: [], unseen: count)) }

    /// An estate runs, or has ended for good; whether it was the last that was waited for.
    func open(_ path: String) -> Bool {
        state.withLock { state in
            if state.closed.remove(path) == nil { state.unseen = max(0, state.unseen - 1) }
            return state.closed.isEmpty && state.unseen == 0
        }
    }

    /// These start anew.
    func close(_ paths: [String]) { state.withLock { $0.closed.formUnion(paths) } }
}
