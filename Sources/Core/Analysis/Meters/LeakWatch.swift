// SPDX-License-Identifier: Apache-2.0

import Model

/// All that one meter's own history says about water running behind it: one condition, whichever detector proves it.
///
/// The evidence bank in slots of one hour and of four, flow in spells, the quietest hours of coarse registers, and the
/// plain 24 hours without a standstill (``ContinuousFlow``) feed one finding; it lasts until all of them are quiet.
struct LeakWatch: Hashable, Codable, Sendable {
    private var hourly: LevelBank
    private var fourHourly: LevelBank
    private var spells: FlowInSpells
    /// Only of a dwelling's register whose counts are too coarse for quarters of an hour.
    @Seldom private var quiet: QuietHours?
    private var minima = DailyMinima()
    private var slot = FourHourSlot()
    /// Known hours on end in which the meter stood still, up to 1000.
    @Narrow<Int16, Int> private var stillHours = 0
    @Seldom private var alarm: Alarm?
    /// The hour in which the last alarm ended.
    @NarrowOptional<Int32, Int64> private var endedHour: Int64?

    /// What was proved, and how it was told.
    private struct Alarm: Hashable, Codable, Sendable {
        var name: LeakName
        var start: Int64
        var firstSequence: Int64?
        var lastSequence: Int64?
        var proof: Proof
        var hours: Int
        var volume: LeakVolume
        /// Litres that were told last.
        var told = ToldSize()
        var toldHours: Int
        var toldLevel: Double
        var toldSeverity: Severity
        /// A person has seen it: nothing is learned until it is over.
        var isConfirmed = false
    }

    /// How a leak was proved the last time it was told.
    private enum Proof: Hashable, Codable, Sendable {
        case hourly(level: Int)
        case fourHourly(level: Int)
        case spells(level: Int)
        case quietHours(level: Int)
    }

    /// The running slot of four local hours.
    private struct FourHourSlot: Hashable, Codable, Sendable {
        var litres = 0.0
        @Narrow<Int32, Int64> var index: Int64 = -1
        @Narrow<UInt8, Int> var bucket = 0
        @Narrow<UInt8, Int> var hours = 0
    }

    /// Three quarters of the proof: the plain rule is a second witness, and homes whose nights are not alike from week
    /// to week, such as those of night workers, reach half of it without a leak.
    private static let support = 0.75

    /// Hours of standstill after which nobody is at home: more than any night and working day.
    private static let empty = 24

    init(_ levels: FlowLevels) {
        hourly = LevelBank(levels: levels.hourly.count, buckets: 24)
        fourHourly = LevelBank(levels: levels.fourHourly.count, buckets: 6)
        spells = FlowInSpells(levels: levels.spells.count)
        quiet = levels.hasQuietHours ? QuietHours() : nil
    }

    var isInAlarm: Bool { alarm != nil }
    /// Whether the history is long enough to accuse.
    var isReady: Bool { hourly.isReady }

    /// Whether this meter's history makes a day without a standstill nearly as odd as a leak has to be; before there is
    /// a history the plain rule stands alone.
    var supportsStandstillRule: Bool {
        // A run that began on the last day of the warm-up has not had the time to prove anything.
        hourly.days < LevelBank.warmUp + 2 || hourly.standstillDoubt >= Self.support
    }

    /// What the meter passes in its least hour on usual days, in litres an hour.
    var usualLeast: Double { minima.median }

