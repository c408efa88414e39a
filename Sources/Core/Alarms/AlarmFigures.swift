// SPDX-License-Identifier: Apache-2.0

public import Model

/// How well the alarms of a period serve those who must respond (ISA-18.2, IEC 62682).
public struct AlarmFigures: Codable, Sendable, Hashable {
    /// One alarm that was raised.
    public struct Raise: Codable, Sendable, Hashable {
        public var alarm: String
        public var severity: Severity
        public var at: Timestamp
        public init(alarm: String, severity: Severity, at: Timestamp) {
            (self.alarm, self.severity, self.at) = (alarm, severity, at)
        }
    }

    /// Raised in the period.
    public var count: Int
    /// Mean over the period; 0 for a period without length.
    public var perTenMinutes: Double
    /// Most in any ten minutes that begin with an alarm.
    public var mostInTenMinutes: Int
    /// Share of the ten-minute pieces of the period with more than ten alarms, 0 ... 1; the target is below 0.01.
    public var shareInFlood: Double
    /// Raised most often, at most ten, the most frequent first.
    public var topTen: [Frequency]
    /// Share of all that the top ten make, 0 ... 1; the target is below 0.05.
    public var topTenShare: Double
    /// Shares of P1 ... P4, 0 ... 1; all 0 when nothing was raised.
    public var severityShares: [Double]

    public struct Frequency: Codable, Sendable, Hashable {
        public var alarm: String
        public var count: Int
    }

    /// - Parameters:
    ///   - raises: In any order; those outside `from ..< to` are left out.
    ///   - floodBegins: More than so many in ten minutes are a flood (10).
    public init(_ raises: [Raise], from: Timestamp, to: Timestamp, floodBegins: Int = 10) {
        let inside = raises.filter { $0.at >= from && $0.at < to }.sorted { ($0.at, $0.alarm) < ($1.at, $1.alarm) }
        let window: Int64 = 600_000
        let length = max(0, (to - from).wholeMilliseconds)
        let total = Double(max(1, inside.count))
        count = inside.count
        perTenMinutes = length > 0 ? Double(inside.count) * Double(window) / Double(length) : 0
        var (first, most) = (0, 0)
        for (last, raise) in inside.enumerated() {
            while (raise.at - inside[first].at).wholeMilliseconds >= window { first += 1 }
            most = max(most, last - first + 1)
        }
        mostInTenMinutes = most
        let pieces = Dictionary(grouping: inside) { ($0.at - from).wholeMilliseconds / window }
        let floods = pieces.values.count { $0.count > floodBegins }
        shareInFlood = length > 0 ? min(1, Double(floods) / max(1, (Double(length) / Double(window)).rounded(.up))) : 0
        let counts = Dictionary(grouping: inside, by: \.alarm).mapValues(\.count)
        topTen = counts.map { Frequency(alarm: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.alarm) < ($0.count, $1.alarm) }.prefix(10).map(\.self)
        topTenShare = Double(topTen.map(\.count).reduce(0, +)) / total
        severityShares = Severity.allCases.map { severity in
            Double(inside.count { $0.severity == severity }) / total
        }
    }
}
