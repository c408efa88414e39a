// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Polling
import Synchronization

/// Who is told what a bus brings.
struct BusSinks: Sendable {
    var deliver: @Sendable (Sweep) -> Void
    var availability: @Sendable (AssetIndex, Availability, Timestamp) async -> Void
    /// Keeps what was learned of a device, by its place on the bus.
    var remember: @Sendable (Int, [LearnedFact]) async -> Void
    /// Keeps how long a device takes to answer: median and 99th percentile.
    var rememberTurnaround: @Sendable (Int, Duration, Duration, Timestamp) async -> Void
}

/// Hands what a bus brings to the gateway that works with it now; between two gateways it waits here, in its order.
final class BusOutlet: Sendable {
    private enum Event: Sendable {
        case sweep(Sweep)
        case availability(AssetIndex, Availability, Timestamp)
        case facts(Int, [LearnedFact])
        case turnaround(Int, Duration, Duration, Timestamp)
    }

    private struct State {
        var sinks: BusSinks?
        var shift = PlaceShift()
        var held: [Event] = []
        /// What is known of each device, for a gateway that begins.
        var availability: [AssetIndex: (state: Availability, since: Timestamp)] = [:]
    }

    private let state = Mutex(State())
    /// Most events that wait, half a minute of a hundred devices that are read six times a second; the oldest go first.
    private static let longest = 20_000

    func deliver(_ sweep: Sweep) {
        // Under the lock: what is handed over before a gateway leaves is stored by it.
        state.withLock { state in
            if let sinks = state.sinks {
                sinks.deliver(state.shift.shifted(sweep))
            } else {
                Self.hold(.sweep(sweep), in: &state)
            }
        }
    }

    func note(_ availability: Availability, of asset: AssetIndex, since: Timestamp) async {
        state.withLock { $0.availability[asset] = (availability, since) }
        await pass(.availability(asset, availability, since))
    }

    func remember(_ device: Int, _ facts: [LearnedFact]) async { await pass(.facts(device, facts)) }

    func rememberTurnaround(_ device: Int, _ median: Duration, _ p99: Duration, at: Timestamp) async {
        await pass(.turnaround(device, median, p99, at))
    }

    private func pass(_ event: Event) async {
        let open = state.withLock { state -> (BusSinks, PlaceShift)? in
            guard let sinks = state.sinks else {
                Self.hold(event, in: &state)
                return nil
            }
            return (sinks, state.shift)
        }
        if let (sinks, shift) = open { await Self.send(event, to: sinks, shift) }
    }

    private static func hold(_ event: Event, in state: inout State) {
        state.held.append(event)
        if state.held.count > longest { state.held.removeFirst() }
    }

    private static func send(_ event: Event, to sinks: BusSinks, _ shift: PlaceShift) async {
        switch event {
        case .sweep(let sweep): sinks.deliver(shift.shifted(sweep))
        case .availability(let asset, let state, let since):
            await sinks.availability(shift.shifted(asset), state, since)
        case .facts(let device, let facts): await sinks.remember(device, facts)
        case .turnaround(let device, let median, let p99, let at):
            await sinks.rememberTurnaround(device, median, p99, at)
        }
    }

    /// A gateway begins to work with this bus: it is told how the devices stand and all that has waited.
    func open(to sinks: BusSinks, _ shift: PlaceShift) async {
        for (asset, known) in state.withLock({ $0.availability }) {
            await sinks.availability(shift.shifted(asset), known.state, known.since)
        }
        while true {
            let waiting = state.withLock { state in
                guard state.held.isEmpty else {
                    defer { state.held = [] }
                    return state.held
                }
                (state.sinks, state.shift) = (sinks, shift)
                return []
            }
            if waiting.isEmpty { return }
            for event in waiting { await Self.send(event, to: sinks, shift) }
        }
    }

    /// The gateway leaves; what the bus brings from now on waits for the next.
    func close() { state.withLock { $0.sinks = nil } }
}
