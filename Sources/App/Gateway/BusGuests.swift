// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Pipeline
import Polling
import Synchronization

/// Reads that commands ask of a bus which the gateway polls: served one by one when nothing is due.
///
/// So a line keeps one master. Eight reads may wait, and each waits at most eight seconds; others are told that the
/// bus has no time.
final class BusGuests: Sendable {
    static let queueLimit = 8
    static let patience: Duration = .seconds(8)
    /// A read that does not fit before the next visit is served all the same after this time.
    static let politeness: Duration = .seconds(2)
    /// Longest pause of a poller that cannot be woken: with a read expected, and without.
    private static let naps: (expecting: Duration, idle: Duration) = (.milliseconds(5), .milliseconds(250))

    private struct Guest {
        var number: Int
        var span: RegisterSpan
        var unit: UnitIdentifier
        var aliases: [UnitIdentifier]
        var timeout: Duration
        var asked: MonotonicInstant
        var continuation: CheckedContinuation<SweepAnswer, Never>
    }

    private struct State {
        var queue: [Guest] = []
        var count = 0
        var isClosed = false
        /// When the last read was asked or served.
        var lastSeen: MonotonicInstant?
        var port: (any ModbusPort)?
        var bus: BusSettings?
        var pace: (any BusPace)?
    }

    private let state = Mutex(State())

    /// Waits for a free moment of the bus and reads then.
    ///
    /// - Parameter aliases: Units whose answer counts as that of `unit`.
    func ask(
        _ span: RegisterSpan, of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier] = [], timeout: Duration,
        clock: any ClockSource
    ) async -> SweepAnswer {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                if (try? await Task.sleep(for: Self.patience)) != nil { withdraw(number, clock.now().instant) }
            }
            let answer = await withCheckedContinuation { continuation in
                let now = clock.now().instant
                let refusal: String? = state.withLock { state in
                    if state.isClosed { return "the gateway is stopping" }
                    if state.queue.count >= Self.queueLimit {
                        return "\(Self.queueLimit) reads wait for this bus already"
                    }
                    state.queue.append(
                        Guest(
                            number: number, span: span, unit: unit, aliases: aliases, timeout: timeout, asked: now,
                            continuation: continuation))
                    state.lastSeen = now
                    return nil
                }
                if let refusal { return continuation.resume(returning: Self.refused(refusal, now)) }
                state.withLock { $0.pace }?.endPause()
            }
            group.cancelAll()
            return answer
        }
    }

    /// Says which port the bus is polled through, and how its poller pauses.
    func attach(_ port: any ModbusPort, of bus: BusSettings, pace: any BusPace) {
        state.withLock { ($0.port, $0.bus, $0.pace) = (port, bus, pace) }
    }

    /// What the transport has counted so far; `nil` while it is not known.
    var evidence: LineEvidence? {
        let (port, bus) = state.withLock { ($0.port, $0.bus) }
        guard let bus, let statistics = port?.lineStatistics else { return nil }
        var evidence = bus.emptyEvidence
        evidence.take(statistics)
        return evidence
    }

    /// Serves one read that fits, or pauses, at most until `until`.
    nonisolated(nonsending) func passTime(
        until: MonotonicInstant, on port: any ModbusPort, of bus: BusSettings, clock: any ClockSource,
        pace: any BusPace
    ) async {
        let now = clock.now().instant
        let left = until - now
        if let guest = take(at: now, left: left, cost: bus.cost) {
            let answer = await port.sweep(
                [guest.span], of: guest.unit, answeringAs: guest.aliases, timeout: min(guest.timeout, bus.timeout))
            guest.continuation.resume(returning: answer)
            state.withLock { $0.lastSeen = clock.now().instant }
            return
        }
        await pace.pause(for: max(min(left, longestPause(at: now, on: pace)), .microseconds(100)))
    }

    /// A pause that nobody can end is short while reads may come; one that waits for its turn ends when it is due.
    private func longestPause(at now: MonotonicInstant, on pace: any BusPace) -> Duration {
        state.withLock { state in
            if let first = state.queue.first { return Self.politeness - (now - first.asked) }
            guard !pace.canBeEnded else { return .seconds(3600) }
            let isExpecting = state.lastSeen.map { now - $0 < Self.politeness } ?? false
            return isExpecting ? Self.naps.expecting : Self.naps.idle
        }
    }

    /// Refuses what waits and all that comes later.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.port = nil
            defer { state.queue = [] }
            return state.queue
        }
        for guest in waiting {
            guest.continuation.resume(returning: Self.refused("the gateway is stopping", guest.asked))
        }
    }

    private func take(at now: MonotonicInstant, left: Duration, cost: CostModel) -> Guest? {
        state.withLock { state in
            guard let first = state.queue.first,
                cost.duration(of: first.span) <= left || now - first.asked >= Self.politeness
            else { return nil }
            return state.queue.removeFirst()
        }
    }

    private func withdraw(_ number: Int, _ now: MonotonicInstant) {
        let guest = state.withLock { state in
            state.queue.firstIndex { $0.number == number }.map { state.queue.remove(at: $0) }
        }
        guest?.continuation.resume(returning: Self.refused("the bus had no free moment within 8 s", now))
    }

    private static func refused(_ text: String, _ now: MonotonicInstant) -> SweepAnswer {
        SweepAnswer(
            results: [.failure(.busDown(text))], firstByteNanoseconds: nil, finishedNanoseconds: now.nanoseconds)
    }
}
