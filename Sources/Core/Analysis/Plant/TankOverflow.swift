// SPDX-License-Identifier: Apache-2.0

import Model

/// D9, tank overflow: water reaches the edge, or stands higher than it ever does while more comes in than goes out.
///
/// Three clauses, each for ten minutes on end. *Edge*: the level is within one step of the overflow edge, and the meter
/// above the tank has not stood still. *Pinned*: the level stands above its usual top without changing, and the balance
/// around the tank leaves more water than is uncertain in it. *Night*: between midnight and five the balance of an hour
/// does the same while the level is above its usual top and rises no more. The last two find an edge that lies lower than
/// described.
struct TankOverflow: Hashable, Codable, Sendable {
    enum Clause: Int, Codable, Sendable { case edge = 1, pinned, night }

    /// A float valve closes within minutes; what stands longer runs over.
    static let holds: Duration = .seconds(600)
    /// Over when the level has been two per cent below the edge for so long.
    static let clearsAfter: Duration = .seconds(300)
    static let clearsBelow = 0.98
    /// Waves take single readings off the edge; more than half must be at it.
    private static let share = 0.6
    /// Readings further apart prove nothing about the time between.
    private static let longestHole: Duration = .seconds(600)

    private struct Alarm: Hashable, Codable, Sendable {
        var clause: Clause
        var startMinute: Int64
        var level: Double
        /// Level below which it is over.
        var floor: Double
        var spill = SpillVolume()
        var countedThrough: Int64
        var toldAt: Timestamp
        var belowSince: Timestamp?

        /// Below it nothing runs over.
        func spillLevel(_ sight: TankSight) -> Double {
            (clause == .edge ? sight.tank.overflowLevel : level) - 2 * sight.tolerance
        }
    }

    private var since: Timestamp?
    private var newestAt: Timestamp?
    private var hits = 0
    private var readings = 0
    private var pinnedSince: Timestamp?
    private var firstSequence: Int64?
    private var lastSequence: Int64?
    private var alarm: Alarm?
    private var calm = CalmBalance()

    init() {}

    var isInAlarm: Bool { alarm != nil }
    /// Whether it runs over an edge that lies lower than described, so that its level does not tell when.
    var isOverHiddenEdge: Bool { alarm.map { $0.clause != .edge } ?? false }

    /// Follows one level in metres, newer than all before.
    mutating func take(_ level: Double, at: Timestamp, sequence: Int64?, edge: Double, _ tank: TankDescription) {
        if let newestAt, at - newestAt > Self.longestHole {
            since = nil
            alarm?.belowSince = nil
        }
        newestAt = at
        lastSequence = sequence ?? lastSequence
        if level >= edge {
            if since == nil { (since, hits, readings, firstSequence) = (at, 0, 0, sequence) }
            hits += 1
        }
        readings += 1
        // Two steps below the edge it has left it; one is a wave.
        if level < edge - (tank.overflowLevel - edge) { since = nil }
        guard let held = alarm else { return }
        if level >= held.floor {
            alarm?.belowSince = nil
        } else if held.belowSince == nil {
            alarm?.belowSince = at
        }
    }

    /// Judges once a minute of data time.
    mutating func judge(_ sight: TankSight) -> Verdict? {
        if alarm != nil { return follow(sight) }
        sight.learn(&calm, below: sight.tank.overflowLevel - 2 * sight.tolerance)
        guard let newestAt, sight.now - newestAt <= Self.longestHole else { return nil }
        if let since, newestAt - since >= Self.holds, Double(hits) >= Self.share * Double(readings),
            sight.hasInflow(since: since)
        {
            return raise(.edge, from: since, sight)
        }
        guard let usualTop = sight.state.usualTop, let level = sight.state.history.newestLevel,
            level > usualTop + 2 * sight.tolerance, sight.end > 0
        else {
            pinnedSince = nil
            return nil
        }
        let isPinned =
            (sight.range(minutes: 10).map { $0.upperBound - $0.lowerBound <= sight.tolerance } ?? false)
            && sight.gains(minutes: 30)
        if !isPinned { pinnedSince = nil }
        if isPinned {
            let since = pinnedSince ?? sight.now
            pinnedSince = since
            if sight.now - since >= Self.holds { return raise(.pinned, from: since, sight) }
        }
        let isNight = (1..<5).contains(sight.hourOfDay)
        let wasHigh = sight.range(minutes: 60).map { $0.lowerBound > usualTop + sight.tolerance } ?? false
        if isNight, wasHigh, !sight.rises(minutes: 60), sight.gains(minutes: 60) {
            return raise(.night, from: sight.now - .seconds(3600), sight)
        }
        return nil
    }

