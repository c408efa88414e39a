// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Synchronization
import UnixSignals

/// Asks the gateway to stop in order, from inside the program.
public final class StopSwitch: Sendable {
    private let signal = Signal()
    private let flag = Mutex(false)

    public init() {}

    public var isEngaged: Bool { flag.withLock { $0 } }

    public func engage() {
        flag.withLock { $0 = true }
        signal.raise()
    }

    /// Returns when the switch is engaged or the task is cancelled.
    public func wait() async {
        if isEngaged { return }
        for await _ in signal.wakes where isEngaged { return }
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