    /// Judges the next closed hour whose volume is known.
    ///
    /// - Parameter passed: The meter's latest hours, this one the last of them.
    mutating func judge(
        _ volume: HourVolume, at local: LocalMoment, _ meter: LeakContext, _ passed: PassedHours
    ) -> [LeakRuling] {
        let (levels, law) = (meter.levels, meter.law)
        let profile = meter.isSensitive ? LevelProfile.sensitive : LevelProfile.calm
        if minima.take(volume.litres, day: local.day, isInAlarm: isInAlarm) {
            hourly.age()
            fourHourly.age()
        }
        stillHours = volume.litres > meter.law.standstillLitres ? 0 : min(stillHours + 1, 1000)
        // A home in which nobody is does not show how people live in it: after weeks of it every shower were a wonder.
        let isLearning = stillHours < Self.empty && alarm?.isConfirmed != true
        let floor = Self.floor(minima, profile.hourly, law)
        hourly.take(
            volume.litres, in: local.hourOfDay, above: floor, levels.hourly, profile.hourly,
            isLearning: isLearning)
        judgeSlot(volume, at: local, levels, profile.fourHourly, law, isLearning)
        // Behind a shared meter somebody always bathes while somebody else cooks.
        if meter.role == .unit {
            spells.take(
                levels.hasQuarters ? volume.leastFlow : volume.litres, hourOfDay: local.hourOfDay,
                above: floor, levels.hourly[levels.spells], isLearning: isLearning)
            if var quietest = quiet {
                quietest.take(
                    volume.litres, hour: volume.hour, day: local.day, litresPerCount: law.litresPerCount,
                    isLearning: isLearning)
                quiet = quietest
            }
        }
        guard let proof = proof(levels) else { return end(at: volume, meter) }
        if alarm == nil, meter.isBursting { return [] }
        return alarm == nil
            ? arise(proof, volume, at: local, meter, passed) : follow(proof, volume, at: local, meter, passed)
    }

    private mutating func judgeSlot(
        _ volume: HourVolume, at local: LocalMoment, _ levels: FlowLevels, _ profile: LevelProfile, _ law: RegisterLaw,
        _ isLearning: Bool
    ) {
        let bucket = local.hourOfDay / 4
        let index = Int64(local.day) * 6 + Int64(bucket)
        if index != slot.index { slot = FourHourSlot(index: index, bucket: bucket) }
        slot.litres += volume.litres
        slot.hours += 1
        // The last hour of the slot decides, if one of the others at most is missing; a clock that skips it loses the slot.
        guard local.hourOfDay % 4 == 3, slot.hours >= 3 else { return }
        fourHourly.take(
            slot.litres / Double(slot.hours), in: bucket, above: Self.floor(minima, profile, law),
            levels.fourHourly, profile, isLearning: isLearning)
    }

    /// Flow above which a level may accuse: clearly more than what this meter passes anyway.
    private static func floor(_ minima: DailyMinima, _ profile: LevelProfile, _ law: RegisterLaw) -> Double {
        minima.median + max(3 * minima.spread, profile.rise * minima.median, 0.4 * law.litresPerCount)
    }

    private func proof(_ levels: FlowLevels) -> Proof? {
        if let level = hourly.raisedLevel { return .hourly(level: Int(level)) }
        if let level = fourHourly.raisedLevel { return .fourHourly(level: Int(level)) }
        if let level = spells.raisedLevel { return .spells(level: Int(level)) }
        if let level = quiet?.raisedLevel { return .quietHours(level: Int(level)) }
        return nil
    }

    // MARK: What a person says

    /// Takes in what a person said about water running here.
    mutating func accept(_ judgement: OperatorVerdict.Judgement, _ levels: FlowLevels) {
        switch judgement {
        case .expected:
            // Usual is what comes from now on: nothing is told until it is known.
            self = LeakWatch(levels)
        case .notALeak:
            // A sensitive bank needs less, so the calm factor bounds both.
            hourly.acquit(LevelProfile.calm.hourly)
            fourHourly.acquit(LevelProfile.calm.fourHourly)
            // These two keep no measure of what was innocent: they learn anew.
            spells = FlowInSpells(levels: levels.spells.count)
            quiet = levels.hasQuietHours ? QuietHours() : nil
            alarm = nil
        case .confirmed: alarm?.isConfirmed = true
        case .meterExchanged: break
        }
    }

    // MARK: The finding

