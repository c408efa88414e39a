// SPDX-License-Identifier: Apache-2.0

import Model

/// D10, dry run: a pump is on and moves no water.
///
/// Without water the pressure behind it is gone and it takes the power of its own friction. Where a vessel still holds
/// the pressure, the second clause sees that it only falls although the pump takes no more than that power.
struct DryRun: Hashable, Codable, Sendable {
    /// Looks in a row: one may be the start of a pump, two its start and a pipe that fills.
    static let looks = 3
    /// Share of the pressure it should hold. A pump that delivers far beyond its duty still reaches this.
    static let pressureShare = 0.6
    /// Share of the rated power. Friction alone takes a third to half of it.
    static let powerShare = 0.6
    /// The same while a vessel holds the pressure: the pump must not even do the work of a closed valve.
    static let vesselPowerShare = 0.45
    static let usualShare = 0.75
    /// Minutes through which the pressure of the vessel falls. A pump fills its vessel in less.
    static let fallMinutes: Int64 = 6
    /// A pump that moves nothing takes the same power at every look, within a tenth.
    static let steadiness = 1.1
    /// Part of the pressure by which a vessel must have fallen, and by which two looks may differ by noise.
    static let fallShare = 0.03
    static let noiseShare = 0.01

    /// What the rule compares with.
    struct Limits {
        /// Rated power in kilowatts; `nil` when it is not known.
        var rated: Double?
        /// Power that this pump usually takes in kilowatts; `nil` before that is learned.
        var usual: Double?
        /// Whether a vessel may hold the pressure; nothing does where the set fills a tank.
        var hasVessel: Bool
        /// Whether another finding says why it takes little power: a closed valve, or nothing but short starts.
        var isExplained: Bool
    }

    private struct Streak: Hashable, Codable, Sendable {
        var since: Timestamp
        var looks = 0
        var sequence: Int64?
    }

    private struct Fall: Hashable, Codable, Sendable {
        var since: Timestamp
        var minutes: Int64 = 0
        var from: Double
        var lowest: Double
        /// The lowest as it was two and three looks before the newest.
        var twoBefore: Double
        var threeBefore: Double
        var leastPower: Double
        var mostPower: Double
        var sequence: Int64?
    }

    private struct Alarm: Hashable, Codable, Sendable {
        var since: Timestamp
        var fromVessel: Bool
        var power: Double
        var pressure: Double
        var target: Double
        var powerLimit: Double
        var sequence: Int64?
        var lastSequence: Int64?
        var goodSince: Timestamp?
        var toldAt: Timestamp
    }

    private var streak: Streak?
    private var fall: Fall?
    private var alarm: Alarm?

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// Whether this minute may not teach what is usual.
    var isSuspected: Bool { alarm != nil || streak != nil }

    /// Judges one look at the pump; `isOn` and `power` are `nil` when they are not known.
    mutating func judge(
        isOn: Bool?, power: Double?, _ look: PumpMinute, _ limits: Limits, statistics: inout AnalyzerStatistics
    ) -> Verdict? {
        if !look.isContinuous { (streak, fall) = (nil, nil) }
        guard let isOn else { return nil }
        guard isOn else {
            (streak, fall) = (nil, nil)
            return rest(look)
        }
        guard let power, let pressure = look.pressure, let target = look.target, target > 0,
            let limit = limits.rated.map({ $0 * Self.powerShare }) ?? limits.usual.map({ $0 * Self.powerShare })
        else { return nil }
        statistics.evaluations.dryRun += 1
        let isDry = pressure < target * Self.pressureShare && power < limit
        if let held = alarm {
            let stillFalls =
                held.fromVessel && pressure < held.pressure + target * Self.noiseShare
                && power < held.power * Self.steadiness
            return isDry || stillFalls ? last(look, pressure, power) : rest(look)
        }
        if isDry {
            var held = streak ?? Streak(since: look.start, sequence: look.sequence)
            held.looks += 1
            streak = held
            if held.looks >= Self.looks {
                return raise(
                    Alarm(
                        since: held.since, fromVessel: false, power: power, pressure: pressure, target: target,
                        powerLimit: limit, sequence: held.sequence, lastSequence: look.sequence, toldAt: look.now),
                    look)
            }
        } else {
            streak = nil
        }
        return limits.hasVessel ? follow(fall: look, pressure, power, target, limits) : nil
    }

