// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Synchronization

/// Runs tasks one after another on the thread that drives it, and time only when all of them wait.
///
/// Tasks that prefer it, with the default actors they call, run in an order that depends on nothing but themselves, so a
/// simulation repeats to the last step.
final class VirtualTime: TaskExecutor {
    private struct Sleeper {
        var number: Int
        var due: Int64
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var sleepers: [Sleeper] = []
        var count = 0
        /// Nanoseconds since the start of the machine.
        var now: Int64 = 1_000_000_000
        /// Of the wall clock, in milliseconds since 1970 when the machine started.
        var wallAtStart: Int64
    }

    private let state: Mutex<State>

    /// - Parameter start: The wall clock when the machine starts.
    init(start: Timestamp) { state = Mutex(State(wallAtStart: start.milliseconds)) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    var now: MonotonicInstant { MonotonicInstant(nanoseconds: state.withLock { $0.now }) }
    var wall: Timestamp {
        state.withLock { Timestamp(milliseconds: $0.wallAtStart + $0.now / 1_000_000) }
    }

    /// Sets the wall clock forward or back.
    func stepWall(by span: Duration) { state.withLock { $0.wallAtStart += span.wholeMilliseconds } }

    /// Runs until `isDone`.
    ///
    /// - Returns: `false` when nothing can ever happen again although it is not done.
    func drive(until isDone: () -> Bool) -> Bool {
        while !isDone() {
            let jobs = state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return state.jobs
            }
            if jobs.isEmpty {
                guard let next = takeNext() else { return false }
                next.resume()
            } else {
                for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            }
        }
        return true
    }

    /// Moves time to the next moment somebody waits for.
    private func takeNext() -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            let next = state.sleepers.indices.min {
                (state.sleepers[$0].due, state.sleepers[$0].number) < (
                    state.sleepers[$1].due, state.sleepers[$1].number
                )
            }
            guard let next else { return nil }
            let sleeper = state.sleepers.remove(at: next)
            state.now = max(state.now, sleeper.due)
            return sleeper.continuation
        }
    }

    /// - Throws: `CancellationError`.
    func sleep(until due: MonotonicInstant) async throws {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                state.withLock {
                    $0.sleepers.append(Sleeper(number: number, due: due.nanoseconds, continuation: continuation))
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.sleepers.firstIndex { $0.number == number }.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    func sleep(for span: Duration) async throws { try await sleep(until: now + span) }
}

/// What the publisher sleeps on.
struct VirtualClock: Clock {
    struct Instant: InstantProtocol {
        var at: MonotonicInstant
        func advanced(by span: Duration) -> Instant { Instant(at: at + span) }
        func duration(to other: Instant) -> Duration { other.at - at }
        static func < (a: Instant, b: Instant) -> Bool { a.at < b.at }
    }

    let time: VirtualTime
    var now: Instant { Instant(at: time.now) }
    var minimumResolution: Duration { .nanoseconds(1) }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws { try await time.sleep(until: deadline.at) }
}

/// The clocks of the simulated machine.
struct VirtualClocks: ClockSource {
    let time: VirtualTime
    let boot = BootIdentifier("simulated")
    func now() -> ClockReading { ClockReading(instant: time.now, wall: time.wall, timeQuality: .synced) }
}

extension SplitMix64 {
    /// 0 ..< `limit`.
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(limit, 1))) }
    /// 0 ..< 1.
    mutating func share() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
