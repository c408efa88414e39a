// SPDX-License-Identifier: Apache-2.0

public import Model

/// Which critical tasks owe a sign of progress.
///
/// A task says by when it will be heard of again, at the latest; it is late when that moment has passed. So a bus whose
/// devices are all dead is in order, for its probes end in time, and one whose call never returned is not.
public struct ProgressWatch: Sendable {
    private var due: [String: MonotonicInstant] = [:]

    public init() {}

    /// `task` made progress and will do so again before `next`; `nil` when it has nothing to do.
    public mutating func note(_ task: String, next: MonotonicInstant?) { due[task] = next }

    /// `task` was given work; it must be heard of before `moment`, unless it was already to be earlier.
    public mutating func expect(_ task: String, by moment: MonotonicInstant) {
        due[task] = min(moment, due[task] ?? moment)
    }

    /// Tasks whose names begin with `prefix` have ended.
    public mutating func forget(_ prefix: String) { due = due.filter { !$0.key.hasPrefix(prefix) } }

    /// Those that are late, by name.
    public func late(at now: MonotonicInstant) -> [String] {
        due.filter { $0.value < now }.map(\.key).sorted()
    }
}
