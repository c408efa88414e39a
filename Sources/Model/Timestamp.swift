// SPDX-License-Identifier: Apache-2.0

/// A moment in UTC with millisecond resolution, for records and deadlines that people see.
///
/// It is a value like any other: no core ever asks what time it is. Arithmetic saturates at the ends
/// of the representable range instead of trapping, because a stamp may come from a wire.
public struct Timestamp: Hashable, Comparable, Codable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    public static func + (moment: Timestamp, span: Duration) -> Timestamp {
        let (sum, overflow) = moment.milliseconds.addingReportingOverflow(span.wholeMilliseconds)
        return Timestamp(milliseconds: overflow ? (span < .zero ? .min : .max) : sum)
    }

    public static func - (moment: Timestamp, span: Duration) -> Timestamp { moment + (.zero - span) }

    /// Time from `earlier` to `later`; negative when they are the other way round.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return .milliseconds(overflow ? (later < earlier ? Int64.min : Int64.max) : difference)
    }

    /// The last whole multiple of `step` at or before this moment, counted from 1970.
    ///
    /// - Parameter step: Longer than zero.
    public func floored(to step: Duration) -> Timestamp {
        let width = step.wholeMilliseconds
        precondition(width > 0, "a step is longer than zero")
        let rest = milliseconds % width
        return Timestamp(milliseconds: milliseconds - (rest < 0 ? rest + width : rest))
    }
}

extension Duration {
    /// This span in milliseconds, rounded towards zero; saturates at the ends of `Int64`.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// This span in seconds, as a real number.
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// This span in hours, as a real number.
    public var inHours: Double { inSeconds / 3600 }
}

/// A moment on the machine's monotonic clock, comparable inside one boot only.
///
/// It is used for timeouts, poll periods and durations, which a corrected wall clock must not disturb.
public struct MonotonicInstant: Hashable, Comparable, Codable, Sendable {
    /// Nanoseconds since the kernel started.
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }

    public static func + (moment: Self, span: Duration) -> Self {
        let (seconds, attoseconds) = span.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return Self(nanoseconds: seconds < 0 ? .min : .max) }
        let (sum, carried) = moment.nanoseconds.addingReportingOverflow(product)
        guard !carried else { return Self(nanoseconds: seconds < 0 ? .min : .max) }
        return Self(nanoseconds: sum &+ attoseconds / 1_000_000_000)
    }

    public static func - (later: Self, earlier: Self) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}
