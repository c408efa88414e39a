// SPDX-License-Identifier: Apache-2.0

import Model
import NIOCore
import NIOPosix
public import Pipeline
import Synchronization

/// The buses of an estate that are being polled, and what they share.
///
/// Gateways come and go with each changed configuration. A bus that the next one polls in the same way goes on without a
/// pause, and what it brings meanwhile waits for the next gateway.
public final class BusCrew: Sendable {
    private struct State {
        var buses: [BusIdentifier: PolledBus] = [:]
        /// Those that go on when the gateway leaves.
        var staying: Set<BusIdentifier> = []
        var loops: MultiThreadedEventLoopGroup?
    }

    private let state = Mutex(State())
    /// One for all gateways: pollers stamp with it.
    let clock = WatchedClock(SystemClock())

    public init() {}

    /// When the gateway that runs leaves, buses go on that `next` polls in the same way.
    public func keep(for next: SiteConfiguration) {
        let works = BusWork.all(of: next)
        state.withLock { state in
            state.staying = Set(works.filter { state.buses[$0.bus.identifier]?.work == $0 }.map(\.bus.identifier))
        }
    }

    /// The event loops of the sockets.
    ///
    /// - Parameter buses: How many there are. One loop serves a hundred sockets within a few milliseconds, and each more
    ///   is one more to wake.
    func loops(for buses: Int) -> MultiThreadedEventLoopGroup {
        state.withLock { state in
            let loops =
                state.loops
                ?? MultiThreadedEventLoopGroup(numberOfThreads: buses <= 100 ? 1 : min(2, System.coreCount))
            state.loops = loops
            return loops
        }
    }

    /// The bus that does this work already.
    func member(doing work: BusWork) -> PolledBus? {
        state.withLock { $0.buses[work.bus.identifier] }.flatMap { $0.work == work ? $0 : nil }
    }

    /// Takes in a bus; another one of its name has ended before.
    func add(_ bus: PolledBus) { state.withLock { $0.buses[bus.identifier] = bus } }

    /// Polls every bus of the gateway that begins. Which of them go on at its end is to be said again.
    func start() {
        let buses = state.withLock { state in
            state.staying = []
            return state.buses.values
        }
        for bus in buses { bus.start() }
    }

    /// The gateway leaves: what is to go on goes on, all else ends.
    func leave() async {
        let ending = state.withLock { state in
            let ending = state.buses.values.filter { !state.staying.contains($0.identifier) }
            for bus in ending { state.buses[bus.identifier] = nil }
            for bus in state.buses.values { bus.outlet.close() }
            return ending
        }
        await withTaskGroup(of: Void.self) { group in
            for bus in ending { group.addTask { await bus.end() } }
        }
    }

    /// No gateway follows: everything ends.
    public func disband() async {
        state.withLock { $0.staying = [] }
        await leave()
        try? await state.withLock { $0.loops.take() }?.shutdownGracefully()
    }
}
