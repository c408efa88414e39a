// SPDX-License-Identifier: Apache-2.0

import Model

/// Which pump belongs to which set, and how often each of them speaks: what follows from the site's description.
struct PumpPlan: Hashable, Codable, Sendable {
    /// Of each pump: the place of its set; -1 when it stands alone.
    var setOfPump: [Int]
    /// Of each set: its pumps, in the site's order.
    var pumpsOfSet: [[Int]]
    /// Of each set: the meters all of whose water it has pumped.
    var metersOfSet: [[Int]]
    /// Of each set: minutes between two looks at it that still hang together.
    var longestStep: [Int64]
    /// Of each pump: whether a counter of its starts is read, and whether its state is.
    var countsStarts: [Bool]
    var tellsRunning: [Bool]
    /// Seconds between two values of state and power of a pump and of the pressure of a set.
    var runningPeriod: [Double]
    var powerPeriod: [Double]
    var pressurePeriod: [Double]
    /// Of each pump: signals of its condition, and the longest time between two values of one of them.
    var conditionSignals: [[Signal]]
    var conditionPeriod: [Duration]
    /// Of each set: the pump that is the same device, whose pressure is the set's too; -1 for none.
    var pumpOfSet: [Int]

    init(_ site: SiteDescription) {
        func period(_ asset: AssetIdentifier, _ signal: Signal) -> Double? {
            site.signals.first { $0.asset == asset && $0.signal == signal }.map {
                min(max($0.period.inSeconds, 1), 86_400)
            }
        }
        let sets = site.pumpSets.map(\.asset)
        setOfPump = site.pumps.map { pump in pump.set.flatMap { sets.firstIndex(of: $0) } ?? -1 }
        let owners = setOfPump
        pumpsOfSet = sets.indices.map { set in owners.indices.filter { owners[$0] == set } }
        metersOfSet = site.pumpSets.map { set in
            site.meters.indices.filter { set.boosted.contains(site.meters[$0].asset) }
        }
        countsStarts = site.pumps.map { period($0.asset, .startCount) != nil }
        tellsRunning = site.pumps.map { period($0.asset, .isRunning) != nil }
        runningPeriod = site.pumps.map { period($0.asset, .isRunning) ?? 60 }
        powerPeriod = site.pumps.map { period($0.asset, .power) ?? 60 }
        pressurePeriod = site.pumpSets.map { period($0.asset, .pressure) ?? 60 }
        let condition = site.pumps.map { pump in
            site.signals.filter { $0.asset == pump.asset && PumpCondition.signals.contains($0.signal) }
        }
        conditionSignals = condition.map { $0.map(\.signal) }
        conditionPeriod = condition.map { $0.map(\.period).max() ?? .seconds(60) }
        pumpOfSet = sets.map { set in site.pumps.firstIndex { $0.asset == set } ?? -1 }
        // The quickest signal sets the pace of a set; two values that fail in a row do not part what goes on.
        let (running, power, pressure, members) = (runningPeriod, powerPeriod, pressurePeriod, pumpsOfSet)
        longestStep = sets.indices.map { set in
            let periods = [pressure[set]] + members[set].flatMap { [running[$0], power[$0]] }
            return max(3, Int64(3 * (periods.min() ?? 60) / 60))
        }
    }
}

/// The newest value of a signal, for as long as it is fresh.
struct HeldValue: Hashable, Codable, Sendable {
    private var value = 0.0
    private var at: Timestamp?

    /// Takes the newest value; `nil` for a poll that failed or a value that the signal cannot have.
    mutating func take(_ newest: Double?, at moment: Timestamp) {
        value = newest ?? 0
        at = newest == nil ? nil : moment
    }

    /// The value, unless it is older than one and a half periods, or than the minute, at `moment`.
    func fresh(at moment: Timestamp, period: Double) -> Double? {
        guard let at, (moment - at).inSeconds <= max(1.5 * period, 60) + 60 else { return nil }
        return value
    }

    var isWellFormed: Bool { value.isFinite && (at.map { DataClock.believable.contains($0) } ?? true) }
}

/// One minute of a pump set, as its rules see it.
struct PumpMinute {
    var minute: Int64
    /// Minutes since the look before; 1 when that does not hang together with this one.
    var length: Int64
    /// Whether the look before was recent enough for what goes on to go on.
    var isContinuous: Bool
    /// Pressure behind the set in bar.
    var pressure: Double?
    /// Pressure that the set should hold, by its description or else by what it held, in bar.
    var target: Double?
    var sequence: Int64?
    var now: Timestamp

    var end: Timestamp { Timestamp(minuteIndex: minute + 1) }
    var start: Timestamp { Timestamp(minuteIndex: minute + 1 - length) }
}
