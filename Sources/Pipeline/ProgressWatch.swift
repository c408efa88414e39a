// SPDX-License-Identifier: Apache-2.0

public import Model

/// Which critical tasks owe a sign of progress.
///
/// A task says by when it will be heard of again, at the latest; it is late when that moment has passed. So a bus whose
/// devices are all dead is in order, for its probes end in time, and one whose call never returned is not.
public struct ProgressWatch: Sendable {
    private var due: [String: MonotonicInstant] = [:]
    private var heard: [String: MonotonicInstant] = [:]

    public init() {}

    /// `task` made progress at `now` and will do so again before `next`; `nil` when it has nothing to do.
    public mutating func note(_ task: String, at now: MonotonicInstant, next: MonotonicInstant?) {
        (due[task], heard[task]) = (next, now)
    }

    /// `task` was given work; it must be heard of before `moment`, unless it was already to be earlier.
    public mutating func expect(_ task: String, by moment: MonotonicInstant) {
        due[task] = min(moment, due[task] ?? moment)
    }

    /// Tasks whose names begin with `prefix` have ended.
    public mutating func forget(_ prefix: String) {
        due = due.filter { !$0.key.hasPrefix(prefix) }
        heard = heard.filter { !$0.key.hasPrefix(prefix) }
    }

    /// Those that are late, by name.
    public func late(at now: MonotonicInstant) -> [String] {
        due.filter { $0.value < now }.map(\.key).sorted()
    }

    /// When each task whose name begins with `prefix` last made progress, by name without it.
    public func lastProgress(of prefix: String) -> [(task: String, at: MonotonicInstant)] {
        heard.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    }
}
