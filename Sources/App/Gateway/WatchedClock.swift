// SPDX-License-Identifier: Apache-2.0

import Failpoints
import Logging
import Model
import Pipeline
import ServiceLifecycle
import Store
import Synchronization

/// The machine's clocks, with their steps told.
final class WatchedClock: ClockSource {
    private let source: any ClockSource
    private let state = Mutex((steps: ClockSteps(), events: [ClockSteps.Event](), count: 0))
    /// Events that nobody takes; the newest stay.
    private static let longest = 100

    init(_ source: any ClockSource) { self.source = source }

    var boot: BootIdentifier { source.boot }

    func now() -> ClockReading {
        let reading = source.now()
        return state.withLock { state in
            let (told, event) = state.steps.note(reading)
            if let event {
                state.events.append(event)
                if case .stepped = event { state.count += 1 }
                if state.events.count > Self.longest { state.events.removeFirst() }
            }
            return told
        }
    }

    /// How often the wall clock was set since the start.
    var stepCount: Int { state.withLock { $0.count } }

    /// Whether the wall clock has not leapt within `span` before `now`.
    func isSteady(for span: Duration, at now: ClockReading) -> Bool {
        state.withLock { $0.steps.lastLeap }.map { now.instant - $0 >= span } ?? true
    }

    /// What has happened since it was asked last, oldest first.
    func takeEvents() -> [ClockSteps.Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}

/// Follows the clock: tells its steps, and has rows restamped once it is known.
struct ClockKeeper: NamedService {
    let clock: WatchedClock
    let store: SluiceStore
    let restamped: @Sendable () async -> Void
    let logger: Logger

    /// Sweeps that were stamped just before are stored within this time.
    private static let settling = 15

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var seconds: Int?
            while true {
                let now = clock.now()
                for event in clock.takeEvents() where await tell(event, at: now) { seconds = 0 }
                if let since = seconds {
                    if since == 0 || since == Self.settling { await restamp(by: now) }
                    seconds = since < Self.settling ? since + 1 : nil
                }
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// - Returns: Whether the clock is known from now on.
    private func tell(_ event: ClockSteps.Event, at now: ClockReading) async -> Bool {
        switch event {
        case .becameKnown(let error):
            logger.notice("The clock is known.", metadata: ["was_off_by": "\(error)"])
            return true
        case .stepped(let size):
            logger.warning(
                "The wall clock was set; readings are marked 'stepped' until it has been steady for a minute.",
                metadata: ["by": "\(size)"])
            let audit = AuditRecord(
                at: now.wall, actor: "engine", action: "clock_step", subject: "clock", result: "\(size.inSeconds) s")
            do { try await store.save(audit, counters: []) } catch {
                logger.error("The step of the clock cannot be noted.", metadata: ["error": "\(error)"])
            }
            return false
        }
    }

    private func restamp(by now: ClockReading) async {
        guard !Failpoint.breaks(.clockRestamp) else { return }
        do {
            let count = try await store.restamp(by: now)
            guard count > 0 else { return }
            logger.notice("Readings of the time before have their right time now.", metadata: ["sweeps": "\(count)"])
            await restamped()
        } catch {
            logger.error("Readings keep the time of an unknown clock.", metadata: ["error": "\(error)"])
        }
    }
}
