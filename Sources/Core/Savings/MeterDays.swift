// SPDX-License-Identifier: Apache-2.0

public import Model

/// What one meter counted on one day of the site's clock.
public struct DayUse: Hashable, Sendable {
    public var litres = 0.0
    /// From 00:00 to 06:00.
    public var nightLitres = 0.0
    /// Smallest whole hour from 01:00 to 05:00, in litres; `nil` when none was counted whole.
    public var leastNightHour: Double?
    /// Hours that readings cover.
    public var coveredHours = 0.0

    /// Whether it can be compared with others: at most an hour of it is missing. A day of 23 hours, when the clocks
    /// go forward, is one.
    public var isWhole: Bool { coveredHours >= 22 }
}

/// Register values in, volumes of days out.
///
/// A step is spread evenly over the hours it took. One that goes back without passing the register's end, one that is
/// more than the meter can pass, and one over more than two hours are not counted: those hours are not covered.
public struct MeterDays: Sendable {
    public let meters: [SavingsMeter]
    private let zone: ZoneOffsets
    private var last: [(count: Int64, at: Timestamp)?]
    private var hours: [OpenHour]
    /// By meter, then by day since 1970-01-01 of the local calendar.
    public private(set) var days: [[Int: DayUse]]

    private struct OpenHour {
        var number: Int64 = .min
        var litres = 0.0
        var covered = 0.0
    }

    /// Longest time between two readings that is no gap.
    public static let longestStep: Duration = .seconds(7200)

    public init(meters: [SavingsMeter], zone: ZoneOffsets) {
        self.meters = meters
        self.zone = zone
        last = Array(repeating: nil, count: meters.count)
        hours = Array(repeating: OpenHour(), count: meters.count)
        days = Array(repeating: [:], count: meters.count)
    }

    /// Takes in a register value; one that is not newer than the last of its meter is passed over.
    public mutating func take(meter: Int, count: Int64, at moment: Timestamp) {
        guard meters.indices.contains(meter) else { return }
        guard let before = last[meter] else { return last[meter] = (count, moment) }
        guard moment > before.at else { return }
        last[meter] = (count, moment)
        let span = moment - before.at
        guard span <= Self.longestStep, let litres = volume(meter, from: before.count, to: count, in: span) else {
            return
        }
        spread(litres, over: before.at.milliseconds..<moment.milliseconds, of: meter)
    }

    /// Ends the hours that are open. Nothing is taken in after it.
    public mutating func finish() { for meter in meters.indices { closeHour(of: meter) } }

    private func volume(_ meter: Int, from earlier: Int64, to later: Int64, in span: Duration) -> Double? {
        var step = Double(later) - Double(earlier)
        if step < 0 {
            // Past its end: both values stand within 2 % of it.
            guard let count = meters[meter].counterModulus, case let modulus = Double(count),
                Double(earlier) >= 0.98 * modulus, Double(earlier) < modulus, Double(later) <= 0.02 * modulus
            else { return nil }
            step += modulus
        }
        let litres = step * meters[meter].litresPerCount
        let most = meters[meter].greatestFlow * span.inHours + meters[meter].litresPerCount
        return litres.isFinite && litres <= most ? litres : nil
    }

    private mutating func spread(_ litres: Double, over span: Range<Int64>, of meter: Int) {
        let length = Double(span.upperBound - span.lowerBound)
        var start = span.lowerBound
        while start < span.upperBound {
            let hour = start.flooredQuotient(by: 3_600_000)
            let end = min(span.upperBound, (hour + 1) * 3_600_000)
            if hours[meter].number != hour {
                closeHour(of: meter)
                hours[meter] = OpenHour(number: hour)
            }
            let part = Double(end - start)
            hours[meter].litres += litres * part / length
            hours[meter].covered += part / 3_600_000
            start = end
        }
    }

    private mutating func closeHour(of meter: Int) {
        let hour = hours[meter]
        guard hour.covered > 0 else { return }
        let local = zone.local(Timestamp(milliseconds: hour.number * 3_600_000))
        var day = days[meter][local.date.daysSince1970] ?? DayUse()
        day.litres += hour.litres
        day.coveredHours += hour.covered
        if local.hour < 6 { day.nightLitres += hour.litres }
        if (1..<5).contains(local.hour), hour.covered > 0.98 {
            day.leastNightHour = min(day.leastNightHour ?? .infinity, hour.litres)
        }
        days[meter][local.date.daysSince1970] = day
        hours[meter] = OpenHour()
    }
}

extension Int64 {
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