    private mutating func arise(
        _ proof: Proof, _ volume: HourVolume, at local: LocalMoment, _ meter: LeakContext, _ passed: PassedHours
    ) -> [LeakRuling] {
        let size = size(of: proof, meter, passed)
        let (start, sequence, _) = passed.run(of: size.hours)
        let severity = Severity(loss: LitresPerHour(size.high))
        let name = LeakName(litresPerHour: size.high, role: meter.role)
        var new = Alarm(
            name: name, start: start, firstSequence: sequence, lastSequence: volume.lastSequence, proof: proof,
            hours: size.hours,
            volume: LeakVolume(
                hour: volume.hour, hours: size.hoursRun ?? Double(size.hours), most: mostHours(size, volume.hour),
                begun: size.spells),
            toldHours: size.hours, toldLevel: size.low, toldSeverity: severity)
        let volumeLaw = volumeLaw(of: proof, meter)
        if !volumeLaw.isInSpells {
            for litres in passed.latest(size.hours) { new.volume.look(at: litres, volumeLaw) }
        }
        new.told.tell(new.volume.total(volumeLaw, assumed: size.middle).likely)
        alarm = new
        return [LeakRuling(name: name, verdict: .arises(grounds(new, size, local, volume, meter)))]
    }

    private mutating func follow(
        _ proof: Proof, _ volume: HourVolume, at local: LocalMoment, _ meter: LeakContext, _ passed: PassedHours
    ) -> [LeakRuling] {
        guard var held = alarm else { return [] }
        let size = size(of: proof, meter, passed)
        held.hours = min(held.hours + 1, 1 << 30)
        let volumeLaw = volumeLaw(of: proof, meter)
        held.volume.take(
            volume.litres, hour: volume.hour, isRunning: isRunning(volume, proof, meter.levels),
            mayRun: mayRun(volume, proof, meter),
            innocent: innocentShare(proof, local.hourOfDay), volumeLaw)
        held.lastSequence = volume.lastSequence ?? held.lastSequence
        held.proof = proof
        defer { alarm = held }
        let severity = Severity(loss: LitresPerHour(size.high))
        // Told again when it has grown by four levels, when it is graver, when its litres have grown by a quarter, or
        // after a day.
        guard
            severity < held.toldSeverity || size.low > 2.8 * held.toldLevel || held.hours - held.toldHours >= 24
                || held.told.grows(to: held.volume.total(volumeLaw, assumed: size.middle).likely)
        else { return [] }
        (held.toldHours, held.toldLevel) = (held.hours, size.low)
        let isGraver = severity < held.toldSeverity
        held.toldSeverity = severity
        if isGraver { held.name = LeakName(litresPerHour: size.high, role: meter.role) }
        let grounds = grounds(held, size, local, volume, meter)
        return [LeakRuling(name: held.name, verdict: isGraver ? .arises(grounds) : .persists(grounds))]
    }

    private mutating func end(at volume: HourVolume, _ meter: LeakContext) -> [LeakRuling] {
        guard let held = alarm else { return [] }
        (alarm, endedHour) = (nil, volume.hour)
        let start = Timestamp(hourIndex: held.start)
        let end = Timestamp(hourIndex: volume.hour + 1)
        let grounds = Grounds(
            startedAt: start, severity: held.toldSeverity,
            loss: loss(held, volumeLaw(of: held.proof, meter), assumed: held.toldLevel),
            evidence: Evidence(from: start, to: end, measures: []))
        return [LeakRuling(name: held.name, verdict: .ends(grounds, at: end))]
    }

    private struct Size {
        var low: Double
        var high: Double
        var hours: Int
        /// Times that it began, where it comes and goes.
        var spells = 0
        /// Hours of it without those that people made by themselves; `nil` for all of them.
        var hoursRun: Double?
        /// Hours in which it may have run; `nil` for ``hours``.
        var mostHours: Double?
        var middle: Double { (low + high) / 2 }
    }

    /// Hours in which what is found may have run: what comes back as the same finding may have run, too little to be
    /// proved, since it seemed to be over.
    private func mostHours(_ size: Size, _ hour: Int64) -> Double {
        let most = size.mostHours ?? Double(size.hours)
        guard let endedHour, hour - endedHour <= Int64(Rule.leak.identityHolds.inSeconds / 3600) else { return most }
        return max(most, Double(hour - endedHour))
    }

    /// How the volume of what is proved is taken.
    private func volumeLaw(of proof: Proof, _ meter: LeakContext) -> LeakVolume.Law {
        let isInSpells = if case .spells = proof { true } else { false }
        // A shared meter is never quiet for long; its usual least is that of single hours as well.
        let window = meter.role != .unit ? 1 : isInSpells ? 2 : 4
        return LeakVolume.Law(
            window: window, litresPerCount: meter.law.litresPerCount, usual: minima.median,
            // 1.4826 median distances are one standard deviation of normal values.
            usualSpread: 1.4826 * minima.spread, isInSpells: isInSpells)
    }

