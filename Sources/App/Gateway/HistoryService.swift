// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline
import ServiceLifecycle
import Store
import WorkThread

/// Lets history follow the store, behind everything else.
struct HistoryService: NamedService {
    let keeper: HistoryKeeper
    let clock: WatchedClock
    /// Time after the start for which readings of an unknown clock are left for later: they mostly get their right time
    /// within it, and what is summed up under a wrong one must be made again.
    let awaitsClock: Duration
    let logger: Logger

    /// Between two looks for new readings.
    private static let pause: Duration = .seconds(5)
    /// Between two steps of catching up, so that a box with one core has time for others.
    private static let breath: Duration = .milliseconds(20)
    private static let hour: Duration = .seconds(3600)

    func run() async throws {
        await withTaskExecutorPreference(keeper.thread) { await work() }
    }

    private func work() async {
        let started = clock.now().instant
        await keeper.yieldToOthers()
        try? await cancelWhenGracefulShutdown {
            var droppedAt = started
            while true {
                let now = clock.now()
                let isBehind = await follow(now, since: started)
                if now.instant - droppedAt >= Self.hour {
                    droppedAt = now.instant
                    await drop(at: now)
                }
                try await keeper.thread.sleep(for: isBehind ? Self.breath : Self.pause)
            }
        }
        do {
            try await keeper.close()
        } catch {
            logger.warning("History could not be stored at the end; it is read again.", metadata: ["error": "\(error)"])
        }
    }

    private func follow(_ now: ClockReading, since started: MonotonicInstant) async -> Bool {
        do {
            return try await keeper.follow(awaitsClock: now.instant - started < awaitsClock)
        } catch {
            logger.error("History cannot be kept; it is tried again.", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// As with readings: a clock that nobody vouches for is no reason to throw anything away.
    private func drop(at now: ClockReading) async {
        guard now.timeQuality == .synced, clock.isSteady(for: .seconds(86_400), at: now) else { return }
        do {
            for resolution in try await keeper.dropOld(today: now.wall) {
                logger.info("History of a day dropped by age.", metadata: ["resolution": "\(resolution)"])
            }
        } catch {
            logger.error("Old history could not be dropped.", metadata: ["error": "\(error)"])
        }
    }
}
