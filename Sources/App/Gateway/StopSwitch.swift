// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Synchronization
import UnixSignals

/// Asks the gateway to stop in order, from inside the program.
public final class StopSwitch: Sendable {
    private let state = Mutex((isEngaged: false, waiters: [AsyncStream<Void>.Continuation]()))

    public init() {}

    public var isEngaged: Bool { state.withLock { $0.isEngaged } }

    public func engage() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.finish() }
    }

    /// Returns when the switch is engaged or the task is cancelled. Others go on waiting, and so does who waits later: a
    /// stream that one of them shared with another would end for both.
    public func wait() async {
        let (stream, waiter) = AsyncStream<Void>.makeStream()
        let isEngaged = state.withLock { state in
            if !state.isEngaged { state.waiters.append(waiter) }
            return state.isEngaged
        }
        if isEngaged { return }
        for await _ in stream {}
    }
}

/// Ends the group it runs in when its switch is engaged or its time has passed.
struct StopService: NamedService {
    let stop: StopSwitch
    let after: Duration?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stop.wait() }
                if let after { group.addTask { try? await Task.sleep(for: after) } }
                await group.next()
                group.cancelAll()
            }
        }
    }
}

/// Waits for SIGINT or SIGTERM, or until `span` has passed.
public func untilStopped(after span: Duration?) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask {
            for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
        }
        if let span { group.addTask { try? await Task.sleep(for: span) } }
        await group.next()
        group.cancelAll()
    }
}
