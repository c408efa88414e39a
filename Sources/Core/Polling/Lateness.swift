// SPDX-License-Identifier: Apache-2.0

/// How late visits began, as figures for a report.
public struct LatenessSummary: Hashable, Sendable, CustomStringConvertible {
    public var visits: Int
    public var median: Duration
    /// 99 of 100 visits began no later than this.
    public var p99: Duration
    public var largest: Duration

    /// - Parameter lateness: In any order; without any, every figure is zero.
    public init(of lateness: [Duration]) {
        let sorted = lateness.sorted()
        // The nearest rank: the smallest value that at least this share of all does not exceed.
        func rank(_ percent: Int) -> Duration {
            sorted.isEmpty ? .zero : sorted[max(0, (sorted.count * percent + 99) / 100 - 1)]
        }
        visits = sorted.count
        median = rank(50)
        p99 = rank(99)
        largest = sorted.last ?? .zero
    }

    /// `lateness p50 0.0 ms, p99 12.5 ms, largest 40.0 ms over 1200 visits`.
    public var description: String {
        func text(_ span: Duration) -> String {
            let tenths = span.wholeNanoseconds / 100_000
            return "\(tenths / 10).\(tenths % 10) ms"
        }
        return "lateness p50 \(text(median)), p99 \(text(p99)), largest \(text(largest)) over \(visits) visits"
    }
}
