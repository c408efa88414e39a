// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// How a poller waits for its next visit.
package protocol BusPace: Sendable {
    /// Returns after `span`, or earlier.
    nonisolated(nonsending) func pause(for span: Duration) async
    /// Whether ``endPause()`` has an effect.
    var canBeEnded: Bool { get }
    /// Ends the pause that is under way.
    func endPause()
    /// Ends this pause and makes all later ones short: the poller's task was cancelled.
    func end()
}

/// Waits as any task does.
package struct TaskPace: BusPace {
    package init() {}

    package nonisolated(nonsending) func pause(for span: Duration) async { try? await Task.sleep(for: span) }
    package let canBeEnded = false
    package func endPause() {}
    package func end() {}
}

/// Runs the pollers of sockets on the event loop of their connections, so that a poll changes threads only when its
/// readings are handed over.
///
/// It is what their tasks prefer and not the executor of an actor: a continuation in an actor resumes on the shared pool
/// first, which costs a poll two changes of threads.
final class LoopRunner: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Waits by a timer of an event loop; the caller runs on it, one pause at a time.
final class LoopPace: BusPace, NIOScheduledCallbackHandler, @unchecked Sendable {
    private let loop: any EventLoop
    // All touched on the loop only.
    private var hasEnded = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private var timer: NIOScheduledCallback?

    init(loop: any EventLoop) { self.loop = loop }

    nonisolated(nonsending) func pause(for span: Duration) async {
        await withCheckedContinuation { continuation in
            loop.preconditionInEventLoop()
            sleeper = continuation
            timer = hasEnded ? nil : try? loop.scheduleCallback(in: TimeAmount(span), handler: self)
            // A loop that is shutting down takes no timer either.
            if timer == nil { wake() }
        }
    }

    let canBeEnded = true

    func endPause() { loop.execute { self.wake() } }

    func end() {
        loop.execute {
            self.hasEnded = true
            self.wake()
        }
    }

    func handleScheduledCallback(eventLoop: some EventLoop) { wake() }

    private func wake() {
        timer?.cancel()
        timer = nil
        sleeper?.resume()
        sleeper = nil
    }
}
