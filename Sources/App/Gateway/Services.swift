// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Logging
import Model
import Pipeline
import ServiceLifecycle
import Store
import Synchronization
import WorkThread

/// A service that is described by its name alone.
///
/// The service group describes each service when it is handed over; without this the text would be the whole
/// configuration, half a gigabyte of it for 20,000 points.
protocol NamedService: Service, CustomStringConvertible {}

extension NamedService {
    var description: String { "\(Self.self)" }
}

/// Keeps the database small and in its place: checkpoints, whole days of readings dropped by age, the rest of a salvage.
struct StoreKeeper: NamedService {
    let store: SluiceStore
    /// Gives up its minutes before any reading goes.
    let history: HistoryKeeper?
    let kept: StorageSettings
    let clock: WatchedClock
    let logger: Logger
    /// How a gap is told on MQTT; then ``woken`` is called.
    let gapMessage: @Sendable (StoredGap) -> OutboundMessage
    let woken: @Sendable () -> Void
    /// Deletes photos whose time is over.
    let photosDropped: @Sendable (_ now: Timestamp) async throws -> Void
    /// After a step of the clock nothing is dropped by age for a day.
    private static let calm: Duration = .seconds(86_400)

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var minutes = 0
                    while true {
                        try await Task.sleep(for: .seconds(60))
                        minutes += 1
                        await keep(dropsDays: minutes % 60 == 1)
                    }
                }
                group.addTask {
                    while true {
                        try await Task.sleep(for: .seconds(2))
                        await store.watchFile(at: clock.now().wall)
                        await keepRoom()
                    }
                }
                group.addTask { try await salvage() }
                try await group.waitForAll()
            }
        }
    }

    private func keepRoom() async {
        do {
            while try await store.keepRoom(giveUpHistory: { try await giveUpHistory() }) != nil {}
            if try await store.tellGaps(at: clock.now().wall, gapMessage) { woken() }
        } catch {
            logger.debug("No room could be made in the store.", metadata: ["error": "\(error)"])
        }
    }

    private func giveUpHistory() async throws -> (from: Timestamp, to: Timestamp)? {
        guard let history else { return nil }
        return try await withTaskExecutorPreference(history.thread) { try await history.giveUpOldestMinutes() }
    }

    /// Copies what a start left of a damaged database, a little at a time, so that new readings are not held up.
    private func salvage() async throws {
        while true {
            do {
                guard try await store.continueSalvage() else { return }
                try await Task.sleep(for: .milliseconds(50))
            } catch is CancellationError {
                return
            } catch {
                try await Task.sleep(for: .seconds(5))
            }
        }
    }

    private func keep(dropsDays: Bool) async {
        do {
            try await store.checkpointIfNeeded()
            let now = clock.now()
            // A clock that nobody vouches for is no reason to throw anything away.
            guard dropsDays, now.timeQuality == .synced, clock.isSteady(for: Self.calm, at: now) else { return }
            let dropped = try await store.dropReadings(olderThan: kept.readingDays, today: now.wall)
            try await photosDropped(now.wall)
            for day in dropped { logger.info("Readings of a day dropped by age.", metadata: ["day": "\(day)"]) }
            let events = try await store.dropAlarmEvents(olderThan: kept.alarmDays, today: now.wall)
            if events > 0 { logger.info("Alarm events of a day dropped by age.", metadata: ["events": "\(events)"]) }
        } catch {
            logger.error("Housekeeping of the store failed.", metadata: ["error": "\(error)"])
        }
    }
}

/// Runs the publisher; what waits in its window is given four seconds at the end, unless the store is damaged.
struct PublisherService: NamedService {
    let publisher: Publisher<ThreadClock>
    let store: SluiceStore

    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                // On the store's thread: what is durable goes out without changing threads.
                group.addTask(executorPreference: store.thread) { await publisher.run() }
                group.addTask { for await _ in store.damage() {} }
                await group.next()
                group.cancelAll()
            }
            // A service that returns ends the others without a chance to hand over what they hold.
            if store.isDamaged { try? await gracefulShutdown() }
        } onGracefulShutdown: {
            publisher.stop()
        }
    }
}

/// Ends with the store's soundness; the gateway then begins a new life with a new database.
struct DamageService: NamedService {
    let store: SluiceStore

    func run() async throws {
        await cancelWhenGracefulShutdown { for await _ in store.damage() {} }
    }
}

/// Serves the page and the local socket.
struct DashboardService: NamedService {
    let server: DashboardServer

    func run() async throws { try await server.run() }
}

/// Runs the committer; what the pollers brought before it stops is stored.
struct CommitterService: NamedService {
    let committer: Committer
    let gathering: Duration

    func run() async throws {
        // When another service fails, as the page does whose port is taken, this one is cancelled and not shut down.
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await committer.run(gathering: gathering)
            } onGracefulShutdown: {
                committer.close()
            }
        } onCancel: {
            committer.close()
        }
    }
}

/// Lets the desk follow what is stored and the ticket clocks run, on the thread of the store, where it saves.
final class DeskService: NamedService {
    let desk: Desk
    let wake: Signal
    let thread: WorkThread
    let clock: any ClockSource
    let logger: Logger
    /// How the way to the far end stands.
    let delivery: @Sendable () async -> DeliveryState
    let isConfigurationRefused: @Sendable () -> Bool
    private let trouble = Mutex(RepeatedTrouble())

    init(
        desk: Desk, wake: Signal, thread: WorkThread, clock: any ClockSource, logger: Logger,
        delivery: @escaping @Sendable () async -> DeliveryState,
        isConfigurationRefused: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.desk, self.wake, self.thread, self.clock) = (desk, wake, thread, clock)
        (self.logger, self.delivery, self.isConfigurationRefused) = (logger, delivery, isConfigurationRefused)
    }

    func run() async throws {
        await withTaskExecutorPreference(thread) { await work() }
    }

    private func work() async {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    for await _ in wake.wakes { await attempt { try await desk.follow(clock: clock) } }
                }
                group.addTask { [self] in
                    while !Task.isCancelled {
                        try? await thread.sleep(for: .seconds(1))
                        let state = await delivery()
                        await attempt {
                            try await desk.tick(
                                at: clock.now(), delivery: state, isConfigurationRefused: isConfigurationRefused())
                        }
                    }
                }
            }
        }
        await attempt {
            try await desk.follow(clock: clock)
            try await desk.saveState()
        }
    }

    private func attempt(_ work: () async throws -> Void) async {
        do {
            try await work()
        } catch is CancellationError {
        } catch {
            let now = clock.now().instant
            guard trouble.withLock({ $0.note("\(error)", at: now) }) != nil else { return }
            logger.error(
                "Findings and tickets could not be saved; it is tried again.", metadata: ["error": "\(error)"])
        }
    }
}

/// Watches the tasks that do not speak by themselves, for the service manager.
struct SupervisionService: NamedService {
    let progress: SiteProgress
    let thread: WorkThread
    let publisher: Publisher<ThreadClock>

    func run() async throws {
        await cancelWhenGracefulShutdown { await progress.watch(thread, publisher) }
        progress.end()
    }
}

/// Has every bus polled until the gateway stops, and is told what they bring.
struct PollingService: NamedService {
    let crew: BusCrew
    let buses: [(bus: PolledBus, sinks: BusSinks, places: BusPlaces)]

    func run() async throws {
        for (bus, sinks, places) in buses {
            await bus.outlet.open(to: sinks, PlaceShift(from: bus.places, to: places))
        }
        crew.start()
        try? await gracefulShutdown()
        await crew.leave()
    }
}
