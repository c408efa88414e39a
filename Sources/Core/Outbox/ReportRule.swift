// SPDX-License-Identifier: Apache-2.0

public import Model

/// When a reading of one point is worth a message. The store and the analyzer see every reading all the same.
public struct ReportRule: Hashable, Codable, Sendable {
    public enum Deadband: Hashable, Codable, Sendable {
        /// In the point's unit; 0 publishes every reading.
        case absolute(Double)
        /// Per cent of the span from the least to the greatest value of the point.
        case percent(Double, ofSpan: Double)

        /// The smallest change worth a message, in the point's unit; 0 for what is no finite number above it.
        var width: Double {
            let width =
                switch self {
                case .absolute(let value): value
                case .percent(let share, let span): share / 100 * span
                }
            return width.isFinite ? max(0, width) : 0
        }
    }

    public static let usualSilence = Duration.seconds(300)
    /// For points of the slow poll class.
    public static let slowSilence = Duration.seconds(900)

    public var deadband: Deadband
    /// A reading this long after the published one is published whatever it says.
    public var maximumSilence: Duration

    /// Every reading is published unless a deadband above 0 is given.
    public init(deadband: Deadband = .absolute(0), maximumSilence: Duration = ReportRule.usualSilence) {
        self.deadband = deadband
        self.maximumSilence = maximumSilence
    }
}

/// Report by exception for one point: compares each reading with the last one published, not with the last one read,
/// so that a slow drift is never lost.
public struct ReportByException: Hashable, Sendable {
    private struct Published: Hashable {
        var quantity: Quantity?
        var quality: Quality
        var reason: QualityReason?
        var at: MonotonicInstant
    }

    private var published: Published?

    /// Nothing is published yet: the first reading always is.
    public init() {}

    /// Whether `reading` is to be published.
    ///
    /// It changes nothing: a message may yet be sent for another point of the asset.
    public func isDue(_ reading: Reading, at now: MonotonicInstant, rule: ReportRule) -> Bool {
        guard let last = published else { return true }
        guard last.quality == reading.quality, last.reason == reading.reason else { return true }
        guard now - last.at < rule.maximumSilence else { return true }
        return hasMoved(from: last.quantity, to: reading.quantity, by: rule.deadband.width)
    }

    /// Notes that `reading` was published, by its own right or in the message of another point.
    public mutating func notePublished(_ reading: Reading, at now: MonotonicInstant) {
        published = Published(quantity: reading.quantity, quality: reading.quality, reason: reading.reason, at: now)
    }

    private func hasMoved(from last: Quantity?, to next: Quantity?, by width: Double) -> Bool {
        switch (last, next) {
        case (.isOn(let a), .isOn(let b)): return a != b
        case (.state(let a), .state(let b)): return a != b
        case (.integer(let a), .integer(let b)):
            // Exact: two totals above 2^53 may be one Double.
            return Double(a.magnitude(to: b)) >= width
        case (.number(let a), .number(let b)): return abs(b - a) >= width
        case (nil, nil): return false
        default: return true
        }
    }
}

extension Int64 {
    fileprivate func magnitude(to other: Int64) -> UInt64 {
        other > self ? UInt64(bitPattern: other &- self) : UInt64(bitPattern: self &- other)
    }
}
