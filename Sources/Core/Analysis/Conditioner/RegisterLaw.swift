// SPDX-License-Identifier: Apache-2.0

import Model

/// What one meter's register can do: the part of its description that the hot path needs, as bare numbers.
struct RegisterLaw: Hashable, Sendable {
    /// Litres of one count: a thousandth of a millilitre to a thousand cubic metres.
    var litresPerCount: Double
    var modulus: Int64?
    /// Permanent flow Q3 in litres an hour.
    var nominalFlow: Double?
    /// Described time between two readings, in seconds.
    var period: Double
    /// Data time between the end of an hour and its closing, in milliseconds.
    var closeDelay: Int64
    /// A reading that comes at most this late still reaches its hour, in any order, in milliseconds.
    var lateness: Int64
    /// Of readings closer together than this only the first goes to the hours, in milliseconds.
    var cell: Int64
    /// Whether the meter is judged at all; false for a description that makes no sense.
    var isUsable: Bool

    /// No register of a meter counts further; every larger value is noise. Exact as a real number.
    static let largestCount: Int64 = 1 << 53

    init(_ meter: MeterDescription) {
        let factor = meter.litresPerCount
        isUsable = factor.isFinite && factor >= 1e-6 && factor <= 1e6
        litresPerCount = isUsable ? factor : 1
        modulus = meter.counterModulus.flatMap { $0 > 1 && $0 <= UInt64(Self.largestCount) ? Int64($0) : nil }
        nominalFlow = meter.nominalFlow.flatMap { $0.value.isFinite && $0.value > 0 ? $0.value : nil }
        period = min(max(meter.period.inSeconds, 0.1), 86_400)
        let milliseconds = Int64(period * 1000)
        // Hours close a quarter after their end for meters read each minute; dwelling meters are given an hour.
        closeDelay = period <= 60 ? 15 * 60_000 : max(60 * 60_000, 2 * milliseconds)
        // The reading that follows the end of the hour must have come too, for the hour's end is interpolated.
        lateness = closeDelay - max(milliseconds, 60_000)
        // So that the waiting readings fit their ring however fast the meter is polled.
        cell = period <= 60 ? 40_000 : max(180_000, closeDelay / 20)
    }

    /// Hourly volume up to which a meter counts as standing still, in litres.
    ///
    /// Half a count, for a count that falls on the edge of an hour is shared by two. Below half a litre an hour no
    /// dwelling meter measures: the smallest start to turn at 1 to 4 L/h (ISO 4064 allows any error below Q1, 6 L/h
    /// at Q3 2.5 m3/h and R400), so the millilitre steps of an ultrasonic register are its zero drift, not water.
    var standstillLitres: Double { max(litresPerCount / 2, 0.5) }
}
