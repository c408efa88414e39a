// SPDX-License-Identifier: Apache-2.0

/// What the site and the profile say of one totalising register.
public struct CounterSettings: Hashable, Codable, Sendable {
    /// The count at which the register starts again at zero, such as 2^16, 2^32 or 10^8; `nil` when it never does.
    public let modulus: UInt64?
    /// The quantity that one count stands for, in the point's unit; finite and above zero.
    public let unitsPerCount: Double
    /// The most counts the pipe or the cable can pass in an hour.
    public let greatestCountsPerHour: UInt64
    /// A longer time between two reads is an outage, and what was counted in it is marked as a gap.
    public let longestInterval: Duration
    /// A meter may renew its register no more often than this, and then brings the counts of the whole time at once.
    public let window: Duration

    /// - Parameters:
    ///   - modulus: At least 2, or `nil`.
    ///   - unitsPerCount: The pulse weight, in the point's unit.
    ///   - greatestRate: In the point's unit per hour; rounded up to whole counts.
    ///   - longestInterval: Three periods of the point is usual.
    ///   - window: Zero where each read finds the register as the pipe has it.
    /// - Returns: `nil` when a number is outside its range.
    public init?(
        modulus: UInt64?, unitsPerCount: Double, greatestRate: Double, longestInterval: Duration,
        window: Duration = .zero
    ) {
        let counts = (greatestRate / unitsPerCount).rounded(.up)
        guard modulus ?? 2 >= 2, unitsPerCount.isFinite, unitsPerCount > 0, longestInterval > .zero,
            window >= .zero, let whole = UInt64(exactly: counts)
        else { return nil }
        self.window = window
        self.modulus = modulus
        self.unitsPerCount = unitsPerCount
        self.longestInterval = longestInterval
        greatestCountsPerHour = whole
    }

    /// The most counts that are believed after `elapsed`: ceil(greatest rate x elapsed x 1.2) + 1.
    public func limit(over elapsed: Duration) -> UInt64 {
        let counts = greatestCounts(over: elapsed, fifths: 6)
        return counts == .max ? .max : counts + 1
    }

    /// The least time in which the pipe can pass `counts`, by the limit's own reckoning; the window for a pipe that
    /// passes nothing.
    func time(of counts: UInt64) -> Duration {
        guard counts > 0 else { return .zero }
        guard greatestCountsPerHour > 0 else { return window }
        let hours = Double(counts) / (Double(greatestCountsPerHour) * 1.2)
        return .seconds(min(hours * 3600, 1e9))
    }

    /// The register can have gone round more than once in `elapsed`.
    func isAmbiguous(over elapsed: Duration) -> Bool {
        guard let modulus else { return false }
        return greatestCounts(over: elapsed, fifths: 5) >= modulus
    }

    /// Counts from `earlier` to `later` with one rollover at most; `nil` for a fall of a register that has none.
    func step(from earlier: UInt64, to later: UInt64) -> UInt64? {
        if later >= earlier { return later - earlier }
        return modulus.map { $0 - earlier + later }
    }

    /// A register that carries this total as a 32-bit float can no longer tell one count from the next.
    public func losesCountsAsFloat32(at total: Double) -> Bool { Double(Float(total).ulp) > unitsPerCount }

    /// ceil(greatest rate x elapsed x fifths / 5) in whole counts; saturates.
    private func greatestCounts(over elapsed: Duration, fifths: UInt64) -> UInt64 {
        let (seconds, attoseconds) = elapsed.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        // Whole milliseconds, rounded up: the limit is never too small by the rounding.
        let (thousands, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
        let part = (UInt64(attoseconds) + 999_999_999_999_999) / 1_000_000_000_000_000
        let (milliseconds, isTooLongStill) = thousands.addingReportingOverflow(part)
        let (scaled, isTooLongScaled) = milliseconds.multipliedReportingOverflow(by: fifths)
        guard !isTooLong, !isTooLongStill, !isTooLongScaled else { return .max }
        let divisor: UInt64 = 5 * 3_600_000
        let product = greatestCountsPerHour.multipliedFullWidth(by: scaled)
        guard product.high < divisor else { return .max }
        let (quotient, rest) = divisor.dividingFullWidth(product)
        return rest == 0 || quotient == .max ? quotient : quotient + 1
    }
}
