// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the poller of a rig has handed over, by unit.
public final class LineRecord: Sendable {
    private struct State {
        /// Moments of good sweeps.
        var sweeps: [Int: [Int64]] = [:]
        var badSweeps: [Int: Int] = [:]
        var changes: [(unit: Int, isOnline: Bool, moment: Int64)] = []
    }

    private let state = Mutex(State())
    private let happened: AsyncStream<Void>
    private let happens: AsyncStream<Void>.Continuation

    public init() { (happened, happens) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Waits until what is known of the line fulfils `condition`, which is asked after everything that comes of a poll.
    /// One task may wait at a time.
    public func wait(until condition: () -> Bool) async {
        if condition() { return }
        for await _ in happened where condition() { return }
    }

    public func isOnline(_ unit: Int) -> Bool {
        state.withLock { $0.changes.last { $0.unit == unit }?.isOnline ?? false }
    }

    /// Times that `unit` was given up.
    public func losses(of unit: Int) -> Int {
        state.withLock { $0.changes.count { $0.unit == unit && !$0.isOnline } }
    }

    /// When `unit` last came or went, in nanoseconds.
    public func lastChange(of unit: Int) -> Int64? {
        state.withLock { $0.changes.last { $0.unit == unit }?.moment }
    }

    public func goodSweeps(of unit: Int) -> Int { state.withLock { $0.sweeps[unit]?.count ?? 0 } }
    public func badSweeps(of unit: Int) -> Int { state.withLock { $0.badSweeps[unit] ?? 0 } }

    /// Mean and longest time between two good sweeps of `unit` since `start`; `nil` with less than two.
    public func period(of unit: Int, since start: Int64) -> (mean: Duration, longest: Duration)? {
        let moments = state.withLock { ($0.sweeps[unit] ?? []).filter { $0 >= start } }
        guard let first = moments.first, let last = moments.last, moments.count > 1 else { return nil }
        let longest = zip(moments, moments.dropFirst()).reduce(0) { max($0, $1.1 - $1.0) }
        return (.nanoseconds((last - first) / Int64(moments.count - 1)), .nanoseconds(longest))
    }

    /// Mean time from one good sweep of any unit to the next, since `start`; `nil` with less than two.
    public func timePerSweep(since start: Int64) -> Duration? {
        let moments = moments(since: start)
        guard let first = moments.first, let last = moments.last, moments.count > 1 else { return nil }
        return .nanoseconds((last - first) / Int64(moments.count - 1))
    }

    /// Half of the times from one good sweep to the next, since `start`, were no longer; what a busy machine held up
    /// now and then does not count.
    public func medianTimePerSweep(since start: Int64) -> Duration? {
        let moments = moments(since: start)
        let steps = zip(moments, moments.dropFirst()).map { $1 - $0 }.sorted()
        return steps.isEmpty ? nil : .nanoseconds(steps[steps.count / 2])
    }

    private func moments(since start: Int64) -> [Int64] {
        state.withLock { $0.sweeps.values.flatMap { $0.filter { $0 >= start } } }.sorted()
    }

    func note(unit: Int, isGood: Bool, at moment: Int64) {
        state.withLock { state in
            if isGood {
                state.sweeps[unit, default: []].append(moment)
            } else {
                state.badSweeps[unit, default: 0] += 1
            }
        }
        happens.yield()
    }

    func note(unit: Int, isOnline: Bool, at moment: Int64) {
        state.withLock { $0.changes.append((unit, isOnline, moment)) }
        happens.yield()
    }
}
