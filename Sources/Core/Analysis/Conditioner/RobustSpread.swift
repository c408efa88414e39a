// SPDX-License-Identifier: Apache-2.0

/// Middle and spread of values among which some may be wild.
struct RobustSpread: Hashable, Sendable {
    var median: Double
    /// Standard deviation as the median distance from the median tells it.
    var deviation: Double

    /// - Returns: `nil` without values. Values must be finite.
    init?(_ values: [Double]) {
        guard let median = Self.median(of: values.sorted()) else { return nil }
        self.median = median
        // 1.4826 median distances are one standard deviation of normal values.
        deviation = 1.4826 * (Self.median(of: values.map { abs($0 - median) }.sorted()) ?? 0)
    }

    private static func median(of sorted: [Double]) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