    private mutating func follow(
        fall look: PumpMinute, _ pressure: Double, _ power: Double, _ target: Double, _ limits: Limits
    ) -> Verdict? {
        // A motor much too large for its pump never takes half its rating: then its own past must say so too.
        let ofUsual = limits.usual.map { $0 * (limits.rated == nil ? Self.powerShare : Self.usualShare) }
        let limit = min(limits.rated.map { $0 * Self.vesselPowerShare } ?? .infinity, ofUsual ?? .infinity)
        guard limit.isFinite, power < limit, !limits.isExplained else {
            fall = nil
            return nil
        }
        var held =
            fall
            ?? Fall(
                since: look.start, from: pressure, lowest: pressure, twoBefore: pressure, threeBefore: pressure,
                leastPower: power, mostPower: power, sequence: look.sequence)
        held.leastPower = min(held.leastPower, power)
        held.mostPower = max(held.mostPower, power)
        guard pressure <= held.lowest + target * Self.noiseShare,
            held.mostPower <= held.leastPower * Self.steadiness
        else {
            fall = nil
            return nil
        }
        held.minutes += look.length
        // A set that holds its pressure after it fell is a set that works.
        let stillFalls = held.threeBefore - pressure >= held.from * Self.fallShare / 3
        (held.twoBefore, held.threeBefore) = (held.lowest, held.twoBefore)
        held.lowest = min(held.lowest, pressure)
        fall = held
        guard held.minutes >= Self.fallMinutes, stillFalls, held.from - held.lowest >= held.from * Self.fallShare else {
            return nil
        }
        return raise(
            Alarm(
                since: held.since, fromVessel: true, power: held.mostPower, pressure: pressure, target: target,
                powerLimit: limit, sequence: held.sequence, lastSequence: look.sequence, toldAt: look.now), look)
    }

    private mutating func raise(_ new: Alarm, _ look: PumpMinute) -> Verdict {
        (streak, fall, alarm) = (nil, nil, new)
        return .arises(grounds(new, to: look.end))
    }

    /// It is still dry.
    private mutating func last(_ look: PumpMinute, _ pressure: Double, _ power: Double) -> Verdict? {
        guard var held = alarm else { return nil }
        (held.goodSince, held.pressure, held.lastSequence) = (nil, pressure, look.sequence ?? held.lastSequence)
        defer { alarm = held }
        guard look.now - held.toldAt >= .seconds(3600) else { return nil }
        held.toldAt = look.now
        return .persists(grounds(held, to: look.end))
    }

    /// It is off, or delivers: over when the next look says so too.
    private mutating func rest(_ look: PumpMinute) -> Verdict? {
        guard let held = alarm else { return nil }
        guard let good = held.goodSince else {
            alarm?.goodSince = look.start
            return .persists(grounds(held, to: look.start))
        }
        alarm = nil
        return .ends(grounds(held, to: good), at: good)
    }

    private func grounds(_ held: Alarm, to end: Timestamp) -> Grounds {
        let minutes = max(0, (end - held.since).inSeconds / 60)
        return Grounds(
            startedAt: held.since, severity: .p1, loss: nil, size: Measure("dry", minutes, .minute),
            evidence: Evidence(
                from: held.since, to: end,
                measures: [
                    Measure("dry_minutes", minutes, .minute),
                    Measure("pressure", held.pressure, .bar),
                    Measure("target_pressure", held.target, .bar),
                    Measure("power", held.power, .kilowatt),
                    Measure("power_limit", held.powerLimit, .kilowatt),
                    Measure("vessel_holds", held.fromVessel ? 1 : 0),
                    Measure("required_looks", Double(Self.looks)),
                    Measure("required_fall", Double(Self.fallMinutes), .minute),
                ],
                firstSequence: held.sequence.map { SequenceNumber($0) },
                lastSequence: held.lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        (streak.map { DataClock.believable.contains($0.since) && (0...Self.looks).contains($0.looks) } ?? true)
            && (fall.map {
                DataClock.believable.contains($0.since) && (0...1_000_000).contains($0.minutes)
            } ?? true)
            && (alarm.map { DataClock.believable.contains($0.since) } ?? true)
    }
}