    /// Whether it may have run for all of this hour: then at least its level passed, less a count on the hour's edge.
    private func mayRun(_ volume: HourVolume, _ proof: Proof, _ meter: LeakContext) -> Bool {
        guard case .spells(let level) = proof else { return true }
        return volume.litres > meter.levels.hourly[meter.levels.spells.lowerBound + level] - meter.law.litresPerCount
    }

    /// Whether it runs in this hour, by the level at which it was proved.
    private func isRunning(_ volume: HourVolume, _ proof: Proof, _ levels: FlowLevels) -> Bool {
        guard case .spells(let level) = proof else {
            // The four hours may outlast it.
            if case .fourHourly(let level) = proof { return volume.litres > levels.fourHourly[level] / 2 }
            return true
        }
        let flow = levels.hasQuarters ? volume.leastFlow : volume.litres
        return flow > levels.hourly[levels.spells.lowerBound + level]
    }

    private func innocentShare(_ proof: Proof, _ hourOfDay: Int) -> Double {
        guard case .spells(let level) = proof else { return 0 }
        return spells.innocentShare(of: level, hourOfDay: hourOfDay)
    }

    private func loss(_ alarm: Alarm, _ law: LeakVolume.Law, assumed: Double) -> LossEstimate {
        let total = alarm.volume.total(law, assumed: assumed)
        return LossEstimate(
            rateLow: LitresPerHour(min(total.least, total.rate)),
            rateHigh: LitresPerHour(max(2 * total.rate - total.least, total.rate)), litres: Litres(total.likely),
            low: Litres(total.low), high: Litres(total.high))
    }

    private func size(of proof: Proof, _ meter: LeakContext, _ passed: PassedHours) -> Size {
        let levels = meter.levels
        switch proof {
        case .hourly(let level):
            let hours = hourly.course(of: level).slots
            return size(above: levels.hourly[level], hours: hours, meter, passed)
        case .fourHourly(let level):
            return size(
                above: levels.fourHourly[level], hours: fourHourly.course(of: level).slots * 4, meter, passed)
        case .spells(let level):
            let course = spells.course(of: level)
            let threshold = levels.hourly[levels.spells.lowerBound + level]
            return Size(
                low: max(threshold - minima.median, 0), high: threshold * FlowLevels.ratio - minima.median,
                hours: max(course.hits, 1), spells: course.spells, hoursRun: spells.hoursRun(of: level),
                // The first spell that counts may have been the second.
                mostHours: Double(course.hits) * (1 + 1 / Double(max(course.spells, 1))))
        case .quietHours(let level):
            let count = meter.law.litresPerCount
            return Size(
                low: QuietHours.threshold(level, litresPerCount: count),
                high: QuietHours.threshold(level + 1, litresPerCount: count),
                hours: 24 * max(quiet?.course(of: level).days ?? 0, 1),
                // A day at either end that it filled in part.
                mostHours: 24 * Double(max(quiet?.course(of: level).days ?? 0, 1) + 2))
        }
    }

    private func size(above level: Double, hours: Int, _ meter: LeakContext, _ passed: PassedHours) -> Size {
        let low = max(level - minima.median, 0)
        let least = passed.run(of: hours).least
        // It cannot have run when the meter last fell to what it usually passes.
        let profile = meter.isSensitive ? LevelProfile.sensitive : LevelProfile.calm
        let floor = Self.floor(minima, profile.hourly, meter.law)
        let lowest = meter.levels.hourly.firstIndex { $0 > floor }.map { hourly.course(of: $0).slots } ?? 0
        return Size(
            low: low, high: max(least - minima.median, low), hours: max(hours, 1),
            mostHours: Double(max(hours, lowest, 1) + 1))
    }

