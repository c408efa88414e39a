// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A thread of its own that runs the tasks which prefer it, in the order in which they become ready.
///
/// What works together on it changes threads nowhere, and what blocks it, such as a commit, stalls nobody else. A wake
/// of a sleeping thread costs more than most work of the gateway, so one burst of readings should wake few of them.
///
/// Its queue holds the jobs of tasks in progress, which those who start them bound. Whoever made it stops it when
/// nothing will prefer it any more.
public final class WorkThread: TaskExecutor, @unchecked Sendable {
    /// A task that waits for a moment.
    private struct Sleeper {
        let number: Int
        /// Monotonic nanoseconds.
        let due: Int64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let name: String
    // All guarded by the mutex.
    private var jobs: [UnownedJob] = []
    /// A handful: one for each task that sleeps on this thread.
    private var sleepers: [Sleeper] = []
    private var sleeperCount = 0
    private var isIdle = false
    private var isStopped = false

    /// - Parameter name: What `top` shows; the kernel keeps 15 characters.
    public init(name: String) {
        self.name = name
        pthread_mutex_init(mutex, nil)
        let clock = UnsafeMutablePointer<pthread_condattr_t>.allocate(capacity: 1)
        pthread_condattr_init(clock)
        pthread_condattr_setclock(clock, CLOCK_MONOTONIC)
        pthread_cond_init(condition, clock)
        pthread_condattr_destroy(clock)
        clock.deallocate()
        start()
    }

    private func start() {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        // The thread keeps this object until it is stopped.
        let kept = Unmanaged.passRetained(self)
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, attributes,
            { argument in
                if let argument { Unmanaged<WorkThread>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, kept.toOpaque())
        // Only at the start of the program: without its threads it cannot work at all.
        precondition(code == 0, "the system gives no thread (error \(code)); check the limit of tasks")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        withLock { jobs.append(job) }
    }

    /// Waits without a thread of the shared pool.
    ///
    /// - Throws: `CancellationError`.
    public func sleep(for span: Duration) async throws {
        let number = withLock {
            sleeperCount += 1
            return sleeperCount
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Under the lock, so that a cancellation comes before and is seen here, or after and finds the sleeper.
                let isCancelled = withLock {
                    guard !Task.isCancelled else { return true }
                    let due = Self.now() &+ max(0, span.wholeNanoseconds)
                    sleepers.append(Sleeper(number: number, due: due, continuation: continuation))
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let sleeper = withLock {
                sleepers.firstIndex { $0.number == number }.map { sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Ends the thread when its jobs are done. No task may prefer it after that.
    public func stop() { withLock { isStopped = true } }

    /// Changes what the mutex guards, and wakes the thread when it sleeps.
    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if isIdle {
            isIdle = false
            pthread_cond_signal(condition)
        }
        return body()
    }

    // MARK: the thread

    private func run() {
        if let file = fopen("/proc/thread-self/comm", "w") {
            fputs(String(name.prefix(15)), file)
            fclose(file)
        }
        var taken: [UnownedJob] = []
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty, !isStopped, !isSleeperDue { waitForNews() }
            let due = takeDueSleepers()
            swap(&taken, &jobs)
            let isOver = isStopped && taken.isEmpty && due.isEmpty
            pthread_mutex_unlock(mutex)
            if isOver { return }
            for sleeper in due { sleeper.continuation.resume() }
            for job in taken { job.runSynchronously(on: asUnownedTaskExecutor()) }
            taken.removeAll(keepingCapacity: true)
        }
    }

    private var isSleeperDue: Bool {
        guard !sleepers.isEmpty else { return false }
        let now = Self.now()
        return sleepers.contains { $0.due <= now }
    }

    private func takeDueSleepers() -> [Sleeper] {
        guard isSleeperDue else { return [] }
        let now = Self.now()
        let due = sleepers.filter { $0.due <= now }.sorted { $0.due < $1.due }
        sleepers.removeAll { $0.due <= now }
        return due
    }

    private func waitForNews() {
        isIdle = true
        if let next = sleepers.map(\.due).min() {
            var until = timespec(tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
            pthread_cond_timedwait(condition, mutex, &until)
        } else {
            pthread_cond_wait(condition, mutex)
        }
        isIdle = false
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Lets what sleeps by a clock sleep on a ``WorkThread``.
public struct ThreadClock: Clock {
    private let thread: WorkThread

    public init(_ thread: WorkThread) { self.thread = thread }

    public var now: ContinuousClock.Instant { .now }
    public var minimumResolution: Duration { .nanoseconds(1) }

    public func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try await thread.sleep(for: deadline - now)
    }
}

extension Duration {
    /// Bounded to a century, so that no deadline overflows.
    fileprivate var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 3_155_760_000 else { return 3_155_760_000_000_000_000 }
        guard seconds > -3_155_760_000 else { return 0 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