    private mutating func raise(_ clause: Clause, from start: Timestamp, _ sight: TankSight) -> Verdict? {
        pinnedSince = nil
        let level = sight.state.history.newestLevel ?? 0
        let height = sight.tank.overflowLevel
        // An edge lower than described is left when the level falls two per cent below where it stood.
        let floor = clause == .edge ? Self.clearsBelow * height : level - (1 - Self.clearsBelow) * height
        var new = Alarm(
            clause: clause, startMinute: start.minuteIndex, level: level, floor: floor,
            countedThrough: start.minuteIndex, toldAt: sight.now)
        sight.count(into: &new.spill, calm: &calm, through: &new.countedThrough, above: new.spillLevel(sight))
        alarm = new
        return .arises(grounds(new, sight))
    }

    private mutating func follow(_ sight: TankSight) -> Verdict? {
        guard var held = alarm else { return nil }
        // Ten minutes at a time: a register's step is less of more water.
        if sight.end - held.countedThrough >= 10 {
            sight.count(into: &held.spill, calm: &calm, through: &held.countedThrough, above: held.spillLevel(sight))
        }
        alarm = held
        if let below = held.belowSince, let newestAt, newestAt - below >= Self.clearsAfter {
            sight.count(into: &held.spill, calm: &calm, through: &held.countedThrough, above: held.spillLevel(sight))
            alarm = nil
            since = nil
            return .ends(grounds(held, sight), at: below)
        }
        guard sight.now - held.toldAt >= .seconds(6 * 3600) else { return nil }
        alarm?.toldAt = sight.now
        return .persists(grounds(held, sight))
    }

    private func grounds(_ alarm: Alarm, _ sight: TankSight) -> Grounds {
        let start = Timestamp(minuteIndex: alarm.startMinute)
        var loss: LossEstimate?
        var rate = 0.0
        if alarm.spill.minutes > 0 {
            let hours = alarm.spill.minutes / 60
            // What the zone loses without a spill, by a leak or by a meter that stands still, is not the tank's.
            let litres = max(0, alarm.spill.litres - calm.rate * alarm.spill.spillMinutes / 60)
            rate = litres / hours
            let doubt = 2 * alarm.spill.variance.squareRoot() / hours
            let open =
                3 * alarm.spill.variance.squareRoot() + MeterError.shareOfSmallFlows * max(0, alarm.spill.litres)
                + abs(calm.rate) * alarm.spill.spillMinutes / 120
            loss = LossEstimate(
                rateLow: LitresPerHour(max(0, rate - doubt)), rateHigh: LitresPerHour(rate + doubt),
                litres: Litres(litres), low: Litres(max(0, litres - open)), high: Litres(litres + open))
        }
        return Grounds(
            startedAt: start, severity: .p1, loss: loss,
            size: loss == nil ? Measure("level", alarm.level, .metre) : nil,
            evidence: Evidence(
                from: start, to: max(start, sight.now),
                measures: [
                    Measure("clause", Double(alarm.clause.rawValue)),
                    Measure("level", alarm.level, .metre),
                    Measure("overflow_level", sight.tank.overflowLevel, .metre),
                    Measure("tolerance", sight.tolerance, .metre),
                    Measure("usual_top", sight.state.usualTop ?? 0, .metre),
                    Measure("spill", rate, .litrePerHour),
                    Measure("required_hold", Self.holds.inSeconds / 60, .minute),
                ],
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        let stamps = [since, newestAt, pinnedSince, alarm?.toldAt, alarm?.belowSince]
        let minutes: ClosedRange<Int64> = 0...100_000_000
        return calm.isWellFormed
            && stamps.allSatisfy { stamp in stamp.map { DataClock.believable.contains($0) } ?? true }
            && (0...1 << 40).contains(hits) && (0...1 << 40).contains(readings)
            && (alarm.map {
                minutes.contains($0.startMinute) && minutes.contains($0.countedThrough) && $0.spill.isWellFormed
            } ?? true)
    }
}