    private func grounds(
        _ alarm: Alarm, _ size: Size, _ local: LocalMoment, _ volume: HourVolume, _ meter: LeakContext
    ) -> Grounds {
        let start = Timestamp(hourIndex: alarm.start)
        let profile = meter.isSensitive ? LevelProfile.sensitive : LevelProfile.calm
        var measures: [Measure]
        switch alarm.proof {
        case .hourly(let level):
            measures = measuresOf(hourly, level, meter.levels.hourly, local.hourOfDay, profile.hourly, slot: 1)
        case .fourHourly(let level):
            measures = measuresOf(
                fourHourly, level, meter.levels.fourHourly, local.hourOfDay / 4, profile.fourHourly, slot: 4)
        case .spells(let level):
            let course = spells.course(of: level)
            measures = [
                Measure("level", meter.levels.hourly[meter.levels.spells.lowerBound + level], .litrePerHour),
                Measure("evidence", course.evidence),
                Measure("required_evidence", FlowInSpells.limit),
                Measure("hits", Double(course.hits), .hour),
                Measure("spells", Double(course.spells)),
            ]
        case .quietHours(let level):
            let course = (quiet ?? QuietHours()).course(of: level)
            measures = [
                Measure(
                    "level", QuietHours.threshold(level, litresPerCount: meter.law.litresPerCount), .litrePerHour),
                Measure("evidence", course.evidence),
                Measure("required_evidence", QuietHours.limit),
                Measure("hours", Double(course.days * 24), .hour),
                Measure("slot_hours", Double(QuietHours.hours), .hour),
                Measure("quiet_share", course.quietShare),
                Measure("learned_days", Double(course.learned)),
            ]
        }
        measures.append(Measure("usual_least", minima.median, .litrePerHour))
        measures.append(Measure("usual_least_spread", minima.spread, .litrePerHour))
        return Grounds(
            startedAt: start, severity: Severity(loss: LitresPerHour(size.high)),
            loss: loss(alarm, size, meter),
            evidence: Evidence(
                from: start, to: Timestamp(hourIndex: volume.hour + 1), measures: measures,
                firstSequence: alarm.firstSequence.map { SequenceNumber($0) },
                lastSequence: alarm.lastSequence.map { SequenceNumber($0) }))
    }

    private func loss(_ alarm: Alarm, _ size: Size, _ meter: LeakContext) -> LossEstimate {
        let total = alarm.volume.total(volumeLaw(of: alarm.proof, meter), assumed: size.middle)
        return LossEstimate(
            rateLow: LitresPerHour(size.low), rateHigh: LitresPerHour(size.high), litres: Litres(total.likely),
            low: Litres(total.low), high: Litres(total.high))
    }

    private func measuresOf(
        _ bank: LevelBank, _ level: Int, _ levels: [Double], _ bucket: Int, _ profile: LevelProfile, slot: Double
    ) -> [Measure] {
        let course = bank.course(of: level)
        return [
            Measure("level", levels[level], .litrePerHour),
            Measure("evidence", course.evidence),
            Measure("required_evidence", max(profile.evidence, profile.innocentFactor * course.innocent)),
            Measure("hours", Double(course.slots) * slot, .hour),
            Measure("slot_hours", slot, .hour),
            Measure("quiet_share", bank.quietShare(of: level, in: bucket)),
            Measure("learned_days", Double(bank.days)),
        ]
    }

    /// Whether decoded state fits the levels and can be used without trapping.
    func fits(_ levels: FlowLevels) -> Bool {
        let isAlarmFit =
            switch alarm?.proof {
            case .none: true
            case .hourly(let level): levels.hourly.indices.contains(level)
            case .fourHourly(let level): levels.fourHourly.indices.contains(level)
            case .spells(let level): (0..<levels.spells.count).contains(level)
            case .quietHours(let level): quiet != nil && (0..<QuietHours.levels).contains(level)
            }
        return hourly.fits(levels: levels.hourly.count, buckets: 24)
            && fourHourly.fits(levels: levels.fourHourly.count, buckets: 6)
            && spells.fits(levels: levels.spells.count) && (quiet?.isWellFormed ?? !levels.hasQuietHours)
            && minima.isWellFormed
            && isAlarmFit
            && (alarm.map {
                (0...1_200_000).contains($0.start) && (0...1 << 30).contains($0.hours) && $0.volume.isWellFormed
            } ?? true)
            && (0...100).contains(slot.hours) && (0...1000).contains(stillHours)
    }
}
