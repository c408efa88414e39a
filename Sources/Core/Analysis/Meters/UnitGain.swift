// SPDX-License-Identifier: Apache-2.0

import Model

/// D7, under-registration of a dwelling: the zone misses water whenever this dwelling draws some.
///
/// A meter that leaves out a share s of what passes it leaves s/(1 - s) of what it counts in the zone's residual. So the
/// hourly residual is laid against the hourly use of each dwelling: homes draw water at different hours, and the slope
/// belongs to one of them. What the slope of last week suspects, hours of a window of its own must confirm; they also
/// tell the size, for nothing from before the change is in them.
struct UnitGain: Hashable, Codable, Sendable {
    /// A share of 15 %: several times what a meter in use may err (4 %, OIML R 49 twice over), and out of reach of its clock.
    static let leastSlope = 0.18
    /// Standard errors to suspect and to confirm.
    static let suspects = 4.0
    static let confirms = 4.5
    /// Hours that the confirmation takes at least, and at most.
    static let leastHours = 24.0
    static let mostHours = 336.0
    private static let memory = 168.0

    /// Sums for a straight line through pairs of use and residual.
    private struct Sums: Hashable, Codable, Sendable {
        var n = 0.0
        var use = 0.0
        var residual = 0.0
        var useSquare = 0.0
        var product = 0.0
        var residualSquare = 0.0

        mutating func add(_ x: Double, _ r: Double, keeping weight: Double) {
            n = n * weight + 1
            use = use * weight + x
            residual = residual * weight + r
            useSquare = useSquare * weight + x * x
            product = product * weight + x * r
            residualSquare = residualSquare * weight + r * r
        }

        /// The slope and its standard error; `nil` while nothing can be said.
        var slope: (value: Double, error: Double)? {
            guard n > 12 else { return nil }
            let spread = useSquare - use * use / n
            let common = product - use * residual / n
            guard spread > 1 else { return nil }
            let value = common / spread
            let rest = residualSquare - residual * residual / n - value * common
            return (value, (max(rest, 0.25 * n) / (n - 2) / spread).squareRoot())
        }

        var isWellFormed: Bool {
            [n, use, residual, useSquare, product, residualSquare].allSatisfy(\.isFinite) && n >= 0
        }
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var startHour: Int64
        var lastHour: Int64
        var slope: Double
        var error: Double
    }

    private var past = Sums()
    private var fresh: Sums?
    private var freshSince: Int64 = 0
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// Factor on what the meter counts that makes it what it should have counted.
    var correction: Double { 1 + (alarm?.slope ?? 0) }

    /// Slope of the last week, to tell what all dwellings of the zone share; `nil` while nothing can be said.
    var slope: Double? { past.slope?.value }

    /// Takes one clean hour.
    ///
    /// - Parameters:
    ///   - use: What the meter counted, in litres.
    ///   - residual: What entered and no child took, in litres, without a correction of this meter.
    ///   - common: Slope that the dwellings of the zone share: that of their shared meter.
    mutating func take(hour: Int64, use: Double, residual: Double, common: Double) -> Verdict? {
        past.add(use, residual, keeping: 1 - 1 / Self.memory)
        fresh?.add(use, residual, keeping: 1)
        if var held = alarm {
            held.lastHour = hour
            return follow(&held, common)
        }
        guard let window = fresh else {
            if past.n > Self.leastHours, let (slope, error) = past.slope, slope - common > Self.leastSlope / 2,
                (slope - common) / error > Self.suspects
            {
                fresh = Sums()
                freshSince = hour + 1
            }
            return nil
        }
        guard window.n >= Self.leastHours, let (slope, error) = window.slope else { return nil }
        if slope - common > Self.leastSlope, (slope - common) / error > Self.confirms {
            let new = Alarm(startHour: freshSince, lastHour: hour, slope: min(slope - common, 20), error: error)
            alarm = new
            fresh = Sums()
            return .arises(grounds(new))
        }
        if window.n >= Self.mostHours { fresh = nil }
        return nil
    }

    /// While it lasts the slope of each further week is looked at.
    private mutating func follow(_ held: inout Alarm, _ common: Double) -> Verdict? {
        alarm = held
        guard let window = fresh, window.n >= Self.leastHours, let (slope, error) = window.slope else { return nil }
        if slope - common < held.slope / 2, (held.slope - slope + common) / error > 3 {
            (alarm, fresh, past) = (nil, nil, Sums())
            return .ends(grounds(held), at: Timestamp(hourIndex: held.lastHour + 1))
        }
        guard window.n >= Self.mostHours else { return nil }
        (held.slope, held.error) = (min(max(slope - common, 0), 20), error)
        alarm = held
        fresh = Sums()
        return .persists(grounds(held))
    }

    /// The shared meter lied: what was learned with it is void.
    mutating func forget() {
        past = Sums()
        fresh = alarm == nil ? nil : Sums()
    }

    private func grounds(_ alarm: Alarm) -> Grounds {
        Grounds(
            startedAt: Timestamp(hourIndex: alarm.startHour), severity: .p3,
            size: Measure("share_not_counted", 100 * alarm.slope / (1 + alarm.slope), .percent),
            evidence: Evidence(
                from: Timestamp(hourIndex: alarm.startHour), to: Timestamp(hourIndex: alarm.lastHour + 1),
                measures: [
                    Measure("slope", alarm.slope), Measure("slope_error", alarm.error),
                    Measure("required_slope", Self.leastSlope), Measure("required_errors", Self.confirms),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let hours: ClosedRange<Int64> = 0...1_200_001
        return past.isWellFormed && (fresh?.isWellFormed ?? true) && hours.contains(freshSince)
            && (alarm.map {
                hours.contains($0.startHour) && hours.contains($0.lastHour) && $0.slope.isFinite && $0.error.isFinite
                    && (-0.5...20).contains($0.slope)
            } ?? true)
    }
}
